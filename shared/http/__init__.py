"""The HTTP edge: from bytes to one action, and from its answer or refusal to bytes.

Triggers name it as `http.endpoint.run`; as with actions, a module is loaded when it is first named.
"""

from typing import TYPE_CHECKING, Any

from shared import load

if TYPE_CHECKING:
    from shared.http import (
        asset_page as asset_page,
    )
    from shared.http import (
        endpoint as endpoint,
    )
    from shared.http import (
        openapi as openapi,
    )
    from shared.http import (
        pages as pages,
    )
    from shared.http import (
        reference_page as reference_page,
    )
    from shared.http import (
        session as session,
    )
    from shared.http import (
        unsubscribe_page as unsubscribe_page,
    )
else:

    def __getattr__(name: str) -> Any:
        return load(__name__, name)
