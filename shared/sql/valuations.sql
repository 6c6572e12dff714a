-- What assets were said to be worth.

-- name: list_valuations
-- The latest first; one a day.
SELECT v.id, v.asset_id, v.as_of, v.amount, v.source, v.created_at
FROM asset_valuations AS v
WHERE v.tenant_id = %(tenant_id)s AND v.asset_id = %(asset_id)s
    AND (%(before)s::date IS NULL OR v.as_of < %(before)s)
ORDER BY v.as_of DESC
LIMIT %(page_size)s;

-- name: lock_asset
-- Of two that value an asset at once, the second waits; with the tenant's day.
SELECT (now() AT TIME ZONE t.time_zone)::date AS today
FROM assets AS a
INNER JOIN tenants AS t ON t.id = a.tenant_id
WHERE a.tenant_id = %(tenant_id)s AND a.id = %(asset_id)s
FOR UPDATE OF a;

-- name: insert_valuation
-- A second one of a day stands in place of the first.
INSERT INTO asset_valuations AS v (tenant_id, asset_id, as_of, amount, source)
VALUES (%(tenant_id)s, %(asset_id)s, %(as_of)s, %(amount)s, %(source)s)
ON CONFLICT (tenant_id, asset_id, as_of) DO UPDATE SET amount = excluded.amount, source = excluded.source
RETURNING v.id, v.asset_id, v.as_of, v.amount, v.source, v.created_at;

-- name: show_latest
-- The asset itself shows its latest valuation.
UPDATE assets AS a SET current_value = v.amount, version = a.version + 1, updated_at = now()
FROM (
    SELECT l.amount
    FROM asset_valuations AS l
    WHERE l.tenant_id = %(tenant_id)s AND l.asset_id = %(asset_id)s
    ORDER BY l.as_of DESC
    LIMIT 1
) AS v
WHERE a.tenant_id = %(tenant_id)s AND a.id = %(asset_id)s AND a.current_value IS DISTINCT FROM v.amount;
