import base64
import json
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from digest.bounces import ses
from digest.bounces.report import Kind
from digest.bounces.webhook import MalformedError, RefusedError

NOW = datetime(2026, 11, 24, 6, tzinfo=UTC)
TOPIC = "arn:aws:sns:eu-west-1:123456789012:bounces"
CERTIFICATE = "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0123456789abcdef.pem"
TOKEN, LINK = "0123456789abcdef" * 2, "A" * 47
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


def certificate(key=KEY, begins=NOW - timedelta(days=1), ends=NOW + timedelta(days=1)):
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sns.example.org")])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(begins).not_valid_after(ends)
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


class Amazon:
    """Answers for SNS, and remembers what it was asked."""

    def __init__(self, content=None):
        self.content = certificate() if content is None else content
        self.asked = []

    def __call__(self, address):
        self.asked.append(address)
        return self.content


def message(event=None, **changes):
    text = event if isinstance(event, str) else json.dumps(event or bounce())
    return {
        "Type": "Notification",
        "MessageId": "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324",
        "TopicArn": TOPIC,
        "Subject": "Amazon SES Email Event Notification",
        "Message": text,
        "Timestamp": "2026-11-24T05:59:30.000Z",
        "SignatureVersion": "2",
        "SigningCertURL": CERTIFICATE,
    } | changes


def signed(fields, key=KEY):
    names = ["Message", "MessageId", "Subject", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"]
    text = "".join(f"{name}\n{fields[name]}\n" for name in names if name in fields)
    algorithm = hashes.SHA1() if fields["SignatureVersion"] == "1" else hashes.SHA256()
    signature = key.sign(text.encode(), padding.PKCS1v15(), algorithm)
    return fields | {"Signature": base64.b64encode(signature).decode()}


def read(fields, fetch=None, now=NOW):
    return ses.read(json.dumps(fields).encode(), TOPIC, fetch or Amazon(), now)


def mail(**changes):
    return {
        "messageId": "0102018f-ses-its-own",
        "destination": ["ada@example.org"],
        "headersTruncated": False,
        "headers": [
            {"name": "From", "value": "digest@example.org"},
            {"name": "Message-ID", "value": f"<{TOKEN}@example.org>"},
            {"name": "List-Unsubscribe", "value": f"<https://digest.example.org/u/{LINK}>"},
        ],
        "commonHeaders": {"messageId": f"<{TOKEN}@example.org>", "subject": "Daily papers"},
    } | changes


def bounce(kind="Permanent", subtype="General", recipient=None, name="notificationType", **changes):
    recipient = recipient or {
        "emailAddress": "ada@example.org",
        "action": "failed",
        "status": "5.1.1",
        "diagnosticCode": "smtp; 550 5.1.1 user unknown",
    }
    return {
        name: "Bounce",
        "bounce": {"bounceType": kind, "bounceSubType": subtype, "bouncedRecipients": [recipient]},
        "mail": mail(),
    } | changes


@pytest.mark.parametrize("version", ["1", "2"])
@pytest.mark.parametrize("name", ["notificationType", "eventType"])
def test_a_bounce_is_read_with_the_message_id_that_we_sent(version, name):
    (arrived,) = read(signed(message(bounce(name=name), SignatureVersion=version)))
    report = arrived.report
    assert (report.kind, report.status, report.code, report.trusted) == (Kind.BOUNCE, "5.1.1", 550, True)
    assert (report.tokens, report.unsubscribe) == ((TOKEN,), LINK)
    assert report.recipients == ("ada@example.org", "ada@example.org")
    assert (arrived.origin, len(arrived.key)) == ("webhook ses", 64)


@pytest.mark.parametrize(
    "field", ["Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type", "Signature", "SignatureVersion"]
)
def test_a_request_that_was_tampered_with_is_refused(field):
    fields = signed(message())
    other = {
        "Message": json.dumps(bounce(subtype="NoEmail")),
        "Timestamp": "2026-11-24T05:59:31.000Z",
        "Type": "UnsubscribeConfirmation",
        "Signature": base64.b64encode(b"x" * 256).decode(),
        "SignatureVersion": "1",
    }
    with pytest.raises(RefusedError):
        read(fields | {field: other.get(field, fields[field] + "x")})
    with pytest.raises(RefusedError):
        read({name: value for name, value in fields.items() if name != field})


def test_another_topic_is_refused_before_anything_is_fetched():
    fetch = Amazon()
    with pytest.raises(RefusedError):
        read(signed(message(TopicArn=TOPIC + "2")), fetch)
    with pytest.raises(RefusedError):
        read(message(Timestamp="2026-11-23T05:00:00.000Z"), fetch)
    assert fetch.asked == []


@pytest.mark.parametrize(
    "address",
    [
        "http://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0.pem",
        "https://sns.eu-west-1.amazonaws.com.example.org/SimpleNotificationService-0.pem",
        "https://example.org/sns.eu-west-1.amazonaws.com/SimpleNotificationService-0.pem",
        "https://sns.eu-west-1.amazonaws.com@example.org/SimpleNotificationService-0.pem",
        "https://sns.eu-west-1.amazonaws.com:444/SimpleNotificationService-0.pem",
        "https://sns.s3.amazonaws.com/SimpleNotificationService-0.pem",
        "https://sns.s3-eu-west-1.amazonaws.com/SimpleNotificationService-0.pem",
        "https://sns.execute-api.amazonaws.com/SimpleNotificationService-0.pem",
        "https://bucket.s3.amazonaws.com/SimpleNotificationService-0.pem",
        "https://sns.eu-west-1.amazonaws.com/other.pem",
        "https://sns.eu-west-1.amazonaws.com/../SimpleNotificationService-0.pem",
        "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0.pem\n",
        "https://snsxeu-west-1.amazonaws.com/SimpleNotificationService-0.pem",
        "",
    ],
)
def test_a_certificate_from_elsewhere_is_not_fetched(address):
    fetch = Amazon()
    with pytest.raises(RefusedError):
        read(signed(message(SigningCertURL=address)), fetch)
    assert fetch.asked == []


@pytest.mark.parametrize(
    "region", ["cn-north-1.amazonaws.com.cn", "us-gov-west-1.amazonaws.com", "ap-southeast-2.amazonaws.com"]
)
def test_a_certificate_of_another_region_is_one_of_sns(region):
    address = f"https://sns.{region}/SimpleNotificationService-0123abcd.pem"
    assert read(signed(message(SigningCertURL=address)))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<html>not found</html>",
        certificate(rsa.generate_private_key(public_exponent=65537, key_size=2048)),
        certificate(ec.generate_private_key(ec.SECP256R1())),
        certificate(begins=NOW - timedelta(days=9), ends=NOW - timedelta(days=1)),
        certificate(begins=NOW + timedelta(days=1), ends=NOW + timedelta(days=9)),
    ],
)
def test_another_certificate_proves_nothing(content):
    with pytest.raises(RefusedError):
        read(signed(message()), Amazon(content))


