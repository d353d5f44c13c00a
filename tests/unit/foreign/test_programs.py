"""Each program's exports, small and made up, in the columns they really have."""

import csv
import io
import json
from datetime import UTC, datetime

import pytest

from digest.foreign.entries import reader_of
from digest.foreign.layout import Layout, layout_of
from digest.foreign.moments import parse_moment
from digest.foreign.standing import NEVER_CONFIRMED, Gone, standing
from digest.subscribers.reasons import COMPLAINT, LEFT, NO_SUCH_ADDRESS
from digest.subscribers.table import RawRow

MAILCHIMP = (
    "Email Address,First Name,Last Name,Address,MEMBER_RATING,OPTIN_TIME,OPTIN_IP,CONFIRM_TIME,CONFIRM_IP,LATITUDE,"
    "LONGITUDE,GMTOFF,DSTOFF,TIMEZONE,CC,REGION,{more}LAST_CHANGED,LEID,EUID,NOTES,TAGS"
)
SUBSCRIBED = MAILCHIMP.format(more="")
UNSUBSCRIBED = MAILCHIMP.format(
    more="UNSUB_TIME,UNSUB_CAMPAIGN_TITLE,UNSUB_CAMPAIGN_ID,UNSUB_REASON,UNSUB_REASON_OTHER,"
)
CLEANED = MAILCHIMP.format(more="CLEAN_TIME,CLEAN_CAMPAIGN_TITLE,CLEAN_CAMPAIGN_ID,")
BOTH = MAILCHIMP.format(more="UNSUB_TIME,UNSUB_REASON,CLEAN_TIME,")
SUBSTACK = "email,active_subscription,expiry,plan,email_disabled,created_at,first_payment_at"
SUBSTACK_DASHBOARD = "Email,Name,Stripe plan,Subscription type,Start date,Emails received (6mo),Country"
BUTTONDOWN = "id,email_address,notes,metadata,tags,type,creation_date,unsubscription_date,unsubscription_reason,source"
GHOST = (
    "id,email,name,note,subscribed_to_emails,complimentary_plan,stripe_customer_id,created_at,deleted_at,labels,tiers"
)
LISTMONK = "uuid,email,name,attributes,status,created_at,updated_at"


def layout(header: str, file: str = "export.csv", **asked: str) -> Layout:
    return layout_of(header.split(","), asked, file)


def entry(found: Layout, **values: str):
    return reader_of(found)(RawRow(1, 2, [values.get(name.replace(" ", "_").lower(), "") for name in found.names]))


@pytest.mark.parametrize(
    ("header", "name"),
    [
        (SUBSCRIBED, "Mailchimp"),
        (UNSUBSCRIBED, "Mailchimp"),
        (CLEANED, "Mailchimp"),
        (SUBSTACK, "Substack"),
        (SUBSTACK_DASHBOARD, "Substack"),
        (BUTTONDOWN, "Buttondown"),
        ("email,tags,subscriber_type", "Buttondown"),
        (GHOST, "Ghost"),
        (GHOST + ",email_disabled", "Ghost"),
        (LISTMONK, "listmonk"),
        ("email,name,topics,frequency,timezone,language,state,scope,why,since", "paper-digest"),
        ("email,name,topics,frequency,timezone,language", "no known program"),
        ("Email,Nom", "no known program"),
    ],
)
def test_a_program_is_known_by_its_columns(header, name):
    assert layout(header).program.name == name


def test_mailchimp_gives_name_tags_and_evidence_and_no_guessed_timezone():
    found = entry(
        layout(SUBSCRIBED),
        email_address="Ada@example.org",
        first_name="Ada",
        last_name="Lovelace",
        optin_time="2019-01-01 10:00:00",
        confirm_time="2019-01-01 10:05:00",
        confirm_ip="192.0.2.9",
        timezone="Europe/London",
        tags='"Robotics","VIP"',
    )
    assert (found.address.address, found.name, found.topics) == ("Ada@example.org", "Ada Lovelace", '"Robotics","VIP"')
    assert (found.gone, found.timezone) == (None, "")
    assert json.loads(f"{{{found.evidence}}}") == {
        "OPTIN_TIME": "2019-01-01 10:00:00",
        "CONFIRM_TIME": "2019-01-01 10:05:00",
        "CONFIRM_IP": "192.0.2.9",
    }


