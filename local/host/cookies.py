"""Set-Cookie as ASP.NET writes it, which is not as the function wrote it."""

from datetime import UTC, datetime
from email.utils import format_datetime
from urllib.parse import quote

from local.host.protos import NullableTimestamp, RpcHttpCookie, SameSite

SAME_SITE = {SameSite.Lax: "lax", SameSite.Strict: "strict", SameSite.ExplicitNone: "none"}


def format_cookie(cookie: RpcHttpCookie) -> str:
    """Write one cookie: the value escaped, attributes in lower case and in a fixed order."""
    attributes = [
        f"{cookie.name}={quote(cookie.value, safe='-_.~')}",
        f"expires={_http_date(cookie.expires)}" if cookie.expires else "",
        f"max-age={int(cookie.max_age.value)}" if cookie.max_age else "",
        f"domain={cookie.domain.value}" if cookie.domain and cookie.domain.value else "",
        f"path={cookie.path.value}" if cookie.path and cookie.path.value else "",
        "secure" if cookie.secure and cookie.secure.value else "",
        f"samesite={SAME_SITE[cookie.same_site]}" if cookie.same_site in SAME_SITE else "",
        "httponly" if cookie.http_only and cookie.http_only.value else "",
    ]
    return "; ".join(filter(None, attributes))


def _http_date(time: NullableTimestamp) -> str:
    return format_datetime(datetime.fromtimestamp(time.value.seconds, UTC), usegmt=True)
