"""The kill harness: a real sender, killed at random moments, against a server that counts.

    server.py    an SMTP server that counts by Message-ID and injects faults
    ledger.py    what the sender's store says, read from outside
    trial.py     the supervisor: start, kill, look, start again, until the issue is finished
    report.py    what was found, as a table

`tests/integration/test_kill.py` runs a short trial, `tests/torture.py` a long one. The program is driven
only from outside: the real command in a process of its own, which knows nothing of all this.
"""
