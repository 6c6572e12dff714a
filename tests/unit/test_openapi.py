"""The OpenAPI document: valid, and saying of an operation what the operation says of itself."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from jsonschema_rs import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator
from pydantic import TypeAdapter, ValidationError

from shared.actions.answer import Answer
from shared.actions.call import Call
from shared.domain.asset import Spot
from shared.domain.custody import CheckOut
from shared.domain.errors import NotFound, TooManyRequests
from shared.domain.media import JSON, MULTIPART
from shared.domain.model import Code, Command, Flag, Identifier, Model, Money, Name, Notes, Page, Place
from shared.domain.principal import Role
from shared.http import openapi, reference_page
from shared.http.openapi import IfChanged
from shared.http.operation import CATALOGUE, Operation
from shared.http.schema_words import kind, sample

DOCUMENT: dict[str, Any] = json.loads((Path(__file__).parents[2] / "docs" / "openapi.json").read_text())


class Colour(Model):
    """What a thing looks like."""

    name: Name
    shade: int | None = None


class PaintThing(Command):
    """Give a thing a colour."""

    thing_id: Identifier
    if_match: tuple[int, ...] | None = None
    colour: Colour
    price: Money | None = None
    code: Code = "x"
    dry_run: Flag = False


class Thing(Model):
    """A thing."""

    id: int
    colour: Colour
    price: Money | None = None
    version: int


def paint_thing(_: Call, __: PaintThing) -> Answer[Thing]:
    """Answer nothing."""
    return Answer()


def list_paints(_: Call) -> Answer[Page[Colour]]:
    """Answer nothing."""
    return Answer()


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    """Describe two operations that do not stay in the catalogue."""
    paint = Operation(
        "paint_thing", "POST", "/api/things/{thing_id:long}/paint", Role.MANAGER, lambda: paint_thing,
        summary="Paint a thing", status=201, reads=(JSON, MULTIPART), query=frozenset({"dry_run"}),
        problems=(NotFound, TooManyRequests), answers={202: "Later."}, sends=("Location",), note="It dries.",
    )  # fmt: skip
    paints = Operation("list_paints", "GET", "/api/paints", None, lambda: list_paints, summary="Every paint")
    for one in (paint, paints):
        del CATALOGUE[one.name]
    return openapi.document([paint, paints])


@pytest.fixture(scope="module")
def paint(document: dict[str, Any]) -> dict[str, Any]:
    """Answer what is said of painting."""
    found: dict[str, Any] = document["paths"]["/api/things/{thing_id}/paint"]["post"]
    return found


def test_documents_are_valid(document: dict[str, Any]) -> None:
    for one in (document, DOCUMENT):
        assert [error.message for error in OpenAPIV31SpecValidator(one).iter_errors()] == []


def test_parameters_come_from_the_command(paint: dict[str, Any]) -> None:
    first, second, *shared = paint["parameters"]
    assert (first["name"], first["in"], first["required"]) == ("thing_id", "path", True)
    assert first["schema"] == {"type": "integer", "minimum": 1, "maximum": 2**63 - 1}
    assert (second["name"], second["in"], second["required"]) == ("dry_run", "query", False)
    assert [one["$ref"].rpartition("/")[2] for one in shared] == ["IdempotencyKey", "IfMatch"]


def test_body_is_the_rest_of_the_command(document: dict[str, Any], paint: dict[str, Any]) -> None:
    content = paint["requestBody"]["content"]
    assert paint["requestBody"]["required"]
    schema = document["components"]["schemas"]["PaintThing"]
    assert content[JSON]["schema"] == {"$ref": "#/components/schemas/PaintThing"}
    assert list(schema["properties"]) == ["colour", "price", "code"]
    assert schema["required"] == ["colour"]
    assert schema["additionalProperties"] is False
    assert content[MULTIPART]["encoding"] == {"colour": {"contentType": JSON}}


def test_forms_have_no_nulls(document: dict[str, Any]) -> None:
    form = document["components"]["schemas"]["PaintThingForm"]["properties"]
    assert {"type": "null"} not in form["price"]["anyOf"]


def test_answers_hold_every_field(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    assert schemas["Thing"]["required"] == ["id", "colour", "price", "version"]
    assert schemas["Colour"]["required"] == ["name", "shade"]
    assert schemas["ColourInput"]["required"] == ["name"]
    assert schemas["ColourPage"]["required"] == ["items", "next_cursor"]


def test_success_says_its_headers(paint: dict[str, Any]) -> None:
    assert set(paint["responses"]["201"]["headers"]) == {"ETag", "Location", "Idempotency-Replayed"}
    assert paint["responses"]["202"]["headers"].keys() == {"Location", "Retry-After"}
    assert paint["description"].endswith(" It dries.")


def test_problems_are_named_by_their_types(document: dict[str, Any], paint: dict[str, Any]) -> None:
    expected = {201, 202, 400, 401, 403, 404, 409, 412, 413, 415, 422, 429, 503}
    assert {int(status) for status in paint["responses"]} == expected
    name = paint["responses"]["403"]["$ref"].rpartition("/")[2]
    response = document["components"]["responses"][name]
    types = response["content"]["application/problem+json"]["schema"]["allOf"][1]["properties"]["type"]["enum"]
    assert types == ["/problems/forbidden", "/problems/tenant-unknown"]
    name = paint["responses"]["401"]["$ref"].rpartition("/")[2]
    assert document["components"]["responses"][name]["headers"].keys() == {"WWW-Authenticate"}


@pytest.mark.parametrize(
    ("method", "path", "status", "header"),
    [
        ("get", "/api/settings", "200", "ETag"),
        ("patch", "/api/settings", "200", "ETag"),
        ("get", "/api/photos/{photo_id}", "202", "Retry-After"),
        ("get", "/api/assets/labels.pdf", "200", "Content-Disposition"),
        ("get", "/api/assets/analytics/export", "200", "Content-Disposition"),
        ("get", "/api/assets/analytics/export", "202", "Location"),
        ("get", "/api/assets/{asset_id}/qr-code", "200", "Cache-Control"),
        ("get", "/api/assets/{asset_id}/qr-code", "304", "Cache-Control"),
    ],
)
def test_headers_that_clients_need_are_told(method: str, path: str, status: str, header: str) -> None:
    assert header in DOCUMENT["paths"][path][method]["responses"][status]["headers"]


def test_limits_are_told() -> None:
    paths, checkout = DOCUMENT["paths"], DOCUMENT["paths"]["/api/assets/{asset_id}/checkout"]["post"]
    assert "100 MiB" in DOCUMENT["info"]["description"]
    assert "ten assets a minute" in checkout["description"]
    assert "32 MiB" in paths["/api/trips"]["post"]["description"]
    assert "new key" in paths["/api/uploads"]["post"]["description"]


def test_photos_are_told_to_come_in_two_ways() -> None:
    for name in ("CheckOut", "CheckOutForm", "CheckIn", "CheckInForm"):
        said = DOCUMENT["components"]["schemas"][name]["properties"]["photo_upload_ids"]["description"]
        assert "JSON only" not in said
    for path in ("checkout", "checkin"):
        assert "`photo_index`" in DOCUMENT["paths"][f"/api/assets/{{asset_id}}/{path}"]["post"]["description"]


def test_public_operations_say_so(document: dict[str, Any]) -> None:
    listed = document["paths"]["/api/paints"]["get"]
    assert listed["security"] == []
    assert "401" not in listed["responses"]


def test_costs_are_said_to_be_for_managers() -> None:
    said = {
        one["operationId"]: one["description"] for methods in DOCUMENT["paths"].values() for one in methods.values()
    }
    assert {name for name, text in said.items() if "only in answers to managers" in text} >= {
        "get_asset",
        "list_assets",
        "scan_code",
    }
    assert "costs" not in said["list_custody"]


def test_the_longest_texts_of_a_query_fit_into_an_address() -> None:
    # a character is up to four bytes of three signs each, and servers take addresses of 64 KiB at most
    for path, methods in DOCUMENT["paths"].items():
        for method, one in methods.items():
            lengths = [each["schema"].get("maxLength", 0) for each in one["parameters"] if each.get("in") == "query"]
            assert sum(lengths) * 12 < 60_000, f"{method} {path}"


def test_nothing_stands_in_the_document_that_is_not_referred_to() -> None:
    text = json.dumps(DOCUMENT)
    names = set(DOCUMENT["components"]["schemas"]) - {"Problem"}
    assert names == {name for name in names if f'"#/components/schemas/{name}"' in text}
    assert '"title":' not in json.dumps(DOCUMENT["components"]["schemas"]).replace('"title": {', "")


def test_every_operation_can_be_told_from_its_name() -> None:
    names = [one["operationId"] for methods in DOCUMENT["paths"].values() for one in methods.values()]
    assert len(names) == len(set(names)) > 15
    assert all(re.fullmatch(r"[a-z]+(_[a-z]+)+", name) for name in names)


def test_samples_are_accepted() -> None:
    schemas = DOCUMENT["components"]["schemas"]
    body = sample({"$ref": "#/components/schemas/CreateAsset"}, schemas)
    assert {"asset_type", "asset_tag", "asset_name"} <= set(body)
    own = sample({"$ref": "#/components/schemas/AddBenchmark"}, schemas)
    assert set(schemas["AddBenchmark"]["required"]) <= set(own)
    place = sample({"$ref": "#/components/schemas/PlaceInput"}, schemas)
    assert CheckOut.model_validate({"asset_id": 1, "location": place}).location


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        ({"type": "integer", "minimum": 1, "maximum": 5}, "whole number, 1 to 5"),
        ({"type": "number", "exclusiveMinimum": 0}, "number, above 0"),
        ({"type": "string", "format": "date-time"}, "time"),
        ({"enum": ["a", "b"]}, '"a" | "b"'),
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, "text or null"),
        ({"type": "array", "items": {"type": "string", "format": "uuid"}}, "list of UUID"),
        ({"type": "object", "additionalProperties": {"type": "string"}}, "object of texts"),
    ],
)
def test_schemas_are_said_in_words(schema: dict[str, Any], said: str) -> None:
    assert "".join(text for text, _ in kind(schema, {})) == said


TEXTS = [
    "",
    " ",
    "a",
    " a ",
    "\t",
    "a\n",
    "\n",
    "a\0",
    "\x0ba",
    "a\x85",
    "\x85",
    "é",
    "🚚",
    "\u2003",
    "\ufeff",
    "x" * 64,
]


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize(("alias", "longest"), [(Code, 64), (Notes, 4000)])
def test_patterns_say_what_is_accepted(alias: Any, longest: int, text: str) -> None:
    """The schema's words and the validator are two; here they are one."""
    adapter = TypeAdapter(alias)
    schema = adapter.json_schema()
    promised = bool(re.search(schema["pattern"], text)) and schema.get("minLength", 0) <= len(text) <= longest
    try:
        adapter.validate_python(text)
    except ValidationError:
        assert not promised
    else:
        assert promised


