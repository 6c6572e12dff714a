-- How much the fleet is used, by days, hours and assets. Without an asset, from the pre-sums of the fleet by type; what
-- was used on days out of service is in neither.

-- name: list_days
-- Every day of some spans with what was used and could have been, and both over the last 7 and 28 days in service:
-- their frames count only days of the same kind, so days on which nothing was in service stand apart.
WITH used AS (
    SELECT
        f.day, f.active_assets AS days_used, f.trips_count, f.active_us, f.shift_active_us, f.engine_idle_us,
        f.miles_e6, f.fuel_e6
    FROM fleet_daily AS f
    WHERE f.tenant_id = %(tenant_id)s AND %(asset_id)s::bigint IS NULL
        AND f.day BETWEEN %(lead_from)s AND %(date_to)s
        AND (%(asset_type)s::text IS NULL OR f.asset_type = %(asset_type)s)
    UNION ALL
    SELECT
        u.day, 1 AS days_used, u.trips_count, u.active_us, u.shift_active_us, u.engine_idle_us, u.miles_e6, u.fuel_e6
    FROM util_daily AS u
    WHERE u.tenant_id = %(tenant_id)s AND u.asset_id = %(asset_id)s
        AND u.day BETWEEN %(lead_from)s AND %(date_to)s AND u.service_minutes > 0
),

days AS (
    SELECT
        s.day, s.assets AS days_in_service, s.service_minutes,
        CASE %(base)s WHEN 'shift' THEN s.shift_minutes ELSE s.service_minutes END * 420000000 AS base_us_7,
        total(u.days_used) AS days_used,
        total(u.trips_count) AS trips_count,
        total(u.active_us) AS active_us,
        total(u.engine_idle_us) AS engine_idle_us,
        total(u.miles_e6) AS miles_e6,
        total(u.fuel_e6) AS fuel_e6,
        coalesce(
            sum(CASE %(base)s WHEN 'shift' THEN u.shift_active_us ELSE u.active_us END), 0
        )::bigint AS counted_us
    FROM unnest(%(froms)s::date[], %(tos)s::date[]) AS span (first_day, last_day)
    CROSS JOIN LATERAL fleet_service(
        %(tenant_id)s, span.first_day, span.last_day, %(asset_type)s::text, %(asset_id)s::bigint
    ) AS s
    LEFT JOIN used AS u ON u.day = s.day AND s.assets > 0
    GROUP BY s.day, s.assets, s.service_minutes, s.shift_minutes
)

SELECT
    d.*,
    count(*) OVER week AS week_days,
    (sum(d.counted_us) OVER week)::bigint AS week_counted_us,
    (sum(d.base_us_7) OVER week)::bigint AS week_base_us_7,
    count(*) OVER month AS month_days,
    (sum(d.counted_us) OVER month)::bigint AS month_counted_us,
    (sum(d.base_us_7) OVER month)::bigint AS month_base_us_7
FROM days AS d
WINDOW
    week AS (PARTITION BY d.days_in_service > 0 ORDER BY d.day ROWS 6 PRECEDING),
    month AS (PARTITION BY d.days_in_service > 0 ORDER BY d.day ROWS 27 PRECEDING)
ORDER BY d.day;

-- name: list_target_days
-- As list_days, of those types only that have a target: of hours for what counts, of miles for miles.
WITH used AS (
    SELECT f.asset_type, f.day, f.active_us, f.miles_e6
    FROM fleet_daily AS f
    WHERE f.tenant_id = %(tenant_id)s AND %(asset_id)s::bigint IS NULL
        AND f.day BETWEEN %(lead_from)s AND %(date_to)s
    UNION ALL
    SELECT a.asset_type, u.day, u.active_us, u.miles_e6
    FROM util_daily AS u
    INNER JOIN assets AS a ON a.tenant_id = u.tenant_id AND a.id = u.asset_id
    WHERE u.tenant_id = %(tenant_id)s AND u.asset_id = %(asset_id)s
        AND u.day BETWEEN %(lead_from)s AND %(date_to)s AND u.service_minutes > 0
),

