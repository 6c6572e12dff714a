-- What every write asks of the database beside its own work, asked with less.

-- Seconds to wait before one more is allowed, or null when this one was counted: never more than
-- `p_most` within any `p_window`, whichever instance asks. A transaction that rolls back was never counted.
CREATE OR REPLACE FUNCTION take_rate(
    p_tenant_id bigint, p_user_id bigint, p_subject text, p_most integer, p_window interval
) RETURNS double precision
LANGUAGE plpgsql
AS $$
DECLARE
    v_now timestamptz := clock_timestamp();
BEGIN
    -- the last `p_most` moments, in order; there is room if the first of so many is long ago, or was never
    INSERT INTO rate_limits AS r (tenant_id, user_id, subject, moments)
    VALUES (p_tenant_id, p_user_id, p_subject, ARRAY[v_now])
    ON CONFLICT (tenant_id, user_id, subject) DO UPDATE
    SET moments = r.moments[cardinality(r.moments) - p_most + 2:]
        || greatest(v_now, r.moments[cardinality(r.moments)])
    WHERE coalesce(r.moments[cardinality(r.moments) - p_most + 1] <= v_now - p_window, true);
    IF FOUND THEN
        RETURN NULL;
    END IF;
    -- by the clock as it is now: those who were counted while this waited for them have later moments than its own
    RETURN (
        SELECT extract(EPOCH FROM r.moments[cardinality(r.moments) - p_most + 1] + p_window - clock_timestamp())
        FROM rate_limits AS r
        WHERE r.tenant_id = p_tenant_id AND r.user_id = p_user_id AND r.subject = p_subject
    );
END
$$;

-- Claims a request's key; false: it is taken. A function, because its statement is planned once for a connection.
CREATE FUNCTION claim_key(p_tenant_id bigint, p_user_id bigint, p_route text, p_key text, p_fingerprint bytea)
RETURNS boolean
LANGUAGE plpgsql
AS $$
BEGIN
    INSERT INTO idempotency_keys (tenant_id, user_id, route, key, fingerprint)
    VALUES (p_tenant_id, p_user_id, p_route, p_key, p_fingerprint)
    ON CONFLICT DO NOTHING;
    RETURN found;
END
$$;

-- Keeps what a request was answered, under its key; a function as above.
CREATE FUNCTION keep_answer(
    p_tenant_id bigint, p_user_id bigint, p_route text, p_key text, p_status integer, p_headers jsonb, p_body bytea
) RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
    UPDATE idempotency_keys AS k SET status = p_status, headers = p_headers, body = p_body
    WHERE k.tenant_id = p_tenant_id AND k.user_id = p_user_id AND k.route = p_route AND k.key = p_key;
END
$$;

-- Numbers an event and writes it. Called last in a transaction: whoever has a tenant's turn decides the order in
-- which commits become visible. The turn is taken before the counter's row, because many who wait for a row are
-- woken twice each, and look at it again each time.
CREATE OR REPLACE FUNCTION emit_event(
    p_tenant_id bigint, p_event_type text, p_resource_type text, p_resource_id text,
    p_user_id bigint, p_payload jsonb
) RETURNS bigint
LANGUAGE plpgsql
AS $$
DECLARE
    v_seq bigint;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('motorpool.events', p_tenant_id));
    INSERT INTO tenant_counters AS c (tenant_id, event_seq) VALUES (p_tenant_id, 1)
    ON CONFLICT (tenant_id) DO UPDATE SET event_seq = c.event_seq + 1
    RETURNING c.event_seq INTO v_seq;
    INSERT INTO websocket_events (tenant_id, seq, event_type, resource_type, resource_id, user_id, payload)
    VALUES (p_tenant_id, v_seq, p_event_type, p_resource_type, p_resource_id, p_user_id, p_payload);
    RETURN v_seq;
END
$$;
