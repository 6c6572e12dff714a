-- Every row behind what assets cost and bring in, for workbooks that reckon by themselves.

-- name: list_maintenance
-- Until a day, by asset.
SELECT m.asset_id, m.performed_on, m.category, m.description, m.total_cost, m.source, m.external_id
FROM maintenance_records AS m
INNER JOIN assets AS a ON a.tenant_id = m.tenant_id AND a.id = m.asset_id
WHERE m.tenant_id = %(tenant_id)s AND m.performed_on <= %(as_of)s
    AND (%(asset_id)s::bigint IS NULL OR m.asset_id = %(asset_id)s)
    AND (%(asset_type)s::text IS NULL OR a.asset_type = %(asset_type)s)
ORDER BY m.asset_id, m.performed_on, m.id;

-- name: list_entries
-- Either those for fuel or the others, with the parts that had accrued by the days that matter. Fuel is there until the
-- end of the month, for what is paid at any time in it tells that its fuel is not to be estimated.
SELECT
    e.asset_id, e.category, e.period_start, e.period_end, e.amount, e.source, e.external_id,
    accrued(e.amount, e.period_start, e.period_end, %(as_of)s) AS to_date,
    accrued(e.amount, e.period_start, e.period_end, %(date_from)s::date - 1) AS before_period,
    accrued(e.amount, e.period_start, e.period_end, %(year_from)s::date - 1) AS before_year
FROM cost_entries AS e
INNER JOIN assets AS a ON a.tenant_id = e.tenant_id AND a.id = e.asset_id
WHERE e.tenant_id = %(tenant_id)s AND (e.category = 'fuel') = %(is_fuel)s
    AND e.period_start < CASE
        WHEN %(is_fuel)s THEN (first_of_month(%(as_of)s) + interval '1 month')::date ELSE %(as_of)s::date + 1
    END
    AND (%(asset_id)s::bigint IS NULL OR e.asset_id = %(asset_id)s)
    AND (%(asset_type)s::text IS NULL OR a.asset_type = %(asset_type)s)
ORDER BY e.asset_id, e.period_start, e.id;

-- name: list_revenue
-- Until a day, by asset.
SELECT r.asset_id, r.earned_on, r.amount, r.source, r.external_id
FROM revenue_entries AS r
INNER JOIN assets AS a ON a.tenant_id = r.tenant_id AND a.id = r.asset_id
WHERE r.tenant_id = %(tenant_id)s AND r.earned_on <= %(as_of)s
    AND (%(asset_id)s::bigint IS NULL OR r.asset_id = %(asset_id)s)
    AND (%(asset_type)s::text IS NULL OR a.asset_type = %(asset_type)s)
ORDER BY r.asset_id, r.earned_on, r.id;

-- name: list_days
-- Every day of use until a day, with what fuel cost on it; asset by asset, and so month by month.
SELECT
    u.asset_id, u.day, first_of_month(u.day) AS month, u.miles_e6 / 1000000.0 AS miles,
    u.fuel_e6 / 1000000.0 AS gallons, a.fuel_type, p.price_per_gallon
FROM util_daily AS u
INNER JOIN assets AS a ON a.tenant_id = u.tenant_id AND a.id = u.asset_id
LEFT JOIN LATERAL (
    SELECT f.price_per_gallon
    FROM fuel_prices AS f
    WHERE f.tenant_id = u.tenant_id AND f.fuel_type = a.fuel_type AND f.valid_from <= u.day
    ORDER BY f.valid_from DESC
    LIMIT 1
) AS p ON true
WHERE u.tenant_id = %(tenant_id)s AND u.day <= %(as_of)s
    AND (%(asset_id)s::bigint IS NULL OR u.asset_id = %(asset_id)s)
    AND (%(asset_type)s::text IS NULL OR a.asset_type = %(asset_type)s)
ORDER BY u.asset_id, u.day;

-- name: list_prices
-- Each with the last day on which it holds.
SELECT
    f.fuel_type, f.valid_from,
    coalesce(lead(f.valid_from) OVER (PARTITION BY f.fuel_type ORDER BY f.valid_from) - 1, '9999-12-31') AS valid_to,
    f.price_per_gallon
FROM fuel_prices AS f
WHERE f.tenant_id = %(tenant_id)s
ORDER BY f.fuel_type, f.valid_from;

-- name: count_ledgers
-- How long a workbook will be.
SELECT count(*) AS row_count
FROM (
    SELECT m.performed_on AS day FROM maintenance_records AS m
    WHERE m.tenant_id = %(tenant_id)s
    UNION ALL
    SELECT e.period_start AS day FROM cost_entries AS e
    WHERE e.tenant_id = %(tenant_id)s
    UNION ALL
    SELECT r.earned_on AS day FROM revenue_entries AS r
    WHERE r.tenant_id = %(tenant_id)s
    UNION ALL
    SELECT u.day FROM util_daily AS u
    WHERE u.tenant_id = %(tenant_id)s
) AS ledger
WHERE ledger.day <= %(as_of)s;
