"""What bench_rollups makes and asks, as text."""

TRIPS_A_DAY = 3

ASSETS = """
INSERT INTO assets (
    tenant_id, asset_tag, asset_name, asset_type, fuel_type, purchase_date, purchase_price, salvage_value,
    useful_life_years, depreciation_method, current_value, in_service_on
)
SELECT
    %(tenant_id)s, 'B-' || n, 'Vehicle ' || n, (ARRAY['van', 'truck', 'car'])[n %% 3 + 1],
    (ARRAY['gasoline', 'diesel'])[n %% 2 + 1], date '2022-01-01' + n %% 1200, 25000 + n %% 400 * 100, 4000, 8,
    (ARRAY['straight_line', 'declining_balance'])[n %% 4 / 3 + 1], CASE WHEN n %% 5 = 0 THEN 18000 END, '2026-01-01'
FROM generate_series(1, %(assets)s) AS n
"""

# a year of repairs, insurance by the month, tolls and revenue by the week, and fuel paid for by every second asset:
# 355,000 entries at 5,000 assets
BOOKS = (
    """
    INSERT INTO maintenance_records (tenant_id, source, external_id, asset_id, performed_on, category, total_cost)
    SELECT
        %(tenant_id)s, 'bench', concat_ws('-', a.id, n), a.id, %(last)s::date - n * 30 - (a.id %% 20)::int, 'service',
        80 + a.id %% 900 + n / 7.0
    FROM assets AS a CROSS JOIN generate_series(0, 11) AS n
    WHERE a.tenant_id = %(tenant_id)s
    """,
    """
    INSERT INTO cost_entries (tenant_id, source, external_id, asset_id, category, amount, period_start, period_end)
    SELECT
        %(tenant_id)s, 'bench', concat_ws('-', a.id, e.category, e.n), a.id, e.category, e.amount, e.day, e.day + e.days
    FROM assets AS a
    CROSS JOIN LATERAL (
        SELECT
            'insurance' AS category, n, 101.37 + a.id %% 40 AS amount, %(last)s::date - n * 30 - 29 AS day, 29 AS days
        FROM generate_series(0, 11) AS n
        UNION ALL
        SELECT 'tolls', n, 12.5 + n, %(last)s::date - n * 7, 0 FROM generate_series(0, 21) AS n
        UNION ALL
        SELECT 'fuel', n, 61.2 + n, %(last)s::date - n * 15, 0 FROM generate_series(0, 23) AS n WHERE a.id %% 2 = 0
    ) AS e
    WHERE a.tenant_id = %(tenant_id)s
    """,
    """
    INSERT INTO revenue_entries (tenant_id, source, external_id, asset_id, earned_on, amount)
    SELECT %(tenant_id)s, 'bench', concat_ws('-', a.id, n), a.id, %(last)s::date - n * 20, 900 + a.id %% 300
    FROM assets AS a CROSS JOIN generate_series(0, 12) AS n
    WHERE a.tenant_id = %(tenant_id)s
    """,
    """
    INSERT INTO fuel_prices (tenant_id, fuel_type, valid_from, price_per_gallon)
    SELECT %(tenant_id)s, f, %(last)s::date - n * 7 - 5, 3.1 + n / 50.0
    FROM unnest(ARRAY['gasoline', 'diesel']) AS f CROSS JOIN generate_series(0, 60) AS n
    """,
)

