"""Runs pages for browsers, and holds the general ones: the start page, problems explained, and what went wrong."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from urllib.parse import urlsplit

import azure.functions as func

from shared.actions.answer import Answer, of_refusal
from shared.domain.errors import Forbidden, NotFound, Refusal, Unauthenticated
from shared.http import endpoint, html
from shared.http.session import Visit, go_to, sign_in_url

LOOPBACK = {"localhost", "127.0.0.1", "::1"}
STATIC = {"pages.css": "text/css", "reference.css": "text/css", "icon.svg": "image/svg+xml"}

# who can be signed in as on one machine, as the address that the identity stand-in knows them by
DEMO_TENANTS = (("Acme Logistics", "acme.example"), ("Globex Field Services", "globex.example"))
DEMO_PEOPLE = ("manager-1", "admin-1", "dispatcher-1", *(f"driver-{number}" for number in range(1, 9)))

ADVICE: Mapping[int, str] = {
    400: "Correct how the request is written; the detail says where it cannot be read.",
    401: "Sign in, and send the access token with the request: Authorization: Bearer, a space, the token. "
    "Tokens end after about an hour; sign in again then.",
    403: "Ask somebody whose role allows it, or ask an administrator of your organisation for the role. "
    "Trying again changes nothing.",
    404: "Check the address and the number in it. What belongs to another organisation, or was revoked, "
    "answers like what never was.",
    409: "Read the present state again: somebody was faster, or something has to happen first. "
    "The same request may succeed when the state has changed.",
    410: "This is kept no longer. Read the present state as a whole and go on from there.",
    412: "Read the resource again, look at what the other person changed, and repeat your change on the new version.",
    413: "Send less in one request: a smaller photo, or fewer rows at a time.",
    415: "Send one of the content types that the API reference names for this route.",
    422: "Correct every field that errors names; each entry points to its field and says what is wrong with it.",
    428: "Read the resource, and send the ETag of its answer with the change, as If-Match.",
    429: "Wait for the seconds that Retry-After names, then go on more slowly.",
    500: "This is our fault, not yours. Tell whoever runs this service the instance of the problem document.",
    503: "Nothing was changed. Try again after the seconds that Retry-After names.",
}

Page = Callable[[Visit], Answer]


def run(req: func.HttpRequest, context: func.Context, page: Page) -> func.HttpResponse:
    """Answer a browser's request; whatever goes wrong becomes a page, or a problem document for a program."""
    visit = Visit(req, context.invocation_id)
    return endpoint.guarded(req, context, lambda: page(visit), partial(_refused, visit))


def catch_all(visit: Visit) -> Answer:
    """Answer what no other route does: the start page, and that there is nothing anywhere else."""
    if urlsplit(visit.req.url).path.strip("/") or visit.req.method not in {"GET", "HEAD"}:
        raise NotFound("There is nothing at this address, or not by this method.")
    hint = visit.req.params.get("login_hint")
    if hint and visit.principal is None:
        return go_to(sign_in_url(visit, "/", hint))
    return start(visit)


def start(visit: Visit) -> Answer:
    """Show what this is, and where to go from here."""
    settings = visit.services.settings
    on_one_machine = urlsplit(settings.oidc_issuer).hostname in LOOPBACK
    return html.page(
        "start.html",
        visitor=visit.principal,
        sign_in=sign_in_url(visit, "/"),
        base=settings.public_base_url,
        issuer=settings.oidc_issuer if on_one_machine else None,
        tenants=[(name, _demo_links(visit, domain)) for name, domain in DEMO_TENANTS],
    )


def list_problems(_: Visit) -> Answer:
    """Show every type of problem, by status."""
    known = sorted(_problems(Refusal), key=lambda problem: (problem.status, problem.slug))
    return html.page("problems.html", visitor=None, problems=known)


def show_problem(visit: Visit) -> Answer:
    """Explain one type of problem; raise NotFound if there is none of that name."""
    slug = visit.req.route_params.get("slug", "")
    problem = next((problem for problem in _problems(Refusal) if problem.slug == slug), None)
    if problem is None:
        raise NotFound("There is no such type of problem.")
    parent = next(base for base in problem.__mro__[1:] if issubclass(base, Refusal))
    return html.page(
        "problem.html",
        visitor=None,
        problem=problem,
        parent=parent if parent is not Refusal else None,
        kinds=list(_problems(problem)),
        advice=ADVICE[problem.status],
    )


def show_static(visit: Visit) -> Answer:
    """Answer a file that pages need; one that is asked for by its fingerprint never changes."""
    name = visit.req.route_params.get("name", "")
    if name not in STATIC:
        raise NotFound("There is no such file.")
    current = html.fingerprint(name)
    lasting = "max-age=31536000, immutable" if visit.req.params.get("v") == current else "max-age=300"
    headers = {"Cache-Control": f"public, {lasting}", "ETag": f'"{current}"'}
    if f'"{current}"' in visit.req.headers.get("if-none-match", ""):
        return Answer(status=304, content_type=STATIC[name], headers=headers)
    return Answer((html.FOLDER / name).read_bytes(), content_type=STATIC[name], headers=headers)


def _refused(visit: Visit, refusal: Refusal, instance: str) -> Answer:
    """Answer a refusal as a page, to who asked for one, or as the problem document that it is everywhere else."""
    document = of_refusal(refusal, instance)
    is_api = urlsplit(visit.req.url).path.lower().startswith("/api/")
    if is_api or "text/html" not in visit.req.headers.get("accept", ""):
        return document
    page = html.page(
        "refusal.html",
        refusal.status,
        visitor=None,
        title=refusal.title(),
        refusal=refusal,
        instance=instance,
        sign_in=isinstance(refusal, Unauthenticated),
        sign_out=isinstance(refusal, Forbidden),
    )
    return replace(page, headers={**document.headers, **page.headers})


def _problems(root: type[Refusal]) -> Iterator[type[Refusal]]:
    for kind in root.__subclasses__():
        yield kind
        yield from _problems(kind)


def _demo_links(visit: Visit, domain: str) -> list[tuple[str, str]]:
    return [(person, sign_in_url(visit, "/", f"{person}@{domain}")) for person in DEMO_PEOPLE]
