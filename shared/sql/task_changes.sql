-- Changes of tasks: every edit of a field, also what lost.

-- name: insert_changes
-- One edit: of one field or many.
INSERT INTO task_changes (
    tenant_id, task_id, field, from_value, to_value, user_id, replica, counter, base, said_at, changed_at,
    effective_at, outcome, restores, conflict, recorded_at
)
SELECT
    %(tenant_id)s, %(task_id)s, c.field, coalesce(c.from_value, 'null') AS from_value,
    coalesce(c.to_value, 'null') AS to_value, %(user_id)s, %(replica)s, %(counter)s, %(base)s, %(said_at)s,
    %(changed_at)s, c.effective_at, c.outcome, %(restores)s, c.conflict, %(now)s
FROM jsonb_to_recordset(%(changes)s) AS c (
    field text, from_value jsonb, to_value jsonb, effective_at timestamptz, outcome text, conflict jsonb
);

-- name: list_edits
-- All edits of some fields, for a merge.
SELECT *
FROM task_changes
WHERE tenant_id = %(tenant_id)s AND task_id = %(task_id)s AND field = ANY(%(fields)s);

-- name: list_leaders
-- The edits whose values some fields have; that is enough for an edit that dominates all others.
SELECT DISTINCT ON (field) *
FROM task_changes
WHERE tenant_id = %(tenant_id)s AND task_id = %(task_id)s AND field = ANY(%(fields)s)
ORDER BY field ASC, effective_at DESC, replica DESC, counter DESC;

-- name: list_later_edits
-- What a replica has recorded beyond the base of an edit of its own; `same`: as the edit says of itself.
SELECT
    counter, field, to_value, conflict,
    (base = %(base)s AND coalesce(said_at, '') = coalesce(%(said_at)s, '')) AS same
FROM task_changes
WHERE tenant_id = %(tenant_id)s AND task_id = %(task_id)s AND replica = %(replica)s AND counter > %(counter)s
ORDER BY counter, field;

-- name: settle_changes
-- How edits fare now that another has arrived among them.
UPDATE task_changes AS c
SET effective_at = s.effective_at, outcome = s.outcome
FROM jsonb_to_recordset(%(settled)s) AS s (id bigint, effective_at timestamptz, outcome text)
WHERE c.tenant_id = %(tenant_id)s AND c.id = s.id;

-- name: list_changes
-- The newest first, with who made them.
SELECT
    c.id, c.field, c.from_value AS "from", c.to_value AS "to", c.replica, c.changed_at, c.outcome,
    CASE WHEN u.id IS NOT NULL THEN jsonb_build_object('id', u.id, 'oid', u.oid, 'name', u.name) END AS "user"
FROM task_changes AS c
LEFT JOIN users AS u ON u.tenant_id = c.tenant_id AND u.id = c.user_id
WHERE c.tenant_id = %(tenant_id)s AND c.task_id = %(task_id)s AND c.id < %(before_id)s
ORDER BY c.id DESC
LIMIT %(page_size)s;

-- name: find_change
-- What a change of a task gave which field, or would have.
SELECT field, to_value
FROM task_changes
WHERE tenant_id = %(tenant_id)s AND task_id = %(task_id)s AND id = %(change_id)s;
