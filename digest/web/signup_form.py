"""The form of the subscribe page as somebody filled it in, and what is wrong with it. Pure."""

from dataclasses import dataclass

from starlette.datastructures import FormData

from digest.subscribers.address import MAX_LENGTH, Address, parse_address
from digest.subscribers.advice import address_doubted, address_meant, with_hint
from digest.web.offer import Offer

TRAP = "homepage"
"""The field that people don't see. Whoever fills it in fills in everything."""


@dataclass(frozen=True, slots=True)
class SignupForm:
    """What was typed and chosen, kept as it is so that it can be shown again. What the list doesn't offer is left out.

    `insisted` is the address that its writer was asked about already; `made` says when the form was made.
    """

    address: str
    topics: tuple[str, ...]
    frequency: str
    insisted: str = ""
    made: str = ""
    trapped: bool = False

    @classmethod
    def empty(cls, offer: Offer) -> "SignupForm":
        """Return the form before anybody filled it in."""
        return cls("", (), offer.usual)

    @classmethod
    def read(cls, form: FormData, offer: Offer) -> "SignupForm":
        """Read what was sent. All topics are no choice, just as none."""
        asked = {str(value) for value in form.getlist("topic")}
        topics = tuple(topic.id for topic in offer.topics if topic.id in asked)
        frequency = _text(form, "frequency")
        return cls(
            address=_text(form, "email").strip()[: 2 * MAX_LENGTH],
            topics=topics if len(topics) < len(offer.topics) else (),
            frequency=frequency if frequency in offer.coming else offer.usual,
            insisted=_text(form, "insisted")[: 2 * MAX_LENGTH],
            made=_text(form, "made"),
            trapped=bool(_text(form, TRAP)),
        )


@dataclass(frozen=True, slots=True)
class Mistake:
    """What is wrong with the address: a `reason` in English, or the address that was likely `meant`."""

    reason: str = ""
    meant: str = ""


def address_of(form: SignupForm) -> Address | Mistake:
    """Return the address that was typed, or what is wrong with it."""
    try:
        address = parse_address(form.address)
    except ValueError as error:
        return Mistake(reason=with_hint(str(error), address_meant(form.address)) if form.address else "")
    meant = None if form.insisted == form.address else address_doubted(address)
    return Mistake(meant=meant) if meant else address


def _text(form: FormData, name: str) -> str:
    value = form.get(name)
    return value if isinstance(value, str) else ""
