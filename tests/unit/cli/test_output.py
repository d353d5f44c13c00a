import json

import pytest

from digest.cli.output import print_json_rows, sum_line
from digest.deliver.states import DeliveryState


def test_the_sum_names_every_state_and_adds_up():
    counts = {state: number * 1000 for number, state in enumerate(DeliveryState, 1)}
    line = sum_line(counts)
    total, parts = line.split(" planned = ")
    numbers = [int(part.split()[0].replace(",", "")) for part in parts.split(" + ")]
    assert int(total.replace(",", "")) == sum(numbers) == sum(counts.values())
    assert "3,000 deferred" in line
    assert len(numbers) == len(DeliveryState)


def test_a_state_that_nobody_is_in_is_not_named():
    assert sum_line({DeliveryState.ACCEPTED: 2, DeliveryState.FAILED: 0}) == "2 planned = 2 accepted"
    assert sum_line({}) == "no readers"


@pytest.mark.parametrize("rows", [[], [{"a": 1}], [{"a": 1}, {"a": "é"}]])
def test_rows_are_a_json_array(rows, capsys):
    print_json_rows(iter(rows))
    assert json.loads(capsys.readouterr().out) == rows
