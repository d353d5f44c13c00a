"""`digest demo`: the whole way of a digest on the seed papers, in one command."""

import shutil
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from digest import clock
from digest.cli.output import counted, note, say
from digest.errors import InputError

if TYPE_CHECKING:
    from digest.site import MailingList, Site


def demo(
    folder: Annotated[
        Path,
        typer.Argument(metavar="[DIR]", help="Where to make the demo site; an earlier demo there is replaced."),
    ] = Path("demo"),
) -> None:
    """Make a site, load the seed papers, group, build, approve and send them, and say where the mail lies."""
    from digest.collecting import collect_file
    from digest.init import SEED_YEAR, create_site
    from digest.site import Site
    from digest.sources.file import paths_to_load

    _clear(folder)
    create_site(folder)
    site = Site.open(folder)
    say(f"Site      {folder}/ (settings in {folder}/digest.toml)")
    for path in paths_to_load(site.root / "seeds"):
        load = collect_file(site, path, SEED_YEAR, clock.now())
        for problem in load.problems:
            note(f"{'refused' if problem.refused else 'note'}: {problem}")
        say(f"Papers    {load.saved.new} loaded from {folder}/seeds/{path.name}")
    messages = 0
    for mailing_list in site.lists:
        for frequency in mailing_list.table.schedule:
            messages += _send(site, mailing_list, frequency, show_topics=not messages)
    _say_where(folder, messages)


def _clear(folder: Path) -> None:
    """Remove an earlier demo, and nothing that isn't one."""
    if not folder.exists():
        return
    if not folder.is_dir() or (any(folder.iterdir()) and not (folder / "digest.toml").is_file()):
        raise InputError(f"{folder}: exists and is no demo site; name another folder")
    shutil.rmtree(folder)


def _send(site: "Site", mailing_list: "MailingList", frequency: "str", show_topics: bool) -> int:
    from digest import pipeline
    from digest.cli.arguments import day_of, frequency_of
    from digest.cli.send import deliver_issue
    from digest.store import issues

    rhythm, day = frequency_of(mailing_list, frequency), day_of(mailing_list, None, clock.now())
    with site.store.begin() as connection:
        stored = pipeline.build(connection, site, mailing_list, rhythm, day, clock.now())
        if stored is None:
            raise InputError(f"{site.root}: the seeds brought no papers; install paper-digest again")
        entries = issues.entries(connection, stored.id)
        stored = pipeline.approve(connection, site, mailing_list, stored.key, clock.now())
    if show_topics:
        topics = Counter(entry.topic_name for entry in entries)
        say(f"Topics    {counted(len(topics), 'section')}")
        for name, count in topics.items():
            say(f"          {count:>3}  {name}")
    say(f"Issue     {stored.key} built with {counted(len(entries), 'paper')}, approved as No. {stored.number}")
    delivered = deliver_issue(site, mailing_list, rhythm, day)
    assert delivered is not None
    counts = ", ".join(f"{number} {state}" for state, number in sorted(delivered.counts.items()))
    say(f"Sent      {counts}, in {counted(delivered.reach.editions if delivered.reach else 0, 'edition')}")
    return sum(delivered.counts.values())


def _say_where(folder: Path, messages: int) -> None:
    say(f"""
{counted(messages, "message")} went over SMTP into the Maildir {folder}/outbox/. Look at them:
  digest --site {folder} preview daily       the issue in your browser: HTML, plaintext, raw message
  mutt -f {folder}/outbox                    in a terminal mail program
  ls {folder}/outbox/new                     as files; any mail program opens one renamed to .eml
What was sent:
  digest --site {folder} status""")
