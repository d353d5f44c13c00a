"""What the sender is compared with, each in a process of its own; prints JSON as `ours` does.

prepared  (a) The same messages as ours, ready as bytes, captured from an earlier run of ours: no ledger, nothing
              to make. One kept aiosmtplib connection a worker, and `sendmail(sender, [recipient], bytes)` for each
              message. On uvloop where it is installed.
mailer    (b) What most Python mailers do: for each recipient render two Jinja2 templates (compiled once) with
              their own papers, name and links, build an `EmailMessage`, and `send_message` it, over the same kept
              connections. No ledger. Style rules fill the head until a message has the size of ours.
source    (c) Postfix's smtp-source, in C: one message without content of its own, as large as ours, over kept
              connections (-d). Nothing is made and nothing remembered.

The messages of (a) are some hundred, sent in turn: their bytes come to far more than a processor's cache holds.
"""

import argparse
import asyncio
import email
import email.policy
import json
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Coroutine
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import make_msgid
from pathlib import Path

import aiosmtplib
import bench_site
import jinja2
import sinks

Send = Callable[[aiosmtplib.SMTP, int], Awaitable[object]]

_HTML = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{{ subject }}</title><style>
h1 { margin:0;font-size:34px } p { margin:0 0 6px } {{ styles }}
</style></head>
<body style="margin:0;background-color:#ffffff">
<h1 style="margin:0;font-size:34px;line-height:1.15">Daily Papers</h1>
{% for paper in papers %}
{{ card(paper) }}
{% endfor %}
<p style="margin:0;font-size:14px">For {{ name }} ({{ address }}). <a href="{{ preferences }}">Preferences</a>
<a href="{{ unsubscribe }}">Unsubscribe</a></p>
</body></html>
"""
_FULL_CARD = """{% macro card(paper) %}
<div style="font-family:Helvetica,Arial,sans-serif;font-size:16px;line-height:1.5;text-align:left;color:#2a3037">
<h3 style="margin:0;font-size:18px;line-height:1.35;font-weight:700"><a
 style="color:#14181c;text-decoration:none" href="{{ paper.url }}">{{ paper.title }}</a></h3>
<p style="margin:0;font-size:14px;color:#5c6670;padding-bottom:6px">{{ paper.authors|join(", ") }}</p>
<p style="margin:0">{{ paper.abstract }}</p>
<p style="margin:0;font-size:14px"><a style="color:#2065c5" href="{{ paper.pdf }}">PDF</a>
<span style="font-size:14px;color:#5c6670">{{ paper.upvotes }} upvotes</span></p></div>
{% endmacro %}
"""
_SLIM_CARD = """{% macro card(paper) %}<p><a href="{{ paper.url }}">{{ paper.title }}</a></p>{% endmacro %}
"""
_TEXT = """{% for paper in papers %}
{{ paper.title }}
{% if paper.abstract %}
  {{ paper.authors|join(", ") }}

{{ paper.abstract|wordwrap(70) }}

