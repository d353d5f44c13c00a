"""A message taken apart the way a mail program does it, for the checks to read."""

import email
import email.policy
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from functools import cached_property
from typing import Any

import lxml.html
from lxml import etree

_IN_ANGLES = re.compile(r"<([^<>\s]*)>")
_NO_WORD = re.compile(r"[\W_]+")


def letters(text: str) -> str:
    """Return the letters and digits of a text alone: what wrapping, markup and a change of case leave alone."""
    return _NO_WORD.sub("", text.casefold())


@dataclass(frozen=True)
class Mail:
    """A message: `raw` as it would be handed to a relay, and its parts as they come out of it.

    A part that is missing is "".
    """

    raw: bytes
    message: EmailMessage

    @classmethod
    def read(cls, raw: bytes) -> "Mail":
        """Take a message apart."""
        parsed = email.message_from_bytes(raw, policy=email.policy.default)
        assert isinstance(parsed, EmailMessage)
        return cls(raw, parsed)

    def field(self, name: str) -> str:
        """Return the text of a header field, "" where it is missing."""
        return str(self.message.get(name, ""))

    @cached_property
    def html(self) -> str:
        """The HTML part, decoded."""
        return self._body("html")

    @cached_property
    def text(self) -> str:
        """The plaintext part, decoded."""
        return self._body("plain")

    def _body(self, subtype: str) -> str:
        part = self.message.get_body((subtype,))
        return str(part.get_content()) if part is not None else ""

    @cached_property
    def tree(self) -> Any:
        """The HTML part as lxml elements; an empty document where there is none."""
        return lxml.html.document_fromstring(self.html if self.html.strip() else "<html><body></body></html>")

    def elements(self, *names: str) -> Iterator[Any]:
        """Yield the elements with these names in the order of the document, all where none is given."""
        found: Iterator[Any] = self.tree.iter(*(names or (etree.Element,)))
        return found

    @cached_property
    def hrefs(self) -> tuple[str, ...]:
        """Where the links of the HTML part go, in order."""
        return tuple(str(link.get("href")).strip() for link in self.elements("a") if link.get("href"))

    @cached_property
    def squeezed_text(self) -> str:
        """The plaintext without white space, so that a long address is in it however it was wrapped."""
        return "".join(self.text.split())

    @cached_property
    def unsubscribe_urls(self) -> tuple[str, ...]:
        """The addresses in List-Unsubscribe, in order."""
        return tuple(_IN_ANGLES.findall(self.field("List-Unsubscribe")))


def words_of(element: Any) -> str:
    """Return the text of an element as a reader sees it, on one line."""
    return " ".join(str(element.text_content()).split())
