"""Scanning: what a code is, and what whoever scanned it may do now."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from shared.domain.asset import Asset, AssetStatus, AssetWithCosts
from shared.domain.custody import Custody
from shared.domain.model import Command, Model
from shared.domain.principal import Principal, Role
from shared.domain.tag import Tag


class CodeState(StrEnum):
    """Which kind of good code this is; those that are no good answer 404."""

    LABEL = "label"
    LINKED = "linked"
    BLANK = "blank"


class ScanCode(Command):
    """Tell what a scanned code is."""

    code: str


class May(Model):
    """What the caller may do with what was scanned, at this moment."""

    check_out: bool = False
    check_in: bool = False
    link: Annotated[bool, Field(description="this blank tag to an asset")] = False
    reason: Annotated[str | None, Field(description="why it cannot be checked out")] = None


class Scan(Model):
    """What a code is: an asset with its custody, or a blank tag."""

    code_state: CodeState
    asset: AssetWithCosts | Asset | None
    custody: Annotated[Custody | None, Field(description="if it is open")] = None
    reservation: Annotated[None, Field(description="the next one")] = None
    tag: Annotated[Tag | None, Field(description="of a pre-printed tag")] = None
    may: May


def may_do(asset: Asset, custody: Custody | None, who: Principal) -> May:
    """Answer what somebody may do with an asset as it is now."""
    if custody is not None:
        own = custody.user.id == who.user_id
        holder = "You have" if own else f"{custody.user.name} has"
        reason = f"{holder} had this asset since {custody.checkout_time:%Y-%m-%d %H:%M} UTC."
        return May(check_in=own or who.may(Role.DISPATCHER), reason=reason)
    if asset.status is AssetStatus.AVAILABLE:
        return May(check_out=True)
    return May(reason=f"This asset is {asset.status.replace('_', ' ')}.")
