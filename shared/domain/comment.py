"""Comments: what people say about a task, kept as it was said."""

from typing import Annotated

from pydantic import StringConstraints, WithJsonSchema

from shared.domain.model import NOTES_MAX, Command, Identifier, Instant, Listing, Model, Notes, UserRef

Body = Annotated[
    Notes,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=NOTES_MAX),
    WithJsonSchema(
        {
            "type": "string",
            "minLength": 1,
            "maxLength": NOTES_MAX,
            "pattern": r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f]"
            r"[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]*$",
        }
    ),
]


class Comment(Model):
    """What somebody said about a task."""

    id: int
    task_id: int
    user: UserRef
    body: str
    created_at: Instant


class AddComment(Command):
    """Say something about a task."""

    task_id: Identifier
    body: Body


class ListComments(Listing):
    """What was said about a task, the oldest first."""

    task_id: Identifier
