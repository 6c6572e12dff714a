"""The database that operators' commands work on: which it is, and what to do when it is not as it should be."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

SETTING = "MIGRATIONS_DATABASE_URL"
SETTINGS_FILE = Path("local.settings.json")
CONNECT_SECONDS = 10


class OperatorFault(Exception):
    """A command cannot do what it was asked; the message says what to do about it."""


def owner_url(given: str | None) -> str:
    """Answer the URL of the role that owns the tables.

    Args:
        given: the URL on the command line, if any.

    Raises:
        OperatorFault: neither that, nor the environment, nor ./local.settings.json names one.
    """
    url = given or os.environ.get(SETTING) or _from_file()
    if not url:
        raise OperatorFault(
            f"Which database? Give --database-url, set {SETTING}, or run this where `make run` has written "
            f"{SETTINGS_FILE}. It is the URL of the role that owns the tables, motorpool_owner."
        )
    return url


def _from_file() -> str | None:
    if not SETTINGS_FILE.exists():
        return None
    try:
        values = json.loads(SETTINGS_FILE.read_text("utf-8-sig"))["Values"]
        return str(values.get(SETTING, "")) or None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise OperatorFault(
            f"{SETTINGS_FILE} is not the JSON document that it should be: see local.settings.json.example, "
            "or give --database-url."
        ) from error


@contextmanager
def connected(url: str) -> Iterator[psycopg.Connection]:
    """Open one transaction as the owner; commit at the end, roll back on any error.

    Raises:
        OperatorFault: the database cannot be reached or is not migrated.
    """
    try:
        with psycopg.connect(url, connect_timeout=CONNECT_SECONDS) as connection:
            yield connection
    except (psycopg.errors.UndefinedTable, psycopg.errors.UndefinedColumn) as error:
        raise OperatorFault("The database lacks migrations: run `python -m migrations up` first.") from error
    except psycopg.errors.InsufficientPrivilege as error:
        raise OperatorFault(
            f"This role may not do that: use the URL of the role that owns the tables ({SETTING}), "
            "not the application's."
        ) from error
    except psycopg.OperationalError as error:
        raise OperatorFault(f"The database does not answer: {str(error).strip()}") from error
    except psycopg.ProgrammingError as error:
        if error.sqlstate is not None:
            raise
        raise OperatorFault(f"That is no database URL: {str(error).strip()}") from error
