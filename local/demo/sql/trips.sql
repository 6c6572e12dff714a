-- A trip and its key go in together, as ingestion does it.
WITH made AS (
    INSERT INTO trips (
        tenant_id, source, external_id, asset_id, user_id, start_time, end_time, distance_miles,
        fuel_consumed_gallons, idle_minutes, created_at
    )
    SELECT
        %(tenant_id)s, t.source, t.external_id, a.id, u.id, t.start_time, t.end_time, t.distance_miles,
        t.fuel_consumed_gallons, t.idle_minutes, t.created_at
    FROM jsonb_to_recordset(%(rows)s) AS t (
        asset_tag text, source text, external_id text, start_time timestamptz, end_time timestamptz,
        distance_miles double precision, fuel_consumed_gallons double precision, idle_minutes double precision,
        created_at timestamptz, user_oid text
    )
    INNER JOIN assets AS a ON a.tenant_id = %(tenant_id)s AND a.asset_tag = t.asset_tag
    LEFT JOIN users AS u ON u.tenant_id = %(tenant_id)s AND u.oid = t.user_oid
    ORDER BY t.created_at, t.external_id
    RETURNING tenant_id, source, external_id, id, start_time
)

INSERT INTO trip_keys (tenant_id, source, external_id, trip_id, start_time)
SELECT m.tenant_id, m.source, m.external_id, m.id, m.start_time
FROM made AS m