days AS (
    SELECT
        s.day, sum(s.assets) AS assets,
        sum(CASE WHEN t.hours_per_week IS NOT NULL THEN coalesce(u.active_us, 0) ELSE 0 END) AS counted_us,
        coalesce(sum(s.assets * t.hours_per_week) * 3600000000, 0) AS base_us_7,
        sum(CASE WHEN t.miles_per_week IS NOT NULL THEN coalesce(u.miles_e6, 0) ELSE 0 END) AS targeted_miles_e6,
        coalesce(sum(s.assets * t.miles_per_week) * 1000000, 0) AS target_miles_e6_7
    FROM utilization_targets AS t
    CROSS JOIN unnest(%(froms)s::date[], %(tos)s::date[]) AS span (first_day, last_day)
    CROSS JOIN LATERAL fleet_service(
        %(tenant_id)s, span.first_day, span.last_day, t.asset_type, %(asset_id)s::bigint
    ) AS s
    LEFT JOIN used AS u ON u.day = s.day AND u.asset_type = t.asset_type AND s.assets > 0
    WHERE t.tenant_id = %(tenant_id)s AND (%(asset_type)s::text IS NULL OR t.asset_type = %(asset_type)s)
    GROUP BY s.day
)

SELECT
    d.day,
    d.counted_us::bigint AS counted_us,
    d.base_us_7::bigint AS base_us_7,
    d.targeted_miles_e6::bigint AS targeted_miles_e6,
    d.target_miles_e6_7::bigint AS target_miles_e6_7,
    count(*) OVER week AS week_days,
    (sum(d.counted_us) OVER week)::bigint AS week_counted_us,
    (sum(d.base_us_7) OVER week)::bigint AS week_base_us_7,
    count(*) OVER month AS month_days,
    (sum(d.counted_us) OVER month)::bigint AS month_counted_us,
    (sum(d.base_us_7) OVER month)::bigint AS month_base_us_7
FROM days AS d
WHERE d.assets > 0
WINDOW week AS (ORDER BY d.day ROWS 6 PRECEDING), month AS (ORDER BY d.day ROWS 27 PRECEDING)
ORDER BY d.day;

-- name: list_spans_before
-- The newest spans of days before a day on which anything was in service that days together are wanted of: where the
-- fleet was out of service for a while, they lie further back. With targets, of types only that have one.
WITH served AS (
    SELECT unnest(range_agg(daterange(
        service_from(a, t.time_zone), least(a.disposed_on, (now() AT TIME ZONE t.time_zone)::date + 1, %(before)s)
    ))) AS span
    FROM tenants AS t
    INNER JOIN assets AS a ON a.tenant_id = t.id
    WHERE t.id = %(tenant_id)s
        AND service_from(a, t.time_zone) < least(a.disposed_on, (now() AT TIME ZONE t.time_zone)::date + 1, %(before)s)
        AND (%(asset_type)s::text IS NULL OR a.asset_type = %(asset_type)s)
        AND (%(asset_id)s::bigint IS NULL OR a.id = %(asset_id)s)
        AND (%(base)s <> 'target' OR EXISTS (
            SELECT FROM utilization_targets AS g
            WHERE g.tenant_id = a.tenant_id AND g.asset_type = a.asset_type
        ))
),

counted AS (
    SELECT
        lower(s.span) AS first_day, upper(s.span) AS end_day,
        coalesce(sum(upper(s.span) - lower(s.span)) OVER (
            ORDER BY lower(s.span) DESC ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ), 0)::integer AS later
    FROM served AS s
)

SELECT greatest(c.first_day, c.end_day - (%(wanted)s - c.later)) AS first_day, c.end_day - 1 AS last_day
FROM counted AS c
WHERE c.later < %(wanted)s
ORDER BY first_day;

-- name: list_assets_used
-- Every asset that was in service on a day of the period, also if it was not used.
WITH weeks AS MATERIALIZED (
    SELECT
        w.first_day, w.first_day >= %(date_from)s AND week_end(w.first_day) <= %(date_to)s AS is_whole
    FROM (
        SELECT DISTINCT week_of(%(date_from)s::date + n) AS first_day
        FROM generate_series(0, %(date_to)s::date - %(date_from)s::date) AS n
    ) AS w
),

