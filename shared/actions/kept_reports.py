"""Answers reports from what this worker has kept, as long as nothing that they show has changed.

A report's mark is read before its figures. Should a change commit in between, the report is newer than its mark, and
nobody asks for that mark any more: the change has raised it.
"""

from collections.abc import Callable

from pydantic import BaseModel

from shared.actions.answer import Answer
from shared.actions.assets import record_cost_view
from shared.actions.call import Call
from shared.domain.kept_report import KeptReport, Mark, Report
from shared.domain.principal import Role
from shared.store import kept_reports as store
from shared.store.database import Transaction

# the caller may keep it too, but asks each time whether it is still the same
_HEADERS = {"Cache-Control": "private, no-cache", "Vary": "Authorization"}


def answer_report(
    call: Call,
    command: Report,
    make: Callable[[Transaction], BaseModel],
    *,
    follows_custody: bool = False,
    costs_of: str = "",
) -> Answer:
    """Answer a report, made now or kept since it was made last.

    Args:
        call: who asks; what is made for a manager is never answered to anybody below.
        command: what is asked.
        make: makes the report; what it shows depends on the database, the command, the tenant's local day and on
            whether the caller is a manager, and on nothing else.
        follows_custody: it shows who holds what, or what was used last.
        costs_of: what it shows the costs of to a manager, for the record; nothing if it never shows any.
    """
    with call.read() as tx:
        if costs_of:
            record_cost_view(call, tx, costs_of)
        mark = _mark(call, tx, command, follows_custody=follows_custody)
        now = call.services.clock.now()
        report = call.services.kept_reports.find(mark, now)
        if report is None:
            report = KeptReport(make(tx).model_dump_json().encode(), now)
            call.services.kept_reports.keep(mark, report)
    headers = {**_HEADERS, "ETag": report.tag}
    if {report.tag, "*"} & {*command.if_none_match}:
        return Answer(status=304, headers=headers)
    return Answer(report.content, headers=headers)


def keep_part[Part: BaseModel](
    call: Call, tx: Transaction, command: Report, kind: type[Part], make: Callable[[], Part]
) -> Part:
    """Answer a part of a report that follows custody which does not follow it itself, made now or kept."""
    mark = _mark(call, tx, command, follows_custody=False, part=kind.__qualname__)
    now = call.services.clock.now()
    kept = call.services.kept_reports.find(mark, now)
    if kept is None:
        kept = KeptReport(make().model_dump_json().encode(), now)
        call.services.kept_reports.keep(mark, kept)
    return kind.model_validate_json(kept.content)


def _mark(call: Call, tx: Transaction, command: Report, *, follows_custody: bool, part: str = "") -> Mark:
    version, last_event = store.find_mark(tx)
    return Mark(
        tenant_id=call.principal.tenant.id,
        version=version,
        last_event=last_event if follows_custody else 0,
        today=call.today.isoformat(),
        with_costs=call.principal.may(Role.MANAGER),
        asked=f"{part or type(command).__qualname__} {command.model_dump_json(exclude={'if_none_match'})}",
    )
