-- One row a custody, brought together from its two acts as check-out and check-in leave it.
INSERT INTO asset_checkout_history (
    tenant_id, asset_id, user_id, action, checkout_time, checkin_time, checked_in_by, due_at,
    checkout_latitude, checkout_longitude, checkout_accuracy_m,
    checkin_latitude, checkin_longitude, checkin_accuracy_m,
    condition_rating, condition_notes, damage, signature,
    checkout_odometer_miles, checkin_odometer_miles, checkout_engine_hours, checkin_engine_hours,
    checkout_fuel_level_percent, checkin_fuel_level_percent, version
)
SELECT
    %(tenant_id)s, a.id, u.id, CASE WHEN given.at IS NULL THEN 'checked_out' ELSE 'checked_in' END,
    taken.at, given.at, closer.id, c.due_at,
    (taken.facts #>> '{location,lat}')::double precision, (taken.facts #>> '{location,lng}')::double precision,
    (taken.facts #>> '{location,accuracy_m}')::double precision,
    (given.facts #>> '{location,lat}')::double precision, (given.facts #>> '{location,lng}')::double precision,
    (given.facts #>> '{location,accuracy_m}')::double precision,
    coalesce(given.facts ->> 'condition_rating', taken.facts ->> 'condition_rating')::smallint,
    coalesce(given.facts ->> 'condition_notes', taken.facts ->> 'condition_notes'),
    (taken.facts -> 'damage') || coalesce(given.facts -> 'damage', '[]'),
    decode(coalesce(given.facts ->> 'signature_sha256', taken.facts ->> 'signature_sha256'), 'hex'),
    (taken.facts ->> 'odometer_miles')::double precision, (given.facts ->> 'odometer_miles')::double precision,
    (taken.facts ->> 'engine_hours')::double precision, (given.facts ->> 'engine_hours')::double precision,
    (taken.facts ->> 'fuel_level_percent')::double precision, (given.facts ->> 'fuel_level_percent')::double precision,
    CASE WHEN given.at IS NULL THEN 1 ELSE 2 END
FROM jsonb_to_recordset(%(rows)s) AS c (
    asset_tag text, user_oid text, checkout jsonb, checkin jsonb, due_at timestamptz
)
INNER JOIN assets AS a ON a.tenant_id = %(tenant_id)s AND a.asset_tag = c.asset_tag
INNER JOIN users AS u ON u.tenant_id = %(tenant_id)s AND u.oid = c.user_oid
LEFT JOIN users AS closer ON closer.tenant_id = %(tenant_id)s AND closer.oid = c.checkin ->> 'user_oid'
CROSS JOIN LATERAL (
    SELECT (c.checkout ->> 'occurred_at')::timestamptz AS at, c.checkout -> 'facts' AS facts
) AS taken
CROSS JOIN LATERAL (
    SELECT (c.checkin ->> 'occurred_at')::timestamptz AS at, c.checkin -> 'facts' AS facts
) AS given
ORDER BY taken.at, a.id