@pytest.mark.parametrize(
    ("value", "accepted"), [("0", True), ("12345.60", True), (12, True), (12.5, True), ("1.234", False), ("-1", False)]
)
def test_amounts_are_texts_or_numbers(value: object, *, accepted: bool) -> None:
    try:
        TypeAdapter(Money).validate_python(value)
    except ValidationError:
        assert not accepted
    else:
        assert accepted


@pytest.mark.parametrize("lat", [0, -0.0, 1e-42, 9e-10, -1e-9, 1e-9, 40.7])
@pytest.mark.parametrize("lng", [0, -9e-10, 1e-9, -74.0])
def test_no_fix_is_no_place(lat: float, lng: float) -> None:
    place = {"lat": lat, "lng": lng}
    said = Draft202012Validator(Place.model_json_schema()).is_valid(place)
    try:
        Place.model_validate_json(json.dumps(place), strict=True)
    except ValidationError:
        assert not said
    else:
        assert said


def test_a_spot_without_a_fix_is_no_spot() -> None:
    (near,) = (one for one in DOCUMENT["paths"]["/api/assets"]["get"]["parameters"] if one.get("name") == "near")
    for spot in ("0,0", "-0.0,0", "0.0000000009,0", "0.000000001,0", "0,0.1", "0.00000000000,0.0"):
        try:
            TypeAdapter(Spot).validate_python(spot)
        except ValidationError:
            assert not Draft202012Validator(near["schema"]).is_valid(spot), spot
        else:
            assert Draft202012Validator(near["schema"]).is_valid(spot), spot


