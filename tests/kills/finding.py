"""What a trial found, and what is promised: the ledger and the server must tell the same story."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from enum import StrEnum

from tests.kills.ledger import Look
from tests.kills.server import UNCERTAIN, CountingServer, Fault


class Moment(StrEnum):
    """Where a kill struck, as the store and the server tell afterwards."""

    PLANNING = "while planning"
    RECOVERING = "between plan and first message"
    SENDING = "while sending"


@dataclass(frozen=True, slots=True)
class Size:
    """How long a trial is. `pace` is the server's thinking time a message, in seconds."""

    messages: int
    kills: int
    seed: int
    connections: int
    pace: float


@dataclass(slots=True)
class Finding:
    """What a trial found; `wrong` is empty when every promise was kept."""

    size: Size
    kills: Counter[Moment] = field(default_factory=Counter)
    runs: int = 0
    uncertain: int = 0  # deliveries that were claimed when a kill struck, all kills together
    most_uncertain: int = 0  # … and at one kill, at most
    faults: Counter[Fault] = field(default_factory=Counter)
    duplicates: int = 0
    lost: int = 0
    issue: str = ""
    states: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    wrong: list[str] = field(default_factory=list)

    @property
    def doubtful(self) -> int:
        """Faults after the dot."""
        return sum(self.faults[fault] for fault in UNCERTAIN)

    @property
    def bound(self) -> int:
        """How many duplicates the promise allows: one a connection and kill, one a fault after the dot."""
        return self.kills.total() * self.size.connections + self.doubtful

    def claim(self, kept: bool, otherwise: str) -> None:
        """Note a promise that was not kept; the first hundred say enough."""
        if not kept and len(self.wrong) < 100:
            self.wrong.append(otherwise)


def check_after_kill(finding: Finding, look: Look, server: CountingServer) -> None:
    """Hold the store of a dead sender against what the server took."""
    when = f"kill {finding.kills.total()}"
    claimed, most = look.counts["claimed"], finding.size.connections
    finding.uncertain += claimed
    finding.most_uncertain = max(finding.most_uncertain, claimed)
    finding.claim(claimed <= most, f"{when}: {claimed} uncertain with {most} connections")
    finding.claim(look.planned or not (claimed or server.taken), f"{when}: sent before the plan was whole")
    _compare(finding, look, server, when)


def _compare(finding: Finding, look: Look, server: CountingServer, when: str) -> None:
    """What was taken is known as claimed, accepted or in doubt; what is accepted was taken."""
    taken = server.by_recipient().keys()
    for address in taken:
        state = look.states.get(address, "nowhere")
        known = state in ("claimed", "accepted") or address in look.doubted
        finding.claim(known, f"{when}: the server has a message for {address}, the ledger says {state}")
    for address, state in look.states.items():
        has_it = state != "accepted" or address in taken
        finding.claim(has_it, f"{when}: {address} is accepted in the ledger, the server has nothing")


def check_at_end(finding: Finding, look: Look, server: CountingServer, addresses: Collection[str]) -> None:
    """Check what is promised of an issue that is finished, however often its sender was killed."""
    taken = server.by_recipient()
    finding.faults = server.faults
    finding.duplicates, finding.lost = server.duplicates(), len(set(addresses) - taken.keys())
    finding.issue, finding.states = look.issue, look.counts
    claim = finding.claim
    claim(finding.issue == "finished", f"the issue is {finding.issue or 'not there'}, not finished")
    claim(finding.lost == 0, f"lost: {finding.lost}")
    claim(finding.duplicates <= finding.bound, f"duplicates: {finding.duplicates} of at most {finding.bound}")
    known = finding.uncertain + finding.doubtful
    claim(finding.duplicates <= known, f"duplicates: {finding.duplicates}, but only {known} were ever uncertain")
    several = sum(len(ids) > 1 for ids in taken.values())
    claim(several == 0, f"recipients with more than one Message-ID: {several}")
    claim(server.differing() == 0, f"Message-IDs whose copies differ: {server.differing()}")
    unnamed = server.repeated() - look.doubted
    claim(not unnamed, f"got it twice, and no attempt says it was uncertain: {sorted(unnamed)[:5]}")
    claim(not taken.keys() - set(addresses), "mail went to somebody who isn't in the subscriber file")
    claim(look.deliveries == len(look.states) == len(addresses), f"{look.deliveries} deliveries planned")
    claim(look.counts == {"accepted": len(addresses)}, f"states: {dict(look.counts)}")
    _compare(finding, look, server, "at the end")
