"""The messages that the worker library speaks, as plain classes.

In Azure these are protobuf classes generated from the host's FunctionRpc.proto. The library takes them from a module
that the host hands over and only sets and reads attributes, so plain classes with the same names and fields serve,
without gRPC.
"""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, ClassVar


class BindingInfo:
    """One binding of a function; the library compares direction and data type with these numbers."""

    out, inout = 1, 2
    undefined, string, binary, stream = 0, 1, 2, 3

    def __init__(self, **fields: Any) -> None:
        self.__dict__.update(fields)


class TypedData:
    """A value with its kind, the union that carries all data between host and worker.

    Nothing set means null. An attribute named like this class must not exist: the library probes for one.
    """

    __slots__ = ("kind", "value")

    def __init__(self, **data: Any) -> None:
        self.kind: str | None
        self.value: Any
        self.kind, self.value = next(iter(data.items()), (None, None))

    def WhichOneof(self, _name: str) -> str | None:  # noqa: N802  protobuf's spelling
        """Answer which kind is set."""
        return self.kind

    def __getattr__(self, name: str) -> Any:
        if name == self.kind:
            return self.value
        raise AttributeError(name)


class ParameterBinding:
    """One argument or output of a function, by parameter name."""

    __slots__ = ("data", "name")

    def __init__(self, name: str, data: TypedData | None = None) -> None:
        self.name = name
        self.data = data if data is not None else TypedData()

    def WhichOneof(self, _name: str) -> str:  # noqa: N802  protobuf's spelling
        """Answer that the value is in `data`; shared memory is not used."""
        return "data"


@dataclass(slots=True)
class StatusResult:
    """Whether a call to the worker succeeded."""

    Failure: ClassVar[int] = 0
    Success: ClassVar[int] = 1

    status: int
    exception: "RpcException | None" = None


@dataclass(slots=True)
class RpcException:
    """An exception as text: `message` is "Type: text"."""

    message: str
    stack_trace: str = ""
    source: str = ""


@dataclass(slots=True)
class WorkerMetadata:
    """Which worker this is."""

    runtime_name: str
    runtime_version: str
    worker_version: str
    worker_bitness: str
    custom_properties: dict[str, str]


@dataclass(slots=True)
class WorkerInitResponse:
    """The answer to initialisation, during which the app is imported and indexed."""

    capabilities: dict[str, str]
    worker_metadata: WorkerMetadata
    result: StatusResult


@dataclass(slots=True)
class RpcRetryOptions:
    """A function's retry policy; the strategy is "fixed_delay" or "exponential_backoff"."""

    max_retry_count: int
    retry_strategy: str
    delay_interval: timedelta | None = None
    minimum_interval: timedelta | None = None
    maximum_interval: timedelta | None = None


@dataclass(slots=True)
class RpcFunctionMetadata:
    """A function as the worker found it; `raw_bindings` are JSON texts."""

    name: str
    function_id: str
    directory: str
    script_file: str
    entry_point: str
    managed_dependency_enabled: bool
    is_proxy: bool
    language: str
    bindings: dict[str, BindingInfo]
    raw_bindings: list[str]
    retry_options: RpcRetryOptions | None
    properties: dict[str, str]


@dataclass(slots=True)
class FunctionMetadataResponse:
    """All functions of the app in order of registration; None when there is no function_app.py."""

    use_default_metadata_indexing: bool
    function_metadata_results: list[RpcFunctionMetadata] | None
    result: StatusResult


@dataclass(slots=True)
class InvocationResponse:
    """What became of one call of a function."""

    invocation_id: str
    result: StatusResult
    return_value: TypedData | None = None
    output_data: list[ParameterBinding] = field(default_factory=list)


@dataclass(slots=True)
class RpcHttp:
    """An HTTP request on the way in, an HTTP answer on the way out (its status code is a text)."""

    method: str = ""
    url: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    params: dict[str, str] = field(default_factory=dict)
    query: dict[str, str] = field(default_factory=dict)
    body: TypedData = field(default_factory=TypedData)
    status_code: str = ""
    cookies: "list[RpcHttpCookie] | None" = None
    enable_content_negotiation: bool = False


@dataclass(slots=True)
class NullableString:
    """A text that may be absent, which is then None in place of this."""

    value: str


@dataclass(slots=True)
class NullableBool:
    """A truth value that may be absent."""

    value: bool


@dataclass(slots=True)
class NullableDouble:
    """A number that may be absent."""

    value: float


@dataclass(slots=True)
class Timestamp:
    """Seconds since 1970 in UTC."""

    seconds: int


@dataclass(slots=True)
class NullableTimestamp:
    """A time that may be absent."""

    value: Timestamp


class SameSite:
    """The values of a cookie's SameSite attribute."""

    Lax, Strict, ExplicitNone = 1, 2, 3


# not given at all; the proto file calls it by Python's keyword
setattr(SameSite, "None", 0)


@dataclass(slots=True)
class RpcHttpCookie:
    """One cookie to set."""

    SameSite: ClassVar[type[SameSite]] = SameSite

    name: str
    value: str
    domain: NullableString | None = None
    path: NullableString | None = None
    expires: NullableTimestamp | None = None
    secure: NullableBool | None = None
    http_only: NullableBool | None = None
    same_site: int = 0
    max_age: NullableDouble | None = None
