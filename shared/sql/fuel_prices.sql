-- What fuel costs a tenant.

-- name: list_fuel_prices
-- Latest first; of one day by fuel.
SELECT fuel_type, valid_from, price_per_gallon
FROM fuel_prices
WHERE tenant_id = %(tenant_id)s
    AND (%(fuel_type)s::text IS NULL OR fuel_type = %(fuel_type)s)
    AND (
        %(before)s::date IS NULL
        OR valid_from < %(before)s::date
        OR (valid_from = %(before)s::date AND fuel_type > %(after)s::text)
    )
ORDER BY valid_from DESC, fuel_type ASC
LIMIT %(page_size)s;
