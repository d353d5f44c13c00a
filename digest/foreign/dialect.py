"""How the rows of a table are written, found out from its first lines."""

from collections.abc import Sequence

from digest.foreign.names import ADDRESSES, letters
from digest.subscribers.table import CSV, Dialect, Window, first_row, rows

SAMPLE_LINES = 200
"""Lines that a dialect is found out from."""

_SEPARATORS = ",\t;|"


def find_dialect(lines: Sequence[str]) -> Dialect:
    """Return what separates the fields of a table, and what quotes them.

    The separator that gives a column of addresses wins, then the one that most rows agree on, then the one that makes
    more columns. A table of one column is CSV.
    """
    text = "".join(lines)
    quote = "'" if '"' not in text and text.lstrip("\ufeff").startswith("'") else '"'
    best, highest = CSV._replace(quote=quote), (0, 0.0, 1)
    for separator in _SEPARATORS:
        dialect = Dialect(separator, quote)
        score = _score(lines, dialect)
        if score > highest and score[2] > 1:
            best, highest = dialect, score
    return best


def _score(lines: Sequence[str], dialect: Dialect) -> tuple[int, float, int]:
    window = Window(lines)
    header = first_row(window, dialect)
    if header is None:
        return 0, 0.0, 0
    width = len(header.fields)
    widths = [len(row.fields) for row in rows(window, (), dialect)]
    agreeing = sum(one == width for one in widths) / len(widths) if widths else 1.0
    names = [letters(name) for name in header.fields]
    addresses = 2 if any(name in ADDRESSES for name in names) else int(any("mail" in name for name in names))
    return addresses, agreeing, width
