from digest.checks import every


def test_a_sound_message_has_nothing_wrong(make, found):
    assert found(every.errors, make()) == []
    assert found(every.warnings, make()) == []


def test_what_stops_an_issue_is_an_error_and_what_is_told_a_warning(make, found):
    spoilt = make(html="<p>x</p>", text="", From=None, Subject="")
    stops = found(every.errors, spoilt, envelope_senders=("x@elsewhere.edu",), site_url="http://localhost")
    assert stops
    assert {one.split()[0] for one in stops} == {"error"}
    told = found(every.warnings, spoilt)
    assert told
    assert {one.split()[0] for one in told} == {"warning"}
