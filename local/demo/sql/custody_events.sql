-- The acts, in the order in which they reached the server; an asset and the moment of its check-out name a custody.
INSERT INTO custody_events (
    tenant_id, custody_id, asset_id, user_id, kind, occurred_at, recorded_at, device_id, client_seq, facts
)
SELECT
    %(tenant_id)s, h.id, h.asset_id, u.id, e.kind, e.occurred_at, e.recorded_at, e.device_id, e.client_seq,
    e.facts || '{"photos": []}'
FROM jsonb_to_recordset(%(rows)s) AS e (
    asset_tag text, checkout_time timestamptz, user_oid text, kind text, occurred_at timestamptz,
    recorded_at timestamptz, device_id text, client_seq bigint, facts jsonb
)
INNER JOIN assets AS a ON a.tenant_id = %(tenant_id)s AND a.asset_tag = e.asset_tag
INNER JOIN asset_checkout_history AS h
    ON h.tenant_id = %(tenant_id)s AND h.asset_id = a.id AND h.checkout_time = e.checkout_time
INNER JOIN users AS u ON u.tenant_id = %(tenant_id)s AND u.oid = e.user_oid
ORDER BY e.recorded_at, e.occurred_at, h.asset_id
