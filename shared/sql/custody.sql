-- Who holds an asset, and who held it.

-- name: keep_signature
-- Signatures are evidence: kept once by their hash, in the transaction that they sign.
INSERT INTO signatures (tenant_id, sha256, media_type, content)
VALUES (%(tenant_id)s, sha256(%(content)s), %(media_type)s, %(content)s)
ON CONFLICT DO NOTHING;

-- name: check_out_asset
-- The hot write: one statement, in which the unique index decides who wins. `wait`: this person did so too often, and
-- nothing may be committed. Nulls otherwise: the asset was not free.
SELECT w.wait, r.*
FROM (SELECT take_rate(%(tenant_id)s, %(user_id)s, 'checkout', %(most)s, %(period)s) AS wait) AS w
LEFT JOIN LATERAL check_out_asset(
    %(tenant_id)s, %(user_id)s, %(asset_id)s, %(facts)s, %(new_photos)s, %(uploads)s, %(caller)s
) AS r ON true;

-- name: check_in_asset
-- No row: nobody holds it.
SELECT r.*, custody_acts(r.tenant_id, r.id) AS acts
FROM check_in_asset(
    %(tenant_id)s, %(user_id)s, %(asset_id)s, %(facts)s, %(new_photos)s, %(uploads)s, %(caller)s, %(for_others)s
) AS r;

-- name: find_holding
-- Why an asset is not free: its status, and who holds it since when.
SELECT a.status, h.id AS custody_id, h.checkout_time AS since, u.id AS user_id, u.oid, u.name
FROM assets AS a
LEFT JOIN asset_checkout_history AS h
    ON h.tenant_id = a.tenant_id AND h.asset_id = a.id AND h.checkin_time IS NULL
LEFT JOIN users AS u ON u.tenant_id = h.tenant_id AND u.id = h.user_id
WHERE a.tenant_id = %(tenant_id)s AND a.id = %(asset_id)s;

-- name: find_custody
-- One custody, as clients know it.
SELECT r.*, custody_acts(r.tenant_id, r.id) AS acts
FROM custody_records AS r
WHERE r.tenant_id = %(tenant_id)s AND r.id = %(custody_id)s;

-- name: find_open_custody
-- The custody in which an asset is now.
SELECT r.*, custody_acts(r.tenant_id, r.id) AS acts
FROM asset_checkout_history AS h
INNER JOIN custody_records AS r ON r.tenant_id = h.tenant_id AND r.id = h.id
WHERE h.tenant_id = %(tenant_id)s AND h.asset_id = %(asset_id)s AND h.checkin_time IS NULL;

-- name: list_asset_history
-- Newest first, by the index that holds just this order.
SELECT r.*, custody_acts(r.tenant_id, r.id) AS acts
FROM custody_records AS r
WHERE r.tenant_id = %(tenant_id)s AND r.asset_id = %(asset_id)s
    AND (
        %(before_time)s::timestamptz IS NULL
        OR (r.checkout_time, r.id) < (%(before_time)s::timestamptz, %(before_id)s::bigint)
    )
ORDER BY r.checkout_time DESC, r.id DESC
LIMIT %(page_size)s;

-- name: list_custody
-- What is out (or not), the newest first.
SELECT r.*, custody_acts(r.tenant_id, r.id) AS acts
FROM custody_records AS r
WHERE r.tenant_id = %(tenant_id)s
    AND (%(before_id)s::bigint IS NULL OR r.id < %(before_id)s)
    AND (%(open)s::boolean IS NULL OR (r.checkin_time IS NULL) = %(open)s)
    AND (
        %(overdue)s::boolean IS NULL
        OR (r.checkin_time IS NULL AND r.due_at IS NOT NULL AND r.due_at < %(now)s::timestamptz) = %(overdue)s
    )
ORDER BY r.id DESC
LIMIT %(page_size)s;
