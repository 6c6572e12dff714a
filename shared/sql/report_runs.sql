-- The times that reports were due, and their mails.

-- name: insert_run
-- Claims a time; no row: somebody else has it.
INSERT INTO report_runs (tenant_id, schedule_id, slot, requested_by, next_attempt_at, created_at)
VALUES (%(tenant_id)s, %(schedule_id)s, %(slot)s, %(requested_by)s, %(now)s, %(now)s)
ON CONFLICT ON CONSTRAINT one_run_per_slot DO NOTHING
RETURNING id;

-- name: insert_report_mails
-- One for each who is on the list at this moment and still wants it.
INSERT INTO report_mails (tenant_id, run_id, kind, recipient_id, address, state, changed_at)
SELECT
    p.tenant_id, %(run_id)s, 'report' AS kind, p.id, p.address,
    CASE WHEN p.unsubscribed_at IS NULL THEN 'waiting' ELSE 'unsubscribed' END AS state, %(now)s
FROM report_recipients AS p
WHERE p.tenant_id = %(tenant_id)s AND p.schedule_id = %(schedule_id)s AND p.listed
ORDER BY p.place;

-- name: skip_slots
-- Times that passed while nobody looked; only the latest is worth sending.
INSERT INTO report_runs (tenant_id, schedule_id, slot, state, detail, created_at, finished_at)
SELECT %(tenant_id)s, %(schedule_id)s, m.slot, 'skipped' AS state, %(detail)s, %(now)s AS created_at,
    %(now)s AS finished_at
FROM unnest(%(slots)s::timestamptz[]) AS m (slot)
ON CONFLICT ON CONSTRAINT one_run_per_slot DO NOTHING;

-- name: take_run
-- The first that waits to be looked at, for as long as a lease lasts; others pass it by meanwhile.
UPDATE report_runs AS r SET
    next_attempt_at = %(until)s,
    attempts = r.attempts + (r.finished_at IS NULL)::integer,
    state = CASE WHEN r.state = 'claimed' THEN 'sending' ELSE r.state END
WHERE r.tenant_id = %(tenant_id)s AND r.id = (
    SELECT o.id
    FROM report_runs AS o
    WHERE o.tenant_id = %(tenant_id)s AND o.next_attempt_at <= %(now)s
    ORDER BY o.next_attempt_at
    LIMIT 1
    FOR UPDATE SKIP LOCKED
)
RETURNING r.id, r.schedule_id, r.slot, r.attempts, r.requested_by, r.detail, r.finished_at;

-- name: doubt_mails
-- Whoever was about to send these is gone: the mail server may have taken them or not, and nobody can tell.
UPDATE report_mails
SET state = 'in_doubt', detail = %(detail)s, changed_at = %(now)s
WHERE tenant_id = %(tenant_id)s AND run_id = %(run_id)s AND state = 'sending';

-- name: find_brief
-- What a run is to send, for whom, and what its owner may see at this moment.
SELECT
    s.id AS schedule_id, s.name, s.report, s.format, s.filters, s.deleted_at,
    t.id AS tenant_id, t.tid, t.name AS tenant, t.time_zone, t.currency,
    u.id AS owner_id, u.oid, u.name AS owner, u.email AS owner_address, u.role AS owner_role
FROM report_schedules AS s
INNER JOIN tenants AS t ON t.id = s.tenant_id
INNER JOIN users AS u ON u.tenant_id = s.tenant_id AND u.id = s.owner_id
WHERE s.tenant_id = %(tenant_id)s AND s.id = %(schedule_id)s;

-- name: list_mails
-- Of a run, those that failed least first, with the role of each who is known to the organisation by that address.
SELECT
    m.id, m.kind, m.recipient_id, m.address, m.state, m.detail, m.attempts, u.known, u.role
FROM report_mails AS m
LEFT JOIN LATERAL (
    SELECT true AS known, p.role
    FROM users AS p
    WHERE p.tenant_id = m.tenant_id AND lower(p.email) = m.address AND m.kind = 'report'
    ORDER BY p.last_seen_at DESC
    LIMIT 1
) AS u ON true
WHERE m.tenant_id = %(tenant_id)s AND m.run_id = %(run_id)s
ORDER BY m.attempts, m.id;

