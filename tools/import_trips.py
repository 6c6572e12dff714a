"""Bring a file of trips in: our own CSV, Traccar's trips report, or any tracker's by a map of its columns."""

import argparse
import csv
import io
import json
import os
import secrets
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import batched
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx

from shared.domain import csv_records, ledger_layout
from shared.domain.csv_records import Record, Unreadable
from shared.domain.errors import Invalid
from shared.domain.ledger import MOST_ROWS, TRIPS
from shared.domain.ledger_layout import DistanceUnit, FuelUnit, Layout, TripFormat
from tools.database import OperatorFault
from tools.sign_in import stand_in_token

ACME = "11111111-1111-1111-1111-111111111111"

_EPILOG = """\
examples:
  python -m tools.import_trips trips.csv --as dispatcher-1
  python -m tools.import_trips report.csv --format traccar --distance-unit km --time-zone Europe/Berlin
  python -m tools.import_trips fleet.csv --format telematics --columns columns.json --dry-run

Who imports: --token TOKEN or JWT_TOKEN, an access token of a dispatcher; or --as OID [--tid TID], anybody, from the
identity stand-in of one machine.

--format motorpool   the columns source, external_id, asset_tag (or asset_id), start_time, end_time, distance_miles,
                     fuel_consumed_gallons, idle_minutes, driver_oid
--format traccar     what Traccar's API answers of trips, written as CSV (deviceName, startTime, endTime, distance in
                     metres, spentFuel in litres), or its report saved as CSV (Device, Start Time, End Time, Distance,
                     Spent Fuel; say --distance-unit and --fuel-unit unless the cells do). A device is the asset of that
                     tag, or else of that name.
--format telematics  --columns names a file with a JSON object, our fields and where each stands:
                     {"asset_tag": "Unit", "start_time": "Begin", "end_time": "End",
                      "distance_miles": {"column": "Dist", "unit": "km"}, "source": {"value": "acme-track"}}

Trips without an id of their own get one from their asset and start, so the same trip is the same in every report.
The file is sent in parts of --batch rows. A file that was sent before changes nothing, so after any fault start again.
What a column shows as a whole, as the order of day and month, has to show in every part.

exit codes: 0 every row is in, 1 some rows were rejected (they are listed), 2 the import stopped
"""
_ATTEMPTS = 6
_TIMEOUT_SECONDS = 240
_SHOWN = 20


@dataclass
class _Totals:
    """What all parts came to."""

    counts: dict[str, int] = field(
        default_factory=lambda: dict.fromkeys(("received", "created", "updated", "unchanged", "rejected_rows"), 0)
    )
    repaired: int = 0
    rejected: list[dict[str, Any]] = field(default_factory=list)

    def add(self, answer: dict[str, Any], before: int) -> None:
        for name in self.counts:
            self.counts[name] += int(answer[name])
        self.repaired += int(answer["repaired_count"])
        self.rejected += [{**one, "row": one["row"] + before} for one in answer["rejected"]]

    def __str__(self) -> str:
        counts = self.counts
        return (
            f"{counts['received']:,} rows: {counts['created']:,} created, {counts['updated']:,} updated,"
            f" {counts['unchanged']:,} unchanged, {counts['rejected_rows']:,} rejected, {self.repaired:,} repairs"
        )


def main(arguments: Sequence[str] | None = None) -> int:
    """Import, and answer the exit status."""
    asked = _parser().parse_args(arguments)
    try:
        with httpx.Client(base_url=asked.url, timeout=_TIMEOUT_SECONDS) as api:
            api.headers["Authorization"] = f"Bearer {_token(asked, api)}"
            totals = _import(asked, api)
    except OperatorFault as fault:
        print(fault, file=sys.stderr)
        return 2
    except httpx.HTTPError as error:
        print(f"{asked.url} does not answer: {str(error) or type(error).__name__}. Does it run?", file=sys.stderr)
        return 2
    return _told(totals, dry_run=asked.dry_run)


def _import(asked: argparse.Namespace, api: httpx.Client) -> _Totals:
    header, records = _opened(asked)
    total = len(records)
    totals, began = _Totals(), time.monotonic()
    path = f"/api/trips?{urlencode(_query(asked))}"
    for part in batched(records, asked.batch, strict=False):
        before = totals.counts["received"]
        totals.add(_sent(api, path, _written(header, part)), before)
        done = totals.counts["received"]
        speed = done / max(time.monotonic() - began, 0.001)
        print(f"{done:,} of {total:,} ({100 * done // total} %), {speed:,.0f} rows/s; {totals}", flush=True)
    return totals


def _opened(asked: argparse.Namespace) -> tuple[Record, list[Record]]:
    """Answer the line of names and the rows of the file."""
    try:
        text = csv_records.decoded(Path(asked.file).read_bytes())
        layout = _layout(asked)
        depth = 20 if layout.has_preamble else 1
        mark = asked.delimiter or csv_records.delimiter(text, layout.known, depth)
        records = csv_records.records(text, mark)
        header = next((one for one in _head(records, depth) if depth == 1 or layout.known(one.cells) > 1), None)
        rows = list(records)
    except OSError as error:
        raise OperatorFault(f"{asked.file} cannot be read: {error.strerror}.") from error
    except Unreadable as error:
        raise OperatorFault(f"{asked.file}, line {error.line}: {error}") from error
    if header is None or not rows:
        raise OperatorFault(f"{asked.file} has no rows under a line that names their columns.")
    return header, rows


