"""What odometers and hour meters show: readings and replacements."""

from datetime import datetime

from shared.actions import rollups
from shared.actions.answer import Answer
from shared.actions.call import Call
from shared.actions.ledger import Ingestion
from shared.domain import cursor, meter
from shared.domain.errors import Invalid, NotFound
from shared.domain.ledger import Ingested
from shared.domain.meter import (
    METER_READINGS,
    IngestMeterReadings,
    ListMeterReadings,
    ListMeterReplacements,
    MeterReading,
    MeterReplacement,
    ReplaceMeter,
)
from shared.domain.model import Page, UserRef
from shared.domain.paging import page
from shared.services import Services
from shared.store import meters as store, tenancy

# acts are taken for 30 days after they happened
SETTLED_DAYS = 35


def ingest_meter_readings(call: Call, command: IngestMeterReadings) -> Answer[Ingested]:
    """Take readings in; one that cannot be is taken, too, and voided."""
    answer = Ingestion(call, command, METER_READINGS).run()
    # a corrected reading may change the miles of a trip that custody tells of
    rollups.catch_up(call.services, call.principal.tenant.id)
    return answer


def list_meter_readings(call: Call, command: ListMeterReadings) -> Answer[Page[MeterReading]]:
    """Answer the readings of an asset, newest first; raise NotFound if there is no such asset."""
    before = _before(command.cursor)
    with call.read() as tx:
        if not store.has_asset(tx, command.asset_id):
            raise NotFound
        found = store.list_meter_readings(
            tx,
            before,
            asset_id=command.asset_id,
            kind=command.kind,
            state=command.state,
            page_size=command.limit + 1,
        )
    return Answer(page(found, command.limit, lambda one: (one.read_at.isoformat(), one.id)))


def list_meter_replacements(call: Call, command: ListMeterReplacements) -> Answer[Page[MeterReplacement]]:
    """Answer when an asset's meters were replaced, latest first; raise NotFound if there is no such asset."""
    before = _before(command.cursor)
    with call.read() as tx:
        if not store.has_asset(tx, command.asset_id):
            raise NotFound
        found = store.list_meter_replacements(
            tx, before, asset_id=command.asset_id, kind=command.kind, page_size=command.limit + 1
        )
    return Answer(page(found, command.limit, lambda one: (one.replaced_at.isoformat(), one.id)))


def replace_meter(call: Call, command: ReplaceMeter) -> Answer[MeterReplacement]:
    """Record that a meter was replaced.

    Raises:
        NotFound: there is no such asset.
        MeterAlreadyReplaced: this is known already.
        Invalid: it lies in the future.
    """
    now = call.services.clock.now()
    faults = meter.replacement_faults(command, now)
    if faults:
        raise Invalid(faults=faults)
    said = {**command.model_dump(), "replaced_at": command.replaced_at or now}
    with call.transaction() as work:
        if not store.has_asset(work, command.asset_id):
            raise NotFound
        made = store.insert_meter_replacement(work, user_id=call.principal.user_id, **said)
        call.audit(work, "meter.replace", f"asset/{command.asset_id}")
        who = call.principal
        recorded = MeterReplacement(**said, **made, user=UserRef(id=who.user_id, oid=who.oid, name=who.name))
        answer = work.answer(Answer(recorded, 201))
    rollups.catch_up(call.services, call.principal.tenant.id)
    return answer


def settle_custody_trips(services: Services) -> int:
    """Settle what acts and trackers that came at the same moment have left; answer how many trips that were."""
    count = 0
    for tenant_id in tenancy.list_tenant_ids(services.database):
        with services.database.transaction(tenant_id) as (tx, _):
            count += store.settle_recent_custody_trips(tx, SETTLED_DAYS)
    return count


def _before(given: str | None) -> tuple[datetime | None, int | None]:
    """Read where the last page ended."""
    time, last_id = cursor.decode(given, str, int)
    if time is None or last_id is None:
        return None, None
    try:
        moment = datetime.fromisoformat(str(time))
    except ValueError:
        moment = datetime.min  # noqa: DTZ901 - a time without a zone, as any other that was not issued here
    if moment.tzinfo is None:
        raise Invalid.field("/cursor", "This cursor was not issued for this list; begin without one.")
    return moment, int(last_id)
