"""What our answers tell a browser it may do with them: as little as the page needs."""

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

NOTHING = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
"""Content-Security-Policy of an answer that is no page."""

PAGE = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; frame-src 'self'; base-uri 'none';"
    " form-action 'self'; frame-ancestors 'none'"
)
"""Content-Security-Policy of a page of ours: script and styles from a file, frames with our own content."""

SANDBOX = "allow-popups allow-popups-to-escape-sandbox allow-same-origin"
"""What a mail may do in a frame: open its links elsewhere. It runs no script, so to be of our origin gives it
nothing; it lets our own script keep the place to which somebody has scrolled."""


def mail_policy(*, images: bool) -> str:
    """Return the Content-Security-Policy of a mail's HTML, in our frame or alone: it runs nothing.

    It loads nothing either but, with `images`, those that a reader's mail program would load.
    """
    sources = "https: data:" if images else "'none'"
    return (
        f"default-src 'none'; style-src 'unsafe-inline'; img-src {sources};"
        f" base-uri 'none'; form-action 'none'; frame-ancestors 'self'; sandbox {SANDBOX}"
    )


_COMMON = {
    "Content-Security-Policy": NOTHING,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "browsing-topics=(), camera=(), geolocation=(), microphone=(), payment=()",
    "Cache-Control": "no-store",
}

_SECURE_TRANSPORT = {"Strict-Transport-Security": "max-age=31536000"}
"""For a year this host is asked over TLS alone (RFC 6797). Others in its domain are not ours to speak for."""


class SecureHeaders:
    """ASGI middleware that gives every answer the common headers, unless it has its own."""

    def __init__(self, app: ASGIApp, *, over_tls: bool = False) -> None:
        """Wrap `app`; `over_tls` says that people reach it so."""
        self.app = app
        self._fields = {**_COMMON, **(_SECURE_TRANSPORT if over_tls else {})}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as the wrapped application does, with more headers."""

        async def send_secured(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._fields.items():
                    headers.setdefault(name, value)
            await send(message)

        await self.app(scope, receive, send_secured)
