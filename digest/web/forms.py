"""Forms that strangers send: urlencoded or multipart, and small."""

import asyncio

from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request

MAX_BYTES = 64 * 1024
"""Most bytes of a form; ours have some hundred."""

MAX_FIELDS = 300

MAX_SECONDS = 10.0
"""How long a form may take to come in; ours fits into one packet."""

_CLOSE = {"Connection": "close"}
"""Else the rest would be read, and thrown away."""


async def read_body(request: Request) -> bytes:
    """Return what was sent, whatever it is.

    Raises HTTPException: 413 for more than MAX_BYTES, 408 for what takes too long, 400 where it breaks off.
    """
    try:
        async with asyncio.timeout(MAX_SECONDS):
            request._body = await _body(request)  # a form is parsed from what was read within the limits
    except TimeoutError:
        raise HTTPException(408, "the form takes too long", _CLOSE) from None
    except ClientDisconnect:
        raise HTTPException(400, "the form is not complete") from None
    return request._body


async def _body(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BYTES:
            raise HTTPException(413, "the form is too large", _CLOSE)
    return bytes(body)


async def read_form(request: Request) -> FormData:
    """Return a form's fields; files in it don't count.

    Raises HTTPException: 413 for one that is too large, 408 for one that takes too long, 400 for one that can't be
    read, 415 for another type.
    """
    kind = request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if kind not in ("application/x-www-form-urlencoded", "multipart/form-data"):
        raise HTTPException(415, "expected a form")
    await read_body(request)
    try:
        form = await request.form(max_files=0, max_fields=MAX_FIELDS, max_part_size=MAX_BYTES)
    except UnicodeDecodeError:
        raise HTTPException(400, "the form can't be read") from None
    return FormData([(name, value) for name, value in form.multi_items() if isinstance(value, str)])
