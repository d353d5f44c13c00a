"""The settings of what comes in: readers' requests over the web, and what mail servers report."""

from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, model_validator

from digest.config.values import Host, Line


def _network(value: str) -> str:
    try:
        return str(ip_network(value))
    except ValueError:
        raise ValueError(f"{value!r} is no network; expected one such as '127.0.0.1' or '10.0.0.0/8'") from None


class WebTable(BaseModel):
    """`[web]`: the pages for everybody.

    `proxies` are the machines whose X-Forwarded-For field is believed: the web server before us, and nobody else.
    `requests_per_hour` is how many sign-ups and new addresses are taken from all together.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    proxies: tuple[Annotated[str, AfterValidator(_network)], ...] = ()
    requests_per_hour: Annotated[int, Field(ge=1)] = 500


class MailboxTable(BaseModel):
    """`[mailboxes.NAME]`: where bounces, complaints and mailed requests to leave come in.

    One of `maildir`, `mbox` and `host` (an IMAP server, always over TLS that is verified but on loopback).
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    maildir: Path | None = None
    mbox: Path | None = None
    host: Host | None = None
    port: Annotated[int, Field(ge=1, le=65535)] | None = None
    tls: Literal["implicit", "starttls", "none"] = "implicit"
    username: Line | None = None
    password: SecretStr | None = None
    password_file: Path | None = None
    folder: Line = "INBOX"
    every_minutes: Annotated[int, Field(ge=1, le=1440)] = 5

    @model_validator(mode="after")
    def _one_kind(self) -> "MailboxTable":
        if sum(one is not None for one in (self.maildir, self.mbox, self.host)) != 1:
            raise ValueError("needs one of `maildir`, `mbox` (a file) and `host` (an IMAP server)")
        return self