@pytest.mark.parametrize(
    ("header", "values", "gone"),
    [
        (UNSUBSCRIBED, {"unsub_time": "2021-03-16 14:40:47"}, Gone(LEFT, False, "2021-03-16 14:40:47")),
        (UNSUBSCRIBED, {}, Gone(LEFT, False)),  # in that file all are such
        (UNSUBSCRIBED, {"unsub_time": "2021-03-16", "unsub_reason": "SPAM"}, Gone(COMPLAINT, True, "2021-03-16")),
        (
            UNSUBSCRIBED,
            {"unsub_time": "2021-03-16", "unsub_reason": "Abuse complaint"},
            Gone(COMPLAINT, True, "2021-03-16"),
        ),
        (UNSUBSCRIBED, {"unsub_time": "2021-03-16", "unsub_reason": "NORMAL"}, Gone(LEFT, False, "2021-03-16")),
        (CLEANED, {"clean_time": "2022-01-01 00:00:00"}, Gone(NO_SUCH_ADDRESS, True, "2022-01-01 00:00:00")),
        (CLEANED, {}, Gone(NO_SUCH_ADDRESS, True)),
        (BOTH, {}, None),  # all files joined to one
        (BOTH, {"clean_time": "2022-01-01"}, Gone(NO_SUCH_ADDRESS, True, "2022-01-01")),
        (BOTH, {"unsub_time": "2022-01-01"}, Gone(LEFT, False, "2022-01-01")),
    ],
)
def test_mailchimp_tells_who_left_by_its_columns(header, values, gone):
    assert entry(layout(header), email_address="ada@example.org", **values).gone == gone


def test_mailchimp_has_customers_who_never_asked_for_mail():
    found = layout(SUBSCRIBED, "nonsubscribed_email_audience_export_1.csv")
    with pytest.raises(ValueError, match="never confirmed"):
        entry(found, email_address="ada@example.org")


@pytest.mark.parametrize(
    ("values", "gone"),
    [
        ({"active_subscription": "false", "email_disabled": "false"}, None),  # false: doesn't pay
        ({"active_subscription": "true", "email_disabled": "false"}, None),
        ({"active_subscription": "false", "email_disabled": "true"}, Gone(LEFT, False)),
    ],
)
def test_substack_readers_who_do_not_pay_are_readers(values, gone):
    assert entry(layout(SUBSTACK), email="ada@example.org", **values).gone == gone


@pytest.mark.parametrize(
    ("kind", "gone"),
    [
        *((kind, None) for kind in ("regular", "premium", "trialed", "gifted", "churning", "churned", "past_due", "")),
        ("unsubscribed", Gone(LEFT, False, "2025-01-02")),
        ("removed", Gone(LEFT, False, "2025-01-02")),
        ("undeliverable", Gone(NO_SUCH_ADDRESS, True, "2025-01-02")),
        ("complained", Gone(COMPLAINT, True, "2025-01-02")),
    ],
)
def test_buttondown_types(kind, gone):
    at = "2025-01-02" if gone else ""
    assert entry(layout(BUTTONDOWN), email_address="a@example.org", type=kind, unsubscription_date=at).gone == gone


def test_buttondown_readers_who_never_confirmed_are_refused():
    with pytest.raises(ValueError, match=NEVER_CONFIRMED):
        entry(layout(BUTTONDOWN), email_address="ada@example.org", type="unactivated")


@pytest.mark.parametrize(
    ("values", "gone"),
    [
        ({"subscribed_to_emails": "true"}, None),
        ({"subscribed_to_emails": ""}, None),
        ({"subscribed_to_emails": "false"}, Gone(LEFT, False)),
        ({"subscribed_to_emails": "true", "deleted_at": "2024-01-01"}, Gone(LEFT, False, "2024-01-01")),
        ({"subscribed_to_emails": "false", "email_disabled": "true"}, Gone(NO_SUCH_ADDRESS, True)),
    ],
)
def test_ghost_members(values, gone):
    assert entry(layout(GHOST + ",email_disabled"), email="ada@example.org", **values).gone == gone


