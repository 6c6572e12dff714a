"""See to the days that utilization is answered from: `python -m tools.rollups status | rebuild | prove`."""

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from datetime import date, timedelta

import psycopg

from shared.actions import proof, rollups
from shared.domain.errors import DependencyDown
from shared.store.database import Database
from tools.database import OperatorFault, connected, owner_url

_EPILOG = """
examples:
  python -m tools.rollups status
  python -m tools.rollups rebuild --tid 3b0c7a52-6f1d-4c1e-9d0a-5c2f8e41b7d0
  python -m tools.rollups rebuild --from 2026-03-01 --to 2026-03-31
  python -m tools.rollups prove --sample 5000

Motorpool reckons by itself: whoever changes trips marks their days, which are reckoned at once or within a minute, and
every night a sample is proved. Rebuild after something went past that: trips restored from a backup, a change by hand,
another release of the rules. People go on working meanwhile; browsers are told when it is done.

rebuild works through windows of days, the oldest first, each in a transaction of its own. Cut off at any moment, it has
done some windows whole and the others not at all: run it again, or from the day that it named last.

prove reckons all of yesterday and a sample of other days in another way, from the trips. What differs is listed, marked
and reckoned anew; exit code 1 says that there was something.

The database is that of the running stack: --database-url, else MIGRATIONS_DATABASE_URL, else the same name in
./local.settings.json. It is the URL of the role that owns the tables.

exit codes: 0 done, 1 not done or something differed (the message says what), 2 wrong usage
"""
# days of assets in one transaction: a few seconds, for which nobody else reckons in that tenant
WINDOW = 30_000
_MAX_SAMPLE = 1_000_000
type Say = Callable[[str], None]


def main(arguments: list[str] | None = None) -> int:
    """Run one subcommand; answer 0 when done, 1 when not."""
    asked = _parser().parse_args(arguments)
    try:
        url = owner_url(asked.database_url)
        with connected(url) as connection:
            tenants = _tenants(connection, asked.tid)
        database = Database(url, 1)
        try:
            return int(asked.command(database, tenants, asked))
        finally:
            database.close()
    except OperatorFault as fault:
        print(f"rollups: {fault}", file=sys.stderr)
    except DependencyDown as down:
        print(f"rollups: the {down.dependency} is busy or away; what is done is done, run it again", file=sys.stderr)
    return 1


def rebuild(database: Database, tenant_id: int, period: tuple[date | None, date | None], say: Say) -> int:
    """Reckon a tenant's days anew, window by window; answer how many days of assets have activity.

    Args:
        database: as the role that owns the tables.
        tenant_id: whose days.
        period: the first and the last day; None: from where there is anything, to where there is.
        say: takes a line for each window.
    """
    extent = rollups.measure(database, tenant_id)
    first, last = period[0] or extent.first_day, period[1] or extent.last_day
    if first is None or last is None or first > last:
        say("nothing to reckon")
        return 0
    began, count = time.monotonic(), 0
    for low, high in _windows(first, last, max(1, WINDOW // max(1, extent.assets))):
        count += rollups.rebuild(database, tenant_id, low, high)
        share = ((high - first).days + 1) / ((last - first).days + 1)
        seconds = time.monotonic() - began
        say(
            f"{share:4.0%}  up to {high}  {count:,} days of assets, {count / seconds:,.0f}/s, "
            f"{seconds / share - seconds:.0f} s left"
        )
    return count


def _windows(first: date, last: date, days: int) -> Iterator[tuple[date, date]]:
    while first <= last:
        end = min(last, first + timedelta(days=days - 1))
        yield first, end
        first = end + timedelta(days=1)


def _rebuild(database: Database, tenants: list[tuple[int, str]], asked: argparse.Namespace) -> int:
    if asked.first and asked.last and asked.first > asked.last:
        raise OperatorFault("--from is after --to.")
    for tenant_id, name in tenants:
        print(name, flush=True)
        rebuild(database, tenant_id, (asked.first, asked.last), lambda line: print(f"  {line}", flush=True))
    return 0


def _prove(database: Database, tenants: list[tuple[int, str]], asked: argparse.Namespace) -> int:
    found = 0
    for tenant_id, name in tenants:
        proved = proof.prove(database, tenant_id, asked.sample)
        print(f"{name}: {proved.days:,} days of assets proved, {len(proved.differences)} differed", flush=True)
        for one in proved.differences[:20]:
            print(f"  {one}")
        found += len(proved.differences)
        while rollups.reckon_page(database, tenant_id):
            pass
    return int(found > 0)


def _status(database: Database, tenants: list[tuple[int, str]], _asked: argparse.Namespace) -> int:
    for tenant_id, _ in tenants:
        one = rollups.describe(database, tenant_id)
        print(
            f"{one['tid']}  {one['name']}: {one['days']:,} days of assets, {one['marks']:,} marked, "
            f"version {one['version'] or '-'}, reckoned {_moment(one['rolled_up_at'])}, "
            f"proved {_moment(one['proved_at'])}"
        )
    return 0


def _moment(at: object) -> str:
    return f"{at:%Y-%m-%d %H:%M}Z" if at else "never"


def _tenants(connection: psycopg.Connection, tid: str | None) -> list[tuple[int, str]]:
    connection.execute("SELECT set_config('motorpool.sweep', 'on', true)")
    rows = connection.execute(
        "SELECT id, name FROM tenants WHERE %(tid)s::text IS NULL OR tid = %(tid)s ORDER BY id", {"tid": tid}
    ).fetchall()
    if tid and not rows:
        raise OperatorFault(f"There is no tenant {tid}: `python -m tools.tenant list` shows those there are.")
    return [(row[0], row[1]) for row in rows]


def _parser() -> argparse.ArgumentParser:
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(
        prog="python -m tools.rollups", description=__doc__, epilog=_EPILOG, formatter_class=raw
    )
    parser.add_argument("--database-url", help="of the role that owns the tables")
    commands = parser.add_subparsers(required=True, metavar="status | rebuild | prove")
    status = commands.add_parser("status", help="how many days there are, are marked, and how fresh they are")
    status.set_defaults(command=_status)
    again = commands.add_parser("rebuild", help="reckon days anew from their trips, marked or not")
    again.add_argument("--from", dest="first", type=_day, metavar="DAY", help="first local day; the first of all")
    again.add_argument("--to", dest="last", type=_day, metavar="DAY", help="last local day; the last of all")
    again.set_defaults(command=_rebuild)
    prove = commands.add_parser("prove", help="compare days with their trips, and repair them")
    prove.add_argument("--sample", type=_count, default=proof.SAMPLE, metavar="N", help="days beside yesterday's")
    prove.set_defaults(command=_prove)
    for command in commands.choices.values():
        command.add_argument("--tid", help="of one tenant only")
        # suppressed: a default here would undo what was given before the subcommand
        command.add_argument("--database-url", default=argparse.SUPPRESS, help="of the role that owns the tables")
    return parser


def _day(given: str) -> date:
    try:
        return date.fromisoformat(given)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{given!r} is no day; they look like 2026-03-31") from error


def _count(given: str) -> int:
    if not (given.isascii() and given.isdigit() and int(given) <= _MAX_SAMPLE):
        raise argparse.ArgumentTypeError(f"give a whole number up to {_MAX_SAMPLE:,}")
    return int(given)


if __name__ == "__main__":
    sys.exit(main())
