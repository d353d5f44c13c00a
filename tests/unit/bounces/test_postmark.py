import base64
import json

import pytest
from hypothesis import given

from digest.bounces import postmark
from digest.bounces.report import Kind
from digest.bounces.webhook import MalformedError, RefusedError
from tests.unit.bounces.test_ses import JSON, LINK, TOKEN


def basic(text="postmark:se:cret", scheme="Basic"):
    return {"authorization": f"{scheme} {base64.b64encode(text.encode()).decode()}"}


def read(record, headers=None):
    body = record if isinstance(record, bytes) else json.dumps(record).encode()
    return postmark.read(headers or basic(), body, "postmark", "se:cret")


def bounce(kind="HardBounce", details="smtp;550 5.1.1 The email account does not exist.", **changes):
    return {
        "RecordType": "Bounce",
        "ID": 901542550,
        "Type": kind,
        "TypeCode": 1,
        "Name": "Hard bounce",
        "MessageID": "2706ee8a-737c-4285-b032-ccd317af53ed",
        "Description": "The server was unable to deliver your message.",
        "Details": details,
        "Email": "ada@example.org",
        "BouncedAt": "2026-11-24T05:59:50.3963933-04:00",
        "Inactive": True,
    } | changes


def test_a_bounce_is_read():
    (arrived,) = read(bounce())
    report = arrived.report
    assert (report.kind, report.recipients, report.status, report.code) == (
        Kind.BOUNCE, ("ada@example.org",), "5.1.1", 550,
    )  # fmt: skip
    assert (report.said, report.trusted) == ("smtp;550 5.1.1 The email account does not exist.", True)
    assert (report.tokens, arrived.origin) == ((), "webhook postmark")


def test_the_returned_message_names_itself():
    content = f"Message-ID: <{TOKEN}@example.org>\r\nList-Unsubscribe: <https://digest.example.org/u/{LINK}>\r\n"
    (arrived,) = read(bounce(Content=content))
    assert (arrived.report.tokens, arrived.report.unsubscribe) == ((TOKEN,), LINK)


@pytest.mark.parametrize(
    "headers",
    [
        {"authorization": ""},
        {"other": "Basic"},
        basic("postmark:wrong"),
        basic("other:se:cret"),
        basic("postmark:"),
        basic(""),
        basic(scheme="Bearer"),
        {"authorization": "Basic no base64"},
        {"authorization": "Basic ünïcode"},
        {"authorization": "postmark:se:cret"},
    ],
)
def test_without_the_right_name_and_password_nothing_is_believed(headers):
    with pytest.raises(RefusedError):
        read(bounce(), headers)
    with pytest.raises(RefusedError):
        read(b"{", headers)


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        (bounce(details=""), (Kind.BOUNCE, "5.1.1")),
        (bounce(details="smtp;550 unknown user"), (Kind.BOUNCE, "5.1.1")),
        (bounce(details="smtp;554 5.7.1 policy"), (Kind.BOUNCE, "5.7.1")),
        (bounce("SoftBounce", "smtp;452 4.2.2 over quota"), (Kind.BOUNCE, "4.2.2")),
        (bounce("SoftBounce", ""), (Kind.BOUNCE, "4.2.0")),
        (bounce("Blocked", ""), (Kind.BOUNCE, "5.7.1")),
        (bounce("BadEmailAddress", ""), (Kind.BOUNCE, "5.1.3")),
        (bounce("Transient", ""), (Kind.DELAY, "")),
        (bounce("AutoResponder", ""), (Kind.REPLY, "")),
        (bounce("ManuallyDeactivated", ""), (Kind.OTHER, "")),
        (bounce("Unsubscribe", ""), (Kind.LEAVE, "")),
        (bounce("SpamComplaint", "", RecordType="SpamComplaint", TypeCode=512), (Kind.COMPLAINT, "")),
        (bounce("of tomorrow", ""), (Kind.OTHER, "")),
    ],
)
def test_what_a_record_says(record, expected):
    (arrived,) = read(record)
    assert (arrived.report.kind, arrived.report.status) == expected


def change(reason, origin="Recipient", suppress=True):
    return {
        "RecordType": "SubscriptionChange",
        "MessageID": None,
        "MessageStream": "broadcast",
        "ChangedAt": "2026-11-24T05:17:32Z",
        "Recipient": "ada@example.org",
        "Origin": origin,
        "SuppressSending": suppress,
        "SuppressionReason": reason,
    }


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        (change("HardBounce"), (Kind.BOUNCE, "5.1.1")),
        (change("SpamComplaint"), (Kind.COMPLAINT, "")),
        (change("ManualSuppression"), (Kind.LEAVE, "")),
        (change("ManualSuppression", "Customer"), (Kind.OTHER, "")),
        (change("Something new"), (Kind.OTHER, "")),
    ],
)
def test_a_broadcast_stream_tells_changes_of_a_subscription(record, expected):
    (arrived,) = read(record)
    assert (arrived.report.kind, arrived.report.status) == expected
    assert arrived.report.recipients == ("ada@example.org",)


def test_what_says_that_all_is_well_is_left_aside():
    for kind in ("Delivery", "Open", "Click", "Inbound", "new", None):
        assert read(bounce(RecordType=kind)) == []
    assert read(change(None, suppress=False)) == []  # somebody was let in again there: that is no opt-in here
    assert read(change("HardBounce", suppress="yes")) == []


def test_a_second_copy_has_the_same_key():
    assert read(bounce())[0].key == read(bounce())[0].key != read(bounce(ID=1))[0].key
    assert read(change("HardBounce"))[0].key != read(bounce())[0].key


@given(JSON)
def test_whatever_postmark_says_is_read_as_far_as_it_is_understood(value):
    assert read(value) == [] or isinstance(value, dict)
    for field in ("ID", "Type", "Email", "Details", "Content"):
        assert all(one.report.trusted for one in read(bounce(**{field: value})))


def test_what_is_no_json_is_malformed():
    with pytest.raises(MalformedError):
        read(b"{")
