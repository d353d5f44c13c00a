"""The refused rows of an import, as a file that can be mended and imported again."""

import csv
import json
from itertools import count
from pathlib import Path
from typing import TextIO

from digest.errors import InputError
from digest.foreign.layout import IGNORED
from digest.roster.importing.source import Source
from digest.subscribers.table import RawRow


class Rejects:
    """The refused rows as a file that can be mended and imported again: as they stood, with the reason behind.

    A row that can't be taken apart stands in the first column as it was.
    """

    def __init__(self, file: TextIO, source: Source) -> None:
        self._file = file
        names = source.layout.names
        self._kept = [at for at, name in enumerate(names) if name != IGNORED]
        self._names = [names[at] for at in self._kept]
        self._csv = None
        if source.dialect is not None:
            dialect = source.dialect
            self._csv = csv.writer(file, delimiter=dialect.separator, quotechar=dialect.quote, lineterminator="\n")
            self._csv.writerow([*self._names, IGNORED])

    def add(self, raw: RawRow, reason: str) -> None:
        """Write a row."""
        width = max(self._kept, default=-1) + 1
        fields = [*raw.fields] if not raw.reason else [raw.text.strip("\r\n")]
        fields += [""] * (width - len(fields))
        # What could not be decoded can't be encoded either.
        row = [field.encode("utf-8", "replace").decode() for field in (*fields, reason)]
        kept, surplus, why = [row[at] for at in self._kept], row[width:-1], row[-1]
        if self._csv is not None:
            self._csv.writerow([*kept, why, *surplus])
        else:
            said = {name: value for name, value in zip(self._names, kept, strict=True) if value}
            self._file.write(json.dumps({**said, IGNORED: why}, ensure_ascii=False) + "\n")


def rejects_path(asked: Path | None, source: Path) -> Path:
    """Return where the refused rows go: where it was asked for, else beside the import, under a name that is free.

    Raises InputError when a file stands there: somebody may be mending it.
    """
    if asked is not None:
        if asked.exists():
            raise InputError(f"{asked}: is there already; name another file for the refused rows")
        return asked
    beside = Path("import.csv") if str(source) == "-" else source
    names = (f"{beside.stem}.rejects{'' if n == 1 else f'-{n}'}{beside.suffix}" for n in count(1))
    return next(path for name in names if not (path := beside.with_name(name)).exists())
