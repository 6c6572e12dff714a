"""Which function answers: templates, constraints, order, conflicts."""

from typing import Any

import pytest

from local.host.constraints import PLAIN, compile_constraint
from local.host.errors import StartError
from local.host.functions import Function
from local.host.routing import Router, decode
from local.host.templates import Template

GUID = "11111111-2222-3333-4444-55555555555a"


def function(name: str, route: str, methods: list[str] | None = None) -> Function:
    trigger: dict[str, Any] = {"type": "httpTrigger", "name": "req", "route": route}
    return Function(name, name, trigger | ({"methods": methods} if methods else {}), [], None, "", "")


def found(router: Router, method: str, path: str) -> tuple[str, dict[str, str]] | None:
    answer = router.find(method, path)
    return (answer[0].function.name, answer[1]) if answer else None


@pytest.mark.parametrize(
    ("constraint", "good", "bad"),
    [
        ("int", ["0", "-5", "+7", "2147483647", "-2147483648"], ["", "a", "1.0", "2147483648", "1_0"]),
        ("long", ["9223372036854775807"], ["9223372036854775808", "x"]),
        ("bool", ["true", "FALSE"], ["1", "yes", ""]),
        ("datetime", ["2026-11-23", "2026-11-23T10:00:00Z", "11/23/2026 4:05 PM"], ["", "23/23/2026", "soon"]),
        ("datetime", ["11/23/2026", "23 Nov 2026", "November 23, 2026 16:05"], ["2026"]),
        ("decimal", ["1.5", "-1,000.25", ".5", str(2**96 - 1)], ["1e3", str(2**96), "a"]),
        ("double", ["1e3", "-.5", "NaN", "Infinity", "1,000.5"], ["", "e", "1.2.3"]),
        ("float", ["1.5", "1E-3"], ["x"]),
        ("guid", [GUID, "1" * 32, f"{{{GUID}}}", f"({GUID})"], ["1" * 31, f"{{{GUID}", "x" * 32]),
        ("alpha", ["abc", "ABC"], ["a1", "é"]),
        ("required", ["x"], [""]),
        ("minlength(3)", ["abc"], ["ab"]),
        ("maxlength(3)", ["abc"], ["abcd"]),
        ("length(3)", ["abc"], ["ab", "abcd"]),
        ("length(2,3)", ["ab", "abc"], ["a", "abcd"]),
        ("min(5)", ["5", "6"], ["4", "a"]),
        ("max(5)", ["5", "-1"], ["6", "a"]),
        ("range(5,7)", ["5", "7"], ["4", "8", "a"]),
        (r"regex(^\d{3}$)", ["123"], ["12", "1234"]),
        ("regex(b)", ["ABC"], ["acd"]),
    ],
)  # fmt: skip
def test_constraints(constraint: str, good: list[str], bad: list[str]) -> None:
    check = compile_constraint(constraint)
    assert [text for text in good if not check(text)] == []
    assert [text for text in bad if check(text)] == []


def test_every_constraint_of_aspnet_is_there() -> None:
    assert set(PLAIN) == {
        *("int", "long", "bool", "datetime", "decimal", "double", "float", "guid", "alpha", "required")
    }


@pytest.mark.parametrize("text", ["integer", "length(a)", "length(1,2,3)", "regex([)", "int(5)", "", "min"])
def test_unknown_constraints_are_refused(text: str) -> None:
    with pytest.raises(StartError, match="cannot be resolved"):
        compile_constraint(text)


