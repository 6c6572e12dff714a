"""Presence in Azure Table Storage, or in Azurite, which the same SDK talks to.

A task is a partition, `{tenant}.{task}`, a connection at it is a row, and one more row holds the number that only
rises. Whoever takes or leaves a seat writes that row too, with the ETag that was read, in one transaction: so of two
who change the same list one reads again, and a list always belongs to its number.
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

from shared.adapters.sdk import Lazily, translated, transport
from shared.domain.model import UserRef
from shared.domain.presence import Attendance, Change, Seat

if TYPE_CHECKING:
    from azure.data.tables import TableClient, TableEntity

DEPENDENCY = "presence storage"

TABLE = "presence"
# sorts before every connection's id, and is none
NUMBER_ROW = "!number"
STALE_PAGE = 500
# somebody else was first: a row was changed, made, or deleted meanwhile
_OVERTAKEN = {404, 409, 412}
_MISSING_TABLE = "TableNotFound"


class AzurePresenceStore:
    """Keeps seats in one table. Nothing is connected before the first use; threads may share it.

    Args:
        connect: makes the SDK's client.
    """

    def __init__(self, connect: Callable[[], "TableClient"]) -> None:
        self._lazy = Lazily(connect)

    @classmethod
    def configured(cls, connection_string: str, account_url: str) -> "AzurePresenceStore":
        """Answer the store of a connection string, or else of an account that this app's identity may use."""
        if connection_string:
            return cls(lambda: _by_key(connection_string))
        return cls(lambda: _by_identity(account_url))

    def read(self, tenant_id: int, task_id: int) -> Attendance:
        """Answer every seat of a task, those whose lease has run out too; raise DependencyDown."""
        number, version, seats = 0, "", list[Seat]()
        wanted = {"partition": _partition(tenant_id, task_id)}
        with translated(DEPENDENCY):
            for row in self._client.query_entities("PartitionKey eq @partition", parameters=wanted):
                if row["RowKey"] == NUMBER_ROW:
                    number, version = row["number"].value, row.metadata["etag"] or ""
                else:
                    seats.append(_seat(row))
        return Attendance(tenant_id, task_id, number, tuple(seats), version)

    def write(self, change: Change) -> bool:
        """Write a change whole, or answer False if anything of what it rests on was changed meanwhile.

        Raises:
            DependencyDown: the storage does not answer.
        """
        from azure.core.exceptions import HttpResponseError

        with translated(DEPENDENCY):
            try:
                self._client.submit_transaction(_operations(change))
            except HttpResponseError as error:
                if error.status_code not in _OVERTAKEN or getattr(error, "error_code", None) == _MISSING_TABLE:
                    raise
                return False
        return True

    def renew(self, tenant_id: int, task_id: int, seat: Seat) -> bool:
        """Prolong the lease of a stored seat to its `last_seen`, or answer False if it is gone.

        Raises:
            DependencyDown: the storage does not answer.
        """
        from azure.core.exceptions import ResourceNotFoundError
        from azure.data.tables import UpdateMode

        key = {"PartitionKey": _partition(tenant_id, task_id), "RowKey": seat.connection_id}
        with translated(DEPENDENCY):
            try:
                # whoever ends the seat at this moment does so with the ETag that this changes
                self._client.update_entity({**key, "last_seen": seat.last_seen}, mode=UpdateMode.MERGE)
            except ResourceNotFoundError as error:
                if getattr(error, "error_code", None) == _MISSING_TABLE:
                    raise
                return False
        return True

    def list_stale(self, before: datetime) -> Iterator[tuple[int, int]]:
        """List tenant and task of seats that were last heard of before a moment; raise DependencyDown."""
        with translated(DEPENDENCY):
            found = self._client.query_entities(
                "last_seen lt @before",
                parameters={"before": before},
                select=["PartitionKey"],
                results_per_page=STALE_PAGE,
            )
            for row in found:
                tenant_id, _, task_id = row["PartitionKey"].partition(".")
                yield int(tenant_id), int(task_id)

    def ping(self) -> None:
        """Return if the storage answers; raise DependencyDown."""
        with translated(DEPENDENCY):
            for _ in self._client.query_entities("PartitionKey eq '0.0'", results_per_page=1):
                return

    @property
    def _client(self) -> "TableClient":
        return self._lazy.client


def _partition(tenant_id: int, task_id: int) -> str:
    return f"{tenant_id}.{task_id}"


def _seat(row: "TableEntity") -> Seat:
    person = UserRef(id=row["user_id"].value, oid=row["oid"], name=row["name"])
    return Seat(row["RowKey"], person, _moment(row["since"]), _moment(row["last_seen"]), row.metadata["etag"] or "")


def _moment(stored: datetime) -> datetime:
    """Answer the SDK's own kind of time as a plain one."""
    return datetime.combine(stored.date(), stored.timetz())


def _operations(change: Change) -> list[Any]:
    partition = _partition(change.after.tenant_id, change.after.task_id)
    operations = [_deleted(partition, seat) for seat in change.left]
    if change.taken is not None:
        operations.append(("upsert", _row(partition, change.taken), {"mode": "replace"}))
    return [*operations, _numbered(partition, change)]


def _numbered(partition: str, change: Change) -> tuple[Any, ...]:
    """Answer the operation that everybody who changes this list has to win."""
    from azure.core import MatchConditions
    from azure.data.tables import EdmType, EntityProperty

    number = EntityProperty(change.after.number, EdmType.INT64)
    row = {"PartitionKey": partition, "RowKey": NUMBER_ROW, "number": number}
    if not change.before.version:
        return ("create", row)
    condition = {"etag": change.before.version, "match_condition": MatchConditions.IfNotModified}
    return ("update", row, {"mode": "replace", **condition})


def _deleted(partition: str, seat: Seat) -> tuple[Any, ...]:
    from azure.core import MatchConditions

    key = {"PartitionKey": partition, "RowKey": seat.connection_id}
    return ("delete", key, {"etag": seat.version, "match_condition": MatchConditions.IfNotModified})


def _row(partition: str, seat: Seat) -> dict[str, Any]:
    from azure.data.tables import EdmType, EntityProperty

    return {
        "PartitionKey": partition,
        "RowKey": seat.connection_id,
        "user_id": EntityProperty(seat.person.id, EdmType.INT64),
        "oid": seat.person.oid,
        "name": seat.person.name,
        "since": seat.since,
        "last_seen": seat.last_seen,
    }


def _by_key(connection_string: str) -> "TableClient":
    from azure.data.tables import TableClient

    return TableClient.from_connection_string(connection_string, TABLE, **_patience())


def _by_identity(account_url: str) -> "TableClient":
    from azure.data.tables import TableClient
    from azure.identity import DefaultAzureCredential

    return TableClient(account_url, TABLE, credential=DefaultAzureCredential(), **_patience())


def _patience() -> dict[str, Any]:
    """Answer how the SDK's client is to be made: soon at its end when the storage is silent."""
    return {"transport": transport(), "retry_total": 1, "retry_backoff_factor": 0}
