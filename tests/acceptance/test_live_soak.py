"""A small soak: some clients, cut off again and again while others edit, end with exactly the server's state.

`python -m tests.soak` is the large one.
"""

from pathlib import Path

import pytest

from tests.soak.__main__ import Soak, figures, soak


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_every_client_ends_with_the_servers_state(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("soak")
    # PostgreSQL under another user has to get through
    for path in (folder, *list(folder.parents)[:2]):
        path.chmod(0o755)
    plan = Soak(connections=60, tenants=4, seconds=15, writes_a_second=20, cuts_a_second=3, lookers=12)
    report, editors = soak(plan, Path(folder), say=lambda _: None)
    told = figures(report, editors)
    assert set(editors.done) <= {200, 201, 204, 404}, told
    assert report.delivered > 60 * 15
    assert report.cuts > 15
    assert (report.differing, report.incomplete, report.crossed) == ([], 0, 0), told
