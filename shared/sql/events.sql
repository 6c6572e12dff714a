-- What happened in a tenant, numbered without gaps in the order of commits.

-- name: emit_event
-- Takes the tenant's counter row, so it goes last: together with COMMIT, in one round trip.
SELECT
    emit_event(
        %(tenant_id)s, %(event_type)s, %(resource_type)s, %(resource_id)s, %(user_id)s, %(payload)s
    ) AS seq;

-- name: last_seq
-- No row: nothing has happened yet.
SELECT event_seq FROM tenant_counters WHERE tenant_id = %(tenant_id)s;
