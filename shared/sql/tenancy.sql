-- Tenants, their users, and the record of what was done.

-- name: recognise_user
-- One call sets the tenant and records the user, before the tenant's number is known to anybody else.
SELECT * FROM recognise_user(%(tid)s, %(oid)s, %(name)s, %(email)s, %(role)s);

-- name: list_tenant_ids
-- For sweeps, which then work for one tenant after another. LATERAL and OFFSET have the setting made before a tenant is
-- looked at; of two tables side by side the planner may take the tenants first, of which none is to be seen by then.
SELECT t.id
FROM set_config('motorpool.sweep', 'on', true) AS sweep (state)
CROSS JOIN LATERAL (
    SELECT tenants.id
    FROM tenants
    WHERE sweep.state = 'on'
    ORDER BY tenants.id
    OFFSET 0
) AS t
ORDER BY t.id;

-- name: find_time_zone
-- For sweeps that go by local days.
SELECT time_zone
FROM tenants
WHERE id = %(tenant_id)s;

-- name: record_audit
-- One row for what somebody did or was refused.
INSERT INTO audit_log (tenant_id, user_id, action, resource, outcome, address, invocation_id)
VALUES (
    %(tenant_id)s, %(user_id)s, %(action)s, %(resource)s, %(outcome)s, %(address)s, %(invocation_id)s
);

-- name: list_audit
-- Newest first.
SELECT
    a.id, a.action, a.resource, a.outcome, a.at, a.address, a.invocation_id,
    CASE WHEN u.id IS NOT NULL THEN jsonb_build_object('id', u.id, 'oid', u.oid, 'name', u.name) END AS "user"
FROM audit_log AS a
LEFT JOIN users AS u ON u.tenant_id = a.tenant_id AND u.id = a.user_id
WHERE a.tenant_id = %(tenant_id)s
    AND (%(before_id)s::bigint IS NULL OR a.id < %(before_id)s)
    AND (%(action)s::text IS NULL OR a.action = %(action)s)
    AND (%(user_id)s::bigint IS NULL OR a.user_id = %(user_id)s)
ORDER BY a.id DESC
LIMIT %(page_size)s;

-- name: list_users
-- People by name; names repeat, so the id decides among equals.
SELECT id, oid, name
FROM users
WHERE tenant_id = %(tenant_id)s
    AND (%(q)s::text IS NULL OR name ILIKE %(q)s)
    AND (name, id) > (%(after)s, %(after_id)s)
ORDER BY name, id
LIMIT %(page_size)s;
