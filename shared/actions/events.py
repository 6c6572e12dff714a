"""Events, read again by whoever missed some."""

from shared.actions.answer import Answer
from shared.actions.call import Call
from shared.domain import cursor
from shared.domain.errors import EventsGone
from shared.domain.event import EventPage, ListEvents, readable
from shared.domain.paging import page
from shared.store import events as store


def list_events(call: Call, command: ListEvents) -> Answer[EventPage]:
    """Answer the events after one of them that this person may read, in order.

    Raises:
        EventsGone: some of them are not kept any more.
    """
    (reached,) = cursor.decode(command.cursor, int)
    after_seq = command.after_seq if reached is None else int(reached)
    types = readable(call.principal.role)
    with call.read() as tx:
        found = store.list_events(tx, after_seq=after_seq, types=types, page_size=command.limit + 1)
    if after_seq < found.oldest - 1:
        raise EventsGone(members={"oldest_seq": found.oldest})
    shown = page(found.events, command.limit, lambda event: (event.seq,))
    last_seq = found.newest if shown.next_cursor is None else shown.items[-1].seq
    answer = EventPage(items=shown.items, next_cursor=shown.next_cursor, last_seq=last_seq)
    return Answer(answer, headers={"Cache-Control": "no-store"})