@pytest.mark.parametrize("after", [timedelta(days=1, minutes=1), -timedelta(minutes=6)])
def test_an_old_request_and_one_of_the_future_are_refused(after):
    fields = signed(message())
    sent_at = datetime.fromisoformat(fields["Timestamp"])
    long = Amazon(certificate(begins=NOW - timedelta(days=9), ends=NOW + timedelta(days=9)))
    with pytest.raises(RefusedError):
        read(fields, long, sent_at + after)
    assert read(fields, long, sent_at + after * 0.8)


def test_the_subscription_of_our_topic_is_confirmed_and_no_other():
    address = "https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn=arn:aws:sns:x&Token=23ab"
    fields = message("You have chosen…", Type="SubscriptionConfirmation", Token="23ab", SubscribeURL=address)
    del fields["Subject"]
    fetch = Amazon()
    assert read(signed(fields), fetch) == []
    assert fetch.asked == [CERTIFICATE, address]
    for field, value in (("SubscribeURL", address + "1"), ("Token", "24")):
        fetch = Amazon()
        with pytest.raises(RefusedError):
            read(signed(fields) | {field: value}, fetch)
        assert fetch.asked == [CERTIFICATE]
    for elsewhere in ("https://example.org/?Action=ConfirmSubscription", "http://sns.eu-west-1.amazonaws.com/?a=b"):
        fetch = Amazon()
        with pytest.raises(RefusedError):
            read(signed(fields | {"SubscribeURL": elsewhere}), fetch)
        assert fetch.asked == [CERTIFICATE]


def test_a_topic_with_raw_delivery_has_no_signature_and_is_refused():
    with pytest.raises(RefusedError):
        read(bounce())


def statuses(event):
    return [(one.report.kind, one.report.status) for one in read(signed(message(event)))]


