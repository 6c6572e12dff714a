"""The pool, and the two ways to use it: reading and writing, each for one tenant.

A transaction is opened in one round trip together with the tenant it is for, which row security needs, and with
whatever its caller wants to ask first; it is closed in one together with what its caller wants to say last.
"""

import select
import threading
from collections.abc import Buffer, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from operator import itemgetter
from typing import TYPE_CHECKING, Any, LiteralString

import orjson

from shared.domain.errors import DependencyDown, from_constraint

if TYPE_CHECKING:
    import psycopg
    from psycopg.rows import DictRow, RowMaker
    from psycopg_pool import ConnectionPool

type Row = Mapping[str, Any]
type Parameters = Mapping[str, Any]
type Statement = tuple[LiteralString, Parameters]

LOCK_TIMEOUT = "5s"
# rows that are on their way out at once
LINES_AT_ONCE = 1000
# fewer are read in an instant, however that is planned
MANY_ROWS = 1000
# while the database is away each request holds a thread for this long
POOL_TIMEOUT_SECONDS = 3

_OPEN: LiteralString = (
    "SELECT set_config('motorpool.tenant_id', %(tenant_id)s, true), set_config('lock_timeout', %(wait)s, true)"
)


class Busy(DependencyDown):
    """Others hold what this needs for too long."""

    def __init__(self) -> None:
        super().__init__("database", retry_after=1)


class Transaction:
    """A transaction of one tenant; `tenant_id` goes into every statement by itself."""

    def __init__(self, connection: "psycopg.Connection[DictRow]", tenant_id: int) -> None:
        self.connection = connection
        self.tenant_id = tenant_id

    def find(self, statement: LiteralString, **parameters: Any) -> Row | None:
        """Answer the first row, or None."""
        return self._execute(statement, parameters).fetchone()

    def one(self, statement: LiteralString, **parameters: Any) -> Row:
        """Answer the row that is always there."""
        row = self.find(statement, **parameters)
        if row is None:
            raise LookupError("a statement that always answers a row answered none")
        return row

    def all(self, statement: LiteralString, **parameters: Any) -> Sequence[Row]:
        """Answer every row."""
        return self._execute(statement, parameters).fetchall()

    def report(self, statement: LiteralString, **parameters: Any) -> Sequence[Row]:
        """Answer every row, planned for these very values: what is best for a day is not for a year."""
        with translated():
            values = {"tenant_id": self.tenant_id, **parameters}
            # kept statements get one plan for all values from their sixth use on
            return self.connection.execute(statement, values, prepare=False).fetchall()

    def report_as[T](
        self, statement: LiteralString, columns: Sequence[str], make: Callable[..., T], **parameters: Any
    ) -> list[T]:
        """As `report`, but answer what is made of some columns of each row: of thousands, no dictionaries are made."""
        factory = _made_of(columns, make)
        with translated(), self.connection.cursor(row_factory=factory) as cursor:
            values = {"tenant_id": self.tenant_id, **parameters}
            return cursor.execute(statement, values, prepare=False).fetchall()

    def run(self, statement: LiteralString, **parameters: Any) -> int:
        """Execute, and answer how many rows it touched."""
        return self._execute(statement, parameters).rowcount

    def copy(self, statement: LiteralString, write: Callable[[bytes], object], **parameters: Any) -> int:
        """Write every row as a line of CSV, headings first, and answer how many rows there were.

        Nothing of it stays in memory. Lines end as RFC 4180 has them, where the server ends them with a newline only.
        """
        whole = "COPY (" + statement + ") TO STDOUT (FORMAT csv, HEADER)"
        with translated(), self.connection.cursor() as cursor:
            with cursor.copy(whole, {"tenant_id": self.tenant_id, **parameters}) as copied:
                lines = iter(copied)
                while some := [*islice(lines, LINES_AT_ONCE)]:
                    write(_as_rfc_4180(some))
            return cursor.rowcount

    def load(self, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
        """Write rows to a temporary table, and let the planner know if they are many."""
        from psycopg import sql

        named = sql.SQL(", ").join(map(sql.Identifier, columns))
        whole = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table), named)
        with translated(), self.connection.cursor() as cursor:
            with cursor.copy(whole) as copied:
                for row in rows:
                    copied.write_row(row)
            if cursor.rowcount > MANY_ROWS:
                cursor.execute(sql.SQL("ANALYZE {}").format(sql.Identifier(table)))

    def stream(self, statement: LiteralString, **parameters: Any) -> Iterator[Row]:
        """Yield every row, some thousand at a time, as long as the transaction is open."""
        with translated(), self.connection.cursor(name="stream") as cursor:
            cursor.itersize = LINES_AT_ONCE
            yield from cursor.execute(statement, {"tenant_id": self.tenant_id, **parameters})

    def together(self, *statements: Statement) -> list[Sequence[Row]]:
        """Execute several statements in one round trip and answer the rows of each."""
        with translated():
            return _batch(self.connection, self.tenant_id, statements)

    def _execute(self, statement: LiteralString, parameters: Parameters) -> "psycopg.Cursor[DictRow]":
        with translated():
            return self.connection.execute(statement, {"tenant_id": self.tenant_id, **parameters})


