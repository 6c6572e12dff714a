-- The days of assets and of the fleet, and the numbers that say how fresh they are.

-- name: reckon_days
-- The tenant's lock, the oldest marked days, their sums, and the new version of what reports show.
SELECT days, first_day, last_day, assets, version FROM reckon_days(%(tenant_id)s, %(most)s);

-- name: find_dirty
-- Whether any day is marked; a look into an index, for sweeps.
SELECT id
FROM dirty_days
WHERE tenant_id = %(tenant_id)s
ORDER BY id
LIMIT 1;

-- name: roll_over_day
-- Whether a local day has come that nobody has noticed yet.
SELECT roll_over_day(%(tenant_id)s) AS rolled_over;

-- name: rebuild_days
-- A window of days anew, whether marked or not.
SELECT days, assets, version FROM rebuild_days(%(tenant_id)s, %(first_day)s, %(last_day)s);

-- name: measure_trips
-- How long the longest trip is, from the trips themselves: what was restored around the triggers counts too.
INSERT INTO longest_trips (tenant_id, length)
SELECT %(tenant_id)s::bigint AS tenant_id, max(t.end_time - t.start_time) AS length
FROM trips AS t
WHERE t.tenant_id = %(tenant_id)s
HAVING max(t.end_time - t.start_time) > longest_trip(%(tenant_id)s);

-- name: get_extent
-- Between which local days a tenant has trips or days of use, and how many assets.
SELECT
    least(
        (
            SELECT (min(t.start_time) AT TIME ZONE n.time_zone)::date
            FROM trips AS t
            WHERE t.tenant_id = n.id
        ),
        (
            SELECT min(u.day)
            FROM util_daily AS u
            WHERE u.tenant_id = n.id
        )
    ) AS first_day,
    greatest(
        (
            SELECT (max(t.end_time) AT TIME ZONE n.time_zone)::date
            FROM trips AS t
            WHERE t.tenant_id = n.id
        ),
        (
            SELECT max(u.day)
            FROM util_daily AS u
            WHERE u.tenant_id = n.id
        )
    ) AS last_day,
    (
        SELECT count(*)
        FROM assets AS a
        WHERE a.tenant_id = n.id
    ) AS assets
FROM tenants AS n
WHERE n.id = %(tenant_id)s;

-- name: get_freshness
-- What an operator wants to know of a tenant's figures.
SELECT
    n.tid, n.name, s.version, s.rolled_up_at, s.proved_at,
    (
        SELECT count(*)
        FROM dirty_days AS k
        WHERE k.tenant_id = n.id
    ) AS marks,
    (
        SELECT count(*)
        FROM util_daily AS u
        WHERE u.tenant_id = n.id
    ) AS days
FROM tenants AS n
LEFT JOIN analytics_state AS s ON s.tenant_id = n.id
WHERE n.id = %(tenant_id)s;

-- name: take_proof
-- Of several instances one proves a tenant's days, once a local day, when the night has brought what comes late.
UPDATE analytics_state AS s
SET proved_on = tenant_today(s.tenant_id)
FROM tenants AS n
WHERE s.tenant_id = %(tenant_id)s AND n.id = s.tenant_id
    AND s.proved_on IS DISTINCT FROM tenant_today(s.tenant_id)
    AND extract(HOUR FROM now() AT TIME ZONE n.time_zone) >= %(from_hour)s
RETURNING s.proved_on AS day;

-- name: record_proof
-- When the figures were last found to be as they should be, or made so.
UPDATE analytics_state
SET proved_at = now()
WHERE tenant_id = %(tenant_id)s;

-- name: choose_days
-- All assets' yesterdays, and other days of a little more than a year at random, used or not.
WITH today AS MATERIALIZED (
    SELECT tenant_today(%(tenant_id)s) AS day
),

