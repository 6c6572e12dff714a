-- The ledger: rows that come in by the thousand, each known by its source and what it is called there.

-- name: lock_ledger
-- Calls about one noun of a tenant take turns, and wait longer for that than others wait for a lock: two that bring
-- the same rows would otherwise wait for each other row by row. The argument is evaluated before the lock is asked for.
SELECT
    pg_advisory_xact_lock(
        hashtextextended(set_config('lock_timeout', '14s', true) || %(noun)s, %(tenant_id)s)
    ) AS locked;

-- name: list_ledger_assets
-- Those that rows name, by id, by tag, or by a name that a tracker knows them by.
SELECT a.id, a.asset_tag, a.asset_name
FROM assets AS a
WHERE a.tenant_id = %(tenant_id)s
    AND (
        a.id = ANY(%(asset_ids)s::bigint[]) OR a.asset_tag = ANY(%(asset_tags)s::text[])
        OR a.asset_name = ANY(%(asset_names)s::text[])
    );

-- name: list_ledger_people
-- Those that rows name.
SELECT u.oid, u.id
FROM users AS u
WHERE u.tenant_id = %(tenant_id)s AND u.oid = ANY(%(oids)s::text[]);

-- name: ensure_ledger_months
-- Before the trips, because a month that is made afterwards has to move them.
SELECT ensure_trip_months(m.month, m.month) AS made
FROM unnest(%(months)s::date[]) AS m (month)
ORDER BY m.month;

-- name: stage_trips
-- Where trips lie until they are merged: this session's own, empty after each transaction.
CREATE TEMPORARY TABLE IF NOT EXISTS staged_trips (
    place integer PRIMARY KEY,
    source text, external_id text, asset_id bigint, user_id bigint, start_time timestamptz, end_time timestamptz,
    distance_miles double precision, fuel_consumed_gallons double precision, idle_minutes double precision
) ON COMMIT DELETE ROWS;

-- name: list_known_trips
-- Those of these trips that are known, where they lie, and whether they say something else now. Each is looked up by
-- its key: the planner knows little of rows that came a moment ago, and takes a join the wrong way round.
SELECT d.place, k.trip_id, k.start_time, t.id IS NOT NULL AS differs
FROM staged_trips AS d
CROSS JOIN LATERAL (
    SELECT known.trip_id, known.start_time
    FROM trip_keys AS known
    WHERE known.tenant_id = %(tenant_id)s AND known.source = d.source AND known.external_id = d.external_id
    ORDER BY known.trip_id
    LIMIT 1
) AS k
LEFT JOIN LATERAL (
    SELECT w.id
    FROM trips AS w
    WHERE w.tenant_id = %(tenant_id)s AND w.id = k.trip_id AND w.start_time = k.start_time
        AND (
            w.asset_id, w.user_id, w.start_time, w.end_time, w.distance_miles, w.fuel_consumed_gallons, w.idle_minutes
        ) IS DISTINCT FROM (
            d.asset_id, d.user_id, d.start_time, d.end_time, d.distance_miles, d.fuel_consumed_gallons, d.idle_minutes
        )
    ORDER BY w.id
    LIMIT 1
) AS t ON true
WHERE d.place BETWEEN %(first)s::integer AND %(last)s::integer;

-- name: insert_trips
-- Those that are not known yet, with their keys.
WITH made AS (
    INSERT INTO trips (
        tenant_id, source, external_id, asset_id, user_id, start_time, end_time, distance_miles,
        fuel_consumed_gallons, idle_minutes
    )
    SELECT
        %(tenant_id)s, d.source, d.external_id, d.asset_id, d.user_id, d.start_time, d.end_time, d.distance_miles,
        d.fuel_consumed_gallons, d.idle_minutes
    FROM staged_trips AS d
    WHERE d.place BETWEEN %(first)s::integer AND %(last)s::integer AND NOT d.place = ANY(%(known)s::integer[])
    RETURNING source, external_id, id, start_time
)

INSERT INTO trip_keys (tenant_id, source, external_id, trip_id, start_time)
SELECT %(tenant_id)s, m.source, m.external_id, m.id, m.start_time
FROM made AS m;