def _made_of[T](columns: Sequence[str], make: Callable[..., T]) -> "Callable[[psycopg.Cursor[Any]], RowMaker[T]]":
    """Answer what makes rows of columns by their names, wherever these stand."""

    def factory(cursor: "psycopg.Cursor[Any]") -> "RowMaker[T]":
        told = [column.name for column in cursor.description or ()]
        # what answers no rows has no columns
        chosen: Callable[[Sequence[Any]], Sequence[Any]] = itemgetter(*map(told.index, columns)) if told else tuple
        return lambda values: make(*chosen(values))

    return factory


def _as_rfc_4180(lines: Sequence[Buffer]) -> bytes:
    """Answer lines that end in newlines as ones that end in CRLF; newlines within their values stay as they are."""
    piece = b"".join(lines)
    if piece.count(b"\n") == len(lines):
        return piece.replace(b"\n", b"\r\n")
    return b"".join(bytes(line)[:-1] + b"\r\n" for line in lines)


class Database:
    """PostgreSQL as the application's role sees it. Nothing is connected before the first use."""

    def __init__(self, url: str, pool_size: int) -> None:
        self._url = url
        self._pool_size = pool_size
        self._pool: ConnectionPool[psycopg.Connection[DictRow]] | None = None
        self._lock = threading.Lock()

    @contextmanager
    def transaction(
        self, tenant_id: int, first: Sequence[Statement] = (), *, wait: str = LOCK_TIMEOUT
    ) -> Iterator[tuple[Transaction, list[Sequence[Row]]]]:
        """Open a transaction of a tenant; commit at the end, roll back on any error.

        Args:
            tenant_id: whose rows are seen and written.
            first: statements sent along in the same round trip.
            wait: how long to wait for a lock.

        Raises:
            DependencyDown: the database does not answer, or is too busy.
            Refusal: a constraint was broken that a client can break.
        """
        with translated(), self._connection() as connection:
            opening: list[Statement] = [("BEGIN", {}), (_OPEN, {"tenant_id": str(tenant_id), "wait": wait}), *first]
            _, _, *answers = _batch(connection, tenant_id, opening)
            try:
                yield Transaction(connection, tenant_id), answers
            except BaseException:
                if _is_open(connection):
                    connection.execute("ROLLBACK")
                raise
            if _is_open(connection):
                connection.execute("COMMIT")

    @contextmanager
    def read(self, tenant_id: int) -> Iterator[Transaction]:
        """Open a transaction that is only read from; raise DependencyDown if the database does not answer."""
        with self.transaction(tenant_id) as (tx, _):
            yield tx

    def recall(self, statement: LiteralString, parameters: Parameters) -> Sequence[Row]:
        """Execute one statement that belongs to no tenant yet, as its own transaction."""
        with translated(), self._connection() as connection:
            return connection.execute(statement, parameters).fetchall()

    def ping(self) -> None:
        """Return if the database answers."""
        self.recall("SELECT 1", {})

    def close(self) -> None:
        """Give every connection back to the server."""
        if self._pool is not None:
            self._pool.close()

    @contextmanager
    def _connection(self) -> "Iterator[psycopg.Connection[DictRow]]":
        with self._opened_pool().connection() as connection:
            yield connection

    def _opened_pool(self) -> "ConnectionPool[psycopg.Connection[DictRow]]":
        import psycopg
        from psycopg import rows
        from psycopg_pool import ConnectionPool

        with self._lock:
            if self._pool is None:
                self._pool = ConnectionPool(
                    self._url,
                    connection_class=psycopg.Connection[rows.DictRow],
                    # autocommit: BEGIN and COMMIT travel with other statements instead of alone
                    kwargs={"autocommit": True, "row_factory": rows.dict_row, "connect_timeout": 5},
                    min_size=0,
                    max_size=self._pool_size,
                    max_idle=60,
                    max_lifetime=1800,
                    timeout=POOL_TIMEOUT_SECONDS,
                    reconnect_timeout=5,
                    check=self._check,
                    open=True,
                )
            return self._pool

    def _check(self, connection: "psycopg.Connection[DictRow]") -> None:
        """Refuse a connection that the server has closed, by looking at its socket instead of asking."""
        import psycopg

        # an idle session has nothing to say: what can be read is the end of it
        looking = select.poll()
        looking.register(connection.fileno(), select.POLLIN)
        if looking.poll(0):
            # closed, or the pool would take it for a good one again; where one has gone, others have too
            connection.close()
            self._opened_pool().check()
            raise psycopg.OperationalError("the connection is gone")


