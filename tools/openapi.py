"""Writes docs/openapi.json, the API's description as it is served: `python -m tools.openapi`."""

import argparse
import sys
from pathlib import Path

DOCUMENT = Path(__file__).parent.parent / "docs" / "openapi.json"


def main() -> int:
    """Write the document, or with --check only tell whether the file is the present one."""
    parser = argparse.ArgumentParser(prog="python -m tools.openapi", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail if the file is out of date")
    arguments = parser.parse_args()
    made = generated()
    if not arguments.check:
        DOCUMENT.write_bytes(made)
        print(f"{DOCUMENT.name}: {len(made):,} bytes")
        return 0
    if DOCUMENT.exists() and DOCUMENT.read_bytes() == made:
        return 0
    print("docs/openapi.json is out of date; run: python -m tools.openapi", file=sys.stderr)
    return 1


def generated() -> bytes:
    """Answer the document of all operations, which register themselves when the application is imported."""
    import function_app  # noqa: F401, PLC0415 - imported for the catalogue that it fills
    from shared.http import openapi  # noqa: PLC0415 - only complete after the application

    return openapi.rendered()


if __name__ == "__main__":
    sys.exit(main())
