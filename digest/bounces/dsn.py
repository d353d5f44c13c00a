"""Delivery status notifications (RFC 3464, and RFC 6533 for addresses in UTF-8), also those that are a bit broken."""

import re
from collections.abc import Iterable, Mapping

from digest.bounces import codes, traces
from digest.bounces.mime import MAX_LINES, MAX_SAID, Mail, Part, one_line
from digest.bounces.report import Kind, Report

_MAX_GROUPS = 100
_MAX_LINE = 2_000
_STATUS_KINDS = ("message/delivery-status", "message/global-delivery-status")
_LOOKS_LIKE_STATUS = re.compile(rb"^(?:final|original)-recipient[ \t]*:", re.IGNORECASE | re.MULTILINE)
_FIELD = re.compile(r"([A-Za-z][A-Za-z0-9-]{0,60})[ \t]*:[ \t]*(.*)")
_OF_RECIPIENT = frozenset(("original-recipient", "final-recipient", "action", "status"))
_TYPE = re.compile(r"[A-Za-z0-9-]{1,40}[ \t]*;[ \t]*")
_UNITEXT = re.compile(r"\\x\{([0-9A-Fa-f]{2,6})\}")
_BY_ACTION = {  # by its beginning: some add a comment, and some write "error"
    "fail": Kind.BOUNCE,
    "erro": Kind.BOUNCE,
    "dela": Kind.DELAY,
    "deli": Kind.OTHER,
    "rela": Kind.OTHER,
    "expa": Kind.OTHER,
}
_BY_CLASS = {"5": Kind.BOUNCE, "4": Kind.DELAY}

Group = Mapping[str, str]


def read(mail: Mail) -> tuple[Report, ...]:
    """Return a report for each recipient that a DSN tells of; none where it is no DSN."""
    if mail.report == "disposition-notification":  # a receipt has the same fields
        return ()
    parts = [part for part in mail.parts if part.kind in _STATUS_KINDS]
    parts = parts or [part for part in mail.parts if not part.is_message and _LOOKS_LIKE_STATUS.search(part.content)]
    if not parts:
        return ()
    told = "\n".join(part.content.decode("utf-8", "replace") for part in parts)
    tokens = tuple(dict.fromkeys((*traces.of_bounce(mail), *traces.message_ids([told]))))
    token = traces.unsubscribe_token(mail.returned)
    sent_to = traces.addresses(field for head in mail.returned for field in head.all("to"))
    return tuple(_report(group, tokens, token, sent_to) for group in _groups(parts))


def _report(group: Group, tokens: tuple[str, ...], token: str, sent_to: tuple[str, ...]) -> Report:
    said = one_line(_TYPE.sub("", group.get("diagnostic-code", ""), count=1), MAX_SAID)
    status = codes.best(group.get("status", ""), said)
    named = (_address(group.get(name, "")) for name in ("original-recipient", "final-recipient"))
    return Report(
        _kind(group.get("action", "").lower(), status),
        tokens,
        tuple(dict.fromkeys(one for one in (*named, *sent_to) if one)),
        token,
        status,
        codes.basic(said),
        said,
    )


def _kind(action: str, status: str) -> Kind:
    """Return what an Action asks for; by the status where it is none of RFC 3464's."""
    return _BY_ACTION.get(action[:4]) or _BY_CLASS.get(status[:1], Kind.OTHER)


def _address(field: str) -> str:
    """Return the address in a recipient field: behind its type, within angle brackets, in RFC 6533's unitext."""
    plain = _UNITEXT.sub(lambda found: _character(found[1]), _TYPE.sub("", field, count=1))
    return next(iter(traces.addresses([plain])), "")


def _character(digits: str) -> str:
    number = int(digits, 16)
    return chr(number) if number <= 0x10FFFF and not 0xD800 <= number <= 0xDFFF else "\ufffd"


def _groups(parts: Iterable[Part]) -> list[Group]:
    """Return the groups of fields that are each about one recipient.

    An empty line ends a group. Where lines are empty that shouldn't be, or none is where one should, a field
    that comes a second time begins the next group.
    """
    fields = [field for part in parts for field in _fields(part)]
    parted = [group for group in _split(fields, at_empty=True) if _is_whole(group)]
    found = parted or [group for group in _split(fields, at_empty=False) if _names_recipient(group)]
    return found[:_MAX_GROUPS]


def _split(fields: Iterable[tuple[str, str] | None], at_empty: bool) -> list[Group]:
    groups: list[dict[str, str]] = [{}]
    for field in fields:
        if field is None:
            if at_empty and groups[-1]:
                groups.append({})
            continue
        name, value = field
        if name in groups[-1] and name in _OF_RECIPIENT:
            groups.append({})
        groups[-1].setdefault(name, value)
    return list(groups)


def _is_whole(group: Group) -> bool:
    return _names_recipient(group) and ("action" in group or "status" in group)


def _names_recipient(group: Group) -> bool:
    return "final-recipient" in group or "original-recipient" in group


def _fields(part: Part) -> list[tuple[str, str] | None]:
    """Return the fields of a part, with None for each empty line."""
    fields: list[tuple[str, str] | None] = []
    for line in part.content.decode("utf-8", "replace").split("\n", MAX_LINES)[:MAX_LINES]:
        short = line[:_MAX_LINE].rstrip("\r")
        if not short.strip():
            fields.append(None)
        elif short[0] in " \t" and fields and (last := fields[-1]):
            fields[-1] = (last[0], f"{last[1]} {short.strip()}"[:_MAX_LINE])
        elif found := _FIELD.match(short):
            fields.append((found[1].lower(), found[2]))
    return fields
