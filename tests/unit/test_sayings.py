"""A log that doesn't say the same thing again and again."""

import logging
from datetime import timedelta

from digest.sayings import Sayings


def test_the_same_is_said_once_an_error_once_an_hour_and_anything_new_at_once(now, caplog):
    moment = [now]
    said = Sayings(logging.getLogger("test"), lambda: moment[0])
    caplog.set_level(logging.INFO)
    for minutes, level, text in (
        *((0, logging.ERROR, "down"), (1, logging.ERROR, "down"), (59, logging.ERROR, "down")),
        *((60, logging.ERROR, "down"), (61, logging.ERROR, "refused"), (62, logging.ERROR, "down")),
    ):
        moment[0] = now + timedelta(minutes=minutes)
        said.say(("relay",), level, text)
    assert caplog.messages == ["down", "down", "refused", "down"]
    for hours in (2, 5):
        moment[0] = now + timedelta(hours=hours)
        said.say(("news",), logging.INFO, "nothing new")
    assert caplog.messages.count("nothing new") == 1
    said.forget("news")
    assert ("news",) not in said
    said.say(("news",), logging.INFO, "nothing new")
    assert caplog.messages.count("nothing new") == 2
