"""The times that reports were due, and their mails."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from shared.domain.model import BIGINT_MAX
from shared.domain.schedule import MailState, Run, RunState
from shared.store.database import Row, Transaction
from shared.store.queries import Queries

_SQL = Queries("report_runs")


def insert_run(tx: Transaction, schedule_id: int, slot: datetime, now: datetime, by: int | None = None) -> int | None:
    """Claim a time of a schedule, with a mail for each recipient, and answer its id; None: it is claimed."""
    row = tx.find(_SQL["insert_run"], schedule_id=schedule_id, slot=slot, requested_by=by, now=now)
    if row is None:
        return None
    tx.run(_SQL["insert_report_mails"], run_id=row["id"], schedule_id=schedule_id, now=now)
    return int(row["id"])


def skip_slots(tx: Transaction, schedule_id: int, slots: Sequence[datetime], now: datetime, detail: str) -> None:
    """Write down times that passed and are not sent."""
    tx.run(_SQL["skip_slots"], schedule_id=schedule_id, slots=list(slots), now=now, detail=detail)


def take_run(tx: Transaction, now: datetime, until: datetime) -> Row | None:
    """Take the first run that waits to be looked at, for a while."""
    return tx.find(_SQL["take_run"], now=now, until=until)


def doubt_mails(tx: Transaction, run_id: int, now: datetime, detail: str) -> None:
    """Give up mails of which nobody knows whether they went out."""
    tx.run(_SQL["doubt_mails"], run_id=run_id, now=now, detail=detail)


def get_brief(tx: Transaction, schedule_id: int) -> Row:
    """Answer what a schedule's run is to send."""
    return tx.one(_SQL["find_brief"], schedule_id=schedule_id)


def list_mails(tx: Transaction, run_id: int) -> Sequence[Row]:
    """Answer the mails of a run, with what is known of who gets them."""
    return tx.all(_SQL["list_mails"], run_id=run_id)


def begin_mail(tx: Transaction, run_id: int, mail_id: int, now: datetime, until: datetime) -> bool:
    """Write down that a mail is being sent, and keep its run; False: it is not to be sent by us."""
    set_next_attempt(tx, run_id, until)
    return tx.find(_SQL["begin_mail"], mail_id=mail_id, now=now) is not None


def end_mail(tx: Transaction, mail_id: int, state: MailState, detail: str | None, now: datetime) -> None:
    """Write down what became of a mail that was being sent."""
    tx.run(_SQL["end_mail"], mail_id=mail_id, state=state.value, detail=detail, now=now)


def end_waiting(tx: Transaction, run_id: int, detail: str | None, now: datetime) -> None:
    """Give up the mails that wait, or without a detail only those that are not wanted any more."""
    tx.run(_SQL["end_waiting"], run_id=run_id, detail=detail, now=now)


def postpone_run(tx: Transaction, run_id: int, until: datetime, detail: str) -> None:
    """Look at a run again later."""
    tx.run(_SQL["postpone_run"], run_id=run_id, until=until, detail=detail)


def finish_run(tx: Transaction, run_id: int, state: RunState, **more: Any) -> bool:
    """Write down what became of a run, and when to look at it again: detail, now, next_attempt_at."""
    return tx.find(_SQL["finish_run"], run_id=run_id, state=state.value, **more) is not None


def set_next_attempt(tx: Transaction, run_id: int, until: datetime | None) -> None:
    """Look at a run again at a moment, or never."""
    tx.run(_SQL["set_next_attempt"], run_id=run_id, until=until)


def insert_notice(tx: Transaction, run_id: int, address: str, now: datetime) -> None:
    """Have the owner told."""
    tx.run(_SQL["insert_notice"], run_id=run_id, address=address, now=now)


def forget_runs(tx: Transaction, before: datetime, page_size: int) -> int:
    """Delete runs that ended before a moment, the oldest first, and answer how many."""
    return tx.run(_SQL["forget_runs"], before=before, page_size=page_size)


def find_run(tx: Transaction, schedule_id: int, run_id: int) -> Run | None:
    """Answer one run."""
    row = tx.find(
        _SQL["list_runs"], schedule_id=schedule_id, run_id=run_id, before=None, before_id=BIGINT_MAX, page_size=1
    )
    return None if row is None else Run.model_validate(row)


def list_runs(tx: Transaction, schedule_id: int, before: tuple[datetime | None, int], page_size: int) -> list[Run]:
    """Answer runs, the latest first, before a moment and an id."""
    rows = tx.all(
        _SQL["list_runs"],
        schedule_id=schedule_id,
        run_id=None,
        before=before[0],
        before_id=before[1],
        page_size=page_size,
    )
    return [Run.model_validate(row) for row in rows]
