from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.subscribers.zones import nearest_zone, zone_of, zones_by_region


def test_each_place_is_offered_once_under_a_name_that_is_known():
    names = [name for region in zones_by_region().values() for name in region]
    assert len(names) == len(set(names))
    assert {"UTC", "Europe/Berlin", "America/New_York", "Asia/Tokyo", "America/Argentina/Buenos_Aires"} <= set(names)
    assert not {"US/Eastern", "Etc/GMT+5", "EST", "posixrules"} & set(names)
    assert set(names) <= available_timezones()
    assert all(
        name.startswith(f"{region}/") for region, found in zones_by_region().items() for name in found if name != "UTC"
    )


def test_a_name_is_known_or_not():
    assert zone_of("Europe/Berlin") == ZoneInfo("Europe/Berlin")
    for wrong in ("", "Europe", "europe/berlin", "../../etc/passwd", "localtime", "a\0b", "x" * 5000):
        assert zone_of(wrong) is None


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("Europe/Berln", "Europe/Berlin"),
        ("europe/berlin", "Europe/Berlin"),
        ("new york", "America/New_York"),
        ("Tokio", "Asia/Tokyo"),
        ("", None),
        ("0123456789", None),
    ],
)
def test_what_was_meant(written, meant):
    assert nearest_zone(written) == meant


@given(st.text())
def test_whatever_is_written_is_no_error(written):
    found = nearest_zone(written)
    assert found is None or zone_of(found)
    zone_of(written)
