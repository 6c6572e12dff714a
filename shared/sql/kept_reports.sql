-- What kept reports are known to be old by.

-- name: find_mark
-- One row by two keys, before anything of the report is read: what is read later is as new as this, or newer.
SELECT coalesce(s.version, 0) AS version, coalesce(c.event_seq, 0) AS last_event
FROM (SELECT %(tenant_id)s::bigint AS tenant_id) AS t
LEFT JOIN analytics_state AS s ON s.tenant_id = t.tenant_id
LEFT JOIN tenant_counters AS c ON c.tenant_id = t.tenant_id;
