"""Pages that the server itself writes: what a label leads to, sign-in, and problems explained."""

import azure.functions as func

from shared import http

bp = func.Blueprint()

READ = ("GET", "HEAD")
ANYBODY = func.AuthLevel.ANONYMOUS


@bp.route(route="a/{code}", methods=READ, auth_level=ANYBODY)
def show_asset_page(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    """Show what is behind a label's code."""
    return http.pages.run(req, context, http.asset_page.show)


@bp.route(route="sign-in", methods=["GET"], auth_level=ANYBODY)
def begin_sign_in(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    """Send a browser to the issuer's sign-in page."""
    return http.pages.run(req, context, http.session.begin)


@bp.route(route="sign-in/callback", methods=["GET"], auth_level=ANYBODY)
def finish_sign_in(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    """Take what the issuer sent back."""
    return http.pages.run(req, context, http.session.finish)


@bp.route(route="sign-out", methods=["GET"], auth_level=ANYBODY)
def sign_out(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    """Forget who is signed in."""
    return http.pages.run(req, context, http.session.end)


@bp.route(route="reports/unsubscribe/{token}", methods=READ, auth_level=ANYBODY)
def show_unsubscribe(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    """Ask whoever follows a link of a mail whether to send no more."""
    return http.pages.run(req, context, http.unsubscribe_page.show)


@bp.route(route="reports/unsubscribe/{token}", methods=["POST"], auth_level=ANYBODY)
def unsubscribe_recipient(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    """Send no more mails of a report, or send them again."""
    return http.pages.run(req, context, http.unsubscribe_page.change)


@bp.route(route="problems", methods=READ, auth_level=ANYBODY)
def list_problems(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    """Show every type of problem."""
    return http.pages.run(req, context, http.pages.list_problems)


@bp.route(route="problems/{slug}", methods=READ, auth_level=ANYBODY)
def show_problem(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    """Explain one type of problem."""
    return http.pages.run(req, context, http.pages.show_problem)


@bp.route(route="static/{name}", methods=READ, auth_level=ANYBODY)
def show_static(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    """Answer what pages are dressed in."""
    return http.pages.run(req, context, http.pages.show_static)