-- name: update_trips
-- Each from its place among those that came, taken out by that: no join. One that begins in another month moves there.
UPDATE trips AS t SET
    (asset_id, user_id, start_time, end_time, distance_miles, fuel_consumed_gallons, idle_minutes) = (
        SELECT
            d.asset_id, d.user_id, d.start_time, d.end_time, d.distance_miles, d.fuel_consumed_gallons, d.idle_minutes
        FROM staged_trips AS d
        WHERE d.place = (%(places)s::jsonb ->> t.id::text)::integer
    )
WHERE t.tenant_id = %(tenant_id)s AND t.id = ANY(%(trip_ids)s::bigint[])
    AND t.start_time BETWEEN %(first)s::timestamptz AND %(last)s::timestamptz;

-- name: move_trip_keys
-- The keys of trips that begin at another time now.
UPDATE trip_keys AS k SET
    start_time = (
        SELECT d.start_time
        FROM staged_trips AS d
        WHERE d.place = (%(places)s::jsonb ->> k.trip_id::text)::integer
    )
WHERE k.tenant_id = %(tenant_id)s AND k.source = ANY(%(sources)s::text[])
    AND k.external_id = ANY(%(external_ids)s::text[]) AND k.trip_id = ANY(%(trip_ids)s::bigint[]);

-- name: stage_maintenance_records
-- As for trips.
CREATE TEMPORARY TABLE IF NOT EXISTS staged_maintenance_records (
    place integer PRIMARY KEY,
    source text, external_id text, asset_id bigint, performed_on date, category text, total_cost numeric,
    downtime_hours double precision, odometer_miles double precision, description text
) ON COMMIT DELETE ROWS;

-- name: merge_maintenance_records
-- New ones, and known ones that say something else now.
WITH written AS (
    INSERT INTO maintenance_records AS m (
        tenant_id, source, external_id, asset_id, performed_on, category, total_cost, downtime_hours, odometer_miles,
        description
    )
    SELECT
        %(tenant_id)s, d.source, d.external_id, d.asset_id, d.performed_on, d.category, d.total_cost,
        d.downtime_hours, d.odometer_miles, d.description
    FROM staged_maintenance_records AS d
    WHERE d.place BETWEEN %(first)s::integer AND %(last)s::integer
    ON CONFLICT ON CONSTRAINT maintenance_is_known_by_its_source DO UPDATE SET
        asset_id = excluded.asset_id, performed_on = excluded.performed_on, category = excluded.category,
        total_cost = excluded.total_cost, downtime_hours = excluded.downtime_hours,
        odometer_miles = excluded.odometer_miles, description = excluded.description
    WHERE (
        m.asset_id, m.performed_on, m.category, m.total_cost, m.downtime_hours, m.odometer_miles, m.description
    ) IS DISTINCT FROM (
        excluded.asset_id, excluded.performed_on, excluded.category, excluded.total_cost, excluded.downtime_hours,
        excluded.odometer_miles, excluded.description
    )
    RETURNING (xmax = 0) AS is_new
)

SELECT count(*) FILTER (WHERE is_new) AS created, count(*) FILTER (WHERE NOT is_new) AS updated FROM written;

-- name: stage_cost_entries
-- As for trips.
CREATE TEMPORARY TABLE IF NOT EXISTS staged_cost_entries (
    place integer PRIMARY KEY,
    source text, external_id text, asset_id bigint, category text, amount numeric, period_start date,
    period_end date, quantity double precision, unit text
) ON COMMIT DELETE ROWS;

-- name: merge_cost_entries
-- New ones, and known ones that say something else now.
WITH written AS (
    INSERT INTO cost_entries AS c (
        tenant_id, source, external_id, asset_id, category, amount, period_start, period_end, quantity, unit
    )
    SELECT
        %(tenant_id)s, d.source, d.external_id, d.asset_id, d.category, d.amount, d.period_start, d.period_end,
        d.quantity, d.unit
    FROM staged_cost_entries AS d
    WHERE d.place BETWEEN %(first)s::integer AND %(last)s::integer
    ON CONFLICT ON CONSTRAINT cost_entry_is_known_by_its_source DO UPDATE SET
        asset_id = excluded.asset_id, category = excluded.category, amount = excluded.amount,
        period_start = excluded.period_start, period_end = excluded.period_end, quantity = excluded.quantity,
        unit = excluded.unit
    WHERE (c.asset_id, c.category, c.amount, c.period_start, c.period_end, c.quantity, c.unit) IS DISTINCT FROM (
        excluded.asset_id, excluded.category, excluded.amount, excluded.period_start, excluded.period_end,
        excluded.quantity, excluded.unit
    )
    RETURNING (xmax = 0) AS is_new
)

