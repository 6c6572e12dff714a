-- The days of assets and of the fleet, and the numbers that say how fresh they are.

-- name: reckon_days
-- The tenant's lock, the oldest marked days, their sums, and the new version of what reports show.
SELECT days, first_day, last_day, assets, version FROM reckon_days(%(tenant_id)s, %(most)s);

-- name: find_dirty
-- Whether any day is marked; a look into an index, for sweeps.
SELECT id
FROM dirty_days
WHERE tenant_id = %(tenant_id)s
LIMIT 1;

-- name: roll_over_day
-- Whether a local day has come that nobody has noticed yet.
SELECT roll_over_day(%(tenant_id)s) AS rolled_over;
