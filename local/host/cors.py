"""Cross-origin requests for the origins that local.settings.json names; in Azure the platform answers them."""

from collections.abc import Mapping
from dataclasses import dataclass

from local.host.responses import Answer, Headers


@dataclass(frozen=True, slots=True)
class Cors:
    """The origins that may call, `*` for all; none means that the host says nothing about origins."""

    origins: tuple[str, ...] = ()
    credentials: bool = False

    def preflight(self, method: str, headers: Mapping[str, str]) -> Answer | None:
        """Answer a preflight request, for unknown paths too; None when the request is none."""
        if not self.origins or method != "OPTIONS" or "access-control-request-method" not in headers:
            return None
        allowed = self.headers(headers)
        if not allowed:
            return Answer(204)
        asked = headers.get("access-control-request-headers")
        allowed.append(("access-control-allow-methods", headers["access-control-request-method"]))
        allowed += [("access-control-allow-headers", asked)] if asked else []
        return Answer(204, allowed)

    def headers(self, headers: Mapping[str, str]) -> Headers:
        """Answer the headers that let the request's origin read the answer."""
        origin = headers.get("origin")
        if not self.origins or origin is None or not self._allows(origin):
            return []
        if "*" in self.origins and not self.credentials:
            return [("access-control-allow-origin", "*")]
        found = [("access-control-allow-origin", origin), ("vary", "Origin")]
        return [*found, ("access-control-allow-credentials", "true")] if self.credentials else found

    def _allows(self, origin: str) -> bool:
        return "*" in self.origins or origin.lower() in {known.lower().rstrip("/") for known in self.origins}
