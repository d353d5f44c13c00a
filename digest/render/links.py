"""The links a subscriber finds in a message: to leave, and to change their mind.

They are signed and name no address. Without a `site_url` there is no page to link to, and leaving
works by mail alone.
"""

from functools import lru_cache
from typing import NamedTuple
from urllib.parse import quote

from digest.render.headers import IssueHeaders
from digest.subscribers.identity import SigningKeys
from digest.subscribers.tokens import Purpose, sign


class SubscriberLinks(NamedTuple):
    """`unsubscribe` stands in the body, `one_click` takes RFC 8058's POST; "" where there is none."""

    unsubscribe: str
    one_click: str
    mailto: str
    preferences: str


def subscriber_links(headers: IssueHeaders, keys: SigningKeys, subscriber_id: str) -> SubscriberLinks:
    """Return the links of one subscriber, the same whenever they are made again."""
    leave = sign(keys, Purpose.UNSUBSCRIBE, subscriber_id, key_id=headers.key_id)
    mailto = f"{_mail_to(headers.unsubscribe)}?subject=unsubscribe%20{leave}"
    if not headers.site_url:
        return SubscriberLinks(unsubscribe=mailto, one_click="", mailto=mailto, preferences="")
    choose = sign(keys, Purpose.PREFERENCES, subscriber_id, key_id=headers.key_id)
    page = f"{headers.site_url}/u/{leave}"
    return SubscriberLinks(
        unsubscribe=page, one_click=page, mailto=mailto, preferences=f"{headers.site_url}/p/{choose}"
    )


@lru_cache(maxsize=64)
def _mail_to(address: str) -> str:
    return f"mailto:{quote(address, safe='@')}"
