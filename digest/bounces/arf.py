"""Abuse reports: a provider tells that a reader called our mail unwanted (RFC 5965), and Microsoft's older form."""

from digest.bounces import traces
from digest.bounces.mime import MAX_SAID, Fields, Mail, fields_of, one_line
from digest.bounces.report import Kind, Report

_NO_COMPLAINTS = ("not-spam", "auth-failure", "dmarc")
"""Types of feedback (RFC 6590 to 6652) that tell of a repaired mistake, or of a check of signatures."""

_COPY_OF_COMPLAINT = "complaint about message from"
"""How the subject of Microsoft's older reports begins; the message is attached, and nothing else."""


def read(mail: Mail) -> tuple[Report, ...]:
    """Return the complaint that an abuse report is; none where it is no such report."""
    told = next((fields_of(part.content) for part in mail.parts if part.kind == "message/feedback-report"), None)
    if told is not None:
        return (_of_feedback(mail, told),)
    returned = mail.returned
    copied_to = traces.addresses(field for head in returned for field in head.all("x-hmxmroriginalrecipient"))
    if copied_to or (returned and mail.fields.first("subject").lower().startswith(_COPY_OF_COMPLAINT)):
        return (_complaint(mail, Fields.none(), copied_to, one_line(mail.fields.first("subject"), MAX_SAID)),)
    return ()


def _of_feedback(mail: Mail, told: Fields) -> Report:
    kind = told.first("feedback-type").lower()
    said = one_line(f"feedback: {kind or 'of no type'}, by {told.first('user-agent') or 'nobody named'}", MAX_SAID)
    if kind in _NO_COMPLAINTS:
        return Report(Kind.OTHER, said=said)
    return _complaint(mail, told, traces.addresses(told.all("original-rcpt-to", "redacted-address")), said)


def _complaint(mail: Mail, told: Fields, recipients: tuple[str, ...], said: str) -> Report:
    """Return a complaint about the message that the report returns."""
    ids = traces.message_ids(told.all("original-mail-from", "message-id"))
    sent_to = traces.addresses(field for head in mail.returned for field in head.all("to"))
    return Report(
        Kind.COMPLAINT,
        tuple(dict.fromkeys((*traces.of_bounce(mail), *ids))),
        tuple(dict.fromkeys((*recipients, *sent_to))),
        traces.unsubscribe_token(mail.returned),
        said=said,
    )
