"""The page behind the link in each mail of a report: to get no more of them.

Looking changes nothing: programs that guard mailboxes open every link before people do. Mail programs send the wish
themselves, as a form of one field (RFC 8058).
"""

from dataclasses import replace
from urllib.parse import parse_qs

from shared.actions.answer import Answer
from shared.actions.unsubscribe import Subscription, change_subscription, find_subscription
from shared.http import html
from shared.http.session import Visit

_FORM_MOST = 4096


def show(visit: Visit) -> Answer:
    """Ask whether to stop, or say that it is so."""
    return _page(find_subscription(visit.services, _token(visit)), is_changed=False)


def change(visit: Visit) -> Answer:
    """Stop, or begin again where the form says so."""
    form = parse_qs(visit.req.get_body()[:_FORM_MOST].decode("latin-1"))
    wanted = form.get("choice") == ["again"]
    return _page(change_subscription(visit.services, _token(visit), wanted=wanted), is_changed=True)


def _token(visit: Visit) -> str:
    token: str = visit.req.route_params.get("token", "")
    return token


def _page(subscription: Subscription, *, is_changed: bool) -> Answer:
    page = html.page("unsubscribe.html", forms=True, visitor=None, subscription=subscription, is_changed=is_changed)
    # the address of this page is a secret of whoever got the mail
    return replace(page, headers={**page.headers, "Referrer-Policy": "no-referrer"})
