"""The words of mails: as text, and the same as HTML that every mail program shows, in light and in dark."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from html import escape
from zoneinfo import ZoneInfo

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark; }}
body {{ margin: 0; padding: 24px 16px; background: #f2f5f8; color: #16202c; }}
body, td {{ font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, Arial, sans-serif; }}
.card {{ max-width: 560px; margin: 0 auto; padding: 24px; border: 1px solid #ccd5de; border-radius: 12px; }}
.card {{ background: #fff; }}
h1 {{ margin: 0 0 12px; font-size: 22px; line-height: 1.25; overflow-wrap: anywhere; }}
p {{ margin: 0 0 14px; overflow-wrap: anywhere; }}
table {{ border-collapse: collapse; margin: 0 0 16px; }}
td {{ padding: 4px 20px 4px 0; vertical-align: top; overflow-wrap: anywhere; }}
.name {{ white-space: nowrap; }}
.soft {{ color: #4a5867; }}
.small {{ font-size: 14px; }}
.last {{ margin: 0; padding-top: 14px; border-top: 1px solid #ccd5de; }}
a {{ color: #0b5cad; }}
@media (prefers-color-scheme: dark) {{
body {{ background: #10161c; color: #e9eef4; }}
.card {{ background: #1a222b; border-color: #35414d; }}
.soft {{ color: #aab7c4; }}
.last {{ border-color: #35414d; }}
a {{ color: #83bdf8; }}
}}
</style>
</head>
<body>
<div class="card">
<h1>{title}</h1>
{body}
</div>
</body>
</html>
"""


@dataclass(frozen=True)
class Words:
    """What a mail says."""

    subject: str
    text: str
    html: str


@dataclass(frozen=True)
class Issue:
    """One report at one time.

    Attributes:
        name: of the schedule.
        report: its title.
        days: the first and the last that it is about, if it is about any.
        slot: when it was due.
    """

    name: str
    report: str
    tenant: str
    time_zone: str
    days: tuple[date, date] | None
    slot: datetime
    owner: str

    @property
    def period(self) -> str:
        """Answer the days in words."""
        if self.days is None:
            return "as of today"
        first, last = self.days
        return day(first) if first == last else f"{day(first)} to {day(last)}"


def report_words(issue: Issue, file_name: str, unsubscribe: str) -> Words:
    """Write the mail that brings a report, with the way to get no more of them."""
    facts = [
        ("Report", issue.report),
        ("Organisation", issue.tenant),
        ("Period", issue.period),
        ("Due", moment(issue.slot, issue.time_zone)),
    ]
    lead = f"The report is attached as {file_name}."
    why = f"{issue.owner} has put you on the list of this report at {issue.tenant}."
    text = [issue.name, "", *(f"{name}: {value}" for name, value in facts), "", lead, "", "--", why]
    text += [f"To get it no more: {unsubscribe}", ""]
    body = [
        _table(facts),
        f"<p>{escape(lead)}</p>",
        f'<p class="soft small last">{escape(why)} <a href="{escape(unsubscribe)}">Unsubscribe</a></p>',
    ]
    subject = one_line(f"{issue.name}: {issue.report}, {issue.tenant}, {issue.period}")
    return Words(subject, "\n".join(text), _page(issue.name, body))


def notice_words(issue: Issue, reason: str, mails: Sequence[tuple[str, str]]) -> Words:
    """Write the mail that tells a schedule's owner that it could not be sent, or not to everybody."""
    facts = [
        ("Report", issue.report),
        ("Organisation", issue.tenant),
        ("Due", moment(issue.slot, issue.time_zone)),
    ]
    lead = "This report could not be sent as planned. The next one is sent at its time."
    told = [f"{address}: {outcome}" for address, outcome in mails]
    text = [issue.name, "", lead, "", reason, "", *told, "", *(f"{name}: {value}" for name, value in facts), ""]
    body = [f"<p>{escape(lead)}</p>", f"<p><strong>{escape(reason)}</strong></p>"]
    body += [f'<p>{escape(address)}<br><span class="soft">{escape(outcome)}</span></p>' for address, outcome in mails]
    body += [_table(facts)]
    subject = one_line(f"Not sent as planned: {issue.name}, {issue.tenant}")
    return Words(subject, "\n".join(text), _page(issue.name, body))


def one_line(text: str) -> str:
    """Answer a text without anything that would end a header."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())


def day(when: date) -> str:
    """Write a day as 3 Feb 2026."""
    return f"{when.day} {when:%b %Y}"


def moment(when: datetime, zone: str) -> str:
    """Write a moment as people of that time zone say it, as 3 Feb 2026, 14:05 (America/New_York)."""
    local = when.astimezone(ZoneInfo(zone))
    return f"{day(local)}, {local:%H:%M} ({zone})"


def _table(rows: Sequence[tuple[str, str]]) -> str:
    cells = (f'<tr><td class="name soft">{escape(name)}</td><td>{escape(value)}</td></tr>' for name, value in rows)
    return f'<table role="presentation">{"".join(cells)}</table>'


def _page(title: str, body: Sequence[str]) -> str:
    return _PAGE.format(title=escape(title), body="\n".join(body))
