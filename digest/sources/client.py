"""The HTTP client: how we introduce ourselves, what we trust, and what we don't keep."""

import logging
from http.cookiejar import CookieJar, DefaultCookiePolicy
from urllib.parse import quote

import httpx

from digest import __version__
from digest.errors import ConfigError
from digest.sources.body import ENCODINGS

# httpx writes whole addresses into the log, and a query may hold a key.
logging.getLogger("httpx").setLevel(logging.WARNING)
logging.getLogger("httpcore").setLevel(logging.WARNING)


def client_for(contact: str, seconds: float) -> httpx.Client:
    """Return an HTTP client that names itself and `contact`; one read, write or connection takes `seconds` at most.

    Certificates are verified, proxies taken from the environment, no cookie is kept, no redirect followed. A
    connection serves one request: `Cutoff` sees it opened, and none is found dead after a pause. Raises ConfigError
    where the environment's proxy or certificates can't be used.
    """
    agent = f"paper-digest/{__version__}"
    if contact:
        agent += f" (+{quote(contact, safe='/:@?&=+,;~%#')})"
    try:
        return httpx.Client(
            headers={"User-Agent": agent, "Accept-Encoding": ENCODINGS, "Connection": "close"},
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
            timeout=httpx.Timeout(seconds, connect=min(10.0, seconds)),
            follow_redirects=False,
        )
    except (ValueError, ImportError, OSError, httpx.InvalidURL):
        raise ConfigError(
            "the environment names a proxy (HTTP_PROXY, HTTPS_PROXY, ALL_PROXY) or certificates (SSL_CERT_FILE, "
            "SSL_CERT_DIR) that can't be used; expected a proxy at http:// or https://, and a file that can be read"
        ) from None