# three trips a day of 20 minutes to three hours; the last one of every tenth asset goes over midnight
TRIPS = """
INSERT INTO trips (
    tenant_id, source, external_id, asset_id, start_time, end_time, distance_miles, fuel_consumed_gallons, idle_minutes
)
SELECT
    %(tenant_id)s, 'bench', concat_ws('-', a.id, %(first)s::date + %(n)s, k), a.id, s.start,
    s.start + make_interval(mins => 20 + (a.id * 7 + k * 13 + %(n)s)::int %% 160),
    5 + (a.id + k) %% 40, 0.5 + (a.id %% 10) / 10.0, (a.id + k) %% 9
FROM assets AS a
CROSS JOIN generate_series(0, 2) AS k
CROSS JOIN LATERAL (
    SELECT (%(first)s::date + %(n)s + make_interval(
        hours => CASE WHEN k = 2 AND a.id %% 10 = 0 THEN 23 ELSE 6 + k * 5 END::int, mins => (a.id %% 50)::int
    )) AT TIME ZONE 'America/New_York' AS start
) AS s
WHERE a.tenant_id = %(tenant_id)s
ORDER BY s.start
"""

# as it was planned first: by the start's date in the server's zone, and with the unique index that it lacked
PLANNED_VIEW = """
CREATE MATERIALIZED VIEW planned AS
SELECT
    a.tenant_id, a.id AS asset_id, a.asset_name, a.asset_type, DATE(t.start_time) AS date, count(t.id) AS trips_count,
    coalesce(sum(extract(epoch FROM t.end_time - t.start_time) / 60), 0) AS total_active_minutes,
    coalesce(sum(extract(epoch FROM t.end_time - t.start_time) / 60), 0) / 1440 * 100 AS utilization_percentage,
    coalesce(sum(t.distance_miles), 0) AS total_miles, coalesce(sum(t.fuel_consumed_gallons), 0) AS total_fuel_gallons
FROM assets AS a
LEFT JOIN trips AS t ON t.tenant_id = a.tenant_id AND t.asset_id = a.id
GROUP BY a.tenant_id, a.id, a.asset_name, a.asset_type, DATE(t.start_time)
"""
PLANNED_INDEX = "CREATE UNIQUE INDEX planned_idx ON planned (tenant_id, asset_id, date)"

SUMMARY = """
SELECT f.asset_type, sum(f.active_us), sum(f.trips_count), sum(f.miles_e6), sum(f.fuel_e6)
FROM fleet_daily AS f
WHERE f.tenant_id = %(tenant_id)s AND f.day BETWEEN %(first)s AND %(last)s
GROUP BY f.asset_type
"""

RANKING = """
SELECT a.id, a.asset_name, u.active_us, s.service_minutes
FROM asset_service(%(tenant_id)s, %(first)s, %(last)s) AS s
INNER JOIN assets AS a ON a.tenant_id = %(tenant_id)s AND a.id = s.asset_id
LEFT JOIN (
    SELECT u.asset_id, sum(u.active_us) AS active_us, sum(u.miles_e6) AS miles, sum(u.trips_count) AS trips_count
    FROM util_daily AS u
    WHERE u.tenant_id = %(tenant_id)s AND u.day BETWEEN %(first)s AND %(last)s AND u.service_minutes > 0
    GROUP BY u.asset_id
) AS u ON u.asset_id = a.id
WHERE s.service_minutes > 0
ORDER BY coalesce(u.active_us, 0)::numeric / s.service_minutes DESC, a.id
LIMIT 50
"""

VIEW_OF_ASSET = """
SELECT * FROM vw_asset_daily_utilization
WHERE asset_id = (SELECT min(a.id) FROM assets AS a WHERE a.tenant_id = %(tenant_id)s) AND date >= %(first)s
"""
VIEW_OF_DAY = "SELECT * FROM vw_asset_daily_utilization WHERE date = %(last)s"

RAW = """
SELECT a.id, sum(extract(epoch FROM t.end_time - t.start_time)) AS seconds
FROM assets AS a
LEFT JOIN trips AS t
    ON t.tenant_id = a.tenant_id AND t.asset_id = a.id
    AND t.start_time >= %(first)s::date AND t.start_time < %(last)s::date + 1
WHERE a.tenant_id = %(tenant_id)s
GROUP BY a.id
ORDER BY seconds DESC NULLS LAST
LIMIT 50
"""
