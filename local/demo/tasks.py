"""Tasks: what people have to do, about assets and without."""

from datetime import datetime, timedelta
from random import Random

from local.demo.catalogue import Unit
from local.demo.chance import seeded
from local.demo.period import Period
from local.demo.rows import Comment, Task

_SUBJECTS = (
    ("Replace the wiper blades of {}", "They smear; the size is on the sticker in the door frame."),
    ("Book the yearly inspection of {}", "The sticker runs out at the end of next month."),
    ("Find out why {} idles so long", "Half an hour each morning before the first trip. Ask the driver first."),
    ("Wash and photograph {}", "The customer's logo must be readable from ten metres."),
    ("Renew the toll tag of {}", "The old one is not read at the bridge."),
    ("Check the tyres of {}", "Tread depth of all of them, and the spare."),
    ("Quote for the dent of {}", "Two quotes; photos are in the custody record."),
    ("Bring {} back to its depot", "It was left at the customer's on Friday."),
    ("Fit the new cargo net in {}", "The net lies in the store, shelf 4."),
    ("Explain the fuel card receipts of {}", "Two on one day, forty miles apart."),
    ("Print a new QR label for {}", "The old one has peeled off."),
    ("Recall: software update for {}", "The dealer needs it for half a day."),
    ("Top up the first-aid kit of {}", "Burn dressings are used up."),
    ("Calibrate {}", "The certificate is needed for the next job."),
    ("Clear the warning light of {}", "It came on after the car wash and went out again."),
    ("Return the child seat found in {}", "Nobody has asked for it yet."),
)
_GENERAL = (
    ("Plan who drives on the holiday weekend", "Two volunteers are enough."),
    ("Review assets that nobody used for a month", "Keep, move, share or sell: one line each."),
    ("Order anti-freeze for all depots", ""),
    ("Agree on the parking places at the new yard", "Übersichtsplan hängt im Büro."),
)
# finished and given-up ones between those that wait, so that each list shows some of each
_STATUSES = ("open", "in_progress", "open", "done", "open", "blocked", "in_progress", "done", "open", "cancelled")
_PRIORITIES = ("normal",) * 5 + ("high",) * 2 + ("low",) * 2 + ("urgent",)
_OVERDUE_EVERY = 6
_COMMENTS = (
    "I can do that on Thursday.",
    "Waiting for the part; the dealer says two days.",
    "Done on the left side, the right one tomorrow.",
    "Please send me a photo of it.",
    "Das Ersatzteil liegt im Büro.",
    "Same as last month; should we ask the dealer?",
    "👍",
)
_FINISHED = {"done", "cancelled"}


def tasks(units: list[Unit], people: list[str], count: int, period: Period) -> list[Task]:
    """Answer so many tasks about the assets that are still there.

    Args:
        units: of the fleet.
        people: oids; the drivers first, the last three give out work.
        count: how many tasks.
        period: they were made in its last three weeks.
    """
    rng = seeded("tasks", period.time_zone)
    present = [unit for unit in units if unit.serves_on(period.end, period)]
    return [_task(number, rng.choice(present), people, period, rng) for number in range(count)]


def _task(number: int, unit: Unit, people: list[str], period: Period, rng: Random) -> Task:
    general = number % 10 == len(_GENERAL)
    subjects = _GENERAL if general else _SUBJECTS
    title, description = subjects[number % len(subjects)]
    made = period.at(period.ago(rng.randint(2, 21)), rng.uniform(7, 17))
    overdue = number % _OVERDUE_EVERY == 0
    status = rng.choice(("open", "in_progress")) if overdue else _STATUSES[number % len(_STATUSES)]
    due_in = -rng.randint(0, 1) if overdue else rng.randint(1, 24)
    touched = period.until_now(made + timedelta(hours=rng.uniform(1, 40)))
    return Task(
        title=title if general else title.format(unit.name),
        description=description,
        status=status,
        priority=rng.choice(_PRIORITIES),
        asset_tag=None if general else unit.tag,
        assignee_oid=rng.choice(people) if status != "open" or rng.random() < 0.6 else None,  # noqa: PLR2004  most
        created_by_oid=rng.choice(people[-3:]),
        due_at=period.at(period.end + timedelta(days=due_in), 17) if rng.random() < 0.85 or overdue else None,  # noqa: PLR2004  most
        created_at=made,
        updated_at=touched if status != "open" else made,
        comments=_comments(number, people, made, period),
    )


def _comments(number: int, people: list[str], made: datetime, period: Period) -> list[Comment]:
    """Answer what was said about a task, the oldest first; nothing about most."""
    rng = seeded("comments", period.time_zone, number)
    moments = sorted(
        period.until_now(made + timedelta(hours=rng.uniform(1, 60))) for _ in range(max(0, rng.randint(-3, 3)))
    )
    return [Comment(rng.choice(people), rng.choice(_COMMENTS), moment) for moment in moments]
