"""Import of assets from CSV: all rows or none."""

from dataclasses import dataclass, field
from typing import Any

from shared.actions import rollups
from shared.actions.answer import Answer
from shared.actions.call import Call, Work
from shared.domain import asset, asset_csv
from shared.domain.asset import AssetWithCosts
from shared.domain.asset_csv import MOST_FAULTS, Faults, Sheet
from shared.domain.asset_import import ImportAssets, Imported, import_faults
from shared.domain.errors import Invalid, TooLarge
from shared.domain.media import TABLE_MAX_BYTES
from shared.store import assets as store


@dataclass
class _Plan:
    """What is to be written."""

    new: list[dict[str, Any]] = field(default_factory=list)
    changed: list[dict[str, Any]] = field(default_factory=list)


def import_assets(call: Call, command: ImportAssets) -> Answer[Imported]:
    """Add the assets of a file, and change those whose tag is known, in the columns that the file has.

    Sending the same file again changes nothing. An empty cell clears its field; a column that is not there leaves it.

    Raises:
        Invalid: with every cell that cannot be, of which a thousand are listed.
        TooLarge: the file has more than 32 MiB.
    """
    sheet = asset_csv.read(_content(command))
    with call.transaction() as work:
        known = store.lock_assets(work, [row.said["asset_tag"] for row in sheet.rows])
        plan = _plan(sheet, known)
        if sheet.faults.count:
            raise _refusal(sheet.faults)
        imported = _write(work, sheet, plan, dry_run=command.dry_run)
        if not command.dry_run:
            call.audit(work, "asset.import", f"assets/{imported.created}+{imported.updated}")
        answer = work.answer(Answer(imported))
    if imported.updated and not command.dry_run:
        rollups.catch_up(call.services, call.principal.tenant.id)
    return answer


def _content(command: ImportAssets) -> bytes:
    if command.csv is not None:
        return command.csv
    if not command.file:
        raise Invalid.field("/file", "Send the CSV file as the part `file`.")
    (file,) = command.file
    if file.size > TABLE_MAX_BYTES:
        raise TooLarge(f"A file of assets has at most {TABLE_MAX_BYTES // 1024**2} MiB.")
    with file.stream as stream:
        return stream.read()


def _plan(sheet: Sheet, known: dict[str, AssetWithCosts]) -> _Plan:
    plan = _Plan()
    for row in sheet.rows:
        now = known.get(row.said["asset_tag"])
        for column, detail in import_faults(row.said, now).items():
            sheet.faults.add(detail, row.row, row.line, column)
        if now is None:
            plan.new.append(dict(row.said))
        else:
            plan.changed.append(asset.changes(row.said, now))
    return plan


def _write(work: Work, sheet: Sheet, plan: _Plan, *, dry_run: bool) -> Imported:
    if dry_run:
        store.begin_trial(work)
    created = store.insert_assets(work, plan.new)
    updated = store.update_assets(work, plan.changed)
    if dry_run:
        store.end_trial(work)
    return Imported(
        received=sheet.received,
        created=created,
        updated=updated,
        unchanged=len(plan.changed) - updated,
        dry_run=dry_run,
    )


def _refusal(faults: Faults) -> Invalid:
    listed = sorted(faults.listed, key=lambda fault: fault.members["line"] or 0)
    found = "One thing is" if faults.count == 1 else f"{faults.count} things are"
    detail = f"{found} wrong with this file; nothing was imported."
    if faults.count > MOST_FAULTS:
        detail += f" The first {MOST_FAULTS} are listed."
    return Invalid(detail, faults=listed, members={"error_count": faults.count})