ends AS MATERIALIZED (
    SELECT d.day
    FROM (
        SELECT %(date_from)s::date + n AS day
        FROM generate_series(0, %(date_to)s::date - %(date_from)s::date) AS n
    ) AS d
    INNER JOIN weeks AS w ON w.first_day = week_of(d.day)
    WHERE NOT w.is_whole
),

used AS (
    SELECT
        d.asset_id, total(d.days_used) AS days_used, total(d.trips_count) AS trips_count,
        total(d.active_us) AS active_us, total(d.shift_active_us) AS shift_active_us,
        total(d.engine_idle_us) AS engine_idle_us, total(d.miles_e6) AS miles_e6,
        total(d.fuel_e6) AS fuel_e6
    FROM (
        SELECT
            w.asset_id, w.days_used, w.trips_count, w.active_us, w.shift_active_us, w.engine_idle_us, w.miles_e6,
            w.fuel_e6
        FROM util_weekly AS w
        WHERE w.tenant_id = %(tenant_id)s AND w.first_day BETWEEN %(date_from)s AND %(date_to)s
            AND w.first_day = ANY(array(
                SELECT k.first_day
                FROM weeks AS k
                WHERE k.is_whole
            ))
            AND (%(asset_id)s::bigint IS NULL OR w.asset_id = %(asset_id)s)
        UNION ALL
        SELECT
            u.asset_id, 1 AS days_used, u.trips_count, u.active_us, u.shift_active_us, u.engine_idle_us, u.miles_e6,
            u.fuel_e6
        FROM util_daily AS u
        WHERE u.tenant_id = %(tenant_id)s AND u.service_minutes > 0
            AND u.day = ANY(array(
                SELECT e.day
                FROM ends AS e
            ))
            AND (%(asset_id)s::bigint IS NULL OR u.asset_id = %(asset_id)s)
    ) AS d
    GROUP BY d.asset_id
)

SELECT
    a.id AS asset_id, a.asset_name, a.asset_type, s.service_days AS days_in_service, s.service_minutes,
    coalesce(u.days_used, 0) AS days_used, coalesce(u.trips_count, 0) AS trips_count,
    coalesce(u.active_us, 0) AS active_us, coalesce(u.engine_idle_us, 0) AS engine_idle_us,
    coalesce(u.miles_e6, 0) AS miles_e6, coalesce(u.fuel_e6, 0) AS fuel_e6,
    CASE
        WHEN %(base)s = 'shift' THEN coalesce(u.shift_active_us, 0)
        WHEN %(base)s = 'target' AND t.hours_per_week IS NULL THEN 0
        ELSE coalesce(u.active_us, 0)
    END AS counted_us,
    CASE %(base)s
        WHEN 'shift' THEN s.shift_minutes * 420000000
        WHEN 'target' THEN s.service_days * coalesce((t.hours_per_week * 3600000000)::bigint, 0)
        ELSE s.service_minutes * 420000000
    END AS base_us_7,
    CASE WHEN %(base)s = 'target' AND t.miles_per_week IS NOT NULL THEN coalesce(u.miles_e6, 0) ELSE 0 END
        AS targeted_miles_e6,
    CASE %(base)s
        WHEN 'target' THEN s.service_days * coalesce((t.miles_per_week * 1000000)::bigint, 0)
        ELSE 0
    END AS target_miles_e6_7
FROM asset_service(%(tenant_id)s, %(date_from)s, %(date_to)s) AS s
INNER JOIN assets AS a ON a.tenant_id = %(tenant_id)s AND a.id = s.asset_id
LEFT JOIN used AS u ON u.asset_id = a.id
LEFT JOIN utilization_targets AS t ON t.tenant_id = a.tenant_id AND t.asset_type = a.asset_type
WHERE s.service_days > 0
    AND (%(asset_type)s::text IS NULL OR a.asset_type = %(asset_type)s)
    AND (%(asset_id)s::bigint IS NULL OR a.id = %(asset_id)s);

