"""Subscriber files as strange as they come, and the model that edits of them are held to.

A file is a list of chunks, each a row or a line that is none, with how every field is written. The model edits chunks,
and so says byte for byte what the file is afterwards.
"""

from dataclasses import dataclass, replace

from hypothesis import strategies as st

READERS = (*(f"reader{number}@example.org" for number in range(4)), "jörg@example.org")
OWN = ("name", "notes", "Größe")
NOTHING = ("\r\n", "  \r\n", "\t\r", ",,\r\n", "#kept,x,y,z\n", "nobody\n", '"a","b"\r')
ABOVE = ("# ours\n", '"# since 1843, ours",,\r\n', "\r\n", " #\r", ",,\r")
TEXTS = st.text(st.sampled_from('ab Ö"#,\n\r;|=\u2028\u00a0'), max_size=6)


@dataclass(frozen=True)
class Chunk:
    """Lines of a file: whose row it is, how its fields are written, and what name it says."""

    fields: tuple[str, ...]
    end: str
    owner: str | None = None
    name: str = ""

    @property
    def text(self) -> str:
        return ",".join(self.fields) + self.end


@dataclass
class OddFile:
    """A file as chunks below its header; `top` is all above, `columns` are in their order."""

    columns: tuple[str, ...]
    top: str
    chunks: list[Chunk]

    @property
    def text(self) -> str:
        return self.top + "".join(chunk.text for chunk in self.chunks)

    @property
    def names(self) -> dict[str, str]:
        """The readers with a whole row, and the name in their first one."""
        whole = {c.owner: c.name for c in reversed(self.chunks) if c.owner and len(c.fields) == len(self.columns)}
        return {reader: name.strip() for reader, name in whole.items()}

    def add(self, reader: str, name: str) -> bool:
        """Add a row at the end; False where that can't be."""
        if any(chunk.owner == reader for chunk in self.chunks) or self._lacks_column(name):
            return False
        first = self.text.splitlines(keepends=True)[0] if self.top else ""
        end = next((end for end in ("\r\n", "\n", "\r") if first.endswith(end)), "\n")
        if not self.text.endswith(("\n", "\r")):
            self._close_last(end)
        fields = ({"email": reader, "name": sparing(name)}.get(column, "") for column in self.columns)
        self.chunks.append(Chunk(tuple(fields), end, reader, name))
        return True

    def set(self, reader: str, name: str) -> bool:
        """Change the name in the first whole row; False where that can't be."""
        theirs = (n for n, c in enumerate(self.chunks) if c.owner == reader and len(c.fields) == len(self.columns))
        at = next(theirs, None)
        if at is None or self._lacks_column(name):
            return False
        if "name" in self.columns and self.chunks[at].name.strip() != name:
            place = self.columns.index("name")
            fields = list(self.chunks[at].fields)
            fields[place] = _in_place_of(fields[place], name)
            self.chunks[at] = replace(self.chunks[at], fields=tuple(fields), name=name)
        return True

    def remove(self, reader: str) -> bool:
        """Remove all rows; False where there is none."""
        kept = [chunk for chunk in self.chunks if chunk.owner != reader]
        found = len(kept) < len(self.chunks)
        self.chunks = kept
        return found

    def _lacks_column(self, name: str) -> bool:
        return bool(name) and "name" not in self.columns

    def _close_last(self, end: str) -> None:
        if self.chunks:
            self.chunks[-1] = replace(self.chunks[-1], end=end)
        else:
            self.top += end


def sparing(value: str) -> str:
    """Write a value with quotes where it needs them."""
    plain = value == value.strip() and not any(char in value for char in ',"\r\n') and not value.startswith("#")
    return value if plain else '"' + value.replace('"', '""') + '"'


def _in_place_of(written: str, value: str) -> str:
    inner = written.lstrip(" ")
    before = " " * (len(written) - len(inner))
    if inner.startswith('"'):
        return before + '"' + value.replace('"', '""') + '"'
    return before + sparing(value) + (inner[len(inner.rstrip()) :] if sparing(value) == value else "")


@st.composite
def written(draw: st.DrawFn, value: str) -> str:
    """Draw a way to write a value."""
    spaces = draw(st.sampled_from(["", " ", "  "]))
    if sparing(value) != value or draw(st.booleans()):
        return spaces + '"' + value.replace('"', '""') + '"'
    return spaces + value + draw(st.sampled_from(["", " "]))


@st.composite
def odd_files(draw: st.DrawFn) -> OddFile:
    ends = st.sampled_from(["\n", "\r\n", "\r"])
    columns = tuple(draw(st.permutations(["email", *draw(st.lists(st.sampled_from(OWN), unique=True))])))
    header = ",".join(draw(written(draw(st.sampled_from([name, name.title()])))) for name in columns)
    top = [draw(st.sampled_from(["", "\ufeff"])), *draw(st.lists(st.sampled_from(ABOVE), max_size=3))]
    chunks = draw(st.lists(_chunks(columns, ends), max_size=6))
    file = OddFile(columns, "".join([*top, header, draw(ends)]), chunks)
    if draw(st.booleans()):  # the last line end is missing
        if chunks:
            chunks[-1] = replace(chunks[-1], end="")
        else:
            file.top = file.top.rstrip("\r\n")
    return file


@st.composite
def _chunks(draw: st.DrawFn, columns: tuple[str, ...], ends: st.SearchStrategy[str]) -> Chunk:
    if draw(st.integers(0, 3)) == 0:
        line = draw(st.sampled_from(NOTHING))
        bare = line.rstrip("\r\n")
        return Chunk((bare,), line[len(bare) :])
    reader = draw(st.sampled_from(READERS))
    values = {name: draw(TEXTS) for name in columns} | {"email": draw(st.sampled_from([reader, reader.upper()]))}
    fields = [draw(written(values[name])) for name in columns]
    if draw(st.integers(0, 5)) == 0:
        fields = fields[: columns.index("email") + 1]  # what follows is missing
    return Chunk(tuple(fields), draw(ends), reader, values.get("name", ""))
