"""Asking an OpenID Connect issuer: what it says of itself, and what it answers."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from shared.domain.errors import DependencyDown

if TYPE_CHECKING:
    from urllib.request import Request

TIMEOUT_SECONDS = 5


def get_json(url: str) -> Mapping[str, Any]:
    """Answer the JSON object at a URL of the issuer; raise DependencyDown if there is none."""
    try:
        return read_json(url)
    except (OSError, ValueError) as error:
        raise DependencyDown("identity provider") from error


def read_json(request: "str | Request") -> Mapping[str, Any]:
    """Answer the JSON object that a request of the issuer brings; raise OSError or ValueError if it brings none."""
    import json
    from http.client import HTTPException
    from urllib.request import urlopen

    # the address is a setting of ours, checked to be http(s), or what the issuer said there of itself
    try:
        with urlopen(request, timeout=TIMEOUT_SECONDS) as response:  # noqa: S310
            document = json.load(response)
    except HTTPException as error:
        raise OSError("the issuer's answer is no HTTP") from error
    if not isinstance(document, dict):
        raise ValueError("the issuer's answer is no JSON object")  # noqa: TRY004 - as bad as no JSON at all
    return document
