"""Automatic answers: out of office, receipts, tickets. None of them says anything about an address."""

import re

from digest.bounces import traces
from digest.bounces.mime import MAX_SAID, Mail, one_line
from digest.bounces.report import Kind, Report

_MARKS = (
    "x-autoreply",
    "x-autoreply-from",
    "x-autorespond",
    "x-autoresponder",
    "x-autoresponse",
    "x-auto-response-suppress",
    "x-mail-autoreply",
    "auto-submitted",
)
"""Fields that automatic answers have, the later ones of RFC 3834 and before it."""

_PRECEDENCES = ("auto_reply", "auto-reply", "bulk", "junk")
_SUBJECT = re.compile(
    r"(?:auto(?:matic|mated)?[ -]?(?:reply|response|answer)|out of (?:the )?office|away from (?:my|the) (?:mail|office)"
    r"|vacation|on (?:holiday|leave)|abwesenheit|automatische antwort|réponse automatique|absence du bureau"
    r"|respuesta automática|fuera de la oficina|自动(?:回复|答复)|自動(?:応答|返信|回覆))",
    re.IGNORECASE,
)


def read(mail: Mail) -> tuple[Report, ...]:
    """Return the report that an automatic answer is; none where a person seems to have written it."""
    if not (_is_marked(mail) or _SUBJECT.search(mail.fields.first("subject")[:80])):
        return ()
    tokens = (*traces.arrived_at(mail), *traces.message_ids(mail.fields.all("in-reply-to", "references")))
    said = one_line(mail.fields.first("subject"), MAX_SAID)
    return (Report(Kind.REPLY, tuple(dict.fromkeys(tokens)), said=said),)


def _is_marked(mail: Mail) -> bool:
    fields = mail.fields
    if mail.report == "disposition-notification" or fields.first("precedence").lower() in _PRECEDENCES:
        return True
    return any(name in fields and fields.first(name).lower() != "no" for name in _MARKS)
