-- What happened in a tenant, numbered without gaps in the order of commits.

-- name: emit_event
-- Takes the tenant's turn, so it goes last: together with COMMIT, in one round trip.
SELECT
    emit_event(
        %(tenant_id)s, %(event_type)s, %(resource_type)s, %(resource_id)s, %(user_id)s, %(payload)s
    ) AS seq;

-- name: take_outbox
-- Only one at a time sends a tenant's events, or they would overtake each other; until the end of the transaction.
SELECT pg_try_advisory_xact_lock(hashtextextended('motorpool.outbox', %(tenant_id)s)) AS taken;

-- name: list_unsent
-- By the partial index of what is unsent, in order.
SELECT seq, event_type AS type, resource_type, resource_id, user_id, created_at AS at, payload AS data
FROM websocket_events
WHERE tenant_id = %(tenant_id)s AND published_at IS NULL
ORDER BY seq
LIMIT %(most)s;

-- name: mark_sent
-- Whoever has the outbox has sent all up to this one; numbers below it that are missing do not exist.
UPDATE websocket_events
SET published_at = now(), attempted_at = now(), attempts = attempts + 1
WHERE tenant_id = %(tenant_id)s AND published_at IS NULL AND seq <= %(seq)s;

-- name: mark_failed
-- The first unsent event stands for all that wait behind it.
UPDATE websocket_events
SET attempted_at = now(), attempts = attempts + 1
WHERE tenant_id = %(tenant_id)s AND seq = %(seq)s;

-- name: last_seq
-- A tenant to which nothing has happened has no counter yet.
SELECT coalesce(max(event_seq), 0) AS seq
FROM tenant_counters
WHERE tenant_id = %(tenant_id)s;

-- name: list_events
-- One row for each event, or one with nothing but the bounds: all of one moment, so that no event comes in between.
WITH bounds AS (
    SELECT coalesce(max(c.event_seq), 0) AS newest, min(w.seq) AS oldest
    FROM (SELECT %(tenant_id)s::bigint AS tenant_id) AS t
    LEFT JOIN tenant_counters AS c ON c.tenant_id = t.tenant_id
    LEFT JOIN LATERAL (
        SELECT k.seq
        FROM websocket_events AS k
        WHERE k.tenant_id = t.tenant_id
        ORDER BY k.seq
        LIMIT 1
    ) AS w ON true
),

wanted AS (
    SELECT seq, event_type AS type, resource_type, resource_id, user_id, created_at AS at, payload AS data
    FROM websocket_events
    WHERE tenant_id = %(tenant_id)s AND seq > %(after_seq)s AND event_type = ANY(%(types)s)
    ORDER BY seq
    LIMIT %(page_size)s
)

SELECT b.newest, b.oldest, e.seq, e.type, e.resource_type, e.resource_id, e.user_id, e.at, e.data
FROM bounds AS b
LEFT JOIN wanted AS e ON true
ORDER BY e.seq;

-- name: forget_events
-- Only from the old end, up to the first that is to stay: what is kept has no hole that nobody could see.
WITH oldest AS (
    SELECT seq, bool_and(published_at IS NOT NULL AND created_at < %(before)s) OVER (ORDER BY seq) AS may_go
    FROM websocket_events
    WHERE tenant_id = %(tenant_id)s
    ORDER BY seq
    LIMIT %(most)s
)

DELETE FROM websocket_events
WHERE tenant_id = %(tenant_id)s
    -- from both sides, so that it is known to be a small part of the table and found by the key
    AND seq >= (SELECT min(o.seq) FROM oldest AS o)
    AND seq <= (
        SELECT max(o.seq)
        FROM oldest AS o
        WHERE o.may_go
    );
