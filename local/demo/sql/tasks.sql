WITH given AS (
    SELECT
        t.*, a.id AS asset_id, assignee.id AS assignee_id, author.id AS author_id,
        t.updated_at > t.created_at AS is_touched
    FROM jsonb_to_recordset(%(rows)s) AS t (
        title text, description text, status text, priority text, asset_tag text, assignee_oid text,
        created_by_oid text, due_at timestamptz, created_at timestamptz, updated_at timestamptz, comments jsonb
    )
    LEFT JOIN assets AS a ON a.tenant_id = %(tenant_id)s AND a.asset_tag = t.asset_tag
    LEFT JOIN users AS assignee ON assignee.tenant_id = %(tenant_id)s AND assignee.oid = t.assignee_oid
    LEFT JOIN users AS author ON author.tenant_id = %(tenant_id)s AND author.oid = t.created_by_oid
),

made AS (
    INSERT INTO tasks (
        tenant_id, title, description, status, priority, asset_id, assignee_id, due_at, created_by, created_at,
        updated_at, vector, version
    )
    SELECT
        %(tenant_id)s, g.title, g.description, g.status, g.priority, g.asset_id, g.assignee_id, g.due_at,
        g.author_id, g.created_at, g.updated_at,
        jsonb_build_object('server', 1 + g.is_touched::integer) AS vector, 1 + g.is_touched::integer AS version
    FROM given AS g
    ORDER BY g.created_at, g.title
    RETURNING tasks.*, task_values(tasks.*) AS fields
),

edits AS (
    SELECT
        m.id AS task_id, v.key AS field, 'null'::jsonb AS from_value, m.created_by AS user_id, 1 AS counter,
        '{}'::jsonb AS base, m.created_at AS made_at,
        CASE WHEN v.key = 'status' THEN '"open"' ELSE v.value END AS to_value
    FROM made AS m
    CROSS JOIN LATERAL jsonb_each(m.fields) AS v
    UNION ALL
    SELECT
        m.id, 'status', '"open"', coalesce(m.assignee_id, m.created_by), 2, '{"server": 1}', m.updated_at,
        to_jsonb(m.status)
    FROM made AS m
    WHERE m.version > 1
),

recorded AS (
    INSERT INTO task_changes (
        tenant_id, task_id, field, from_value, to_value, user_id, replica, counter, base, changed_at, effective_at,
        outcome, recorded_at
    )
    SELECT
        %(tenant_id)s, e.task_id, e.field, e.from_value, e.to_value, e.user_id, 'server', e.counter, e.base,
        e.made_at, e.made_at, 'applied', e.made_at
    FROM edits AS e
    ORDER BY e.made_at, e.task_id, e.field
)

INSERT INTO task_comments (tenant_id, task_id, user_id, body, created_at)
SELECT %(tenant_id)s, m.id, u.id, c.body, c.created_at
FROM given AS g
INNER JOIN made AS m ON m.title = g.title AND m.created_at = g.created_at
CROSS JOIN LATERAL jsonb_to_recordset(g.comments) AS c (user_oid text, body text, created_at timestamptz)
INNER JOIN users AS u ON u.tenant_id = %(tenant_id)s AND u.oid = c.user_oid
ORDER BY c.created_at, m.id
