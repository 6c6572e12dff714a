"""What a request tells of who sends it."""

import azure.functions as func
import pytest

from shared.http.endpoint import address_of


@pytest.mark.parametrize(
    ("hops", "address"),
    [
        ("203.0.113.9:4711", "203.0.113.9"),
        ("198.51.100.7, 203.0.113.9:4711", "203.0.113.9"),
        ("203.0.113.9", "203.0.113.9"),
        ("[2001:db8::1]:4711", "2001:db8::1"),
        ("[2001:db8::1]", "2001:db8::1"),
        ("2001:db8::1", "2001:db8::1"),
        ("203.0.113.9:4711, <script>", None),
        ("", None),
    ],
)
def test_the_address_is_that_of_the_last_hop(hops: str, address: str | None) -> None:
    req = func.HttpRequest("GET", "http://localhost/api/assets", headers={"X-Forwarded-For": hops}, body=b"")
    assert address_of(req) == address
