"""The HTTP edge: from bytes to one action, and from its answer or refusal to bytes.

Triggers name it as `http.endpoint.run`; as with actions, a module is loaded when it is first named.
"""

from typing import TYPE_CHECKING, Any

from shared import load

if TYPE_CHECKING:
    from shared.http import (
        asset_page as asset_page,
        endpoint as endpoint,
        openapi as openapi,
        pages as pages,
        reference_page as reference_page,
        session as session,
        unsubscribe_page as unsubscribe_page,
    )
else:

    def __getattr__(name: str) -> Any:
        return load(__name__, name)
