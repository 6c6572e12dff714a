"""The operator's command: `python -m migrations status | up | verify | prepare`."""

import argparse
import os
import sys

import psycopg

from migrations import roles, runner

_EPILOG = """
The URL is that of the role that owns the tables (motorpool_owner), never the application's.
It is taken from --database-url or else from MIGRATIONS_DATABASE_URL.
Migrations only go forward: what was applied is never edited, and what breaks running code takes two releases.
"""


def main() -> int:
    """Run one subcommand and answer the exit code: 0 fine, 1 something is missing or changed, 2 wrong usage."""
    arguments = _parser().parse_args()
    try:
        return int(arguments.command(arguments) or 0)
    except (runner.MigrationFault, OSError, psycopg.Error) as fault:
        print(f"migrations: {str(fault).strip()}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m migrations", description=__doc__, epilog=_EPILOG)
    commands = parser.add_subparsers(required=True, metavar="status | up | verify | prepare")
    for name, command, about in (
        ("status", _status, "list the migrations and whether each is applied"),
        ("up", _up, "apply what is missing"),
        ("verify", _verify, "fail unless every migration is applied and unchanged"),
    ):
        sub = commands.add_parser(name, help=about)
        sub.add_argument("--database-url", default=os.environ.get("MIGRATIONS_DATABASE_URL"))
        sub.set_defaults(command=command)
    prepare = commands.add_parser("prepare", help="make the two roles and the database on a new server")
    prepare.add_argument("--admin-url", required=True, help="a connection that may create roles and databases")
    prepare.add_argument("--database", default="motorpool")
    prepare.add_argument("--owner-password", required=True)
    prepare.add_argument("--application-password", required=True)
    prepare.set_defaults(command=_prepare)
    return parser


def _url(arguments: argparse.Namespace) -> str:
    if not arguments.database_url:
        raise runner.MigrationFault("say which database: --database-url URL or MIGRATIONS_DATABASE_URL")
    return str(arguments.database_url)


def _up(arguments: argparse.Namespace) -> None:
    count = runner.up(_url(arguments), lambda line: print(f"applying {line}", flush=True))
    print(f"{count} applied" if count else "nothing to apply")


def _status(arguments: argparse.Namespace) -> None:
    for migration, verdict in runner.status(_url(arguments)):
        print(f"{migration.number:04}  {verdict:8} {migration.name}")


def _verify(arguments: argparse.Namespace) -> int:
    wrong = [(m, verdict) for m, verdict in runner.status(_url(arguments)) if verdict != "applied"]
    for migration, verdict in wrong:
        print(f"{migration.number:04}_{migration.name} is {verdict}", file=sys.stderr)
    return 1 if wrong else 0


def _prepare(arguments: argparse.Namespace) -> None:
    application, owner = roles.prepare(
        arguments.admin_url, arguments.database, arguments.owner_password, arguments.application_password
    )
    print(f"DATABASE_URL={application}\nMIGRATIONS_DATABASE_URL={owner}")


if __name__ == "__main__":
    sys.exit(main())
