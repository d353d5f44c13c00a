"""Vetting a subscriber file against the store, as `digest subscribers check` does."""

import tracemalloc

import pytest

from digest.errors import InputError
from digest.roster.vetting import Counts, vet
from digest.store import readers, suppressions
from digest.subscribers.identity import address_key, subscriber_id
from digest.subscribers.table import split_lines


def found(site, text, list_name="daily"):
    counts = Counts()
    problems = vet(site, site.list(list_name), split_lines(text), "daily.csv", counts)
    return [(one.line, "refused" if one.refused else "warning", one.reason) for one in problems], counts


def suppress(site, scope, key, now):
    with site.store.begin() as connection:
        suppressions.add(connection, scope=scope, address_key=key, address=None, reason="left", source="test", now=now)


def test_a_sound_file_has_nothing_to_tell(site):
    problems, counts = found(site, "email,timezone,language\nada@example.org,Europe/London,de-AT\nkurt@example.net,,\n")
    assert problems == []
    assert counts == Counts(subscribers=2)


def test_who_is_there_twice_is_told_with_the_first_line_in_whatever_form(site):
    problems, counts = found(
        site,
        "email\nada@example.org\nADA@example.org\njo\u0308rg@example.org\nJÖRG@example.org\nada＠example.org\n"
        "ａda@example.org\nad\u200ba@example.org\nada@exam\u00adple.org\nkurt@gödel.example.org\nkurt@xn--gdel-5qa.example.org\n",
    )
    told = {line: (kind, reason) for line, kind, reason in problems if "SMTPUTF8" not in reason}
    assert told[3] == ("refused", "the same address as in line 2")
    assert told[5] == ("refused", "the same address as in line 4")
    assert told[7] == ("warning", "looks the same as the address in line 2, and is another one")
    for line in (6, 8, 9):
        assert told[line][0] == "refused"
        assert told[line][1].endswith("did you mean ada@example.org? Line 2 has it.")
    assert told[11] == ("refused", "the same address as in line 10")
    assert sorted(told) == [3, 5, 6, 7, 8, 9, 11]
    assert counts.subscribers == 4
    assert counts.refused == 6


def test_who_said_something_that_goes_before_the_file_is_told(site, now):
    key = site.identity_key
    suppress(site, "daily", address_key(key, "left@example.org"), now)
    suppress(site, suppressions.EVERYWHERE, address_key(key, "bounced@example.org"), now)
    suppress(site, suppressions.EVERYWHERE, subscriber_id(key, "daily", "unknown@example.org"), now)
    suppress(site, "daily", suppressions.domain_key("example.net"), now)
    suppress(site, "weekly", address_key(key, "ada@example.org"), now)
    with site.store.begin() as connection:
        before, after = (subscriber_id(key, "daily", f"{name}@example.org") for name in ("old", "new"))
        readers.move(connection, before, after, now)
    names = ["left@example.org", "bounced@example.org", "unknown@example.org", "kurt@example.net", "old@example.org"]
    problems, counts = found(site, "\n".join(["email", *names, "new@example.org", "ada@example.org", ""]))
    assert problems == [
        (2, "warning", "is suppressed and never mailed"),
        (3, "warning", "is suppressed and never mailed"),
        (4, "warning", "is suppressed and never mailed"),
        (5, "warning", "is suppressed and never mailed, as the whole domain example.net is"),
        (6, "warning", "has another address by now, and gets nothing at this one"),
    ]
    assert counts == Counts(subscribers=7, warnings=5)


@pytest.mark.parametrize(
    ("email", "says"),
    [
        ("eve@gmial.com", "may be a slip; did you mean eve@gmail.com?"),
        ("abuse@example.org", "is the address of a task and not of a person (RFC 2142)"),
        ("jörg@example.org", "needs SMTPUTF8, which not every relay offers"),
    ],
)
def test_a_doubtful_address_is_a_warning(site, email, says):
    ((line, kind, reason),), counts = found(site, f"email\n{email}\n")
    assert (line, kind) == (2, "warning")
    assert reason.startswith(says)
    assert counts == Counts(subscribers=1, warnings=1)


def test_a_language_in_which_no_issue_is_made_is_told_once(site):
    problems, _ = found(
        site, "email,language\na@example.org,nl\nb@example.org,jp\nc@example.org,nl\nd@example.org,pt\n"
    )
    languages = "issues are made in en, de, es, fr, ja, zh, and theirs will be in en"
    assert problems == [
        (2, "warning", f"2 subscribers with the language 'nl', from this line on: {languages}"),
        (3, "warning", f"1 subscriber with the language 'jp', from this line on: {languages}; did you mean ja?"),
        (5, "warning", f"1 subscriber with the language 'pt', from this line on: {languages}"),
    ]


def test_a_file_without_a_header_is_refused_at_once(site):
    with pytest.raises(InputError, match="add this line above it"):
        vet(site, site.list("daily"), ["ada@example.org\n"], "daily.csv", Counts())


def test_a_long_file_takes_no_more_memory_than_a_short_one(site):
    def rows(number):
        yield "email,name,topics,frequency,timezone,language\n"
        for one in range(number):
            yield f"reader{one}@example.org,Reader {one},robotics,,Europe/Berlin,de\n"

    def peak(number):
        tracemalloc.start()
        counts = Counts()
        assert list(vet(site, site.list("daily"), rows(number), "daily.csv", counts)) == []
        assert counts.subscribers == number
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    peak(2_000)  # what is kept for good is kept now
    assert peak(12_000) < peak(3_000) * 1.3
