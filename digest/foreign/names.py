"""Names of columns, compared by their letters and digits alone: "Email Address", "email_address", "E-Mail-Address"."""

from functools import lru_cache

ADDRESSES = ("email", "emailaddress", "mail", "mailaddress")
"""What a column of addresses is called, by its letters."""


@lru_cache(maxsize=4096)
def letters(name: str) -> str:
    """Return what of a column's name counts."""
    return "".join(c for c in name.casefold() if c.isalnum())
