"""Notices as soon as they are due: a reader who asked for a mail sits and waits for it.

They have a lock of their own, so an issue that takes an hour doesn't hold them up, and any number of programs may
look after them: one sends, the others find nothing to do.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from threading import Event, Thread

from digest.deliver.sender import ASKED
from digest.errors import BusyError, DigestError
from digest.readership.confirming import forget_old
from digest.rests import Rests
from digest.sayings import Sayings
from digest.sending import Control, notices_due, send_notices
from digest.site import MailingList, Site

BETWEEN = 1.0
"""Seconds between two looks for notices, each of which is one query a list."""

PATIENCE = 10.0
"""Seconds that a notice on the wire has at the end. One that is cut off is sent again, under the same Message-ID."""

log = logging.getLogger(__name__)


class Notifier:
    """Sends notices, leaves relays alone that can't be used, and says so once. `now` is the clock."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._rests = Rests()
        self._said = Sayings(log, now)
        self._forget_at = now()

    def send(self, site: Site, mailing_list: MailingList, stop: Callable[[], bool]) -> bool:
        """Send what is due, unless somebody else does; returns whether nothing went wrong. Raises nothing."""
        name = mailing_list.name
        try:
            if self._rests.hold(name, self._now()) or not notices_due(site, mailing_list, self._now()):
                return True
            run = send_notices(site, mailing_list, Control(self._now, stop))
        except BusyError:
            return True
        except DigestError as error:
            return self._failed(name, str(error))
        except Exception as error:
            return self._failed(name, repr(error), error)
        if run.stopped is not None and run.stopped != ASKED:
            return self._failed(name, run.stopped)
        self._rests.end(name)
        self._said.forget(name)
        return True

    def forget_old(self, site: Site) -> None:
        """Forget what was asked long ago and the notices about it, once an hour. Raises nothing."""
        if self._now() < self._forget_at:
            return
        self._forget_at = self._now() + timedelta(hours=1)
        try:
            forget_old(site, self._now())
        except BusyError:
            return
        except Exception as error:
            self._said.say(("old",), logging.ERROR, f"old requests could not be forgotten: {error!r}", error)

    def _failed(self, name: str, reason: str, defect: Exception | None = None) -> bool:
        self._rests.begin(name, self._now())
        self._said.say((name,), logging.ERROR, f"list {name}: notices: {reason}; they are tried again", defect)
        return False


@contextmanager
def notices_leave(notifier: Notifier, site: Callable[[], Site]) -> Iterator[None]:
    """Send notices within a second or so, in a thread, until the block ends; `site` has the settings of the moment."""
    stop = Event()

    def look() -> None:
        while not stop.wait(BETWEEN):
            present = site()
            notifier.forget_old(present)
            for mailing_list in present.lists:
                notifier.send(present, mailing_list, stop.is_set)

    # A relay may take minutes to answer, and whoever stops us waits for less.
    thread = Thread(target=look, name="notices", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(PATIENCE)