-- name: count_custody_trips
-- Trips of a period that nobody but custody tells of; with in_service those only that began on a day in service.
SELECT count(*) AS trips
FROM tenants AS t
INNER JOIN trips AS r
    ON r.tenant_id = t.id AND r.source = 'custody'
        AND r.start_time >= local_midnight(%(date_from)s::date, t.time_zone)
        AND r.start_time < local_midnight(%(date_to)s::date + 1, t.time_zone)
INNER JOIN assets AS a ON a.tenant_id = r.tenant_id AND a.id = r.asset_id
WHERE t.id = %(tenant_id)s
    AND (%(asset_type)s::text IS NULL OR a.asset_type = %(asset_type)s)
    AND (%(asset_id)s::bigint IS NULL OR a.id = %(asset_id)s)
    AND (NOT %(in_service)s OR EXISTS (
        SELECT FROM util_daily AS u
        WHERE u.tenant_id = r.tenant_id AND u.asset_id = r.asset_id
            AND u.day = (r.start_time AT TIME ZONE t.time_zone)::date AND u.service_minutes > 0
    ));

-- name: list_hours
-- What was used in each hour of the clock, by weekdays.
SELECT extract(ISODOW FROM d.day)::integer AS weekday, (h.number - 1)::integer AS hour, total(h.us) AS active_us
FROM (
    SELECT f.day, f.active_us_by_hour
    FROM fleet_daily AS f
    WHERE f.tenant_id = %(tenant_id)s AND %(asset_id)s::bigint IS NULL
        AND f.day BETWEEN %(date_from)s AND %(date_to)s
        AND (%(asset_type)s::text IS NULL OR f.asset_type = %(asset_type)s)
    UNION ALL
    SELECT u.day, u.active_us_by_hour
    FROM util_daily AS u
    INNER JOIN assets AS a ON a.tenant_id = u.tenant_id AND a.id = u.asset_id
    WHERE u.tenant_id = %(tenant_id)s AND u.asset_id = %(asset_id)s
        AND u.day BETWEEN %(date_from)s AND %(date_to)s AND u.service_minutes > 0
        AND (%(asset_type)s::text IS NULL OR a.asset_type = %(asset_type)s)
) AS d
CROSS JOIN LATERAL unnest(d.active_us_by_hour) WITH ORDINALITY AS h (us, number)
WHERE h.us > 0
GROUP BY weekday, hour;

-- name: list_service_days
-- How many assets were in service on each day.
SELECT s.day, s.assets
FROM fleet_service(
    %(tenant_id)s, %(date_from)s, %(date_to)s, %(asset_type)s::text, %(asset_id)s::bigint
) AS s
WHERE s.assets > 0
ORDER BY s.day;

-- name: find_fleet_now
-- Who has what at this moment, for the first screen. What was sold is in no count of the fleet, whatever its status
-- says, but whoever still holds it is to bring it back.
SELECT
    count(*) FILTER (WHERE f.is_present) AS assets,
    count(*) FILTER (WHERE f.is_serving) AS in_service,
    count(*) FILTER (WHERE f.is_present AND f.status = 'available') AS available,
    count(*) FILTER (WHERE f.is_present AND f.status = 'checked_out') AS checked_out,
    count(*) FILTER (WHERE f.is_present AND f.status = 'in_maintenance') AS in_maintenance,
    count(*) FILTER (WHERE f.due_at < %(now)s) AS overdue
FROM (
    SELECT
        a.status, h.due_at,
        a.status <> 'retired' AND (a.disposed_on IS NULL OR a.disposed_on > %(today)s) AS is_present,
        service_from(a, t.time_zone) <= %(today)s AND (a.disposed_on IS NULL OR a.disposed_on > %(today)s)
            AS is_serving
    FROM tenants AS t
    INNER JOIN assets AS a ON a.tenant_id = t.id
    LEFT JOIN asset_checkout_history AS h
        ON h.tenant_id = a.tenant_id AND h.asset_id = a.id AND h.checkin_time IS NULL
    WHERE t.id = %(tenant_id)s AND (%(asset_type)s::text IS NULL OR a.asset_type = %(asset_type)s)
) AS f;

-- name: find_asset_type
-- Whether there is such an asset, whatever its state.
SELECT asset_type
FROM assets
WHERE tenant_id = %(tenant_id)s AND id = %(asset_id)s;
