"""What a mail address looks like that every mail server takes, and that can neither end a header nor begin one."""

import re
from typing import Final

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
# as clients may check it
PATTERN: Final = rf"^{_ATOM}(?:\.{_ATOM})*@{_LABEL}(?:\.{_LABEL})+$"
ADDRESS: Final = re.compile(rf"(?=[^@]{{1,64}}@)(?=.{{3,254}}\Z){PATTERN[1:-1]}\Z")
