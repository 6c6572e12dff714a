"""Make organisations and change their settings: `python -m tools.tenant add | list | settings`."""

import argparse
import re
import sys
from decimal import Decimal
from zoneinfo import available_timezones

import psycopg
from psycopg import sql

from tools.database import OperatorFault, connected, owner_url

_EPILOG = """
examples:
  python -m tools.tenant add --tid 3b0c7a52-6f1d-4c1e-9d0a-5c2f8e41b7d0 --name "Acme Logistics" \\
      --time-zone America/New_York
  python -m tools.tenant settings --tid 3b0c7a52-6f1d-4c1e-9d0a-5c2f8e41b7d0 --custody-hours 12 --require-location
  python -m tools.tenant list

A tenant is the `tid` claim of its people's tokens; with Microsoft Entra ID that is the directory (tenant) id.
Its people need no adding: each is recorded at first sign-in, with the role that the token names.

The database is that of the running stack: --database-url, else MIGRATIONS_DATABASE_URL, else the same name in
./local.settings.json. It is the URL of the role that owns the tables.

exit codes: 0 done, 1 not done (the message says why and what to do), 2 wrong usage
"""
_MAX_HOURS = 8_760
_MAX_TEXT = 200
_MAX_IDLE_DAYS = 3_650
_SETTINGS = (
    "name",
    "time_zone",
    "currency",
    "custody_hours",
    "require_location",
    "shift_start",
    "shift_end",
    "shift_days",
    "discount_rate",
    "reimbursement_per_mile",
    "idle_days",
)


def main(arguments: list[str] | None = None) -> int:
    """Run one subcommand; answer 0 when done, 1 when not."""
    asked = _parser().parse_args(arguments)
    try:
        with connected(owner_url(asked.database_url)) as connection:
            print(asked.command(connection, asked))
    except OperatorFault as fault:
        print(f"tenant: {fault}", file=sys.stderr)
        return 1
    return 0


def _add(connection: psycopg.Connection, asked: argparse.Namespace) -> str:
    given = {"tid": asked.tid, **_given(asked)}
    _know(connection, asked.tid)
    _check_zone(connection, asked.time_zone)
    statement = sql.SQL("INSERT INTO tenants ({}) VALUES ({}) RETURNING id").format(
        sql.SQL(", ").join(map(sql.Identifier, given)), sql.SQL(", ").join(map(sql.Placeholder, given))
    )
    try:
        (tenant_id,) = connection.execute(statement, given).fetchall()[0]
    except psycopg.errors.UniqueViolation as error:
        raise OperatorFault(
            f"There is a tenant {asked.tid} already. `list` shows it, `settings --tid {asked.tid} …` changes it."
        ) from error
    _audit(connection, tenant_id, "tenant.add", asked.tid)
    return f"Added {asked.name} ({asked.tid}). Its people can sign in now."


def _change(connection: psycopg.Connection, asked: argparse.Namespace) -> str:
    given = _given(asked)
    if not given:
        raise OperatorFault("Nothing to change: say at least one setting, such as --time-zone. See settings --help.")
    _know(connection, asked.tid)
    _check_zone(connection, asked.time_zone)
    (tenant_id,) = connection.execute("SELECT id FROM tenants WHERE tid = %s", [asked.tid]).fetchone() or (None,)
    if tenant_id is None:
        raise OperatorFault(f"There is no tenant {asked.tid}: `list` shows those there are, `add` makes one.")
    # what follows from a setting is the tenant's, too
    _see(connection, tenant_id)
    changes = sql.SQL(", ").join(sql.SQL("{} = {}").format(sql.Identifier(n), sql.Placeholder(n)) for n in given)
    statement = sql.SQL("UPDATE tenants SET {} WHERE tid = %(tid)s").format(changes)
    connection.execute(statement, {"tid": asked.tid, **given})
    _audit(connection, tenant_id, "tenant.settings", asked.tid)
    return f"Changed {asked.tid}: " + ", ".join(f"{name} = {value}" for name, value in given.items())


def _list(connection: psycopg.Connection, _asked: argparse.Namespace) -> str:
    connection.execute("SELECT set_config('motorpool.sweep', 'on', true)")
    rows = connection.execute(
        "SELECT tid, name, time_zone, currency, custody_hours, require_location FROM tenants ORDER BY name, tid"
    ).fetchall()
    if not rows:
        return "There is no tenant yet: `python -m tools.tenant add --help` says how to make one."
    return "\n".join(
        f"{tid}  {name}  ({time_zone}, {currency}, due after {hours} h, place {'required' if place else 'optional'})"
        for tid, name, time_zone, currency, hours, place in rows
    )


def _given(asked: argparse.Namespace) -> dict[str, object]:
    values = {name: getattr(asked, name) for name in _SETTINGS}
    return {name: value for name, value in values.items() if value is not None}


def _check_zone(connection: psycopg.Connection, zone: str | None) -> None:
    """Raise OperatorFault if the database, which has zones of its own, does not know one."""
    try:
        connection.execute("SELECT now() AT TIME ZONE %s::text", [zone])
    except psycopg.errors.InvalidParameterValue as error:
        raise OperatorFault(
            f"PostgreSQL does not know the time zone {zone}: update its time zone data, or give an older name of it."
        ) from error


def _know(connection: psycopg.Connection, tid: str) -> None:
    """Show row security, which binds the owner too, whose row this is about."""
    connection.execute("SELECT set_config('motorpool.tid', %s, true)", [tid])


def _see(connection: psycopg.Connection, tenant_id: int) -> None:
    """Show row security whose rows are meant."""
    connection.execute("SELECT set_config('motorpool.tenant_id', %s, true)", [str(tenant_id)])


