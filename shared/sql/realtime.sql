-- Connections to real time, and what each of them says.

-- name: see_role
-- Records the role that a token carries; answers the one before, where it was another.
SELECT see_role(%(tenant_id)s, %(user_id)s, %(role)s, %(address)s, %(invocation_id)s) AS role_before;

-- name: find_person
-- The tenant, and its user with the role last seen; no row: no such tenant.
SELECT t.id AS tenant_id, u.id AS user_id, u.role
FROM tenants AS t
LEFT JOIN users AS u ON u.tenant_id = t.id AND u.id = %(user_id)s
WHERE t.id = %(tenant_id)s;

-- name: open_connection
-- Answers no row for a connection that is known already.
INSERT INTO realtime_connections (tenant_id, connection_id, user_id, role)
VALUES (%(tenant_id)s, %(connection_id)s, %(user_id)s, %(role)s)
ON CONFLICT DO NOTHING
RETURNING connection_id;

-- name: find_connection
-- One connection, open or closed.
SELECT user_id, task_ids, disconnected_at
FROM realtime_connections
WHERE tenant_id = %(tenant_id)s AND connection_id = %(connection_id)s;

-- name: close_connection
-- Answers no row for a connection that is closed already, or was never known.
UPDATE realtime_connections SET disconnected_at = now()
WHERE tenant_id = %(tenant_id)s AND connection_id = %(connection_id)s AND disconnected_at IS NULL
RETURNING user_id;

-- name: forget_marks
-- A closed connection says nothing any more.
DELETE FROM realtime_marks
WHERE tenant_id = %(tenant_id)s AND connection_id = %(connection_id)s;

-- name: forget_task
-- The connection is present there no more.
UPDATE realtime_connections SET task_ids = array_remove(task_ids, %(task_id)s)
WHERE tenant_id = %(tenant_id)s AND connection_id = %(connection_id)s;

-- name: take_user_event
-- One round trip, which names its tenant itself.
SELECT *
FROM take_user_event(
    %(tenant_id)s, %(connection_id)s, %(user_id)s, %(event_id)s,
    %(task_id)s::bigint, %(joins)s, %(most)s, %(span)s
);

-- name: give_back_user_event
-- What could not be done may be sent again under the same id.
UPDATE realtime_marks SET event_ids = array_remove(event_ids, %(event_id)s)
WHERE tenant_id = %(tenant_id)s AND connection_id = %(connection_id)s;

-- name: has_task
-- Whether there is such a task, and it is not deleted.
SELECT count(*) > 0 AS there
FROM tasks
WHERE tenant_id = %(tenant_id)s AND id = %(task_id)s AND deleted_at IS NULL;

-- name: list_old_connections
-- Open for so long that their end may have been missed, the oldest first.
SELECT connection_id
FROM realtime_connections
WHERE tenant_id = %(tenant_id)s AND disconnected_at IS NULL AND connected_at < %(before)s
ORDER BY connected_at
LIMIT %(page_size)s;

-- name: list_demoted
-- People with open connections of a role above the one last seen.
SELECT c.user_id, min(u.role) AS role
FROM realtime_connections AS c
INNER JOIN users AS u ON u.tenant_id = c.tenant_id AND u.id = c.user_id
WHERE c.tenant_id = %(tenant_id)s AND c.disconnected_at IS NULL
    AND array_position(%(roles)s::text[], c.role) > array_position(%(roles)s::text[], u.role)
GROUP BY c.user_id
ORDER BY c.user_id
LIMIT %(page_size)s;

-- name: demote_connections
-- They were taken out of the groups of the role that they had.
UPDATE realtime_connections SET role = %(role)s
WHERE tenant_id = %(tenant_id)s AND user_id = %(user_id)s AND disconnected_at IS NULL;

-- name: forget_connections
-- Those that ended before the promised time, a page at a time.
DELETE FROM realtime_connections
WHERE tenant_id = %(tenant_id)s AND connection_id IN (
    SELECT c.connection_id
    FROM realtime_connections AS c
    WHERE c.tenant_id = %(tenant_id)s AND c.disconnected_at < %(before)s
    ORDER BY c.disconnected_at
    LIMIT %(page_size)s
);

-- name: forget_stray_marks
-- Marks of connections that are closed or gone.
DELETE FROM realtime_marks AS m
WHERE m.tenant_id = %(tenant_id)s AND NOT EXISTS (
    SELECT FROM realtime_connections AS c
    WHERE c.tenant_id = m.tenant_id AND c.connection_id = m.connection_id AND c.disconnected_at IS NULL
);
