INSERT INTO assets (
    tenant_id, asset_tag, asset_name, asset_type, benchmark_class, status, vin, license_plate, make, model, year,
    fuel_type, purchase_price, purchase_date, in_service_on, disposed_on, current_value, salvage_value,
    useful_life_years, depreciation_method, odometer_miles, engine_hours, fuel_level_percent,
    latitude, longitude, accuracy_m, created_at, updated_at
)
SELECT
    %(tenant_id)s, a.asset_tag, a.asset_name, a.asset_type, a.benchmark_class, a.status, a.vin, a.license_plate,
    a.make, a.model, a.year, a.fuel_type, a.purchase_price, a.purchase_date, a.in_service_on, a.disposed_on,
    a.current_value, a.salvage_value, a.useful_life_years, a.depreciation_method, a.odometer_miles,
    a.engine_hours, a.fuel_level_percent,
    (a.location ->> 'lat')::double precision, (a.location ->> 'lng')::double precision,
    (a.location ->> 'accuracy_m')::double precision, a.created_at, a.created_at
FROM jsonb_to_recordset(%(rows)s) AS a (
    asset_tag text, asset_name text, asset_type text, benchmark_class text, status text, vin text,
    license_plate text, make text, model text, year integer, fuel_type text, purchase_price numeric,
    purchase_date date, in_service_on date, disposed_on date, current_value numeric, salvage_value numeric,
    useful_life_years numeric, depreciation_method text, odometer_miles double precision,
    engine_hours double precision, fuel_level_percent double precision, location jsonb, created_at timestamptz
)
ORDER BY a.asset_tag
