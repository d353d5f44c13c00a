"""The trending score: how much attention a paper gets for its source and its day, and how fresh it is.

docs/trending.md has the formula with an example. Every part is 0..1; what isn't known of a paper counts as
0.5, so that records without signals stand in the middle, neither first nor last.
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from statistics import median

from digest.papers.paper import Paper, Signals

WEIGHTS: Mapping[str, float] = {
    "upvotes": 0.3,
    "comments": 0.1,
    "stars": 0.1,
    "speed": 0.4,
    "freshness": 0.2,
    "place": 0.3,
    "topic": 0.1,
    "pin": 2.0,
}
"""What each part weighs. A pin weighs more than all others together; a speed from nothing to full makes up
for any age, since below 0.5 it doesn't go."""

NEUTRAL = 0.5
"""What counts for a part that isn't known."""

HALF_LIFE_DAYS = 2.0
"""After so many days a paper's freshness is half of what it was."""

SMALL_GROUP = 4
"""A rank among as many papers as this counts half; among more, more."""

USUAL_SPEED = 5.0
"""Upvotes or stars a day that are at least taken as usual, and while few papers grow."""

_COUNTS = ("upvotes", "comments", "stars")
_GROWING = ("upvotes", "stars")
_FROM_NOTHING = frozenset({"upvotes"})  # they begin with the listing; a repository may be older than its paper
_RISE = {"upvotes": 10, "stars": 50}
_RISE_SHARE = 0.5
_TELLING = 0.8
_WORTH_TELLING = {"upvotes": 5, "comments": 5, "stars": 20}  # two comments are no reason, whatever their rank
_FAST = 0.75
_DIGITS = 12  # equal scores stay equal whatever the order of the additions


@dataclass(frozen=True, slots=True)
class Reading:
    """An earlier count of a paper's signals, at a moment (aware); one a day is enough."""

    at: datetime
    signals: Signals


@dataclass(frozen=True, slots=True)
class Contender:
    """A paper with what its score is made of.

    `loaded` is the moment (aware) of its first load, `confidence` that of its topic (0..1, None where
    unknown), `readings` are earlier counts in any order, `pinned` says that the editors want it first.
    """

    paper: Paper
    loaded: datetime
    readings: tuple[Reading, ...] = ()
    confidence: float | None = None
    pinned: bool = False


@dataclass(frozen=True, slots=True)
class Score:
    """A paper's score: the sum of its parts, each times its weight in `WEIGHTS`.

    `firsts` names the parts in which the paper is alone before all others of its source and day (where there
    are more than a few), and `signals` its counts, both for `why`.
    """

    paper_id: str
    total: float
    parts: Mapping[str, float]
    signals: Signals = field(default_factory=Signals)
    firsts: frozenset[str] = frozenset()


def trending(contenders: Sequence[Contender], now: datetime, background: Sequence[Contender] = ()) -> list[Score]:
    """Return a score for each of `contenders` (no paper twice), best first.

    `background` are other papers known, which only say what is usual for a source and a day. The order is
    total: equal totals go by upvotes, comments, stars, place on the page, newest, id.
    """
    everyone = {s.paper.id: s for s in (*background, *contenders)}.values()
    ranks = _Ranks(everyone)
    usual = _usual_speeds(everyone, now)
    scored = [(_score(s, now, ranks, usual), s) for s in contenders]
    return [score for score, _ in sorted(scored, key=lambda pair: _order(*pair))]


def rising(paper: Paper, readings: Iterable[Reading], now: datetime, window: timedelta = timedelta(days=3)) -> bool:
    """Tell whether a paper that has left the window rises enough to be a candidate again.

    It does when, since the last reading before the window (or the first one there is), it got 10 upvotes
    or 50 stars more, and half as many again as it had.
    """
    past = sorted((r for r in readings if r.at <= now), key=lambda r: r.at)
    if not past:
        return False
    before = [r for r in past if r.at <= now - window]
    base = before[-1] if before else past[0]
    for name, enough in _RISE.items():
        grown = _growth(name, paper.signals, base.signals)
        if grown is not None and grown >= max(enough, _RISE_SHARE * (getattr(base.signals, name) or 0)):
            return True
    return False


def why(score: Score) -> str:
    """Return what tells most of why a paper stands where it does, such as "120 upvotes, rising fast"; or ""."""
    if score.parts["pin"]:
        return "pinned by the editors"
    told = {name: text for name in WEIGHTS if (text := _told(name, score))}
    best = sorted(told, key=lambda name: -WEIGHTS[name] * (score.parts[name] - NEUTRAL))[:2]
    return ", ".join(told[name] for name in sorted(best, key=list(WEIGHTS).index))


def _told(name: str, score: Score) -> str:
    """Return what part `name` of a score says in words, or "" where it is nothing special."""
    if name == "speed":
        return "rising fast" if score.parts[name] >= _FAST else ""
    if name == "place":
        return "first in its listing" if name in score.firsts else ""
    if name not in _COUNTS:
        return ""
    count = getattr(score.signals, name)
    if count is None or count < _WORTH_TELLING[name]:
        return ""
    if name == "upvotes" and name in score.firsts:
        return "most upvoted of its day"
    return f"{count:,} {name}" if score.parts[name] >= _TELLING else ""


