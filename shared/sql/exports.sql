-- Exports: rows as they leave, and the jobs that make large files.

-- name: trips
-- Those that start in the period. For what a spreadsheet opens as it is, texts are quoted where it would reckon them,
-- those of assets and people once each and not in every row.
WITH machines AS MATERIALIZED (
    SELECT
        a.id, CASE WHEN %(is_quoted)s::boolean THEN harmless(a.asset_tag) ELSE a.asset_tag END AS asset_tag,
        CASE WHEN %(is_quoted)s::boolean THEN harmless(a.asset_name) ELSE a.asset_name END AS asset_name, a.asset_type
    FROM assets AS a
    WHERE a.tenant_id = %(tenant_id)s
        AND (%(asset_id)s::bigint IS NULL OR a.id = %(asset_id)s)
        AND (%(asset_type)s::text IS NULL OR a.asset_type = %(asset_type)s)
),

people AS MATERIALIZED (
    SELECT u.id, CASE WHEN %(is_quoted)s::boolean THEN harmless(u.name) ELSE u.name END AS name
    FROM users AS u
    WHERE u.tenant_id = %(tenant_id)s
)

SELECT
    s.trip_id, s.asset_id, s.asset_tag, s.asset_name, s.asset_type, s.driver,
    rfc3339(s.start_time) AS start_time, rfc3339(s.end_time) AS end_time,
    round(extract(EPOCH FROM s.end_time - s.start_time) / 60, 2) AS minutes, s.distance_miles,
    s.fuel_consumed_gallons, s.idle_minutes,
    CASE WHEN %(is_quoted)s::boolean THEN harmless(s.source) ELSE s.source END AS source,
    CASE WHEN %(is_quoted)s::boolean THEN harmless(s.external_id) ELSE s.external_id END AS external_id
FROM (
    -- put in order as the table has them: the texts made of them are longer, and a million are sorted on the disk
    SELECT
        t.id AS trip_id, t.asset_id, m.asset_tag, m.asset_name, m.asset_type, p.name AS driver, t.start_time,
        t.end_time, t.distance_miles, t.fuel_consumed_gallons, t.idle_minutes, t.source, t.external_id
    FROM trips AS t
    INNER JOIN machines AS m ON t.asset_id = m.id
    LEFT JOIN people AS p ON t.user_id = p.id
    WHERE t.tenant_id = %(tenant_id)s
        AND t.start_time >= %(since)s::timestamptz AND t.start_time < %(until)s::timestamptz
        AND (%(asset_id)s::bigint IS NULL OR t.asset_id = %(asset_id)s)
    ORDER BY t.start_time, t.id
    OFFSET 0
) AS s
ORDER BY s.start_time, s.trip_id;

-- name: count_trips
-- How long the file will be.
SELECT count(*) AS row_count
FROM trips AS t
INNER JOIN assets AS a ON a.tenant_id = t.tenant_id AND a.id = t.asset_id
WHERE t.tenant_id = %(tenant_id)s
    AND t.start_time >= %(since)s::timestamptz AND t.start_time < %(until)s::timestamptz
    AND (%(asset_id)s::bigint IS NULL OR t.asset_id = %(asset_id)s)
    AND (%(asset_type)s::text IS NULL OR a.asset_type = %(asset_type)s);

-- name: asset_days
-- Days on which an asset was used.
SELECT
    d.day AS date, d.asset_id,
    CASE WHEN %(is_quoted)s::boolean THEN harmless(a.asset_tag) ELSE a.asset_tag END AS asset_tag,
    CASE WHEN %(is_quoted)s::boolean THEN harmless(a.asset_name) ELSE a.asset_name END AS asset_name,
    a.asset_type, d.trips_count, round(d.active_us / 60000000.0, 2) AS total_active_minutes,
    d.service_minutes AS minutes_in_service,
    CASE WHEN d.service_minutes > 0 THEN round(d.active_us / 600000.0 / d.service_minutes, 2) END
    AS utilization_percentage,
    round(d.engine_idle_us / 60000000.0, 2) AS engine_idle_minutes, round(d.miles_e6 / 1000000.0, 2) AS total_miles,
    round(d.fuel_e6 / 1000000.0, 2) AS total_fuel_gallons
