"""Comments: what people say about a task, kept as it was said."""

from shared.domain.model import Command, Identifier, Instant, Listing, Model, Text, UserRef


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
    body: Text


class ListComments(Listing):
    """What was said about a task, the oldest first."""

    task_id: Identifier
