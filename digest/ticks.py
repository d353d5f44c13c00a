"""The ticks: each list is looked at every 20 seconds until somebody says stop.

APScheduler only calls; what is due is decided in `schedule.py` and done in `service.py`.
"""

import logging
import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC

from digest import clock
from digest.errors import DigestError

log = logging.getLogger(__name__)

SECONDS_BETWEEN_TICKS = 20
"""How often a list is looked at, and so how late after its minute a send may start."""


def serve(ticks: Mapping[str, Callable[[threading.Event], None]], stop: threading.Event) -> None:
    """Call each tick at once and then every 20 s until `stop` is set, or SIGTERM or SIGINT comes.

    `ticks` maps what each is for, such as "list daily", to what is to be done. A tick that takes longer is not
    called a second time meanwhile, and doesn't hold up the others. Each is given `stop` and returns soon after
    it is set; this function returns when all have. An error costs only its own tick and is logged.
    """
    from apscheduler.executors.pool import ThreadPoolExecutor
    from apscheduler.schedulers.background import BackgroundScheduler

    # It would warn every 20 s that a tick is still at work, which is how it should be.
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    pool = ThreadPoolExecutor(max_workers=max(1, len(ticks)))
    scheduler = BackgroundScheduler(timezone=UTC, executors={"default": pool})
    for name, tick in ticks.items():
        scheduler.add_job(
            _guarded,
            "interval",
            args=(name, tick, stop),
            id=name,
            seconds=SECONDS_BETWEEN_TICKS,
            next_run_time=clock.now(),
            max_instances=1,
            coalesce=True,
            misfire_grace_time=None,
        )
    with _signals() as asked:
        scheduler.start()
        while not asked and not stop.wait(0.2):
            pass
        stop.set()
    scheduler.shutdown(wait=True)


def _guarded(name: str, tick: Callable[[threading.Event], None], stop: threading.Event) -> None:
    try:
        tick(stop)
    except DigestError as error:
        log.error("%s: %s", name, error)  # noqa: TRY400 - one line, for a person
    except Exception:
        log.exception("%s: this tick failed; the next one tries again", name)


@contextmanager
def _signals() -> Iterator[list[int]]:
    """Collect SIGTERM and SIGINT in a list; a second Ctrl-C, after the block, acts as usual.

    The handlers only append: an Event set inside one can lock up with a main thread waiting for it.
    """
    asked: list[int] = []
    if threading.current_thread() is not threading.main_thread():
        yield asked
        return
    before = {
        number: signal.signal(number, lambda came, _frame: asked.append(came))
        for number in (signal.SIGTERM, signal.SIGINT)
    }
    try:
        yield asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
