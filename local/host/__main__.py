"""python -m local.host: see --help."""

import asyncio
import sys
from collections.abc import Sequence

from local.host import console, options


def main(arguments: Sequence[str]) -> int:
    """Run the host, or a supervisor that runs it again and again."""
    asked = options.parse(arguments)
    if asked.reload:
        from local.host.reload import Supervisor

        console.configure({}, debug=False)
        passed_on = [argument for argument in arguments if argument != "--reload"]
        return asyncio.run(Supervisor(asked.app_dir.resolve(), passed_on).run())
    from local.host.lifetime import run

    return run(asked)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
