"""Tables: CSV (RFC 4180) or TSV below a header that names the columns, a paper a row."""

import csv
import io
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from digest.papers.clean import clean_line
from digest.papers.paper import Parsed
from digest.papers.sentences import cut
from digest.sources.collector import FILE_RECORDS_LIMIT, Collector

MAX_LINES = 100
"""Most lines that one row may run over. It bounds what a forgotten closing quote can swallow."""

_DELIMITERS = ",;\t"
_COLUMNS_LIMIT = 200
_KEYS = """
    title abstract summary tldr ai_summary authors author organization published date publishedAt listed
    submittedOnDailyAt categories category primary_category keywords ai_keywords url link pdf pdf_url code github
    githubRepo project projectPage upvotes comments numComments stars githubStars version announce_type arxiv_id
    doi id paper_id
"""


def _letters(name: str) -> str:
    return "".join(c for c in name.casefold() if c.isalnum())


# By the letters of a name alone, so that "arXiv ID", "PDF URL" and "Published at" are found too; the last
# are what reference managers write.
_KEY_OF = {_letters(key): key for key in _KEYS.split()} | {
    "abstractnote": "abstract",
    "manualtags": "keywords",
    "authorkeywords": "keywords",
    "arxiv": "arxiv_id",
}


class _Row(NamedTuple):
    line: int
    fields: Sequence[str]
    reason: str = ""


def parse_csv(text: str, where: str, source: str = "file") -> Parsed:
    """Return the papers of a table, and a problem for each row that can't be used.

    Columns are separated by commas, semicolons or tabs, whichever the header has most of. A column that
    means nothing to us stays in `extra` under its own name. `where` names the file in problems.
    """
    collector = Collector(where, source, FILE_RECORDS_LIMIT)
    lines = list(io.StringIO(text.removeprefix("\ufeff"), newline=""))
    rows = _rows(lines, _delimiter(lines))
    header = next(rows, _Row(1, ()))
    columns = [_KEY_OF.get(_letters(name), clean_line(name)) for name in header.fields]
    if not lines or not any(line.strip() for line in lines):
        return collector.parsed('the file is empty; expected a header with a column "title", and papers below it')
    if reason := header.reason or _header_reason(columns):
        collector.fault(header.line, reason)
        return collector.parsed()
    for row in rows:
        if row.reason or len(row.fields) > len(columns):
            reason = f"{len(row.fields)} fields under {len(columns)} columns; is a quote missing?"
            collector.refuse(row.line, row.reason or reason)
        else:
            collector.add(row.line, dict(zip(columns, row.fields, strict=False)))
    return collector.parsed("no papers below the header")


def _header_reason(columns: Sequence[str]) -> str:
    """Return what is wrong with a header, "" where nothing is."""
    if "title" not in columns:
        return f'the header has no column "title"; found {cut(", ".join(filter(None, columns)), 100) or "nothing"}'
    if len(columns) > _COLUMNS_LIMIT:
        return f"a header of {len(columns)} columns; expected {_COLUMNS_LIMIT} at most"
    twice = next((name for name in columns if name and columns.count(name) > 1), "")
    return f'the header has the column "{cut(twice, 40)}" twice' if twice else ""


def _delimiter(lines: Sequence[str]) -> str:
    header = next((line for line in lines if line.strip()), "")
    return max(_DELIMITERS, key=header.count)


def _rows(lines: Sequence[str], delimiter: str) -> Iterator[_Row]:
    """Yield the rows that hold something, with the lines they begin at, 1-based.

    After a row that can't be read the next one begins at the line below its first.
    """
    at = 0
    while at < len(lines):
        window = lines[at : at + (MAX_LINES if '"' in lines[at] else 1)]
        reader = csv.reader(window, delimiter=delimiter, strict=True)
        try:
            fields = next(reader, [])
        except csv.Error as error:
            yield _Row(at + 1, (), f"this row can't be read: {error}; a quote inside a field is written twice")
            at += 1
            continue
        if any(field.strip() for field in fields):
            yield _Row(at + 1, fields)
        at += max(reader.line_num, 1)