@pytest.mark.parametrize(
    ("template", "path", "expected"),
    [
        ("api/assets", "API/Assets/", {}),
        ("api/assets", "api/assets//", None),
        ("a/{id:int}", "a/5", {"id": "5"}),
        ("a/{id:int}", "a/x", None),
        ("a/{id}", "a/", None),
        ("a/{id?}", "a", {}),
        ("a/{id?}", "a/", {}),
        ("a/{id?}", "a/b/c", None),
        ("a/{id:int?}", "a", {}),
        ("a/{id:int?}", "a/x", None),
        ("a/{page=1}", "a", {"page": "1"}),
        ("a/{page:int=1}", "a/7", {"page": "7"}),
        ("a/{x=1}/{y?}", "a/2/3", {"x": "2", "y": "3"}),
        ("a/{x=1}/{y?}", "a", {"x": "1"}),
        ("{lang=en}/a", "de/a", {"lang": "de"}),
        ("{lang=en}/a", "a", None),
        ("a/{*rest}", "a", {}),
        ("a/{*rest}", "a/b/c/", {"rest": "b/c/"}),
        ("a/{**rest}", "a/b", {"rest": "b"}),
        ("a/{*rest:maxlength(3)}", "a/b/cd", None),
        ("{*path}", "", {}),
        ("{*path}", "x/y.js", {"path": "x/y.js"}),
        ("f/{name}.{ext}", "f/a.b.jpg", {"name": "a.b", "ext": "jpg"}),
        ("f/{name}.{ext?}", "f/a", {"name": "a"}),
        ("f/{name}.{ext?}", "f/a.jpg", {"name": "a", "ext": "jpg"}),
        ("f/{name}.{ext?}", "f/a.b.jpg", {"name": "a.b", "ext": "jpg"}),
        ("v{major:int}-{minor:int}", "v1-2", {"major": "1", "minor": "2"}),
        (r"c/{code:regex(^\d{{3}}$)}", "c/123", {"code": "123"}),
        (r"c/{code:regex(^a/b$)}", "c/b", None),
        ("c/{id:int:range(5,7)}", "c/8", None),
        ("a/{{b}}/{c}", "a/{b}/d", {"c": "d"}),
        ("a+b/{c}", "a+b/d", {"c": "d"}),
        ("a+b/{c}", "aab/d", None),
    ],
)
def test_templates(template: str, path: str, expected: dict[str, str] | None) -> None:
    assert Template.compile(template).match(path) == expected


@pytest.mark.parametrize(
    "text", ["a/{", "a/{}", "a/{1x}", "{a}/{A}", "{*a}/b", "{***a}", "{a!}", "{a:b(}", "{a}-{b?}", "a/{x:nope}"]
)
def test_templates_that_cannot_be_read_are_refused(text: str) -> None:
    with pytest.raises(StartError):
        Template.compile(text)


def test_the_first_by_name_wins_not_the_more_specific() -> None:
    general, exact = function("a_general", "x/{name}"), function("b_exact", "x/exact")
    assert found(Router([general, exact], "api"), "GET", "/api/x/exact") == ("a_general", {"name": "exact"})


def test_a_method_that_does_not_fit_goes_on_to_the_next_route() -> None:
    router = Router([function("a", "x", ["GET"]), function("b", "{y}", ["put"])], "")
    assert found(router, "PUT", "/x") == ("b", {"y": "x"})
    assert found(router, "HEAD", "/x") is None
    assert found(router, "OPTIONS", "/x") is None


def test_a_route_without_methods_takes_all() -> None:
    assert found(Router([function("a", "x")], "api"), "PROPFIND", "/api/x") == ("a", {})


def test_the_name_is_the_route_of_a_function_without_one() -> None:
    assert found(Router([function("Ping", "")], "api"), "GET", "/api/ping") == ("Ping", {})


def test_a_function_can_own_the_root() -> None:
    assert found(Router([function("web", "{*path}")], ""), "GET", "/") == ("web", {})


def test_one_template_and_method_for_two_functions_is_refused() -> None:
    with pytest.raises(StartError, match="conflicts with the route defined by function 'a'"):
        Router([function("a", "x/{id}", ["GET", "PUT"]), function("b", "X/{id}/", ["PUT"])], "api")


def test_one_template_for_different_methods_is_fine() -> None:
    router = Router([function("a", "x", ["GET"]), function("b", "x", ["PUT"])], "api")
    assert found(router, "PUT", "/api/x") == ("b", {})


@pytest.mark.parametrize("route", ["admin", "Administrators", "runtime/x"])
def test_reserved_beginnings_are_refused(route: str) -> None:
    with pytest.raises(StartError, match="built in routes"):
        Router([function("a", route)], "api")


def test_made_up_methods_do_not_fill_the_memory() -> None:
    router = Router([function("a", "x")], "api")
    for number in range(100):
        assert found(router, f"M{number}", "/api/x")
    assert len(router._by_method) <= 16


@pytest.mark.parametrize(
    ("raw", "decoded"),
    [(b"/a%20b", "/a b"), (b"/a%2Fb", "/a%2Fb"), (b"/a%2fb%25", "/a%2fb%"), (b"/%C3%A4", "/ä"), (b"/%FF", "/\ufffd")],
)
def test_everything_but_an_escaped_slash_is_decoded(raw: bytes, decoded: str) -> None:
    assert decode(raw) == decoded