@pytest.mark.parametrize(
    ("values", "gone"),
    [
        ({"status": "enabled"}, None),
        ({"status": "disabled"}, Gone(LEFT, False)),
        ({"status": "blocklisted"}, Gone(LEFT, True)),
        ({"status": "enabled", "subscription_status": "confirmed"}, None),
        ({"status": "enabled", "subscription_status": "unsubscribed"}, Gone(LEFT, False)),
    ],
)
def test_listmonk_people(values, gone):
    assert entry(layout(LISTMONK + ",subscription_status"), email="ada@example.org", **values).gone == gone
    with pytest.raises(ValueError, match="never confirmed"):
        entry(layout(LISTMONK + ",subscription_status"), email="a@example.org", subscription_status="unconfirmed")


@pytest.mark.parametrize(
    ("state", "scope", "expected"),
    [
        ("subscribed", "", None),
        ("suppressed", "list", Gone("left", False, "2026-01-01T00:00:00+00:00")),
        ("suppressed", "everywhere", Gone("complaint", True, "2026-01-01T00:00:00+00:00")),
    ],
)
def test_our_own_exports_say_who_is_suppressed(state, scope, expected):
    why = "" if expected is None else expected.reason
    found = layout("email,name,topics,frequency,timezone,language,state,scope,why,since")
    since = "2026-01-01T00:00:00+00:00"
    assert entry(found, email="a@example.org", state=state, scope=scope, why=why, since=since).gone == expected


@pytest.mark.parametrize(("state", "says"), [("paused", "pauses"), ("moved", "another address"), ("x", "not known")])
def test_our_own_exports_hold_people_who_stay_where_they_are(state, says):
    with pytest.raises(ValueError, match=says):
        entry(layout("email,state,scope,why,since"), email="a@example.org", state=state)


@pytest.mark.parametrize(
    ("word", "gone"),
    [
        ("Subscribed", None),
        ("", None),
        ("Opted out", Gone(LEFT, False)),
        ("hard-bounced", Gone(NO_SUCH_ADDRESS, True)),
        ("Spam complaint", Gone(COMPLAINT, True)),
        ("blacklisted", Gone(LEFT, True)),
    ],
)
def test_a_status_of_any_program_says_who_left(word, gone):
    assert standing(word) == gone
    assert entry(layout("email,status"), email="ada@example.org", status=word).gone == gone


def test_a_status_that_is_not_known_is_refused_for_it_might_say_that_they_left():
    with pytest.raises(ValueError, match="the status 'ausgetragen' is not known"):
        standing("ausgetragen")
    with pytest.raises(ValueError, match="never confirmed"):
        standing("Pending")


def test_a_moment_of_leaving_says_enough():
    found = layout("email,unsubscribed_at")
    assert entry(found, email="ada@example.org", unsubscribed_at="2024-05-01").gone == Gone(LEFT, False, "2024-05-01")
    assert entry(found, email="ada@example.org").gone is None


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2024-05-01", datetime(2024, 5, 1, tzinfo=UTC)),
        ("2015-03-16 14:40:47", datetime(2015, 3, 16, 14, 40, 47, tzinfo=UTC)),
        ("2018-12-25T20:43:22.178Z", datetime(2018, 12, 25, 20, 43, 22, tzinfo=UTC)),
        ("2018-12-25T20:43:22+02:00", datetime(2018, 12, 25, 18, 43, 22, tzinfo=UTC)),
        ("2024-05-01 10:00:00.123456789 +0000 UTC", datetime(2024, 5, 1, 10, tzinfo=UTC)),
        ("03/04/2024", None),
        ("0001-01-01 00:00:00 +0200", None),
        ("2024-13-01", None),
        ("yesterday", None),
        ("", None),
    ],
)
def test_moments_as_programs_write_them(text, moment):
    assert parse_moment(text) == moment


def test_the_files_above_are_tables():
    """A header that was split wrongly here would make every other test of it vain."""
    for header in (SUBSCRIBED, UNSUBSCRIBED, CLEANED, SUBSTACK, BUTTONDOWN, GHOST, LISTMONK):
        (names,) = csv.reader(io.StringIO(header))
        assert all(name == name.strip() and name for name in names)
