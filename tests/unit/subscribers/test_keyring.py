import logging
import stat

import pytest

from digest.errors import ConfigError, InputError
from digest.subscribers.identity import format_signing_keys, new_signing_keys, parse_signing_keys
from digest.subscribers.keyring import Keyring, rotate
from digest.subscribers.tokens import Purpose, sign, verify

SUBJECT = "0123456789abcdef" * 2


@pytest.fixture
def path(tmp_path):
    file = tmp_path / "signing.keys"
    file.write_text("# ours: ask Ada\n" + format_signing_keys(new_signing_keys()) + "# the last line", encoding="ascii")
    file.chmod(0o600)
    return file


def test_a_new_key_signs_and_the_old_ones_are_honoured(path):
    keyring = Keyring(path)
    old = sign(keyring.keys, Purpose.UNSUBSCRIBE, SUBJECT)
    for number in range(2, 7):
        assert rotate(path).current == number
    assert keyring.keys.current == 6
    assert verify(keyring.keys, old).key_id == 1
    assert sign(keyring.keys, Purpose.UNSUBSCRIBE, SUBJECT, key_id=1) == old
    new = sign(keyring.keys, Purpose.UNSUBSCRIBE, SUBJECT)
    assert verify(keyring.keys, new).key_id == 6


def test_rotating_changes_one_line_and_no_mode(path):
    before = path.read_text("ascii").splitlines()
    rotate(path)
    after = path.read_text("ascii").splitlines()
    (added,) = [line for line in after if line not in before]
    assert after.index(added) == before.index(next(line for line in before if line.startswith("1 ")))
    assert [line for line in after if line != added] == before
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [one.name for one in path.parent.iterdir() if one.name != ".signing.keys.lock"] == ["signing.keys"]


def test_a_number_that_was_in_use_is_not_taken_before_all_are(path):
    path.write_text("255 " + "a" * 64 + "\n3 " + "b" * 64 + "\n", encoding="ascii")
    assert [key_id for key_id, _ in rotate(path).keys] == [1, 255, 3]


def test_a_full_file_says_what_to_do(path):
    path.write_text("".join(f"{number} {number:064x}\n" for number in range(1, 256)), encoding="ascii")
    with pytest.raises(InputError, match="holds 255 keys, the most there can be; delete the oldest"):
        rotate(path)


def test_a_file_that_can_t_be_used_is_left_alone(path):
    path.write_text("1 secret\n", encoding="ascii")
    with pytest.raises(ConfigError, match=r"signing.keys:1: expected") as error:
        rotate(path)
    assert "secret" not in str(error.value)
    assert path.read_text("ascii") == "1 secret\n"


def test_a_file_that_is_damaged_later_costs_nobody_their_way_out(path, caplog):
    keyring = Keyring(path)
    before = keyring.keys
    path.write_text("oops\n", encoding="ascii")
    with caplog.at_level(logging.ERROR):
        assert [keyring.keys for _ in range(3)] == [before] * 3
        path.unlink()
        assert keyring.keys == before
    assert [one.getMessage().partition(": ")[2] for one in caplog.records] == [
        "expected '<key id 1-255> <64 hexadecimal digits>'; the keys from before hold",
        "No such file or directory; restore the file from its backup; the keys from before hold",
    ]
    path.write_text(format_signing_keys(new_signing_keys()), encoding="ascii")
    assert keyring.keys == parse_signing_keys(path.read_text("ascii"), "x")


def test_a_file_that_could_never_be_read_is_an_error(path):
    path.unlink()
    with pytest.raises(ConfigError, match="restore the file"):
        _ = Keyring(path).keys
