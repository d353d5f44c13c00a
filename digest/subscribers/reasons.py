"""The reasons of suppressions that we know the meaning of; an operator, or a file, may give any other."""

LEFT = "left"
"""A reader asked for it. A completed double opt-in lifts it, and nothing else."""

FORGOTTEN = "forgotten"
"""A suppression is all we kept of somebody. It holds for lists made later too, until it is lifted there: no file
brings them back, only they themselves do."""

COMPLAINT = "complaint"
"""Their provider told us that they called our mail unwanted."""

NO_SUCH_ADDRESS = "no such address"
"""A mail server says so."""

UNREACHABLE = "can't be reached"
"""Their mailbox failed again and again."""
