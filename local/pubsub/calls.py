"""REST calls: what a server asks of the emulator, and what it is answered."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import orjson
from multidict import MultiMapping

from local.pubsub import odata
from local.pubsub.hub import Hub
from local.pubsub.message import Payload, data_type
from local.pubsub.odata import Filterable, FilterError
from local.pubsub.refusals import Refusal
from local.pubsub.session import Session
from local.pubsub.tokens import Tokens

LONGEST_SECONDS = 300
WHOLE = re.compile(r"-?\d{1,9}")


@dataclass(frozen=True)
class Call:
    """One call.

    Attributes:
        hub: that it is about.
        names: from the path, decoded.
        query: of the address.
        content_type: of the body.
        body: as it came.
        host: by which the caller reached us.
        path: as it came.
        tokens: signs what the call asks to have signed.
    """

    hub: Hub
    names: tuple[str, ...]
    query: MultiMapping[str]
    content_type: str
    body: bytes
    host: str
    path: str
    tokens: Tokens

    @property
    def payload(self) -> Payload:
        """Answer the body as what a message carries.

        Raises:
            Refusal: it is none.
        """
        kind = data_type(self.content_type)
        if kind is None:
            raise Refusal(415, "The content type is text/plain, application/json or application/octet-stream.")
        if not self.body:
            raise Refusal(400, "The call has no body.")
        try:
            return Payload.of_body(kind, self.body)
        except ValueError as error:
            raise Refusal(400, f"The body is not what its content type says: {error}.") from None

    @property
    def document(self) -> dict[str, Any]:
        """Answer the body as a JSON object.

        Raises:
            Refusal: it is none.
        """
        try:
            document = orjson.loads(self.body)
        except ValueError as error:
            raise Refusal(400, f"The body is no JSON: {error}.") from None
        if not isinstance(document, dict):
            raise Refusal(400, "The body is no JSON object.")
        return document

    @property
    def excluded(self) -> set[str]:
        """Answer the connections that are left out."""
        return set(self.query.getall("excluded", []))

    @property
    def reason(self) -> str:
        """Answer what clients are told that are closed."""
        return self.query.get("reason", "")

    @property
    def chosen(self) -> Callable[[Filterable], bool] | None:
        """Answer the filter, if there is one.

        Raises:
            Refusal: it is none.
        """
        text = self.query.get("filter")
        return None if text is None else read_filter(text)

    @property
    def seconds(self) -> int:
        """Answer how long a message is worth delivering; 0 for always.

        Raises:
            Refusal: it cannot be that long.
        """
        return self.whole("messageTtlSeconds", range(LONGEST_SECONDS + 1)) or 0

    def whole(self, name: str, within: range) -> int | None:
        """Answer a number of the query, or None if it is not there.

        Raises:
            Refusal: it is no number, or not within the range.
        """
        text = self.query.get(name)
        if text is None:
            return None
        if not WHOLE.fullmatch(text) or int(text) not in within:
            raise Refusal(400, f"{name} is a whole number from {within.start} to {within.stop - 1}.")
        return int(text)

    def session(self, connection_id: str) -> Session:
        """Answer a connection.

        Raises:
            Refusal: there is none of this id.
        """
        session = self.hub.sessions.get(connection_id)
        if session is None:
            raise Refusal(404, "There is no connection of this id.")
        return session


@dataclass(frozen=True)
class Answer:
    """What a call is answered."""

    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, status: int, document: Any) -> "Answer":
        """Answer with a JSON document."""
        return cls(status, orjson.dumps(document), {"Content-Type": "application/json; charset=utf-8"})


def read_filter(text: object) -> Callable[[Filterable], bool]:
    """Answer a filter.

    Raises:
        Refusal: it is none.
    """
    if not isinstance(text, str):
        raise Refusal(400, "The filter is a text.")
    try:
        return odata.parse(text)
    except FilterError as error:
        raise Refusal(400, str(error)) from None