{% endif %}
  {{ paper.url }}
{% endfor %}
For {{ name }} ({{ address }})
Preferences: {{ preferences }}
Unsubscribe: {{ unsubscribe }}
"""


def _run(main: Coroutine[None, None, None]) -> None:
    try:
        import uvloop
    except ImportError:
        asyncio.run(main)
    else:
        uvloop.run(main)


async def _send_all(port: int, connections: int, count: int, send: Send) -> None:
    """Send `count` messages over kept connections, each taking the next number when it is free."""
    numbers = iter(range(count))

    async def work() -> None:
        client = aiosmtplib.SMTP(hostname="127.0.0.1", port=port, start_tls=False, timeout=60)
        await client.connect()
        for number in numbers:
            await send(client, number)
        await client.quit()

    async with asyncio.TaskGroup() as group:
        for _ in range(connections):
            group.create_task(work())


def _timed(port: int, connections: int, count: int, send: Send) -> dict[str, float]:
    start, cpu = time.perf_counter(), time.process_time()
    _run(_send_all(port, connections, count, send))
    seconds = time.perf_counter() - start
    return {"messages": count, "seconds": seconds, "cpu": time.process_time() - cpu}


def prepared(port: int, connections: int, count: int, folder: Path) -> dict[str, float]:
    """Send messages that are ready as bytes, captured in `folder`."""
    ready = []
    for file in sorted(folder.glob("*.eml")):
        message = file.read_bytes()
        to = email.message_from_bytes(message, policy=email.policy.default)["To"].addresses[0].addr_spec
        ready.append(([to], message))

    async def send(client: aiosmtplib.SMTP, number: int) -> None:
        recipients, message = ready[number % len(ready)]
        await client.sendmail(bench_site.SENDER, recipients, message)

    return _timed(port, connections, count, send)


class Mailer:
    """Renders and builds a message per recipient, from the papers of a size."""

    def __init__(self, size: bench_site.Size) -> None:
        environment = jinja2.Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
        self._html = environment.from_string((_SLIM_CARD if size.slim else _FULL_CARD) + _HTML)
        self._text = environment.overlay(autoescape=False).from_string(_TEXT)
        self._papers = [
            {
                **paper,
                "url": f"https://arxiv.org/abs/{paper['arxiv_id']}",
                "pdf": f"https://arxiv.org/pdf/{paper['arxiv_id']}",
            }
            for paper in bench_site.papers(size.abstract)
        ]
        self._styles = ""
        room = size.bytes - len(self.message(0, tuple(range(size.cards))).as_bytes(policy=email.policy.SMTP))
        rule = ".x { color:#14181c;text-decoration:none } "
        self._styles = rule * max(0, room // len(rule))

    def message(self, number: int, topics: tuple[int, ...]) -> EmailMessage:
        """Return the message of a subscriber."""
        name, address = bench_site.person(number)
        papers = [self._papers[topic] for topic in topics]
        subject = f"{papers[0]['title']} + {len(papers) - 1} more"
        leave = f"https://digest.example.org/u/{number:047}"
        values = {
            "subject": subject,
            "papers": papers,
            "name": name,
            "address": address,
            "unsubscribe": leave,
            "preferences": f"https://digest.example.org/p/{number:047}",
        }
        message = EmailMessage(policy=email.policy.SMTP)
        message["From"] = f"Paper Digest <{bench_site.SENDER}>"
        message["To"] = Address(name, addr_spec=address)
        message["Subject"] = subject
        message["Message-ID"] = make_msgid(domain="example.org")
        message["List-Unsubscribe"] = f"<{leave}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        message.set_content(self._text.render(values))
        message.add_alternative(self._html.render(values, styles=self._styles), subtype="html")
        return message


def mailer(port: int, connections: int, count: int, size: bench_site.Size) -> dict[str, float]:
    """Render and build a message per recipient, and send it."""
    made = Mailer(size)
    chosen = list(bench_site.own_topics(count, size.cards))

    async def send(client: aiosmtplib.SMTP, number: int) -> None:
        await client.send_message(made.message(number, chosen[number]))

    sample = sum(len(made.message(n, chosen[n]).as_bytes()) for n in range(20)) / 20
    return {**_timed(port, connections, count, send), "bytes": sample}


def source(port: int, connections: int, count: int, length: int) -> dict[str, float]:
    """Let smtp-source send `count` messages of `length` bytes; it says QUIT, and fails, by itself."""
    program = sinks.installed("smtp-source")
    assert program is not None
    kept = ("-d", "-s", str(connections), "-m", str(count), "-l", str(length))
    names = ("-M", "bench.example.org", "-f", bench_site.SENDER, "-t", "reader@example.org")
    start = time.perf_counter()
    subprocess.run([program, *kept, *names, f"127.0.0.1:{port}"], check=True, timeout=120)
    return {"messages": count, "seconds": time.perf_counter() - start}


def main() -> None:
    """Run one baseline once."""
    parser = argparse.ArgumentParser()
    parser.add_argument("which", choices=("prepared", "mailer", "source"))
    parser.add_argument("port", type=int)
    parser.add_argument("connections", type=int)
    parser.add_argument("count", type=int)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--kilobytes", type=int)
    parser.add_argument("--length", type=int)
    given = parser.parse_args()
    common = (given.port, given.connections, given.count)
    if given.which == "prepared":
        result = prepared(*common, given.folder)
    elif given.which == "mailer":
        result = mailer(*common, next(size for size in bench_site.SIZES if size.kilobytes == given.kilobytes))
    else:
        result = source(*common, given.length)
    sys.stdout.write(json.dumps(result) + "\n")


if __name__ == "__main__":
    main()
