"""Where mail comes in: a Maildir, an mbox file, an IMAP mailbox. None of them ever deletes a mail."""
