"""Fill the database with the demo data: two organisations with 120 days behind them, ending yesterday."""

import argparse
import os
import sys
import time
from datetime import date

import psycopg

from local.demo import is_loaded, load

_EPILOG = """
The URL is that of the role that owns the tables (motorpool_owner), as migrations use it. Only the two demo tenants
are touched: Acme Logistics and Globex Field Services. docs/demo-data.md says what is in them.
"""


def main() -> int:
    """Load what is asked for; answer 0 when it is there, 1 when the database is in the way, 2 on wrong usage."""
    asked = _arguments()
    try:
        return _run(asked)
    except psycopg.Error as error:
        print(
            f"The demo data could not be loaded: {str(error).strip()}\n"
            "Is the database running, is it the owner's URL, and has `python -m migrations up` been run?",
            file=sys.stderr,
        )
        return 1


def _run(asked: argparse.Namespace) -> int:
    began = time.monotonic()
    if asked.if_empty and is_loaded(asked.database_url):
        _say("The demo data is there already; --reset makes it anew.")
        return 0
    load(asked.database_url, _say, asked.end)
    _say(f"Demo data ready after {time.monotonic() - began:.1f} s")
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m local.demo", description=__doc__, epilog=_EPILOG)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--if-empty", action="store_true", help="load it unless Acme Logistics is there")
    what.add_argument("--reset", action="store_true", help="delete all rows of the demo tenants and load anew")
    parser.add_argument("--end", type=date.fromisoformat, metavar="YYYY-MM-DD", help="last day; default yesterday")
    # the one place of this package that reads the environment
    url = os.environ.get("MIGRATIONS_DATABASE_URL")
    parser.add_argument("--database-url", default=url, help="default: MIGRATIONS_DATABASE_URL")
    asked = parser.parse_args()
    if not asked.database_url:
        parser.error("say which database: --database-url URL or MIGRATIONS_DATABASE_URL")
    return asked


def _say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