others AS (
    SELECT a.id, (t.day - interval '1 day' * floor(random() * 400))::date AS day
    FROM assets AS a
    CROSS JOIN today AS t
    CROSS JOIN generate_series(1, 20) AS k
    WHERE a.tenant_id = %(tenant_id)s
    ORDER BY random()
    LIMIT %(sample)s
)

SELECT a.id AS asset_id, t.day - 1 AS day
FROM assets AS a
CROSS JOIN today AS t
WHERE a.tenant_id = %(tenant_id)s
UNION
SELECT id AS asset_id, day
FROM others;

-- name: list_differences
-- Days whose trips, united as ranges, say something else than what is kept: another way to the same figures, and one
-- moment, so that days that are marked at it need no proof. The inner join keeps days without a trip from being
-- endless, which a range of nulls would be.
WITH asked AS (
    SELECT
        q.asset_id, q.day,
        tstzrange(local_midnight(q.day, n.time_zone), local_midnight(q.day + 1, n.time_zone)) AS whole
    FROM unnest(%(assets)s::bigint[], %(days)s::date[]) AS q (asset_id, day)
    CROSS JOIN tenants AS n
    WHERE n.id = %(tenant_id)s
),

clips AS (
    SELECT
        q.asset_id, q.day, t.start_time, t.distance_miles, tstzrange(t.start_time, t.end_time) * q.whole AS clip,
        extract(EPOCH FROM t.end_time - t.start_time) AS seconds,
        coalesce(millionths(t.distance_miles), 0)::numeric(40, 20) AS miles,
        coalesce(millionths(t.fuel_consumed_gallons), 0)::numeric(40, 20) AS fuel
    FROM asked AS q
    INNER JOIN trips AS t
        ON t.tenant_id = %(tenant_id)s AND t.asset_id = q.asset_id
        AND t.start_time < upper(q.whole) AND t.end_time > lower(q.whole)
),

shares AS (
    SELECT
        c.*, extract(EPOCH FROM lower(c.clip) - c.start_time) AS low,
        extract(EPOCH FROM upper(c.clip) - c.start_time) AS high
    FROM clips AS c
    WHERE NOT isempty(c.clip)
),

plain AS (
    SELECT
        s.asset_id, s.day, range_agg(s.clip) AS busy, count(*) FILTER (WHERE s.low = 0) AS trips_count,
        sum(round(s.miles * s.high / s.seconds) - round(s.miles * s.low / s.seconds)) AS miles_e6,
        sum(round(s.fuel * s.high / s.seconds) - round(s.fuel * s.low / s.seconds)) AS fuel_e6
    FROM shares AS s
    GROUP BY s.asset_id, s.day
),

compared AS (
    SELECT
        q.asset_id, q.day,
        ARRAY[
            coalesce(p.trips_count, 0), b.active_us, b.active_us, coalesce(p.miles_e6, 0), coalesce(p.fuel_e6, 0)
        ]::bigint[] AS plain,
        ARRAY[
            coalesce(u.trips_count, 0), coalesce(u.active_us, 0),
            coalesce((
                SELECT sum(h)
                FROM unnest(u.active_us_by_hour) AS h
            ), 0),
            coalesce(u.miles_e6, 0), coalesce(u.fuel_e6, 0)
        ]::bigint[] AS kept
    FROM asked AS q
    LEFT JOIN plain AS p ON p.asset_id = q.asset_id AND p.day = q.day
    LEFT JOIN util_daily AS u ON u.tenant_id = %(tenant_id)s AND u.asset_id = q.asset_id AND u.day = q.day
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(extract(EPOCH FROM upper(r) - lower(r))) * 1000000, 0) AS active_us
        FROM unnest(p.busy) AS r
    ) AS b
)

SELECT
    c.asset_id, c.day, c.kept, c.plain
FROM compared AS c
LEFT JOIN dirty_days AS k ON k.tenant_id = %(tenant_id)s AND k.asset_id = c.asset_id AND k.day = c.day
WHERE c.kept <> c.plain AND k.id IS NULL;

