"""The functions of an app, as the host sees them."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from local.host.errors import StartError
from local.host.protos import RpcFunctionMetadata, RpcRetryOptions

HTTP, TIMER, BLOB = "httpTrigger", "timerTrigger", "blobTrigger"
# the answer of an HTTP function is a binding of its own
KNOWN_BINDINGS = {HTTP, TIMER, BLOB, "http"}

FLEX_REFUSAL = (
    "The Flex Consumption SKU only supports EventGrid as the source for blob triggered functions; "
    'pass source="EventGrid" to the blob trigger of {name!r}.'
)


@dataclass(frozen=True, slots=True)
class Function:
    """One function: its trigger and everything needed to call it."""

    name: str
    id: str
    trigger: Mapping[str, Any]
    bindings: Sequence[Mapping[str, Any]]
    retry: RpcRetryOptions | None
    directory: str
    script_file: str

    @property
    def kind(self) -> str:
        """Answer the type of its trigger."""
        return str(self.trigger["type"])

    @property
    def parameter(self) -> str:
        """Answer the name of the parameter that takes the trigger's data."""
        return str(self.trigger["name"])

    @property
    def listener_id(self) -> str:
        """Answer the id by which locks, receipts and webhooks know it."""
        return f"Host.Functions.{self.name}"


def of_kind(functions: Sequence[Function], kind: str) -> list[Function]:
    """Pick the functions with a type of trigger."""
    return [function for function in functions if function.kind == kind]


def read(found: Sequence[RpcFunctionMetadata]) -> list[Function]:
    """Read what the worker found, in the order in which the host goes through functions: by name, ignoring case.

    Raises:
        StartError: a binding that this host does not serve.
    """
    return sorted((_read_one(metadata) for metadata in found), key=lambda function: function.name.upper())


def _read_one(metadata: RpcFunctionMetadata) -> Function:
    bindings = [json.loads(text) for text in metadata.raw_bindings]
    for binding in bindings:
        _refuse_unknown(metadata.name, binding)
    return Function(
        name=metadata.name,
        id=metadata.function_id,
        trigger=next(binding for binding in bindings if binding["type"] in {HTTP, TIMER, BLOB}),
        bindings=bindings,
        retry=metadata.retry_options,
        directory=metadata.directory,
        script_file=metadata.script_file,
    )


def _refuse_unknown(name: str, binding: Mapping[str, Any]) -> None:
    if binding["type"] not in KNOWN_BINDINGS:
        known = ", ".join(sorted(KNOWN_BINDINGS - {"http"}))
        raise StartError(
            f"Function {name!r} has a binding of type {binding['type']!r}; this host serves {known}. "
            "Reach other services through their SDK, or run the app under Azure Functions Core Tools."
        )
    if binding["type"] == BLOB and str(binding.get("source", "")).lower() != "eventgrid":
        raise StartError(FLEX_REFUSAL.format(name=name))
