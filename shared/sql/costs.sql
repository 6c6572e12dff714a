-- What assets cost and earn.

-- name: list_costs
-- Each asset's costs, revenue and miles from a day to another; each kind is summed on its own.
SELECT c.*
FROM asset_costs(%(tenant_id)s, %(date_from)s, %(date_to)s, %(asset_type)s, %(asset_id)s) AS c;

-- name: list_monthly_costs
-- The same of some assets together by calendar month, of which the first and the last may be parts.
SELECT
    m.month_from, sum(c.maintenance) AS maintenance, sum(c.fuel_paid) AS fuel_paid,
    sum(c.fuel_estimated) AS fuel_estimated, sum(c.insurance) AS insurance, sum(c.finance) AS finance,
    sum(c.fees) AS fees, sum(c.tyres) AS tyres, sum(c.tolls) AS tolls, sum(c.accident) AS accident,
    sum(c.other) AS other, sum(c.revenue) AS revenue, sum(c.estimated_e6) AS estimated_e6,
    sum(c.unpriced_e6) AS unpriced_e6, sum(c.miles_e6) AS miles_e6, sum(c.fuel_e6) AS fuel_e6
FROM (
    SELECT
        greatest(d.day::date, %(date_from)s::date) AS month_from,
        least((d.day + interval '1 month' - interval '1 day')::date, %(date_to)s::date) AS month_to
    FROM generate_series(
        date_trunc('month', %(date_from)s::timestamp), %(date_to)s::timestamp, '1 month'
    ) AS d (day)
) AS m
CROSS JOIN LATERAL asset_costs(%(tenant_id)s, m.month_from, m.month_to, NULL, NULL) AS c
WHERE c.asset_id = ANY(%(asset_ids)s::bigint[])
GROUP BY m.month_from
ORDER BY m.month_from;

-- name: list_owned
-- The fleet as its owner's books have it at the end of a day: what had come by then, or is on record where the day is
-- today or later.
SELECT
    a.id AS asset_id, a.asset_tag, a.asset_name, a.asset_type, a.status, a.benchmark_class, a.fuel_type,
    owned_from(a, t.time_zone) AS owned_from, a.disposed_on, a.purchase_price, a.salvage_value,
    a.useful_life_years, a.useful_life_miles, a.depreciation_method, v.amount AS market_value
FROM tenants AS t
INNER JOIN assets AS a ON a.tenant_id = t.id
LEFT JOIN market_values(%(tenant_id)s, %(as_of)s) AS v ON v.asset_id = a.id
WHERE t.id = %(tenant_id)s
    AND (%(asset_type)s::text IS NULL OR a.asset_type = %(asset_type)s)
    AND (%(asset_id)s::bigint IS NULL OR a.id = %(asset_id)s)
    AND (
        owned_from(a, t.time_zone) <= %(as_of)s
        OR %(as_of)s >= (now() AT TIME ZONE t.time_zone)::date
    )
ORDER BY a.id;

-- name: get_terms
-- How the tenant reckons with money, and its day.
SELECT
    (now() AT TIME ZONE t.time_zone)::date AS today, t.currency, t.discount_rate, t.reimbursement_per_mile
FROM tenants AS t
WHERE t.id = %(tenant_id)s;

-- name: find_asset
-- Whether there is such an asset, whenever it was bought.
SELECT id
FROM assets
WHERE tenant_id = %(tenant_id)s AND id = %(asset_id)s;

-- name: list_maintenance_by_age
-- Maintenance of each whole year of age that lies within the days on record: those from the tenant's first visit to a
-- shop on. A year without a visit cost nothing.
WITH known AS (
    SELECT min(r.performed_on) AS first_day
    FROM maintenance_records AS r
    WHERE r.tenant_id = %(tenant_id)s
),

owned AS (
    SELECT a.id AS asset_id, owned_from(a, t.time_zone) AS since
    FROM tenants AS t
    INNER JOIN assets AS a ON a.tenant_id = t.id
    WHERE t.id = %(tenant_id)s
        AND (%(asset_type)s::text IS NULL OR a.asset_type = %(asset_type)s)
        AND (%(asset_id)s::bigint IS NULL OR a.id = %(asset_id)s)
)

SELECT o.asset_id, y.year, coalesce(sum(m.total_cost), 0) AS cost
FROM known AS k
CROSS JOIN owned AS o
CROSS JOIN LATERAL generate_series(1, whole_years(o.since, %(as_of)s)) AS y (year)
LEFT JOIN maintenance_records AS m
    ON m.tenant_id = %(tenant_id)s AND m.asset_id = o.asset_id
        AND m.performed_on >= anniversary(o.since, y.year - 1) AND m.performed_on < anniversary(o.since, y.year)
WHERE anniversary(o.since, y.year - 1) >= k.first_day
GROUP BY o.asset_id, y.year
ORDER BY o.asset_id, y.year;

-- name: list_days_of_use
-- Days with a trip, and days in service, of each asset that was in service in a period.
WITH used AS (
    SELECT d.asset_id, count(*)::integer AS days
    FROM util_daily AS d
    WHERE d.tenant_id = %(tenant_id)s AND d.day BETWEEN %(date_from)s AND %(date_to)s
        AND d.trips_count > 0 AND d.service_minutes > 0
    GROUP BY d.asset_id
)

SELECT s.asset_id, coalesce(u.days, 0) AS days_used, s.service_days
FROM asset_service(%(tenant_id)s, %(date_from)s, %(date_to)s) AS s
LEFT JOIN used AS u ON u.asset_id = s.asset_id
WHERE s.service_days > 0
ORDER BY s.asset_id;

-- name: count_entries
-- How many cost entries fall in a period, by category.
SELECT e.category, count(*) AS entries
FROM cost_entries AS e
INNER JOIN assets AS a ON a.tenant_id = e.tenant_id AND a.id = e.asset_id
WHERE e.tenant_id = %(tenant_id)s AND e.period_start <= %(date_to)s AND e.period_end >= %(date_from)s
    AND (%(asset_type)s::text IS NULL OR a.asset_type = %(asset_type)s)
    AND (%(asset_id)s::bigint IS NULL OR a.id = %(asset_id)s)
GROUP BY e.category;

-- name: count_days_out_of_service
-- Days on which assets were used that were not in service: figures of use leave them out.
SELECT count(*) AS days
FROM util_daily AS u
INNER JOIN assets AS a ON a.tenant_id = u.tenant_id AND a.id = u.asset_id
WHERE u.tenant_id = %(tenant_id)s AND u.day BETWEEN %(date_from)s AND %(date_to)s AND u.service_minutes = 0
    AND (%(asset_type)s::text IS NULL OR a.asset_type = %(asset_type)s)
    AND (%(asset_id)s::bigint IS NULL OR a.id = %(asset_id)s);