SELECT count(*) FILTER (WHERE is_new) AS created, count(*) FILTER (WHERE NOT is_new) AS updated FROM written;

-- name: stage_revenue_entries
-- As for trips.
CREATE TEMPORARY TABLE IF NOT EXISTS staged_revenue_entries (
    place integer PRIMARY KEY,
    source text, external_id text, asset_id bigint, amount numeric, earned_on date
) ON COMMIT DELETE ROWS;

-- name: merge_revenue_entries
-- New ones, and known ones that say something else now.
WITH written AS (
    INSERT INTO revenue_entries AS r (tenant_id, source, external_id, asset_id, amount, earned_on)
    SELECT %(tenant_id)s, d.source, d.external_id, d.asset_id, d.amount, d.earned_on
    FROM staged_revenue_entries AS d
    WHERE d.place BETWEEN %(first)s::integer AND %(last)s::integer
    ON CONFLICT ON CONSTRAINT revenue_entry_is_known_by_its_source DO UPDATE SET
        asset_id = excluded.asset_id, amount = excluded.amount, earned_on = excluded.earned_on
    WHERE (r.asset_id, r.amount, r.earned_on)
        IS DISTINCT FROM (excluded.asset_id, excluded.amount, excluded.earned_on)
    RETURNING (xmax = 0) AS is_new
)

SELECT count(*) FILTER (WHERE is_new) AS created, count(*) FILTER (WHERE NOT is_new) AS updated FROM written;

-- name: stage_meter_readings
-- As for trips.
CREATE TEMPORARY TABLE IF NOT EXISTS staged_meter_readings (
    place integer PRIMARY KEY,
    source text, external_id text, asset_id bigint, kind text, read_at timestamptz, value double precision
) ON COMMIT DELETE ROWS;

-- name: merge_meter_readings
-- New ones in the order in which they were read, and known ones that say something else now; the table judges them.
WITH written AS (
    INSERT INTO meter_readings AS m (tenant_id, source, external_id, asset_id, kind, read_at, value)
    SELECT %(tenant_id)s, d.source, d.external_id, d.asset_id, d.kind, d.read_at, d.value
    FROM staged_meter_readings AS d
    WHERE d.place BETWEEN %(first)s::integer AND %(last)s::integer
    ORDER BY d.asset_id, d.read_at
    ON CONFLICT ON CONSTRAINT meter_reading_is_known_by_its_source DO UPDATE SET
        asset_id = excluded.asset_id, kind = excluded.kind, read_at = excluded.read_at, value = excluded.value
    WHERE (m.asset_id, m.kind, m.read_at, m.value)
        IS DISTINCT FROM (excluded.asset_id, excluded.kind, excluded.read_at, excluded.value)
    RETURNING (xmax = 0) AS is_new
)

SELECT count(*) FILTER (WHERE is_new) AS created, count(*) FILTER (WHERE NOT is_new) AS updated FROM written;

-- name: stage_fuel_prices
-- As for trips.
CREATE TEMPORARY TABLE IF NOT EXISTS staged_fuel_prices (
    place integer PRIMARY KEY,
    fuel_type text, valid_from date, price_per_gallon numeric(10, 4)
) ON COMMIT DELETE ROWS;

-- name: merge_fuel_prices
-- New ones, and those that were corrected.
WITH written AS (
    INSERT INTO fuel_prices AS p (tenant_id, fuel_type, valid_from, price_per_gallon)
    SELECT %(tenant_id)s, d.fuel_type, d.valid_from, d.price_per_gallon
    FROM staged_fuel_prices AS d
    WHERE d.place BETWEEN %(first)s::integer AND %(last)s::integer
    ON CONFLICT (tenant_id, fuel_type, valid_from) DO UPDATE SET price_per_gallon = excluded.price_per_gallon
    WHERE p.price_per_gallon <> excluded.price_per_gallon
    RETURNING (xmax = 0) AS is_new
)

SELECT count(*) FILTER (WHERE is_new) AS created, count(*) FILTER (WHERE NOT is_new) AS updated FROM written;