def _is_open(connection: "psycopg.Connection[DictRow]") -> bool:
    from psycopg.pq import TransactionStatus

    return not connection.closed and connection.info.transaction_status != TransactionStatus.IDLE


def _batch(
    connection: "psycopg.Connection[DictRow]", tenant_id: int, statements: Sequence[Statement]
) -> list[Sequence[Row]]:
    """Send statements as one text with their values quoted in, and answer the rows of each.

    One message each way: with pipeline mode, every statement is a message and a wait of its own, and the threads
    of a worker spend their time handing each other the interpreter's lock instead of working.
    """
    from psycopg import ClientCursor
    from psycopg.rows import dict_row

    cursor = ClientCursor(connection, row_factory=dict_row)
    # one without values is sent as it stands
    text = ";\n".join(
        cursor.mogrify(one, {"tenant_id": tenant_id, **parameters}) if "%" in one else one
        for one, parameters in statements
    )
    cursor.execute(text)
    answers: list[Sequence[Row]] = []
    while True:
        answers.append(cursor.fetchall() if cursor.description else [])
        if not cursor.nextset():
            return answers


def _also_broken(hint: str | None, first: str | None) -> list[str]:
    """Answer the other constraints that a statement would have broken, which our functions tell as a hint."""
    if not hint or not hint.startswith("["):
        return []
    return [one["constraint"] for one in orjson.loads(hint) if one["constraint"] != first]


@contextmanager
def translated() -> Iterator[None]:
    """Turn what PostgreSQL says into what a client can understand."""
    import psycopg
    from psycopg_pool import PoolTimeout

    try:
        yield
    except psycopg.errors.IntegrityError as error:
        broken = error.diag.constraint_name
        refusal = from_constraint(broken, error.diag.message_detail, _also_broken(error.diag.message_hint, broken))
        if refusal is None:
            raise
        raise refusal from error
    except psycopg.errors.LockNotAvailable as error:
        raise Busy from error
    except (psycopg.errors.QueryCanceled, psycopg.errors.DeadlockDetected) as error:
        raise DependencyDown("database", retry_after=1) from error
    except (psycopg.OperationalError, PoolTimeout) as error:
        raise DependencyDown("database") from error
