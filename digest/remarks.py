"""What the service says of an issue: the lines for people, as values."""

from zoneinfo import ZoneInfo

from digest.deliver.sender import ASKED
from digest.issues.issue import IssueKey
from digest.issues.states import IssueState
from digest.pipeline import Delivered
from digest.schedule import Due
from digest.site import MailingList


def result_line(delivered: Delivered) -> str:
    """Return how an issue stands after a run, and when it goes on."""
    counts = ", ".join(f"{number} {state}" for state, number in sorted(delivered.counts.items())) or "no readers"
    line = f"{delivered.issue.state}: {counts}"
    if delivered.issue.state is not IssueState.SENDING:
        return line
    if delivered.run.stopped == ASKED:
        return f"{line}; stopped, and goes on at the next start"
    return f"{line}; next try at {delivered.next_due.astimezone():%H:%M}" if delivered.next_due else line


def missed_line(mailing_list: MailingList, lost: Due, state: IssueState | None) -> str:
    """Return that an issue isn't started any more, and what starts it by hand."""
    name, table = mailing_list.name, mailing_list.table
    key = IssueKey(mailing_list.id, lost.frequency, lost.period)
    options = f"{name} --frequency {lost.frequency} --date {lost.day}"
    steps = [f"digest send {options}"]
    if table.approval == "required" and state is not IssueState.APPROVED:
        steps.insert(0, f"digest issue approve {key}")
        if state is None:
            steps.insert(0, f"digest issue build {options}")
    at = lost.at.astimezone(ZoneInfo(table.timezone))
    return (
        f"issue {key} was due {at:%a %Y-%m-%d %H:%M} and is not started any more: its grace of"
        f" {table.grace_hours:g} h is over; by hand: {', then '.join(f'`{step}`' for step in steps)}"
    )