def _audit(connection: psycopg.Connection, tenant_id: int, action: str, tid: str) -> None:
    _see(connection, tenant_id)
    # an operator is no user of the tenant, so nobody is named
    connection.execute(
        "INSERT INTO audit_log (tenant_id, action, resource, outcome) VALUES (%s, %s, %s, 'done')",
        [tenant_id, action, f"tenant/{tid}"],
    )


def _parser() -> argparse.ArgumentParser:
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(
        prog="python -m tools.tenant", description=__doc__, epilog=_EPILOG, formatter_class=raw
    )
    parser.add_argument("--database-url", help="of the role that owns the tables")
    commands = parser.add_subparsers(required=True, metavar="add | list | settings")
    add = commands.add_parser("add", help="make a tenant", description="Make a tenant.")
    _take_settings(add, required=True)
    add.set_defaults(command=_add)
    change = commands.add_parser("settings", help="change a tenant", description="Change what is given, no more.")
    _take_settings(change, required=False)
    change.set_defaults(command=_change)
    commands.add_parser("list", help="show every tenant and its settings").set_defaults(command=_list)
    for command in commands.choices.values():
        # suppressed: a default here would undo what was given before the subcommand
        command.add_argument("--database-url", default=argparse.SUPPRESS, help="of the role that owns the tables")
    return parser


def _take_settings(parser: argparse.ArgumentParser, *, required: bool) -> None:
    parser.add_argument("--tid", required=True, type=_text, help="the `tid` claim of the tenant's tokens")
    parser.add_argument("--name", required=required, type=_text, help="as people read it")
    parser.add_argument(
        "--time-zone", required=required, type=_zone, metavar="ZONE", help="IANA name, such as Europe/Berlin"
    )
    parser.add_argument("--currency", type=_currency, metavar="CODE", help="ISO 4217; USD unless given when added")
    parser.add_argument(
        "--custody-hours", type=_hours, metavar="N", help="due this long after check-out; 24 unless given when added"
    )
    parser.add_argument(
        "--require-location",
        action=argparse.BooleanOptionalAction,
        help="refuse a check-out or check-in that does not say where; off unless given when added",
    )
    _take_economics(parser)


def _take_economics(parser: argparse.ArgumentParser) -> None:
    """Take what reports are reckoned with; the tenant's own administrators can set it, too."""
    parser.add_argument("--shift-start", type=_clock, metavar="HH:MM", help="the working day begins; 08:00 at first")
    parser.add_argument(
        "--shift-end",
        type=_clock,
        metavar="HH:MM",
        help="and ends; where or before it begins: the next day; 18:00 at first",
    )
    parser.add_argument(
        "--shift-days", type=_weekdays, metavar="N,N,…", help="ISO weekdays, 1 is Monday; 1,2,3,4,5 at first"
    )
    parser.add_argument(
        "--discount-rate", type=_share, metavar="X", help="of money a year; 0.08, which is 8 %%, at first"
    )
    parser.add_argument(
        "--reimbursement-per-mile", type=_rate, metavar="X", help="for a mile with one's own car, in the currency"
    )
    parser.add_argument("--idle-days", type=_idle_days, metavar="N", help="unused for longer is idle; 7 at first")


def _text(given: str) -> str:
    text = given.strip()
    if not text or len(text) > _MAX_TEXT or not text.isprintable():
        raise argparse.ArgumentTypeError(f"give 1 to {_MAX_TEXT} printable characters")
    return text


def _zone(given: str) -> str:
    if given not in available_timezones():
        raise argparse.ArgumentTypeError(f"{given!r} is no IANA time zone; they look like America/New_York")
    return given


def _currency(given: str) -> str:
    if not re.fullmatch("[A-Z]{3}", given):
        raise argparse.ArgumentTypeError(f"{given!r} is no ISO 4217 code; they are three capitals, such as EUR")
    return given


def _hours(given: str) -> int:
    if not (given.isascii() and given.isdigit() and 1 <= int(given) <= _MAX_HOURS):
        raise argparse.ArgumentTypeError(f"give whole hours from 1 to {_MAX_HOURS}, a year")
    return int(given)


def _clock(given: str) -> str:
    if not re.fullmatch(r"([01][0-9]|2[0-3]):[0-5][0-9]|24:00", given):
        raise argparse.ArgumentTypeError(f"{given!r} is no time of day; they look like 06:30")
    return given


def _weekdays(given: str) -> list[int]:
    days = given.split(",")
    if not all(re.fullmatch("[1-7]", day) for day in days) or len(set(days)) != len(days):
        raise argparse.ArgumentTypeError("give each ISO weekday once, 1 for Monday to 7 for Sunday, as 1,2,3,4,5")
    return sorted(map(int, days))


def _share(given: str) -> Decimal:
    if not re.fullmatch(r"0(\.[0-9]{1,4})?", given):
        raise argparse.ArgumentTypeError("give a share from 0 to 0.9999; 0.08 is 8 %")
    return Decimal(given)


def _rate(given: str) -> Decimal:
    if not re.fullmatch(r"[0-9]{1,4}(\.[0-9]{1,4})?", given):
        raise argparse.ArgumentTypeError("give an amount of at most four places, as 0.725")
    return Decimal(given)


def _idle_days(given: str) -> int:
    if not (given.isascii() and given.isdigit() and 1 <= int(given) <= _MAX_IDLE_DAYS):
        raise argparse.ArgumentTypeError(f"give whole days from 1 to {_MAX_IDLE_DAYS}")
    return int(given)


if __name__ == "__main__":
    sys.exit(main())