-- name: list_fleet_differences
-- Days on which the fleet's sums are not the sums of its assets' days, and one asset by which such a day can be marked.
WITH fleet AS (
    SELECT day, sum(trips_count) AS trips_count, sum(active_us) AS active_us, sum(miles_e6) AS miles_e6
    FROM fleet_daily
    WHERE tenant_id = %(tenant_id)s AND day = ANY(%(days)s::date[])
    GROUP BY day
),

used AS (
    SELECT
        day, sum(trips_count) AS trips_count, sum(active_us) AS active_us, sum(miles_e6) AS miles_e6,
        min(asset_id) AS asset_id
    FROM util_daily
    WHERE tenant_id = %(tenant_id)s AND day = ANY(%(days)s::date[]) AND service_minutes > 0
    GROUP BY day
),

marked AS (
    SELECT DISTINCT day
    FROM dirty_days
    WHERE tenant_id = %(tenant_id)s
)

SELECT
    coalesce(f.day, u.day) AS day,
    coalesce(u.asset_id, (
        SELECT min(id)
        FROM assets
        WHERE tenant_id = %(tenant_id)s
    )) AS asset_id
FROM fleet AS f
FULL JOIN used AS u ON u.day = f.day
LEFT JOIN marked AS k ON k.day = coalesce(f.day, u.day)
WHERE k.day IS NULL
    AND (f.trips_count, f.active_us, f.miles_e6) IS DISTINCT FROM (u.trips_count, u.active_us, u.miles_e6);

-- name: list_week_differences
-- Weeks that are not the sums of their days, by an asset and a day each by which they can be marked. Weeks without days
-- and days without their week differ too.
WITH asked AS (
    SELECT DISTINCT q.asset_id, week_of(q.day) AS week
    FROM unnest(%(assets)s::bigint[], %(days)s::date[]) AS q (asset_id, day)
),

compared AS (
    SELECT
        q.asset_id, q.week,
        ARRAY[w.days_used, w.active_us, w.all_miles_e6, w.all_fuel_e6, w.driven_days]::bigint[] AS kept,
        ARRAY[
            count(u.day) FILTER (WHERE u.service_minutes > 0),
            coalesce(sum(u.active_us) FILTER (WHERE u.service_minutes > 0), 0),
            sum(u.miles_e6), sum(u.fuel_e6), count(u.day) FILTER (WHERE u.trips_count > 0)
        ]::bigint[] AS plain,
        count(u.day) AS days, w.first_day
    FROM asked AS q
    LEFT JOIN util_weekly AS w ON w.tenant_id = %(tenant_id)s AND w.asset_id = q.asset_id AND w.first_day = q.week
    LEFT JOIN util_daily AS u
        ON u.tenant_id = %(tenant_id)s AND u.asset_id = q.asset_id AND u.day BETWEEN q.week AND week_end(q.week)
    GROUP BY
        q.asset_id, q.week, w.first_day, w.days_used, w.active_us, w.all_miles_e6, w.all_fuel_e6, w.driven_days
)

SELECT c.asset_id, c.week AS day, c.kept, c.plain
FROM compared AS c
LEFT JOIN dirty_days AS k
    ON k.tenant_id = %(tenant_id)s AND k.asset_id = c.asset_id AND k.day BETWEEN c.week AND week_end(c.week)
WHERE k.id IS NULL AND (c.days > 0 OR c.first_day IS NOT NULL) AND c.kept IS DISTINCT FROM c.plain;

-- name: mark_days
-- Days that are to be reckoned anew, for another reason than their trips.
INSERT INTO dirty_days (tenant_id, asset_id, day)
SELECT
    %(tenant_id)s::bigint AS tenant_id, q.asset_id, q.day
FROM unnest(%(assets)s::bigint[], %(days)s::date[]) AS q (asset_id, day);

-- name: prepare_trip_months
-- The months in which trips will begin: whoever writes one into a month that is missing would wait for it to be made.
SELECT ensure_trip_months(current_date - 1, current_date + 62) AS made;
