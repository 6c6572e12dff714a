INSERT INTO tasks (
    tenant_id, title, description, status, priority, asset_id, assignee_id, due_at, created_by, created_at,
    updated_at
)
SELECT
    %(tenant_id)s, t.title, t.description, t.status, t.priority, a.id, assignee.id, t.due_at, author.id,
    t.created_at, t.updated_at
FROM jsonb_to_recordset(%(rows)s) AS t (
    title text, description text, status text, priority text, asset_tag text, assignee_oid text,
    created_by_oid text, due_at timestamptz, created_at timestamptz, updated_at timestamptz
)
LEFT JOIN assets AS a ON a.tenant_id = %(tenant_id)s AND a.asset_tag = t.asset_tag
LEFT JOIN users AS assignee ON assignee.tenant_id = %(tenant_id)s AND assignee.oid = t.assignee_oid
LEFT JOIN users AS author ON author.tenant_id = %(tenant_id)s AND author.oid = t.created_by_oid
ORDER BY t.created_at, t.title
