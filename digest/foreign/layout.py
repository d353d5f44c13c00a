"""What the columns of a file are taken for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from digest.errors import InputError, meant
from digest.foreign.names import letters
from digest.foreign.programs import OURS, Program, judge_of, recognised
from digest.foreign.standing import Judge

IGNORED = "reason"
"""The column of refused rows that says why; it is nobody's."""


@dataclass(frozen=True, slots=True)
class Layout:
    """How the rows of a file are read.

    `names` are its columns as they are written, `taken` where each of ours stands among them, `evidence` what tells of
    consent, and `judge` who may be mailed, by what stands in `judged` too.
    """

    program: Program
    names: tuple[str, ...]
    taken: Mapping[str, int]
    judged: Mapping[str, int]
    evidence: Mapping[str, int]
    judge: Judge

    @property
    def unused(self) -> tuple[str, ...]:
        """The columns that nothing is taken from."""
        used = {*self.taken.values(), *self.judged.values(), *self.evidence.values()}
        return tuple(name for at, name in enumerate(self.names) if at not in used and name and name != IGNORED)


def layout_of(
    names: Sequence[str], asked: Mapping[str, str], file: str, sample: Sequence[Sequence[str]] = ()
) -> Layout:
    """Return what the columns `names` of a file are taken for.

    `asked` names, by ours, columns that the operator wants taken. `sample` are some rows, to say in which column the
    addresses seem to stand. Raises InputError, without the name of the file, when no column is known to hold them, or
    when `asked` names something that isn't there.
    """
    names = tuple(name.strip() for name in names)
    program = recognised(names)
    places = {letters(name): at for at, name in reversed(list(enumerate(names))) if letters(name)}
    taken = {
        ours: places[found]
        for ours, candidates in program.columns.items()
        if (found := next((one for one in candidates if one in places), None))
    }
    taken |= {_ours(ours): _theirs(theirs, names, places) for ours, theirs in asked.items()}
    if "email" not in taken:
        raise InputError(_no_addresses(names, sample))
    judged, evidence = (
        {names[places[one]]: places[one] for one in wanted if one in places}
        for wanted in (program.judged, program.evidence)
    )
    columns: dict[str, int] = places | {ours: taken[ours] for ours in ("status", "left_at") if ours in taken}
    return Layout(program, names, taken, judged, evidence, judge_of(program, columns, file))


def _ours(name: str) -> str:
    if name not in OURS:
        raise InputError(f"--map {name}=…: {meant(name, OURS, 'expected one of ' + ', '.join(OURS))}")
    return name


def _theirs(name: str, names: Sequence[str], places: Mapping[str, int]) -> int:
    if name in names:
        return names.index(name)
    if letters(name) in places:
        return places[letters(name)]
    raise InputError(f"--map …={name}: there is no such column; {meant(name, names, f'columns: {shown(names)}')}")


def _no_addresses(names: Sequence[str], sample: Sequence[Sequence[str]]) -> str:
    """Return an error that names the column in which the addresses seem to stand."""
    if any("@" in name for name in names):
        return "there is no header above the rows; put a line there that names the columns, such as email,name"
    holding = [name for at, name in enumerate(names) if any("@" in row[at] for row in sample if at < len(row))]
    near = get_close_matches("email", [name.lower() for name in names], n=1)
    likely = holding[:1] or [name for name in names if name.lower() in near]
    hint = f"; say --map email={_quoted(likely[0])}" if likely else ""
    return f"no column is known to hold the addresses{hint} (columns: {shown(names)})"


def _quoted(name: str) -> str:
    return f'"{name}"' if not name.isalnum() else name


def shown(names: Sequence[str]) -> str:
    """Return the names of columns for a person, the first 30."""
    more = f" and {len(names) - 30} more" if len(names) > 30 else ""
    return ", ".join(name[:40] or '""' for name in names[:30]) + more
