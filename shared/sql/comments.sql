-- Comments: what people say about tasks; nothing changes or deletes them.

-- name: insert_comment
-- With who said it, as others see it.
WITH said AS (
    INSERT INTO task_comments (tenant_id, task_id, user_id, body, created_at)
    VALUES (%(tenant_id)s, %(task_id)s, %(user_id)s, %(body)s, %(now)s)
    RETURNING *
)

SELECT
    s.id, s.task_id, s.body, s.created_at,
    jsonb_build_object('id', u.id, 'oid', u.oid, 'name', u.name) AS "user"
FROM said AS s
INNER JOIN users AS u ON u.tenant_id = s.tenant_id AND u.id = s.user_id;

-- name: list_comments
-- The oldest first.
SELECT
    c.id, c.task_id, c.body, c.created_at,
    jsonb_build_object('id', u.id, 'oid', u.oid, 'name', u.name) AS "user"
FROM task_comments AS c
INNER JOIN users AS u ON u.tenant_id = c.tenant_id AND u.id = c.user_id
WHERE c.tenant_id = %(tenant_id)s AND c.task_id = %(task_id)s AND c.id > %(after_id)s
ORDER BY c.id
LIMIT %(page_size)s;
