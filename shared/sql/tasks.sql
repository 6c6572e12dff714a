-- Tasks: what there is to do.

-- name: insert_task
-- With its making as the first edit of each field, so that a merge finds what it merges with.
WITH made AS (
    INSERT INTO tasks (
        tenant_id, title, description, status, priority, asset_id, assignee_id, due_at, created_by, vector,
        created_at, updated_at
    )
    SELECT
        %(tenant_id)s, new.title, new.description, new.status, new.priority, new.asset_id, new.assignee_id,
        new.due_at, %(user_id)s, jsonb_build_object('server', 1) AS vector, %(now)s AS created_at,
        %(now)s AS updated_at
    FROM jsonb_populate_record(NULL::tasks, %(document)s) AS new
    RETURNING *
),

recorded AS (
    INSERT INTO task_changes (
        tenant_id, task_id, field, from_value, to_value, user_id, replica, counter, base, changed_at, effective_at,
        outcome, recorded_at
    )
    SELECT
        %(tenant_id)s, m.id AS task_id, v.key AS field, 'null' AS from_value, v.value AS to_value,
        %(user_id)s, 'server' AS replica, 1 AS counter, '{}' AS base, %(now)s AS changed_at,
        'epoch' AS effective_at, 'applied' AS outcome, %(now)s AS recorded_at
    FROM made AS m
    CROSS JOIN LATERAL jsonb_each(%(document)s) AS v
)

SELECT *
FROM made;

-- name: find_task
-- One task that is there.
SELECT *
FROM tasks
WHERE tenant_id = %(tenant_id)s AND id = %(task_id)s AND deleted_at IS NULL;

-- name: lock_task
-- One task, for an edit: edits of one task are taken in one after another.
SELECT *
FROM tasks
WHERE tenant_id = %(tenant_id)s AND id = %(task_id)s AND deleted_at IS NULL
FOR UPDATE;

-- name: update_task
-- One that the transaction has locked; what the document does not name stays.
UPDATE tasks AS t SET
    title = new.title, description = new.description, status = new.status, priority = new.priority,
    asset_id = new.asset_id, assignee_id = new.assignee_id, due_at = new.due_at,
    vector = %(vector)s, version = t.version + 1, updated_at = greatest(%(now)s, t.updated_at)
FROM tasks AS was
CROSS JOIN LATERAL jsonb_populate_record(was, %(document)s) AS new
WHERE t.tenant_id = %(tenant_id)s AND t.id = %(task_id)s AND was.tenant_id = %(tenant_id)s AND was.id = t.id
RETURNING t.*;

-- name: delete_task
-- Soft: what was said about it and done to it stays on record.
UPDATE tasks
SET deleted_at = %(now)s, version = version + 1, updated_at = greatest(%(now)s, updated_at)
WHERE tenant_id = %(tenant_id)s AND id = %(task_id)s AND deleted_at IS NULL
RETURNING version;

-- name: list_by_updated_down
-- What was touched last, first.
SELECT t.*
FROM present_tasks(%(tenant_id)s, %(status)s, %(priority)s, %(asset_id)s, %(assignee_id)s) AS t
WHERE (%(q)s::text IS NULL OR t.title ILIKE %(q)s OR t.description ILIKE %(q)s)
    AND (%(due_before)s::timestamptz IS NULL OR t.due_at < %(due_before)s)
    AND (t.updated_at, t.id) < (coalesce(%(after)s::timestamptz, 'infinity'), %(after_id)s)
ORDER BY t.updated_at DESC, t.id DESC
LIMIT %(page_size)s;

-- name: list_by_updated
-- What nobody has touched for longest, first.
SELECT t.*
FROM present_tasks(%(tenant_id)s, %(status)s, %(priority)s, %(asset_id)s, %(assignee_id)s) AS t
WHERE (%(q)s::text IS NULL OR t.title ILIKE %(q)s OR t.description ILIKE %(q)s)
    AND (%(due_before)s::timestamptz IS NULL OR t.due_at < %(due_before)s)
    AND (t.updated_at, t.id) > (coalesce(%(after)s::timestamptz, '-infinity'), %(after_id)s)
ORDER BY t.updated_at, t.id
LIMIT %(page_size)s;

-- name: list_by_due
-- What is due next; what is never due comes last.
SELECT t.*
FROM present_tasks(%(tenant_id)s, %(status)s, %(priority)s, %(asset_id)s, %(assignee_id)s) AS t
WHERE (%(q)s::text IS NULL OR t.title ILIKE %(q)s OR t.description ILIKE %(q)s)
    AND (%(due_before)s::timestamptz IS NULL OR t.due_at < %(due_before)s)
    AND (
        %(after_id)s::bigint = 0
        OR (coalesce(t.due_at, 'infinity'), t.id) > (coalesce(%(after)s::timestamptz, 'infinity'), %(after_id)s)
    )
ORDER BY coalesce(t.due_at, 'infinity'), t.id
LIMIT %(page_size)s;

-- name: list_by_due_down
-- What is due last, first; before it what is never due.
SELECT t.*
FROM present_tasks(%(tenant_id)s, %(status)s, %(priority)s, %(asset_id)s, %(assignee_id)s) AS t
WHERE (%(q)s::text IS NULL OR t.title ILIKE %(q)s OR t.description ILIKE %(q)s)
    AND (%(due_before)s::timestamptz IS NULL OR t.due_at < %(due_before)s)
    AND (coalesce(t.due_at, 'infinity'), t.id) < (coalesce(%(after)s::timestamptz, 'infinity'), %(after_id)s)
ORDER BY coalesce(t.due_at, 'infinity') DESC, t.id DESC
LIMIT %(page_size)s;

-- name: list_by_id
-- In the order in which they were made.
SELECT t.*
FROM present_tasks(%(tenant_id)s, %(status)s, %(priority)s, %(asset_id)s, %(assignee_id)s) AS t
WHERE (%(q)s::text IS NULL OR t.title ILIKE %(q)s OR t.description ILIKE %(q)s)
    AND (%(due_before)s::timestamptz IS NULL OR t.due_at < %(due_before)s)
    AND t.id > %(after_id)s
ORDER BY t.id
LIMIT %(page_size)s;

-- name: list_by_id_down
-- The newest first.
SELECT t.*
FROM present_tasks(%(tenant_id)s, %(status)s, %(priority)s, %(asset_id)s, %(assignee_id)s) AS t
WHERE (%(q)s::text IS NULL OR t.title ILIKE %(q)s OR t.description ILIKE %(q)s)
    AND (%(due_before)s::timestamptz IS NULL OR t.due_at < %(due_before)s)
    AND t.id < %(after_id)s
ORDER BY t.id DESC
LIMIT %(page_size)s;
