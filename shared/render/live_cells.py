"""A worksheet for many formulas, all of functions that spreadsheet programs have always had.

This module loads XlsxWriter; load it where a workbook is made.
"""

from typing import Any

from xlsxwriter.worksheet import Worksheet


class LiveCells(Worksheet):  # type: ignore[misc,unused-ignore]
    """A worksheet that takes formulas as they are.

    Each would otherwise be searched for every one of the functions that came later and need a prefix, which takes
    longer than all the rest; a test sees to it that ours have none.
    """

    def _prepare_formula(self, formula: str, expand_future_functions: bool = False) -> Any:  # noqa: ARG002, FBT001, FBT002 - the library's own
        return formula.removeprefix("=")
