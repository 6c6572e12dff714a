"""The letters of a scheduled report: made when it is sent, of what its owner and whoever gets it may see then."""

from dataclasses import dataclass, field
from datetime import date, datetime

from shared.actions import exports, unsubscribe
from shared.domain import schedule
from shared.domain.errors import DependencyDown, Refusal
from shared.domain.principal import Principal, Role, Tenant
from shared.domain.report import Document, Report, ReportFormat
from shared.domain.schedule import Period
from shared.ports import Enclosure, Letter
from shared.render import report_mail
from shared.render.report_mail import Issue
from shared.services import Services
from shared.store.database import Row

# mail services take ten megabytes, and what is enclosed is by then a third longer
MOST_BYTES = 7 * 1024 * 1024


class Hopeless(Exception):
    """The report cannot be sent, now or later; the message says why, to its owner."""


@dataclass(frozen=True)
class Dispatch:
    """One time of a report, in the hands of whoever sends it.

    Attributes:
        run: its row.
        brief: what is to be sent, for whom, and what its owner may see.
        documents: made so far, by the role that they are made for.
    """

    services: Services
    run: Row
    brief: Row
    documents: dict[Role, Document] = field(default_factory=dict)

    @property
    def tenant(self) -> Tenant:
        """Answer the organisation."""
        brief = self.brief
        return Tenant(brief["tenant_id"], brief["tid"], brief["tenant"], brief["time_zone"], brief["currency"])

    @property
    def report(self) -> Report:
        """Answer which report it is."""
        return Report(self.brief["report"])

    @property
    def days(self) -> tuple[date, date] | None:
        """Answer the days that it is about, seen from when it was due, however late it is sent; None: the present."""
        if self.report in schedule.OF_THE_PRESENT:
            return None
        period = Period(self.brief["filters"].get("period", Period.LAST_30_DAYS))
        return schedule.days_of(period, self.run["slot"], self.tenant.time_zone)

    @property
    def issue(self) -> Issue:
        """Answer what its letters say of it."""
        brief, zone = self.brief, self.tenant.time_zone
        heading = self.report.heading
        return Issue(brief["name"], heading, brief["tenant"], zone, self.days, self.run["slot"], brief["owner"])

    @property
    def now(self) -> datetime:
        """Answer the present moment."""
        return self.services.clock.now()


def role_for(dispatch: Dispatch, mail: Row) -> Role | None:
    """Answer the role whose report somebody gets: the owner's, or their own if the organisation knows a lesser one."""
    owner = Role.named(dispatch.brief["owner_role"] or "")
    if owner is None or owner < dispatch.report.role:
        who, least = dispatch.brief["owner"], dispatch.report.role.word
        raise Hopeless(
            f"The report takes the role {least}, which {who}, whose schedule this is, does not have any more. "
            "Somebody who has it may make the schedule anew."
        )
    if not mail["known"]:
        return owner
    own = Role.named(mail["role"] or "")
    return None if own is None or own < dispatch.report.role else min(owner, own)


def report_letter(dispatch: Dispatch, mail: Row, role: Role) -> Letter:
    """Write the letter that brings somebody the report; raise Hopeless if there can be none."""
    document = _document(dispatch, role)
    tenant_id, recipient_id = dispatch.tenant.id, mail["recipient_id"]
    token = unsubscribe.tokens(dispatch.services).make(tenant_id, recipient_id)
    link = f"{dispatch.services.settings.public_base_url}/reports/unsubscribe/{token}"
    words = report_mail.report_words(dispatch.issue, document.name, link)
    return Letter(
        key=f"report.{tenant_id}.{dispatch.run['schedule_id']}.{dispatch.run['slot']:%Y%m%dT%H%M%S.%f}.{recipient_id}",
        to=mail["address"],
        subject=words.subject,
        text=words.text,
        html=words.html,
        enclosures=(Enclosure(document.name, document.content_type, document.content),),
        headers={"List-Unsubscribe": f"<{link}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"},
    )


def notice_letter(dispatch: Dispatch, mail: Row, others: list[tuple[str, str]]) -> Letter:
    """Write the letter that tells the owner what became of a report; nothing of the report is in it."""
    words = report_mail.notice_words(dispatch.issue, dispatch.run["detail"] or "", others)
    key = f"notice.{dispatch.tenant.id}.{dispatch.run['id']}"
    return Letter(key, mail["address"], words.subject, words.text, words.html)


def _document(dispatch: Dispatch, role: Role) -> Document:
    made = dispatch.documents.get(role)
    if made is None:
        made = dispatch.documents[role] = _made(dispatch, role)
    return made


def _made(dispatch: Dispatch, role: Role) -> Document:
    brief = dispatch.brief
    filters = {name: value for name, value in brief["filters"].items() if name != "period"}
    if dispatch.days is not None:
        filters |= dict(zip(("date_from", "date_to"), map(str, dispatch.days), strict=True))
    principal = Principal(dispatch.tenant, brief["owner_id"], brief["oid"], brief["owner"], role)
    kind = ReportFormat(brief["format"])
    try:
        made = exports.make_document(dispatch.services, principal, dispatch.report, kind, filters)
    except DependencyDown:
        raise
    except Refusal as refusal:
        why = " ".join(fault.detail for fault in refusal.faults) or refusal.detail
        raise Hopeless(f"The report was refused: {why}") from refusal
    if len(made.content) > MOST_BYTES:
        size = len(made.content) // 1024 // 1024
        raise Hopeless(f"The file has {size} MB, too much for a mail; choose a shorter period or another format.")
    return made
