-- Assets: what is checked out and in.

-- name: insert_assets
-- One or many, each a JSON document whose names are the table's columns.
INSERT INTO assets (
    tenant_id, asset_tag, asset_name, asset_type, benchmark_class, status, vin, license_plate, make,
    model, year, fuel_type, purchase_price, purchase_date, in_service_on, disposed_on, current_value,
    salvage_value, useful_life_years, useful_life_miles, depreciation_method, odometer_miles, engine_hours, latitude,
    longitude, accuracy_m
)
SELECT
    %(tenant_id)s, new.asset_tag, new.asset_name, new.asset_type, new.benchmark_class,
    coalesce(new.status, 'available') AS status, new.vin, new.license_plate, new.make, new.model, new.year,
    new.fuel_type, new.purchase_price, new.purchase_date, new.in_service_on, new.disposed_on,
    new.current_value, new.salvage_value, new.useful_life_years, new.useful_life_miles, new.depreciation_method,
    new.odometer_miles, new.engine_hours, new.latitude, new.longitude, new.accuracy_m
FROM jsonb_populate_recordset(NULL::assets, %(documents)s) AS new
RETURNING id;

-- name: update_assets
-- One or many that the transaction has locked. What a document does not name stays; a row that would stay as it is
-- is not written, so its version does not move.
UPDATE assets AS a SET
    asset_tag = new.asset_tag, asset_name = new.asset_name, asset_type = new.asset_type,
    benchmark_class = new.benchmark_class, status = new.status, vin = new.vin,
    license_plate = new.license_plate, make = new.make, model = new.model, year = new.year,
    fuel_type = new.fuel_type, purchase_price = new.purchase_price, purchase_date = new.purchase_date,
    in_service_on = new.in_service_on, disposed_on = new.disposed_on, current_value = new.current_value,
    salvage_value = new.salvage_value, useful_life_years = new.useful_life_years,
    useful_life_miles = new.useful_life_miles,
    depreciation_method = new.depreciation_method, odometer_miles = new.odometer_miles,
    engine_hours = new.engine_hours, latitude = new.latitude, longitude = new.longitude,
    accuracy_m = new.accuracy_m,
    version = a.version + 1, updated_at = now()
FROM jsonb_array_elements(%(documents)s) AS said (document)
INNER JOIN assets AS was ON was.tenant_id = %(tenant_id)s AND was.id = (said.document ->> 'id')::bigint
CROSS JOIN LATERAL jsonb_populate_record(was, said.document) AS new
WHERE a.tenant_id = %(tenant_id)s AND a.id = was.id AND new IS DISTINCT FROM was
RETURNING a.id;

-- name: retire_asset
-- Soft, and for good only until somebody sets another status. Out of the fleet means disposed of, from today in the
-- tenant's zone on, unless a day is on record: no day after it counts as in service.
UPDATE assets AS a SET
    status = 'retired',
    disposed_on = coalesce(
        a.disposed_on,
        greatest((now() AT TIME ZONE t.time_zone)::date, coalesce(a.in_service_on, a.purchase_date))
    ),
    version = a.version + 1, updated_at = now()
FROM tenants AS t
WHERE t.id = %(tenant_id)s AND a.tenant_id = %(tenant_id)s AND a.id = %(asset_id)s
    AND a.status NOT IN ('retired', 'checked_out')
    AND (%(versions)s::bigint[] IS NULL OR a.version = ANY(%(versions)s))
RETURNING a.id;

-- name: find_asset
-- One asset.
SELECT *
FROM assets
WHERE tenant_id = %(tenant_id)s AND id = %(asset_id)s;

-- name: lock_asset
-- One asset, for a change that depends on what it is.
SELECT *
FROM assets
WHERE tenant_id = %(tenant_id)s AND id = %(asset_id)s
FOR UPDATE;

-- name: lock_assets_by_tag
-- Many assets, always in one order, so that two imports wait for each other instead of for ever.
SELECT *
FROM assets
WHERE tenant_id = %(tenant_id)s AND asset_tag = ANY(%(asset_tags)s)
ORDER BY id
FOR UPDATE;

-- name: list_by_id
-- In the order in which they were added.
SELECT a.*
FROM fleet(%(tenant_id)s, %(q)s, %(asset_type)s, %(status)s, %(held_by)s) AS a
WHERE a.id > %(after_id)s
ORDER BY a.id
LIMIT %(page_size)s;

-- name: list_by_id_down
-- The newest first.
SELECT a.*
FROM fleet(%(tenant_id)s, %(q)s, %(asset_type)s, %(status)s, %(held_by)s) AS a
WHERE a.id < %(after_id)s
ORDER BY a.id DESC
LIMIT %(page_size)s;

-- name: list_by_name
-- By name; names repeat, so the id decides among equals.
SELECT a.*
FROM fleet(%(tenant_id)s, %(q)s, %(asset_type)s, %(status)s, %(held_by)s) AS a
WHERE (a.asset_name, a.id) > (%(after)s, %(after_id)s)
ORDER BY a.asset_name, a.id
LIMIT %(page_size)s;

-- name: list_by_name_down
-- By name, from the end.
SELECT a.*
FROM fleet(%(tenant_id)s, %(q)s, %(asset_type)s, %(status)s, %(held_by)s) AS a
WHERE (%(after)s::text IS NULL OR (a.asset_name, a.id) < (%(after)s, %(after_id)s))
ORDER BY a.asset_name DESC, a.id DESC
LIMIT %(page_size)s;

-- name: list_by_tag
-- By tag, of which there are no two alike.
SELECT a.*
FROM fleet(%(tenant_id)s, %(q)s, %(asset_type)s, %(status)s, %(held_by)s) AS a
WHERE a.asset_tag > %(after)s
ORDER BY a.asset_tag
LIMIT %(page_size)s;

-- name: list_by_tag_down
-- By tag, from the end.
SELECT a.*
FROM fleet(%(tenant_id)s, %(q)s, %(asset_type)s, %(status)s, %(held_by)s) AS a
WHERE (%(after)s::text IS NULL OR a.asset_tag < %(after)s)
ORDER BY a.asset_tag DESC
LIMIT %(page_size)s;

-- name: list_nearest
-- The nearest first. A band of latitude, a little wider than the radius, narrows by its index; what lies in it is
-- measured, in statute miles.
SELECT *
FROM (
    SELECT
        a.*,
        geo_distance(point(a.longitude, a.latitude), point(%(lng)s::float, %(lat)s::float)) * 1609.344 AS distance_m
    FROM fleet(%(tenant_id)s, %(q)s, %(asset_type)s, %(status)s, %(held_by)s) AS a
    WHERE a.latitude BETWEEN
        %(lat)s::float - degrees(%(radius_m)s::float / 6.3e6) AND %(lat)s::float + degrees(%(radius_m)s::float / 6.3e6)
) AS near
WHERE distance_m <= %(radius_m)s AND (distance_m, id) > (%(after)s, %(after_id)s)
ORDER BY distance_m, id
LIMIT %(page_size)s;
