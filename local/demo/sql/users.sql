INSERT INTO users (tenant_id, oid, name, email, first_seen_at, last_seen_at)
SELECT %(tenant_id)s, u.oid, u.name, u.email, u.first_seen_at, u.first_seen_at
FROM jsonb_to_recordset(%(rows)s) AS u (oid text, name text, email text, first_seen_at timestamptz)
