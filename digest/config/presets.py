"""What is known of the relays of common providers: where they are, and what they allow.

Figures are the providers' published ones for an ordinary account; an account of your own may have others,
and what the settings say themselves goes before a preset.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Literal

Preset = Literal["gmail", "microsoft365", "ses", "fastmail", "postmark", "mailgun"]

PRESETS: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        # 2,000 messages a day with Workspace, 500 without.
        "gmail": {
            "host": "smtp.gmail.com",
            "port": 587,
            "tls": "starttls",
            "connections": 2,
            "messages_per_connection": 90,
            "messages_per_minute": 60,
        },
        # 30 messages a minute, 3 connections, 10,000 recipients a day.
        "microsoft365": {
            "host": "smtp.office365.com",
            "port": 587,
            "tls": "starttls",
            "connections": 3,
            "messages_per_minute": 30,
        },
        # 14 messages a second is what a new account out of the sandbox gets. Other regions: set `host`.
        "ses": {
            "host": "email-smtp.us-east-1.amazonaws.com",
            "port": 587,
            "tls": "starttls",
            "connections": 8,
            "messages_per_minute": 840,
        },
        "fastmail": {
            "host": "smtp.fastmail.com",
            "port": 465,
            "tls": "implicit",
            "connections": 2,
            "messages_per_minute": 60,
        },
        # The stream for newsletters; the other one is for single messages.
        "postmark": {
            "host": "smtp-broadcasts.postmarkapp.com",
            "port": 587,
            "tls": "starttls",
            "connections": 8,
        },
        # In the EU: host = "smtp.eu.mailgun.org".
        "mailgun": {
            "host": "smtp.mailgun.org",
            "port": 587,
            "tls": "starttls",
            "connections": 8,
        },
    }
)
