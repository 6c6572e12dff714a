INSERT INTO fuel_prices (tenant_id, fuel_type, valid_from, price_per_gallon)
SELECT %(tenant_id)s, p.fuel_type, p.valid_from, p.price_per_gallon
FROM jsonb_to_recordset(%(rows)s) AS p (fuel_type text, valid_from date, price_per_gallon numeric)