def _score(contender: Contender, now: datetime, ranks: "_Ranks", usual: Mapping[tuple[str, str], float]) -> Score:
    parts = dict.fromkeys(WEIGHTS, NEUTRAL)
    firsts = set()
    for name in (*_COUNTS, "place"):
        value = _value(contender.paper, name)
        if value is not None:
            parts[name] = ranks.rank(contender, name, value)
            if ranks.is_first(contender, name, value):
                firsts.add(name)
    parts["speed"] = _speed(contender, now, usual)
    parts["freshness"] = 0.5 ** (_age_days(contender, now) / HALF_LIFE_DAYS)
    if contender.confidence is not None:
        parts["topic"] = min(max(contender.confidence, 0.0), 1.0)
    parts["pin"] = float(contender.pinned)
    total = round(sum(WEIGHTS[name] * part for name, part in parts.items()), _DIGITS)
    return Score(contender.paper.id, total, parts, contender.paper.signals, frozenset(firsts))


def _order(score: Score, contender: Contender) -> tuple[float | str, ...]:
    paper, signals = contender.paper, contender.paper.signals
    return (
        -score.total,
        -(signals.upvotes or 0),
        -(signals.comments or 0),
        -(signals.stars or 0),
        float("inf") if paper.position is None else paper.position,
        -_day(contender).toordinal(),
        paper.id,
    )


def _utc_day(moment: datetime) -> date:
    return moment.astimezone(UTC).date()


def _day(contender: Contender) -> date:
    return contender.paper.listed or contender.paper.published or _utc_day(contender.loaded)


def _age_days(contender: Contender, now: datetime) -> int:
    return max(0, (_utc_day(now) - _day(contender)).days)


def _value(paper: Paper, name: str) -> int | None:
    """Return what is ranked as part `name`, more being better; a place only where upvotes don't say more."""
    if name != "place":
        count: int | None = getattr(paper.signals, name)
        return count
    return None if paper.position is None or paper.signals.upvotes is not None else -paper.position


class _Ranks:
    """The counts and places of each source and day, sorted, to find a value's rank in them."""

    def __init__(self, contenders: Iterable[Contender]) -> None:
        self._values: dict[tuple[str, date, str], list[int]] = defaultdict(list)
        for contender in contenders:
            for name in (*_COUNTS, "place"):
                value = _value(contender.paper, name)
                if value is not None:
                    self._values[self._key(contender, name)].append(value)
        for values in self._values.values():
            values.sort()

    def rank(self, contender: Contender, name: str, value: int) -> float:
        """Return the share of the group below `value`, equals counting half, drawn to 0.5 in a small one."""
        values = self._values[self._key(contender, name)]
        share = (bisect_left(values, value) + bisect_right(values, value)) / (2 * len(values))
        return NEUTRAL + (share - NEUTRAL) * len(values) / (len(values) + SMALL_GROUP)

    def is_first(self, contender: Contender, name: str, value: int) -> bool:
        """Tell whether nothing in a group of more than a few is as high as `value`."""
        values = self._values[self._key(contender, name)]
        return len(values) > SMALL_GROUP and values[-1] == value != values[-2]

    @staticmethod
    def _key(contender: Contender, name: str) -> tuple[str, date, str]:
        return contender.paper.source, _day(contender), name


def _speed(contender: Contender, now: datetime, usual: Mapping[tuple[str, str], float]) -> float:
    """Return 0.5 for a paper that doesn't grow (or isn't known to), 0.75 at the usual speed, up to 1."""
    source = contender.paper.source
    shares = [speed / (speed + usual[source, name]) for name, speed in _speeds(contender, now).items()]
    return NEUTRAL + (1 - NEUTRAL) * max(shares, default=0.0)


def _speeds(contender: Contender, now: datetime) -> dict[str, float]:
    """Return by how much a paper's upvotes and stars grew a day, where they did.

    Counted from the last reading of an earlier day (UTC): one of today may be what the paper has now.
    """
    today = _utc_day(now)
    past = [reading for reading in contender.readings if _utc_day(reading.at) < today]
    if not past:
        return {}
    last = max(past, key=lambda reading: reading.at)
    days = (today - _utc_day(last.at)).days
    grown = {name: _growth(name, contender.paper.signals, last.signals) for name in _GROWING}
    return {name: growth / days for name, growth in grown.items() if growth is not None and growth > 0}


def _usual_speeds(contenders: Iterable[Contender], now: datetime) -> dict[tuple[str, str], float]:
    """Return the median of the speeds of those that grow, by source and signal, at least `USUAL_SPEED`.

    `SMALL_GROUP` imagined ones grow at that speed, so that a lone riser isn't its own measure.
    """
    speeds: dict[tuple[str, str], list[float]] = defaultdict(list)
    for contender in contenders:
        for name, speed in _speeds(contender, now).items():
            speeds[contender.paper.source, name].append(speed)
    return {key: max(USUAL_SPEED, median(values + [USUAL_SPEED] * SMALL_GROUP)) for key, values in speeds.items()}


def _growth(name: str, after: Signals, before: Signals) -> int | None:
    """Return how much a count grew, None where that isn't known."""
    now, then = getattr(after, name), getattr(before, name)
    if then is None and name in _FROM_NOTHING:
        then = 0
    return None if now is None or then is None else now - then
