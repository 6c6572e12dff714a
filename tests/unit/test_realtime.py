"""Names of groups and people: the tenant first, and read back only if they are ours."""

import pytest

from shared.domain import realtime
from shared.domain.realtime import Person


def test_groups_of_two_tenants_never_meet() -> None:
    of = [
        {
            realtime.everybody(tenant),
            realtime.managers(tenant),
            realtime.compressed(tenant),
            realtime.task(tenant, 1),
            realtime.task(tenant, 11),
        }
        for tenant in (1, 11)
    ]
    assert [len(names) for names in of] == [5, 5]
    assert not of[0] & of[1]


def test_a_person_is_read_back() -> None:
    assert realtime.parse_person(realtime.person(5, 17)) == Person(5, 17)


@pytest.mark.parametrize(
    "text", ["", "5", "5|", "|5", "5|17|1", "05|1", "-5|1", "5|1\n", "\u0665|1", "5|1e9", "a|b", "5|" + "9" * 20]
)
def test_what_is_nobodys_name_is_nobody(text: str) -> None:
    assert realtime.parse_person(text) is None
