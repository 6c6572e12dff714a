"""Keys of requests: claimed before the work, answered with it."""

from dataclasses import dataclass

from shared.store.database import Parameters, Row, Statement, Transaction
from shared.store.jsonb import jsonb
from shared.store.queries import Queries

_SQL = Queries("idempotency")


@dataclass(frozen=True)
class Key:
    """Whose key, for which route, and a digest of what was asked under it."""

    user_id: int
    route: str
    key: str
    fingerprint: bytes

    def parameters(self) -> Parameters:
        """Answer the key's columns."""
        return {"user_id": self.user_id, "route": self.route, "key": self.key}


def claim(key: Key) -> Statement:
    """Answer the statement that claims a key; it answers no row if the key is taken."""
    return _SQL["claim_key"], {**key.parameters(), "fingerprint": key.fingerprint}


def get_key(tx: Transaction, key: Key) -> Row:
    """Answer what the first request under this key asked and was answered."""
    return tx.one(_SQL["get_key"], **key.parameters())


def keep_answer(key: Key, status: int, headers: dict[str, str], body: bytes) -> Statement:
    """Answer the statement that keeps the answer under the key."""
    return _SQL["keep_answer"], {
        **key.parameters(),
        "status": status,
        "headers": jsonb(headers),
        "body": body,
    }


def forget_keys(tx: Transaction) -> int:
    """Delete the keys that are older than the promise, and answer how many."""
    return tx.run(_SQL["forget_keys"])