def test_a_table_comes_as_itself_or_as_a_file_of_a_form() -> None:
    content = DOCUMENT["paths"]["/api/assets/import"]["post"]["requestBody"]["content"]
    assert content["text/csv"]["schema"] == {"type": "string", "minLength": 1}
    form = DOCUMENT["components"]["schemas"][content[MULTIPART]["schema"]["$ref"].rpartition("/")[2]]
    assert (list(form["properties"]), form["required"]) == (["file"], ["file"])


def test_only_a_new_tag_replaces_another() -> None:
    link = Draft202012Validator(DOCUMENT["components"]["schemas"]["LinkTag"])
    assert not link.is_valid({"replaces": 5})
    assert not link.is_valid({"replaces": 5, "code": None})
    assert all(map(link.is_valid, [{}, {"code": "x"}, {"replaces": None}, {"replaces": 5, "code": "x"}]))


def test_whoever_has_the_document_is_told_so() -> None:
    first = openapi.unless_known(IfChanged(), b"document", JSON)
    tag = first.headers["ETag"]
    assert (first.status, first.content) == (200, b"document")
    again = openapi.unless_known(IfChanged(if_none_match=('"other"', tag)), b"document", JSON)
    assert (again.status, again.content, again.headers["ETag"]) == (304, b"", tag)
    assert openapi.unless_known(IfChanged(if_none_match=('"other"',)), b"document", JSON).status == 200


def test_page_names_every_operation_and_field() -> None:
    """The page is rendered from this document: what it names must be there, escaped, and reachable by its anchor."""
    view = reference_page.View(DOCUMENT)
    shown = {one["id"]: one for group in view.groups() for one in group["operations"]}
    assert set(shown) == {one["operationId"] for methods in DOCUMENT["paths"].values() for one in methods.values()}
    assert {one["name"] for one in view.components()} >= {"Asset", "Custody", "Problem"}
    assert shown["check_out_asset"]["curl"].startswith("curl -H")
    assert "-F photo=@photo.jpg" in shown["check_out_asset"]["curl"]
    assert "$MOTORPOOL/api/assets/17/checkout" in shown["check_out_asset"]["curl"]
