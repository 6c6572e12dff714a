"""What no other route takes: the start page, and that there is nothing anywhere else.

The host tries routes by the names of their functions and takes the first that fits, so this one's name sorts last.
"""

import azure.functions as func

from shared import http

bp = func.Blueprint()


@bp.route(route="{*path}", auth_level=func.AuthLevel.ANONYMOUS)
def zz_web(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    """Answer the start page, or that there is nothing here."""
    return http.pages.run(req, context, http.pages.catch_all)
