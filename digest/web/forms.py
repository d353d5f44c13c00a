"""Forms that strangers send: urlencoded or multipart, and small."""

import asyncio

from python_multipart.multipart import parse_options_header
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request

MAX_BYTES = 64 * 1024
"""Most bytes of a form; ours have some hundred."""

MAX_FIELDS = 300

MAX_SECONDS = 10.0
"""How long a form may take to come in; ours fits into one packet."""

_URLENCODED, _MULTIPART = b"application/x-www-form-urlencoded", b"multipart/form-data"

_CHARSETS = (b"utf-8", b"us-ascii")
"""A form is UTF-8 (RFC 7578, 5.1.2; WHATWG). Of what else Python could decode, some can't be written again."""

_CLOSE = {"Connection": "close"}
"""Else the rest would be read, and thrown away."""


async def read_body(request: Request, most: int | None = None, seconds: float | None = None) -> bytes:
    """Return what was sent, whatever it is; a form unless other bounds are given.

    Raises HTTPException: 413 for more than `most` bytes, 408 for what takes longer, 400 where it breaks off.
    """
    try:
        async with asyncio.timeout(seconds or MAX_SECONDS):
            # A form is parsed from what was read within the limits.
            request._body = await _body(request, most or MAX_BYTES)
    except TimeoutError:
        raise HTTPException(408, "it takes too long", _CLOSE) from None
    except ClientDisconnect:
        raise HTTPException(400, "it is not complete") from None
    return request._body


async def _body(request: Request, most: int) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > most:
            raise HTTPException(413, "it is too large", _CLOSE)
    return bytes(body)


async def read_form(request: Request) -> FormData:
    """Return a form's fields; files in it don't count.

    Raises HTTPException: 413 for one that is too large, 408 for one that takes too long, 400 for one that can't be
    read, 415 for another type or charset.
    """
    kind, options = parse_options_header(request.headers.get("Content-Type", ""))
    is_ours = kind == _URLENCODED or (kind == _MULTIPART and options.get(b"charset", b"utf-8").lower() in _CHARSETS)
    if not is_ours:
        raise HTTPException(415, "expected a form")
    await read_body(request)
    try:
        form = await request.form(max_files=0, max_fields=MAX_FIELDS, max_part_size=MAX_BYTES)
    except UnicodeDecodeError:
        raise HTTPException(400, "the form can't be read") from None
    return FormData([(name, value) for name, value in form.multi_items() if isinstance(value, str)])