-- name: begin_mail
-- Committed before the mail server is spoken to; no row: somebody else sends it, or it is not wanted any more.
UPDATE report_mails AS m SET state = 'sending', attempts = m.attempts + 1, changed_at = %(now)s
WHERE m.tenant_id = %(tenant_id)s AND m.id = %(mail_id)s AND m.state = 'waiting'
    AND NOT EXISTS (
        SELECT FROM report_recipients AS p
        WHERE p.tenant_id = m.tenant_id AND p.id = m.recipient_id AND p.unsubscribed_at IS NOT NULL
    )
RETURNING m.id;

-- name: set_next_attempt
-- Whoever is at work on it keeps it; NULL: nothing about it is left to be done.
UPDATE report_runs
SET next_attempt_at = %(until)s
WHERE tenant_id = %(tenant_id)s AND id = %(run_id)s;

-- name: end_mail
-- What the mail server said; what it said counts also where others have come to doubt it meanwhile.
UPDATE report_mails
SET state = %(state)s, detail = %(detail)s, changed_at = %(now)s
WHERE tenant_id = %(tenant_id)s AND id = %(mail_id)s AND state IN ('sending', 'in_doubt');

-- name: end_waiting
-- Those that nobody will try to send any more, or that were unsubscribed meanwhile.
UPDATE report_mails AS m SET
    state = CASE WHEN p.unsubscribed_at IS NULL THEN 'failed' ELSE 'unsubscribed' END,
    detail = CASE WHEN p.unsubscribed_at IS NULL THEN %(detail)s END, changed_at = %(now)s
FROM report_recipients AS p
WHERE m.tenant_id = %(tenant_id)s AND m.run_id = %(run_id)s AND m.state = 'waiting'
    AND p.tenant_id = %(tenant_id)s AND p.id = m.recipient_id
    AND (p.unsubscribed_at IS NOT NULL OR %(detail)s::text IS NOT NULL);

-- name: postpone_run
-- To be looked at again, with what has kept it from going out.
UPDATE report_runs
SET next_attempt_at = %(until)s, detail = %(detail)s
WHERE tenant_id = %(tenant_id)s AND id = %(run_id)s;

-- name: finish_run
-- Only one that is under way; whoever comes second changes nothing.
UPDATE report_runs
SET state = %(state)s, detail = %(detail)s, finished_at = %(now)s, next_attempt_at = %(next_attempt_at)s
WHERE tenant_id = %(tenant_id)s AND id = %(run_id)s AND state IN ('claimed', 'sending')
RETURNING id;

-- name: insert_notice
-- To the owner, once for each run.
INSERT INTO report_mails (tenant_id, run_id, kind, address, changed_at)
VALUES (%(tenant_id)s, %(run_id)s, 'notice', %(address)s, %(now)s)
ON CONFLICT ON CONSTRAINT one_mail_per_address DO NOTHING;

-- name: list_runs
-- The latest first, or the one of an id; with what became of each mail to a recipient.
SELECT
    r.id, r.schedule_id, r.slot, r.state, r.detail, r.attempts, r.requested_by, r.created_at, r.finished_at,
    CASE WHEN r.finished_at IS NULL THEN r.next_attempt_at END AS next_attempt_at, m.mails
FROM report_runs AS r
CROSS JOIN LATERAL (
    SELECT
        coalesce(
            jsonb_agg(
                jsonb_build_object('address', e.address, 'state', e.state, 'detail', e.detail, 'at', e.changed_at)
                ORDER BY e.id
            ), '[]'
        ) AS mails
    FROM report_mails AS e
    WHERE e.tenant_id = r.tenant_id AND e.run_id = r.id AND e.kind = 'report'
) AS m
WHERE r.tenant_id = %(tenant_id)s AND r.schedule_id = %(schedule_id)s
    AND (%(run_id)s::bigint IS NULL OR r.id = %(run_id)s)
    AND (r.slot, r.id) < (coalesce(%(before)s::timestamptz, 'infinity'), %(before_id)s)
ORDER BY r.slot DESC, r.id DESC
LIMIT %(page_size)s;

-- name: forget_runs
-- With their mails, the oldest first, some at a time.
WITH old AS (
    SELECT r.id
    FROM report_runs AS r
    WHERE r.tenant_id = %(tenant_id)s AND r.finished_at < %(before)s AND r.next_attempt_at IS NULL
    ORDER BY r.finished_at
    LIMIT %(page_size)s
),

mails AS (
    DELETE FROM report_mails AS m
    USING old AS o
    WHERE m.tenant_id = %(tenant_id)s AND m.run_id = o.id
    RETURNING m.run_id
)

DELETE FROM report_runs AS r
USING old AS o
WHERE r.tenant_id = %(tenant_id)s AND r.id = o.id;
