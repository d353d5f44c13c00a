"""`[mailboxes.NAME]`: one kind each, and no password readable over the network."""

import pytest
from pydantic import ValidationError

from digest.config.incoming import MailboxTable

SERVER = {"host": "imap.example.org", "username": "digest"}


@pytest.mark.parametrize(
    "table",
    [
        {"maildir": "mail"},
        {"mbox": "/var/mail/digest", "every_minutes": 1},
        SERVER,
        {**SERVER, "tls": "starttls", "port": 143, "folder": "Bounces", "password_file": "keys/imap"},
        {**SERVER, "host": "127.0.0.1", "tls": "none"},
    ],
)
def test_each_kind_of_mailbox_can_be_declared(table):
    assert MailboxTable.model_validate(table).every_minutes in (1, 5)


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ({}, "needs one of `maildir`, `mbox` (a file) and `host` (an IMAP server)"),
        ({"maildir": "mail", "mbox": "box"}, "needs one of"),
        ({"maildir": "mail", "folder": "x"}, "only an IMAP server (`host`) has a use for `folder`; take it out"),
        ({"mbox": "box", "tls": "implicit"}, "only an IMAP server (`host`) has a use for `tls`; take it out"),
        ({"host": "imap.example.org"}, "an IMAP server needs `username`"),
        ({**SERVER, "tls": "none"}, 'tls = "none" would send the password readable over the network'),
        ({**SERVER, "tls": "starttls", "port": 993}, "port 993 speaks TLS from the first byte"),
    ],
)
def test_what_cannot_work_is_refused_with_the_reason(table, said):
    with pytest.raises(ValidationError) as raised:
        MailboxTable.model_validate(table)
    assert said in str(raised.value)
