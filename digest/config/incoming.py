"""The settings of what comes in: readers' requests over the web, and what mail servers report."""

import re
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, model_validator

from digest.config.values import Host, Line, is_loopback


def _network(value: str) -> str:
    try:
        return str(ip_network(value))
    except ValueError:
        raise ValueError(f"{value!r} is no network; expected one such as '127.0.0.1' or '10.0.0.0/8'") from None


def _topic(value: str) -> str:
    if not re.fullmatch(r"arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]{1,256}", value):
        raise ValueError(
            f"{value!r} is no topic; expected its ARN, such as 'arn:aws:sns:eu-west-1:123456789012:bounces'"
        )
    return value


def _username(value: str) -> str:
    if not value or ":" in value:
        raise ValueError("expected a name without a colon")
    return value


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

    @model_validator(mode="after")
    def _is_sound(self) -> "MailboxTable":
        of_server = self.model_fields_set & {"port", "tls", "username", "password", "password_file", "folder"}
        if self.host is None and of_server:
            raise ValueError(f"only an IMAP server (`host`) has a use for `{min(of_server)}`; take it out")
        if self.host and self.username is None:
            raise ValueError("an IMAP server needs `username`")
        if self.tls == "starttls" and self.port == 993:
            raise ValueError('port 993 speaks TLS from the first byte: tls = "implicit"')
        if self.host and self.tls == "none" and not is_loopback(self.host):
            raise ValueError('tls = "none" would send the password readable over the network; use "implicit"')
        return self


class SesHook(BaseModel):
    """`[hooks.ses]`: reports of Amazon SES, through an SNS topic that is named by its ARN."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    topic: Annotated[str, AfterValidator(_topic)]


class SendGridHook(BaseModel):
    """`[hooks.sendgrid]`: SendGrid's signed Event Webhook. Its verification key is public."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    public_key: Line


class MailgunHook(BaseModel):
    """`[hooks.mailgun]`: Mailgun's webhooks, and the key that signs them."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    signing_key: SecretStr | None = None
    signing_key_file: Path | None = None


class PostmarkHook(BaseModel):
    """`[hooks.postmark]`: Postmark's webhooks; what stands before the @ of the address that it is given."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    username: Annotated[Line, AfterValidator(_username)]
    password: SecretStr | None = None
    password_file: Path | None = None


class HooksTable(BaseModel):
    """`[hooks]`: the providers that are listened to, each at /hooks/NAME."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    ses: SesHook | None = None
    sendgrid: SendGridHook | None = None
    mailgun: MailgunHook | None = None
    postmark: PostmarkHook | None = None
