-- What meters were said to show, and when they were replaced.

-- name: find_metered_asset
-- Lists and events belong to an asset that is there.
SELECT id
FROM assets
WHERE tenant_id = %(tenant_id)s AND id = %(asset_id)s;

-- name: list_meter_readings
-- Newest first, voided ones too unless one state is asked for.
SELECT id, asset_id, kind, read_at, value, source, external_id, state, reason, created_at
FROM meter_readings
WHERE tenant_id = %(tenant_id)s AND asset_id = %(asset_id)s
    AND (%(kind)s::text IS NULL OR kind = %(kind)s)
    AND (%(state)s::text IS NULL OR state = %(state)s)
    AND (
        %(before_time)s::timestamptz IS NULL
        OR (read_at, id) < (%(before_time)s::timestamptz, %(before_id)s::bigint)
    )
ORDER BY read_at DESC, id DESC
LIMIT %(page_size)s;

-- name: list_meter_replacements
-- Latest first.
SELECT
    r.id, r.asset_id, r.kind, r.replaced_at, r.start_value, r.notes, r.created_at,
    CASE WHEN u.id IS NOT NULL THEN jsonb_build_object('id', u.id, 'oid', u.oid, 'name', u.name) END AS "user"
FROM meter_replacements AS r
LEFT JOIN users AS u ON u.tenant_id = r.tenant_id AND u.id = r.user_id
WHERE r.tenant_id = %(tenant_id)s AND r.asset_id = %(asset_id)s
    AND (%(kind)s::text IS NULL OR r.kind = %(kind)s)
    AND (
        %(before_time)s::timestamptz IS NULL
        OR (r.replaced_at, r.id) < (%(before_time)s::timestamptz, %(before_id)s::bigint)
    )
ORDER BY r.replaced_at DESC, r.id DESC
LIMIT %(page_size)s;

-- name: insert_meter_replacement
-- Its trigger judges the asset's readings again.
INSERT INTO meter_replacements (tenant_id, asset_id, kind, replaced_at, start_value, notes, user_id)
VALUES (%(tenant_id)s, %(asset_id)s, %(kind)s, %(replaced_at)s, %(start_value)s, %(notes)s, %(user_id)s)
RETURNING id, created_at;

-- name: settle_recent_custody_trips
-- Those of custodies that ended within so many days: a check-in and a tracker's trip that come at the same moment
-- do not see each other.
SELECT coalesce(settle_custody_trips(
    %(tenant_id)s, array_agg(h.asset_id), array_agg(h.checkout_time), array_agg(h.checkin_time)
), 0) AS settled
FROM asset_checkout_history AS h
WHERE h.tenant_id = %(tenant_id)s AND h.checkin_time > now() - make_interval(days => %(days)s)
    AND h.checkout_odometer_miles IS NOT NULL AND h.checkin_odometer_miles IS NOT NULL;
