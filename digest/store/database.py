"""Open the database: SQLite in WAL with synchronous=FULL, brought up to the newest schema.

FULL is what makes a committed claim survive a power cut; DESIGN's figures show what it costs.
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    ExceptionContext,
    Table,
    create_engine,
    event,
    func,
    inspect,
    select,
    text,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DatabaseError

from digest.errors import BusyError, InputError

HEAD = "0005"
"""The newest migration. Compared before Alembic is imported, which takes longer than most commands."""


PATIENCE = 30.0
"""Seconds to wait for a transaction of another process."""

HURRY = 5.0
"""Seconds that somebody before a page waits for it. Mail providers wait some ten for the answer to a click."""


def open_database(path: Path) -> Engine:
    """Open, create or migrate the store at `path`. Raises InputError when it is no store of ours."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        path.touch(mode=0o600)  # it holds the readers' addresses
    engine = _engine(path)
    try:
        if _version(engine) != HEAD:
            _create(engine)
            _migrate(engine)
    except DatabaseError as error:
        engine.dispose()
        raise InputError(f"{path}: can't be used as the store: {error.orig}") from error
    return engine


def _engine(path: Path) -> Engine:
    # A defect in the log must not name the readers whose rows it was about.
    engine = create_engine(f"sqlite:///{path}", connect_args={"timeout": PATIENCE}, hide_parameters=True)
    event.listen(engine, "connect", _prepare_connection)
    event.listen(engine, "begin", _begin_immediately)
    event.listen(engine, "handle_error", _say_busy)
    return engine


def _prepare_connection(connection: Any, _record: object) -> None:
    # The driver's own transactions start too late for a claim (pysqlite begins at the first write).
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_immediately(connection: Connection) -> None:
    options = connection.get_execution_options()
    patience = options.get("patience", PATIENCE)
    if connection.info.get("patience", PATIENCE) != patience:  # of whoever had this connection before
        connection.exec_driver_sql(f"PRAGMA busy_timeout = {patience * 1000:.0f}")
        connection.info["patience"] = patience
    connection.exec_driver_sql("BEGIN" if options.get("reads", False) else "BEGIN IMMEDIATE")


def reading(engine: Engine) -> Engine:
    """Return the same store for transactions that only read: they don't wait for one that writes, nor it for them."""
    return engine.execution_options(reads=True)


def hurried(engine: Engine) -> Engine:
    """Return the same store for transactions that wait HURRY seconds for others: somebody looks at a page."""
    return engine.execution_options(patience=HURRY)


def _say_busy(context: ExceptionContext) -> Exception | None:
    if "database is locked" not in str(context.original_exception):
        return None
    options = context.connection.get_execution_options() if context.connection else {}
    return _busy_error(options.get("patience", PATIENCE))


def _busy_error(seconds: float = PATIENCE) -> BusyError:
    return BusyError(f"the store was busy for {seconds:g} seconds with another command; try again")


@contextmanager
def errors_in_words() -> Iterator[None]:
    """Say in a line for people what the driver itself, used without SQLAlchemy, finds wrong with the store.

    Raises BusyError when it is locked too long, InputError when the disk is full or can't be read.
    """
    try:
        yield
    except sqlite3.OperationalError as error:
        if "locked" in str(error):
            raise _busy_error() from error
        if "full" in str(error) or "I/O" in str(error):
            raise InputError(f"the store can't be written: {error}; mend that and run the command again") from error
        raise


def compact(engine: Engine) -> None:
    """Write the store anew without what was deleted, which stays in free pages and in the WAL else.

    It takes seconds for each gigabyte, and as much room again. Raises BusyError when others use the store meanwhile,
    InputError when the disk is full.
    """
    connection = engine.raw_connection()
    try:
        database = connection.driver_connection
        assert isinstance(database, sqlite3.Connection)
        with errors_in_words():
            database.execute("VACUUM")
            (is_busy, *_) = database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if is_busy:
            raise _busy_error()
    finally:
        connection.close()


def _version(engine: Engine) -> str | None:
    with reading(engine).begin() as connection:  # so that nobody waits for a turn to write only to look
        if not inspect(connection).has_table("alembic_version"):
            return None
        return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _create(engine: Engine) -> None:
    """Make the tables in a new store as they are now: all the migrations lead to the same, and take far longer."""
    from digest.store import schema, schema_readers  # noqa: F401 (they fill in the metadata)
    from digest.store.metadata import metadata

    with engine.begin() as connection:
        if not inspect(connection).get_table_names():
            metadata.create_all(connection)
            connection.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)"))
            connection.execute(text("INSERT INTO alembic_version VALUES (:head)"), {"head": HEAD})


def _migrate(engine: Engine) -> None:
    if _version(engine) == HEAD:
        return
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", "digest:store/migrations")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        try:
            command.upgrade(config, "head")
        except CommandError as error:
            raise InputError(
                f"{engine.url.database}: written by a newer paper-digest; install that one ({error})"
            ) from error


def is_among(connection: Connection, column: ColumnElement[str], values: Iterable[str]) -> ColumnElement[bool]:
    """Return the condition that a column holds one of some values.

    SQLite is given them as one JSON array: written out as a thousand parameters they cost more than the look-up.
    """
    if connection.dialect.name != "sqlite":
        return column.in_(values)
    return column.in_(select(func.json_each(json.dumps(list(values))).table_valued("value").c.value))


def insert_into(connection: Connection, table: Table) -> sqlite.Insert | postgresql.Insert:
    """Return an INSERT that can say what becomes of a row that is there already."""
    return postgresql.insert(table) if connection.dialect.name == "postgresql" else sqlite.insert(table)


def insert_or_ignore(connection: Connection, table: Table) -> sqlite.Insert | postgresql.Insert:
    """Return an INSERT that leaves an existing row as it is, whichever constraint it would break."""
    return insert_into(connection, table).on_conflict_do_nothing()