@pytest.mark.parametrize(
    ("kind", "subtype", "recipient", "expected"),
    [
        ("Permanent", "NoEmail", {"emailAddress": "a@example.org"}, (Kind.BOUNCE, "5.1.1")),
        ("Permanent", "OnAccountSuppressionList", {"emailAddress": "a@example.org"}, (Kind.BOUNCE, "5.1.1")),
        ("Permanent", "General", {"emailAddress": "a@example.org"}, (Kind.BOUNCE, "")),
        ("Permanent", "General", {"emailAddress": "a@example.org", "status": "5.7.1"}, (Kind.BOUNCE, "5.7.1")),
        ("Permanent", "UnsubscribedRecipient", {"emailAddress": "a@example.org"}, (Kind.LEAVE, "")),
        ("Transient", "MailboxFull", {"emailAddress": "a@example.org"}, (Kind.BOUNCE, "5.2.2")),
        ("Transient", "General", {"emailAddress": "a@example.org", "status": "4.4.7"}, (Kind.BOUNCE, "4.4.7")),
        ("Transient", "ContentRejected", {"emailAddress": "a@example.org"}, (Kind.BOUNCE, "")),
        ("Undetermined", "Undetermined", {"emailAddress": "a@example.org"}, (Kind.BOUNCE, "")),
        (
            "Permanent",
            "General",
            {"emailAddress": "a@example.org", "status": "5.0.0", "diagnosticCode": "smtp; 550-5.1.1 No\n550 5.1.1 no"},
            (Kind.BOUNCE, "5.1.1"),
        ),
    ],
)
def test_what_a_bounce_says(kind, subtype, recipient, expected):
    assert statuses(bounce(kind, subtype, recipient)) == [expected]


def complaint(feedback):
    recipients = [{"emailAddress": "ada@example.org"}]
    return {
        "eventType": "Complaint",
        "complaint": {"complainedRecipients": recipients, "complaintFeedbackType": feedback},
        "mail": mail(),
    }


def test_a_complaint_a_delay_and_what_says_that_all_is_well():
    assert statuses(complaint("abuse")) == statuses(complaint(None)) == [(Kind.COMPLAINT, "")]
    assert statuses(complaint("not-spam")) == [(Kind.OTHER, "")]
    delayed = {"emailAddress": "ada@example.org", "status": "4.4.1", "diagnosticCode": "smtp; 421 4.4.1 no route"}
    delay = {"eventType": "DeliveryDelay", "deliveryDelay": {"delayedRecipients": [delayed]}, "mail": mail()}
    assert statuses(delay) == [(Kind.DELAY, "4.4.1")]
    assert statuses({"eventType": "Reject", "reject": {"reason": "Bad content"}, "mail": mail()}) == [(Kind.OTHER, "")]
    for kind in ("Delivery", "Send", "Open", "Click", "Rendering Failure", "Subscription", "Something new"):
        assert statuses({"eventType": kind, "mail": mail()}) == []
    assert read(signed(message("Successfully validated SNS topic for Amazon SES event publishing."))) == []


def test_each_recipient_is_a_report_of_its_own_and_a_second_copy_has_the_same_keys():
    event = bounce()
    event["bounce"]["bouncedRecipients"] = [{"emailAddress": f"r{n}@example.org"} for n in range(3)]
    first, again = read(signed(message(event))), read(signed(message(event)))
    assert len({one.key for one in first}) == 3
    assert [one.key for one in first] == [one.key for one in again]
    other = read(signed(message(event, MessageId="another")))
    assert {one.key for one in first}.isdisjoint({one.key for one in other})


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=9,
)


@given(JSON | st.fixed_dictionaries({"Type": JSON, "TopicArn": st.just(TOPIC), "Timestamp": JSON, "Message": JSON}))
def test_whatever_json_is_refused(value):
    with pytest.raises(RefusedError):
        read(value)


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b"[" * 100_000, b"nul"])
def test_what_is_no_json_is_malformed(body):
    with pytest.raises(MalformedError):
        ses.read(body, TOPIC, Amazon(), NOW)


@given(st.sampled_from(["Bounce", "Complaint", "DeliveryDelay", "Reject"]), JSON, JSON, JSON)
def test_whatever_ses_says_is_read_as_far_as_it_is_understood(kind, inner, mail_object, recipients):
    for part in (inner, {"bouncedRecipients": recipients, "complainedRecipients": recipients}):
        event = {"eventType": kind, "mail": mail_object, "bounce": part, "complaint": part, "deliveryDelay": part}
        for one in read(signed(message(event))):
            assert one.report.trusted
