"""The pages and endpoints of the issuer."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from local.identity.grants import (
    CLIENT_ID,
    BadRequestError,
    Codes,
    GrantError,
    SignInRequest,
    is_local,
    with_query,
)
from local.identity.keys import ALGORITHM
from local.identity.tokens import AUDIENCE, LIFETIME_SECONDS, BadTokenError, Identity, Issuer, TokenOrder
from local.identity.web import NEVER_KEPT, body_of, fault, form_of, page, require_loopback
from local.people import ROLES, TENANTS

SCOPES = ["openid", "profile", "email", "offline_access", f"{AUDIENCE}/access"]


@dataclass(frozen=True)
class IdentityRoutes:
    """An issuer's web side.

    Args:
        issuer: makes the tokens.
        codes: those that wait to be exchanged.
        redirect_uris: where the client may return to, beside any address of this machine.
    """

    issuer: Issuer
    codes: Codes
    redirect_uris: frozenset[str] = frozenset()

    def routes(self) -> list[Route]:
        """Answer the routes for a Starlette application."""
        return [
            Route("/", self.show_welcome),
            Route("/.well-known/openid-configuration", self.show_configuration),
            Route("/keys", self.show_keys),
            Route("/authorize", self.show_sign_in, methods=["GET"]),
            Route("/authorize", self.sign_in, methods=["POST"]),
            Route("/token", self.give_tokens, methods=["POST"]),
            Route("/userinfo", self.show_user, methods=["GET", "POST"]),
            Route("/logout", self.sign_out, methods=["GET", "POST"]),
            Route("/local/token", self.make_token, methods=["POST"]),
            Route("/local/rotate-keys", self.rotate_keys, methods=["POST"]),
        ]

    async def show_welcome(self, _: Request) -> Response:
        """Say what this server is."""
        return page("notice.html", heading="The identity stand-in", text=f"Its issuer is {self.issuer.url}.")

    async def show_configuration(self, _: Request) -> Response:
        """Answer OpenID Connect Discovery 1.0."""
        url = self.issuer.url
        return JSONResponse(
            {
                "issuer": url,
                "authorization_endpoint": f"{url}/authorize",
                "token_endpoint": f"{url}/token",
                "userinfo_endpoint": f"{url}/userinfo",
                "end_session_endpoint": f"{url}/logout",
                "jwks_uri": f"{url}/keys",
                "response_types_supported": ["code"],
                "response_modes_supported": ["query"],
                "grant_types_supported": ["authorization_code", "refresh_token"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": [ALGORITHM],
                "token_endpoint_auth_methods_supported": ["none"],
                "code_challenge_methods_supported": ["S256"],
                "scopes_supported": SCOPES,
                "claims_supported": ["tid", "oid", "sub", "name", "preferred_username", "email", "roles"],
            }
        )

    async def show_keys(self, _: Request) -> Response:
        """Answer the keys that verify."""
        return JSONResponse({"keys": [key.public_jwk() for key in self.issuer.keys.published]})

    async def show_sign_in(self, request: Request) -> Response:
        """Show the people to choose from, or send the client's fault back to it."""
        asked = self._sign_in_request(request.query_params)
        try:
            asked.check()
        except GrantError as error:
            return _back(asked.return_address(error=error.code, error_description=str(error)))
        parameters = asked.model_dump(exclude_none=True)
        return page("sign_in.html", request=asked, parameters=parameters, tenants=TENANTS, roles=ROLES)

    async def sign_in(self, request: Request) -> Response:
        """Send the chosen person back to the client with a code."""
        form = await form_of(request)
        asked = self._sign_in_request(dict(form))
        try:
            asked.check()
            identity = _chosen(form)
        except GrantError as error:
            return _back(asked.return_address(error=error.code, error_description=str(error)))
        return _back(asked.return_address(code=self.codes.issue(identity, asked)))

    async def give_tokens(self, request: Request) -> Response:
        """Exchange a code or a refresh token."""
        form = dict(await form_of(request))
        try:
            return JSONResponse(self._tokens_for(form), headers=NEVER_KEPT)
        except GrantError as error:
            return fault(400, error.code, str(error))

    async def show_user(self, request: Request) -> Response:
        """Answer who the bearer is."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        try:
            claims = self.issuer.read_access_token(token if scheme.lower() == "bearer" else "")
        except BadTokenError as error:
            return fault(401, "invalid_token", str(error), {"WWW-Authenticate": 'Bearer error="invalid_token"'})
        wanted = ("sub", "name", "email", "preferred_username", "oid", "tid", "roles")
        return JSONResponse({name: claims[name] for name in wanted if name in claims}, headers=NEVER_KEPT)

    async def sign_out(self, request: Request) -> Response:
        """Return to the client; there is no session to end."""
        given = dict(await form_of(request)) if request.method == "POST" else dict(request.query_params)
        address = given.get("post_logout_redirect_uri")
        if address is None:
            return page("notice.html", heading="Signed out", text="You can close this page.")
        if address not in self.redirect_uris and not is_local(address):
            raise HTTPException(400, "The post_logout_redirect_uri must be on this machine.")
        return _back(with_query(address, {"state": given["state"]} if "state" in given else {}))

    async def make_token(self, request: Request) -> Response:
        """Make whatever access token is ordered; this machine only."""
        require_loopback(request)
        try:
            order = TokenOrder.model_validate_json(await body_of(request))
            token = self.issuer.ordered_token(order, CLIENT_ID)
        except ValidationError as error:
            return fault(422, "invalid_request", _in_words(error))
        except ValueError as error:
            return fault(422, "invalid_request", str(error))
        return JSONResponse(_bearer(token, order.expires_in), headers=NEVER_KEPT)

    async def rotate_keys(self, request: Request) -> Response:
        """Sign with a new key from now on; `?drop=true` withdraws the old one at once."""
        require_loopback(request)
        drop = request.query_params.get("drop", "false")
        if drop not in {"true", "false"}:
            raise HTTPException(400, "drop must be true or false.")
        await run_in_threadpool(self.issuer.keys.rotate, drop=drop == "true")
        return await self.show_keys(request)

    def _sign_in_request(self, given: Mapping[str, str]) -> SignInRequest:
        try:
            return SignInRequest.read(given, self.redirect_uris)
        except BadRequestError as error:
            raise HTTPException(400, str(error)) from error

    def _tokens_for(self, form: Mapping[str, str]) -> dict[str, Any]:
        match form.get("grant_type"):
            case "authorization_code":
                grant = self.codes.exchange(form)
                return self._answer(grant.identity, grant.request.scope, grant.request.nonce)
            case "refresh_token":
                identity, scope = self._refreshed(form)
                return self._answer(identity, scope, None)
        raise GrantError("unsupported_grant_type", "Offered are authorization_code and refresh_token.")

    def _refreshed(self, form: Mapping[str, str]) -> tuple[Identity, str]:
        try:
            identity, client_id, scope = self.issuer.read_refresh_token(form.get("refresh_token", ""))
        except BadTokenError as error:
            raise GrantError("invalid_grant", str(error)) from error
        if client_id != form.get("client_id"):
            raise GrantError("invalid_grant", "The refresh token belongs to another client_id.")
        return identity, scope

    def _answer(self, identity: Identity, scope: str, nonce: str | None) -> dict[str, Any]:
        answer = _bearer(self.issuer.access_token(identity, CLIENT_ID), LIFETIME_SECONDS) | {"scope": scope}
        if "openid" in scope.split():
            answer["id_token"] = self.issuer.id_token(identity, CLIENT_ID, nonce)
        if "offline_access" in scope.split():
            answer["refresh_token"] = self.issuer.refresh_token(identity, CLIENT_ID, scope)
        return answer


def _chosen(form: list[tuple[str, str]]) -> Identity:
    fields = dict(form)
    roles = [value for name, value in form if name == "roles"] if "anyone" in fields else None
    try:
        return Identity(tid=fields.get("tid", ""), oid=fields.get("oid", ""), name=fields.get("name"), roles=roles)
    except ValidationError as error:
        raise GrantError("invalid_request", _in_words(error)) from error


def _in_words(error: ValidationError) -> str:
    faults = error.errors(include_url=False, include_context=False, include_input=False)
    return "; ".join(f"{'.'.join(map(str, fault['loc'])) or 'body'}: {fault['msg']}" for fault in faults)


def _bearer(token: str, expires_in: int) -> dict[str, Any]:
    return {"access_token": token, "token_type": "Bearer", "expires_in": expires_in}


def _back(address: str) -> Response:
    return RedirectResponse(address, 303, NEVER_KEPT)