FROM util_daily AS d
INNER JOIN assets AS a ON a.tenant_id = d.tenant_id AND a.id = d.asset_id
WHERE d.tenant_id = %(tenant_id)s AND d.day >= %(date_from)s::date AND d.day <= %(date_to)s::date
    AND (%(asset_id)s::bigint IS NULL OR d.asset_id = %(asset_id)s)
    AND (%(asset_type)s::text IS NULL OR a.asset_type = %(asset_type)s)
ORDER BY d.day, d.asset_id;

-- name: count_asset_days
-- How long the file will be.
SELECT count(*) AS row_count
FROM util_daily AS d
INNER JOIN assets AS a ON a.tenant_id = d.tenant_id AND a.id = d.asset_id
WHERE d.tenant_id = %(tenant_id)s AND d.day >= %(date_from)s::date AND d.day <= %(date_to)s::date
    AND (%(asset_id)s::bigint IS NULL OR d.asset_id = %(asset_id)s)
    AND (%(asset_type)s::text IS NULL OR a.asset_type = %(asset_type)s);

-- name: prepare_export
-- So that COPY writes moments as the tenant's clocks show them, with their offset, and that a large file, which is one
-- statement, or is packed while its rows have all been read, may take longer than what people wait for.
SELECT
    set_config('TimeZone', t.time_zone, true) AS time_zone,
    set_config('statement_timeout', %(patience)s, true) AS of_a_statement,
    set_config('idle_in_transaction_session_timeout', %(patience)s, true) AS of_a_pause
FROM tenants AS t
WHERE t.id = %(tenant_id)s;

-- name: insert_job
-- To be made by whoever comes first.
INSERT INTO export_jobs (tenant_id, id, user_id, role, report, format, filters, expires_at)
VALUES (
    %(tenant_id)s, %(export_id)s, %(user_id)s, %(role)s, %(report)s, %(format)s, %(filters)s, %(expires_at)s
)
RETURNING *;

-- name: find_job
-- One's own only; those of others are as good as none.
SELECT *
FROM export_jobs
WHERE tenant_id = %(tenant_id)s AND id = %(export_id)s AND user_id = %(user_id)s;

-- name: take_job
-- The oldest that nobody makes, or whose maker has fallen silent.
WITH found AS (
    SELECT id
    FROM export_jobs
    WHERE tenant_id = %(tenant_id)s AND state IN ('queued', 'running') AND coalesce(lease_until, '-infinity') < now()
    ORDER BY created_at
    LIMIT 1
    FOR UPDATE SKIP LOCKED
)

UPDATE export_jobs AS j
SET state = 'running', attempts = j.attempts + 1, progress = 0, lease_until = now() + %(lease)s::interval
FROM found AS f, users AS u, tenants AS t
WHERE j.tenant_id = %(tenant_id)s AND j.id = f.id AND u.tenant_id = j.tenant_id AND u.id = j.user_id
    AND t.id = j.tenant_id
RETURNING j.*, u.oid, u.name, t.tid, t.name AS tenant_name, t.time_zone, t.currency;

-- name: prolong_lease
-- No row: somebody else makes it by now.
UPDATE export_jobs
SET lease_until = now() + %(lease)s::interval, progress = greatest(progress, %(progress)s)
WHERE tenant_id = %(tenant_id)s AND id = %(export_id)s AND state = 'running' AND attempts = %(attempt)s;

-- name: finish_job
-- Only of whoever holds it; from here on the file is to be had.
UPDATE export_jobs
SET state = 'done', progress = 100, row_count = %(row_count)s, blob = %(blob)s, lease_until = NULL,
    finished_at = now()
WHERE tenant_id = %(tenant_id)s AND id = %(export_id)s AND state = 'running' AND attempts = %(attempt)s;

-- name: fail_job
-- Only of whoever holds it, and for good.
UPDATE export_jobs
SET state = 'failed', reason = %(reason)s, lease_until = NULL, finished_at = now()
WHERE tenant_id = %(tenant_id)s AND id = %(export_id)s AND state = 'running' AND attempts = %(attempt)s;

-- name: list_expired
-- By the index of expiry; what is being made is left until it is.
SELECT id, blob
FROM export_jobs
WHERE tenant_id = %(tenant_id)s AND expires_at < %(now)s AND state IN ('done', 'failed')
ORDER BY expires_at
LIMIT %(most)s;

-- name: forget_job
-- After its file.
DELETE FROM export_jobs
WHERE tenant_id = %(tenant_id)s AND id = %(export_id)s;
