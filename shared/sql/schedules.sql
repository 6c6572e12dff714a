-- Schedules of reports, and who gets them.

-- name: insert_schedule
-- With the moment at which it is due next, reckoned by the caller.
INSERT INTO report_schedules (
    tenant_id, name, report, format, filters, cron, enabled, next_run_at, time_zone, owner_id, created_at, updated_at
)
SELECT
    %(tenant_id)s, new.name, new.report, new.format, new.filters, new.cron, new.enabled, %(next_run_at)s,
    %(time_zone)s, %(owner_id)s, %(now)s AS created_at, %(now)s AS updated_at
FROM jsonb_populate_record(NULL::report_schedules, %(document)s) AS new
RETURNING id;

-- name: update_schedule
-- One that the transaction has locked; what the document does not name stays.
UPDATE report_schedules AS s SET
    name = new.name, report = new.report, format = new.format, filters = new.filters, cron = new.cron,
    enabled = new.enabled, next_run_at = %(next_run_at)s, time_zone = %(time_zone)s, version = s.version + 1,
    updated_at = greatest(%(now)s, s.updated_at)
FROM report_schedules AS was
CROSS JOIN LATERAL jsonb_populate_record(was, %(document)s) AS new
WHERE s.tenant_id = %(tenant_id)s AND s.id = %(schedule_id)s AND was.tenant_id = %(tenant_id)s AND was.id = s.id;

-- name: delete_schedule
-- Soft: what was sent stays on record, and links in mails go on working.
UPDATE report_schedules
SET deleted_at = %(now)s, next_run_at = NULL, version = version + 1, updated_at = greatest(%(now)s, updated_at)
WHERE tenant_id = %(tenant_id)s AND id = %(schedule_id)s AND deleted_at IS NULL;

-- name: lock_schedule
-- For a change, or for a claim: neither sees half of the other.
SELECT id, version, report, cron, enabled, next_run_at, time_zone
FROM report_schedules
WHERE tenant_id = %(tenant_id)s AND id = %(schedule_id)s AND deleted_at IS NULL
FOR UPDATE;

-- name: unlist_recipients
-- Before a new list is written; whoever has unsubscribed stays known.
UPDATE report_recipients
SET listed = false
WHERE tenant_id = %(tenant_id)s AND schedule_id = %(schedule_id)s AND listed;

-- name: list_recipients_anew
-- In their order; those who were there before keep their row, and with it their wish to be left alone.
INSERT INTO report_recipients (tenant_id, schedule_id, address, place)
SELECT %(tenant_id)s, %(schedule_id)s, a.address, a.place
FROM unnest(%(addresses)s::text[]) WITH ORDINALITY AS a (address, place)
ON CONFLICT ON CONSTRAINT one_recipient_per_address DO UPDATE SET listed = true, place = excluded.place;

-- name: list_known_roles
-- Of addresses that belong to people of the organisation, whatever capitals they are written in.
SELECT lower(u.email) AS address, u.role
FROM users AS u
WHERE u.tenant_id = %(tenant_id)s AND lower(u.email) = any(%(addresses)s::text[])
ORDER BY u.last_seen_at;

-- name: list_schedules
-- The newest first, or the one of an id; with those who get it and what became of it last.
SELECT
    s.id, s.name, s.report, s.format, s.filters, s.cron, s.enabled, s.next_run_at, s.version, s.created_at,
    s.updated_at, jsonb_build_object('id', u.id, 'oid', u.oid, 'name', u.name) AS owner,
    r.recipients, r.unsubscribed, l.last_result
FROM report_schedules AS s
INNER JOIN users AS u ON u.tenant_id = s.tenant_id AND u.id = s.owner_id
CROSS JOIN LATERAL (
    SELECT
        coalesce(jsonb_agg(p.address ORDER BY p.place), '[]') AS recipients,
        coalesce(
            jsonb_agg(
                jsonb_build_object('address', p.address, 'unsubscribed_at', p.unsubscribed_at) ORDER BY p.place
            ) FILTER (WHERE p.unsubscribed_at IS NOT NULL), '[]'
        ) AS unsubscribed
    FROM report_recipients AS p
    WHERE p.tenant_id = s.tenant_id AND p.schedule_id = s.id AND p.listed
) AS r
LEFT JOIN LATERAL (
    SELECT
        jsonb_build_object(
            'at', t.finished_at, 'state', t.state, 'detail', t.detail, 'slot', t.slot
        ) AS last_result
    FROM report_runs AS t
    WHERE t.tenant_id = s.tenant_id AND t.schedule_id = s.id AND t.state IN ('sent', 'incomplete', 'failed')
    ORDER BY t.slot DESC
    LIMIT 1
) AS l ON true
WHERE s.tenant_id = %(tenant_id)s AND s.deleted_at IS NULL
    AND (%(schedule_id)s::bigint IS NULL OR s.id = %(schedule_id)s)
    AND (%(before_id)s::bigint IS NULL OR s.id < %(before_id)s)
ORDER BY s.id DESC
LIMIT %(page_size)s;

-- name: list_due
-- Schedules of which a time has come, or whose next time was reckoned by clocks that do not count any more.
SELECT s.id, t.time_zone AS present_zone
FROM report_schedules AS s
INNER JOIN tenants AS t ON t.id = s.tenant_id
WHERE s.tenant_id = %(tenant_id)s AND s.enabled AND s.deleted_at IS NULL
    AND (s.next_run_at <= %(now)s OR s.time_zone <> t.time_zone)
ORDER BY s.next_run_at
LIMIT %(page_size)s;

-- name: set_next_run
-- In the transaction that makes the run before it.
UPDATE report_schedules
SET next_run_at = %(next_run_at)s, time_zone = %(time_zone)s
WHERE tenant_id = %(tenant_id)s AND id = %(schedule_id)s;

-- name: find_recipient
-- Behind a link in a mail; also when the address was taken off the list since, or the schedule away.
SELECT p.id, p.address, p.unsubscribed_at, s.name AS schedule, t.name AS tenant, s.report
FROM report_recipients AS p
INNER JOIN report_schedules AS s ON s.tenant_id = p.tenant_id AND s.id = p.schedule_id
INNER JOIN tenants AS t ON t.id = p.tenant_id
WHERE p.tenant_id = %(tenant_id)s AND p.id = %(recipient_id)s;

-- name: set_unsubscribed
-- The first time counts; NULL takes it back.
UPDATE report_recipients
SET unsubscribed_at = CASE WHEN %(at)s::timestamptz IS NOT NULL THEN coalesce(unsubscribed_at, %(at)s) END
WHERE tenant_id = %(tenant_id)s AND id = %(recipient_id)s
RETURNING schedule_id;
