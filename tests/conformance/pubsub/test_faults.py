"""The faults of `mutation.py` still are faults: each finds its place in the emulator, and only one."""

import pytest

from local.processes import ROOT
from tests.conformance.pubsub.faults import FAULTS, Fault


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_each_fault_has_its_place(fault: Fault) -> None:
    text = (ROOT / "local" / "pubsub" / fault.file).read_text(encoding="utf-8")
    assert text.count(fault.old) == 1
    assert fault.new != fault.old
