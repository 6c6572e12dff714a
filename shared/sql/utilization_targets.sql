-- How much assets of a type are to be used in a week.

-- name: list_targets
-- Seven at most.
SELECT asset_type, hours_per_week::double precision, miles_per_week::double precision
FROM utilization_targets
WHERE tenant_id = %(tenant_id)s
ORDER BY asset_type;

-- name: forget_targets
-- Of types that are not named any more.
DELETE FROM utilization_targets
WHERE tenant_id = %(tenant_id)s AND NOT asset_type = ANY(%(asset_types)s);

-- name: set_targets
-- In one order, so that two at once wait for each other instead of both being stuck.
INSERT INTO utilization_targets (tenant_id, asset_type, hours_per_week, miles_per_week)
SELECT %(tenant_id)s, r.asset_type, r.hours_per_week, r.miles_per_week
FROM jsonb_to_recordset(%(targets)s) AS r (asset_type text, hours_per_week numeric, miles_per_week numeric)
ORDER BY r.asset_type
ON CONFLICT (tenant_id, asset_type) DO UPDATE
SET hours_per_week = excluded.hours_per_week, miles_per_week = excluded.miles_per_week;
