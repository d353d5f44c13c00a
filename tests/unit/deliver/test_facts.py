import logging
from datetime import UTC, datetime

import pytest

from digest.deliver.delivery import Claim, Settlement
from digest.deliver.facts import tell_settlement
from digest.deliver.outcome import Stage, judge

NOW = datetime(2026, 11, 24, 6, tzinfo=UTC)
CLAIM = Claim(7, "0" * 32, "Ada@example.org", "example.org", "1" * 32, "Ada", "", NOW, 0)


@pytest.mark.parametrize("reply", ["5.1.1 <Ada@example.org>: no such user", "4.2.2 mailbox ada@EXAMPLE.org is full"])
def test_the_log_names_the_delivery_and_its_domain_and_never_the_address(caplog, reply):
    outcome = judge(Stage.RCPT, 550, reply)
    with caplog.at_level(logging.DEBUG, logger="digest.mail"):
        tell_settlement(Settlement(CLAIM, outcome, "main", NOW))
    (record,) = caplog.records
    assert {"delivery": 7, "domain": "example.org", "relay": "main"}.items() <= record.msg.items()
    assert "ada" not in str(record.msg).casefold()