def _layout(asked: argparse.Namespace) -> Layout:
    """Answer how the file names its columns, as far as its parts are made by that."""
    if asked.format == TripFormat.TRACCAR:
        return ledger_layout.traccar({})
    if asked.format == TripFormat.TELEMATICS and asked.columns:
        try:
            return ledger_layout.telematics(TRIPS, _columns(asked.columns), {})
        except Invalid as refusal:
            details = "".join(f"\n  {fault.detail}" for fault in refusal.faults)
            raise OperatorFault(f"{asked.columns} is no map of columns:{details}") from refusal
    return ledger_layout.own(TRIPS)


def _head(records: Iterator[Record], depth: int) -> Iterator[Record]:
    for _ in range(depth):
        record = next(records, None)
        if record is None:
            return
        yield record


def _written(header: Record, part: Sequence[Record]) -> bytes:
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    writer.writerow(header.cells)
    writer.writerows(record.cells for record in part)
    return buffer.getvalue().encode()


def _query(asked: argparse.Namespace) -> dict[str, str]:
    given = {
        "format": asked.format,
        "distance_unit": asked.distance_unit,
        "fuel_unit": asked.fuel_unit,
        "time_zone": asked.time_zone,
        "dry_run": "true" if asked.dry_run else None,
        "columns": _columns(asked.columns) if asked.columns else None,
    }
    return {name: value for name, value in given.items() if value is not None}


def _columns(name: str) -> str:
    try:
        return json.dumps(json.loads(Path(name).read_text(encoding="utf-8")))
    except OSError as error:
        raise OperatorFault(f"{name} cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise OperatorFault(f"{name} is no JSON: {error}.") from error


def _sent(api: httpx.Client, path: str, content: bytes) -> dict[str, Any]:
    """Send a part until it is answered; the key is of this run, so that a later one is answered anew."""
    headers = {"Content-Type": "text/csv", "Idempotency-Key": secrets.token_hex(16)}
    for attempt in range(_ATTEMPTS):
        answer = api.post(path, content=content, headers=headers)
        if answer.is_success:
            return dict(answer.json())
        if not _is_passing(answer) or attempt == _ATTEMPTS - 1:
            break
        wait = int(answer.headers.get("retry-after", "5"))
        print(f"{answer.status_code}, trying again in {wait} s", file=sys.stderr)
        time.sleep(wait)
    raise OperatorFault(f"The import stopped: {_refusal(answer)}")


def _is_passing(answer: httpx.Response) -> bool:
    return answer.status_code in {httpx.codes.TOO_MANY_REQUESTS, httpx.codes.SERVICE_UNAVAILABLE} or (
        answer.status_code == httpx.codes.CONFLICT and "retry-after" in answer.headers
    )


def _refusal(answer: httpx.Response) -> str:
    try:
        problem = answer.json()
    except ValueError:
        return f"{answer.status_code} {answer.text[:300]}"
    faults = "".join(f"\n  {one.get('line', '')}: {one['detail']}" for one in problem.get("errors", ())[:_SHOWN])
    return f"{problem.get('detail', answer.status_code)}{faults}"


def _told(totals: _Totals, *, dry_run: bool) -> int:
    for one in totals.rejected[:_SHOWN]:
        print(f"row {one['row']}, {one['field'] or 'the row'}: {one['detail']}", file=sys.stderr)
    if len(totals.rejected) > _SHOWN:
        print(f"… and {len(totals.rejected) - _SHOWN:,} more", file=sys.stderr)
    print(f"{'Tried' if dry_run else 'Done'}: {totals}")
    return 1 if totals.counts["rejected_rows"] else 0


def _token(asked: argparse.Namespace, api: httpx.Client) -> str:
    if asked.oid:
        return stand_in_token(api.get("/api/config").raise_for_status().json(), asked.tid, asked.oid)
    token = asked.token or os.environ.get("JWT_TOKEN")
    if not token:
        raise OperatorFault("Say who imports: --token, JWT_TOKEN, or --as. See --help.")
    return str(token)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tools.import_trips",
        description=__doc__,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("file", help="the CSV file")
    parser.add_argument("--url", default="http://localhost:7071", help="of the application (%(default)s)")
    parser.add_argument("--token", help="an access token")
    parser.add_argument("--as", dest="oid", metavar="OID", help="who, from the identity stand-in")
    parser.add_argument("--tid", default=ACME, help="of which organisation, with --as (%(default)s)")
    parser.add_argument("--format", choices=[*TripFormat], default="motorpool", help="(%(default)s)")
    parser.add_argument("--columns", metavar="FILE", help="the map for --format telematics")
    parser.add_argument("--delimiter", choices=[",", ";", "\t"], help="what separates cells; found out unless given")
    parser.add_argument("--distance-unit", choices=[*DistanceUnit], help="of distances that do not say it")
    parser.add_argument("--fuel-unit", choices=[*FuelUnit], help="of fuel that does not say it")
    parser.add_argument("--time-zone", metavar="ZONE", help="of local times, as Europe/Berlin; else the organisation's")
    parser.add_argument("--batch", type=_batch, default=20_000, metavar="N", help="rows a request (%(default)s)")
    parser.add_argument("--dry-run", action="store_true", help="do everything but keep it")
    return parser


def _batch(given: str) -> int:
    if not (given.isascii() and given.isdigit() and 1 <= int(given) <= MOST_ROWS):
        raise argparse.ArgumentTypeError(f"give 1 to {MOST_ROWS:,} rows")
    return int(given)


if __name__ == "__main__":
    sys.exit(main())
