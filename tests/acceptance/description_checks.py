"""What schemathesis is told of this API: where its checks expect otherwise, and what is asserted there instead.

Loaded by import, or by SCHEMATHESIS_HOOKS. Every rule holds for every route that is described; none names one.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urljoin, urlsplit

import azure.functions as func
import httpx
import schemathesis
from hypothesis import strategies as st
from pydantic import ValidationError
from schemathesis import Case
from schemathesis.checks import CheckContext, load_all_checks
from schemathesis.core.failures import Failure
from schemathesis.core.transport import Response
from schemathesis.hooks import HookContext
from schemathesis.openapi.checks import RejectedPositiveData, UnsupportedMethodResponse, UseAfterFree

import function_app
from shared.domain import errors
from shared.domain.errors import Refusal
from shared.http import reading
from shared.http.operation import CATALOGUE, Operation
from tests.acceptance.problems import assert_problem

CONFIG = Path(__file__).with_name("schemathesis.toml")

type Tried = Case[Any]

# Why a request may be refused although its schema lets it through: because of what else there is, which no schema of
# one request can say. By status, the family of problems; anything else is a fault of the description.
BEYOND_SCHEMAS: Mapping[int, type[Refusal]] = {
    404: errors.NotFound,
    409: errors.Conflict,
    410: errors.Gone,
    412: errors.VersionMismatch,
    413: errors.TooLarge,
    422: errors.Invalid,
    428: errors.PreconditionRequired,
    429: errors.TooManyRequests,
}
# the one state in which something can still be read after it was deleted: an asset keeps its code and its history
LASTING = "retired"

load_all_checks()
# a format that JSON Schema has no word for is said by its name; these are of it
schemathesis.openapi.format(
    "cron",
    st.builds(
        "{} {} {} {} {}".format,
        st.integers(0, 59),
        st.sampled_from(["*", "7", "0-23/2", "6,18"]),
        st.sampled_from(["*", "1", "1-28"]),
        st.sampled_from(["*", "1", "JAN-JUN"]),
        st.sampled_from(["*", "MON", "1-5"]),
    ),
)
# importing the application is what fills the catalogue
assert function_app.app is not None


@schemathesis.hook
def filter_failure(_: HookContext, failure: Failure, case: Tried, response: Response) -> bool:
    """Tell whether a finding is one; what is not a finding was checked to be what we promise instead."""
    if isinstance(failure, RejectedPositiveData):
        return not is_beyond_schemas(case, response)
    if isinstance(failure, UnsupportedMethodResponse):
        return not is_nowhere(response)
    if isinstance(failure, UseAfterFree):
        return urljoin(str(response.request.url), failure.free.removeprefix("DELETE ")) not in RETIRED
    return True


def is_beyond_schemas(case: Tried, response: Response) -> bool:
    """Tell whether a request that fits its schema was refused for a reason that no schema can say."""
    operation = described(case)
    if operation.role is None:
        # who needs no token of ours proves itself in headers of another specification, with what nobody can guess
        return response.status_code in {errors.Unauthenticated.status, errors.Forbidden.status}
    family = BEYOND_SCHEMAS.get(response.status_code)
    if family is None or slug(response) not in slugs(family):
        return False
    return slug(response) != errors.Invalid.slug or is_read(operation, case, response)


def is_read(operation: Operation, case: Tried, response: Response) -> bool:
    """Tell whether a request is a command: if not, its schema lets through what its model does not."""
    sent = response.request
    content = sent.body.encode() if isinstance(sent.body, str) else sent.body
    request = func.HttpRequest(
        method=str(sent.method),
        url=str(sent.url),
        headers={name: text(value) for name, value in sent.headers.items()},
        params=dict(parse_qsl(urlsplit(str(sent.url)).query)),
        route_params={name: str(value) for name, value in case.path_parameters.items()},
        body=content if isinstance(content, bytes) else b"",
    )
    try:
        reading.read(request, operation)
    except Refusal as refusal:
        return is_between_fields(refusal)
    return True


def is_between_fields(refusal: Refusal) -> bool:
    """Tell whether all that is wrong with a command is how its parts go together, by rules of ours.

    What pydantic itself finds, and what is wrong with a single text or number, can be said by a schema.
    """
    cause = refusal.__context__
    found = cause.errors() if isinstance(cause, ValidationError) else []
    return len(found) == len(refusal.faults) and all(
        fault["type"] == "value_error" and not isinstance(fault["input"], str | int | float) for fault in found
    )


def is_nowhere(response: Response) -> bool:
    """Tell whether an answer is the one that addresses of nothing have, whole and as a problem."""
    kept = {name: values[0] for name, values in response.headers.items() if name != "content-length"}
    read = httpx.Response(response.status_code, headers=kept, content=response.content)
    try:
        assert_problem(read, errors.NotFound.status, errors.NotFound.slug)
    except (AssertionError, ValueError):
        return False
    return True


# addresses of what was deleted, each with its server, whose numbers are its own: what stays, and what does not
RETIRED: set[str] = set()
GONE: set[str] = set()


@schemathesis.check
class deleted_is_gone_or_retired:  # noqa: N801 - checks are called so
    """What was deleted is found no more, nor anything below it; or it is read as retired, from the moment on."""

    def after_response(self, ctx: CheckContext, response: Response, case: Tried) -> None:
        """Look again, right after a deletion; and afterwards, at whatever is found."""
        del ctx, case
        address = str(response.request.url).partition("?")[0]
        if not 200 <= response.status_code < 400:
            return
        if response.request.method == "DELETE":
            _look_again(address, response)
        else:
            within = {gone for gone in GONE if f"{address}/".startswith(f"{gone}/")}
            assert not within, f"{address} is found although {within} was deleted"


def _look_again(url: str, response: Response) -> None:
    found = httpx.get(url, headers={"Authorization": text(response.request.headers["Authorization"])}, timeout=30)
    if found.status_code == errors.NotFound.status:
        GONE.add(url)
        return
    assert found.status_code == 200, f"after DELETE, GET {url} answers {found.status_code}"
    assert found.json().get("status") == LASTING, f"GET {url} finds what was deleted, and not as {LASTING}"
    RETIRED.add(url)


def described(case: Tried) -> Operation:
    """Answer the operation that a case is one of."""
    asked = (case.operation.method.upper(), case.operation.path)
    return next(one for one in CATALOGUE.values() if (one.method, one.plain_path) == asked)


def slug(response: Response) -> str:
    """Answer the type of a problem, or nothing if it is none."""
    try:
        problem: Any = json.loads(response.content)
    except ValueError:
        return ""
    return str(problem.get("type", "")).removeprefix("/problems/") if isinstance(problem, dict) else ""


def slugs(family: type[Refusal]) -> set[str]:
    """Answer the types of a family of problems."""
    return {family.slug}.union(*(slugs(kind) for kind in family.__subclasses__()))


def text(value: str | bytes) -> str:
    """Answer a header's value as text."""
    return value.decode("latin-1") if isinstance(value, bytes) else value
