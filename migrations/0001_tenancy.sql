-- Tenants and what every noun rests on: who acts, what was done, what happened, and what was already answered.
-- The application's role sees one tenant a transaction: `motorpool.tenant_id` is set by it, and row security holds
-- every table to that value, for the owner of the tables too.

CREATE EXTENSION IF NOT EXISTS cube;
CREATE EXTENSION IF NOT EXISTS earthdistance;
CREATE EXTENSION IF NOT EXISTS btree_gist;

-- STABLE and without a table behind it, so that a policy costs one comparison and no sub-select per row.
CREATE FUNCTION current_tenant_id() RETURNS bigint
LANGUAGE sql STABLE PARALLEL SAFE
RETURN nullif(current_setting('motorpool.tenant_id', true), '')::bigint;

-- Immutable by construction: it builds the same document from the same three numbers.
CREATE FUNCTION place_json(latitude double precision, longitude double precision, accuracy_m double precision)
RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
AS $$
BEGIN
    IF latitude IS NULL THEN
        RETURN NULL;
    END IF;
    RETURN jsonb_build_object('lat', latitude, 'lng', longitude, 'accuracy_m', accuracy_m);
END
$$;

CREATE TABLE tenants (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tid text NOT NULL,
    name text NOT NULL,
    time_zone text NOT NULL,
    currency text NOT NULL DEFAULT 'USD',
    custody_hours integer NOT NULL DEFAULT 24,
    require_location boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT tenant_tid_is_unique UNIQUE (tid),
    CONSTRAINT tenant_tid_is_not_blank CHECK (btrim(tid) <> ''),
    CONSTRAINT tenant_name_is_not_blank CHECK (btrim(name) <> ''),
    CONSTRAINT tenant_currency_is_iso_4217 CHECK (currency ~ '^[A-Z]{3}$'),
    CONSTRAINT tenant_custody_hours_is_sensible CHECK (custody_hours BETWEEN 1 AND 8760)
);

ALTER TABLE tenants ENABLE ROW LEVEL SECURITY;
ALTER TABLE tenants FORCE ROW LEVEL SECURITY;
-- A token names its tenant by `tid` before the number is known; sweeps walk over the tenants one by one.
CREATE POLICY tenant_sees_itself ON tenants USING (
    id = current_tenant_id()
    OR tid = current_setting('motorpool.tid', true)
    OR current_setting('motorpool.sweep', true) = 'on'
);

CREATE TABLE users (
    tenant_id bigint NOT NULL REFERENCES tenants (id),
    id bigint GENERATED ALWAYS AS IDENTITY,
    oid text NOT NULL,
    name text NOT NULL,
    email text,
    first_seen_at timestamptz NOT NULL DEFAULT now(),
    last_seen_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id),
    CONSTRAINT one_user_per_oid UNIQUE (tenant_id, oid)
);

-- The tenant's counters live in one row that a transaction bumps last, so that numbers are handed out
-- in commit order and without gaps.
CREATE TABLE tenant_counters (
    tenant_id bigint PRIMARY KEY REFERENCES tenants (id),
    event_seq bigint NOT NULL DEFAULT 0
);

-- The outbox and the history of what happened. `seq` orders a tenant's events; `id` alone would not.
CREATE TABLE websocket_events (
    tenant_id bigint NOT NULL REFERENCES tenants (id),
    seq bigint NOT NULL,
    event_type text NOT NULL,
    resource_type text NOT NULL,
    resource_id text NOT NULL,
    user_id bigint,
    payload jsonb NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    published_at timestamptz,
    attempts integer NOT NULL DEFAULT 0,
    PRIMARY KEY (tenant_id, seq),
    FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id)
);
CREATE INDEX websocket_events_resource_idx ON websocket_events (tenant_id, resource_type, resource_id, seq);
CREATE INDEX websocket_events_unpublished_idx ON websocket_events (tenant_id, seq) WHERE published_at IS NULL;

CREATE TABLE idempotency_keys (
    tenant_id bigint NOT NULL,
    user_id bigint NOT NULL,
    route text NOT NULL,
    key text NOT NULL,
    fingerprint bytea NOT NULL,
    status integer,
    headers jsonb,
    body bytea,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, user_id, route, key),
    FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id)
);
CREATE INDEX idempotency_keys_age_idx ON idempotency_keys (tenant_id, created_at);

-- The last moments a user did something that is limited. Unlogged: after a crash of the server everybody starts
-- afresh, which is the cheaper mistake.
CREATE UNLOGGED TABLE rate_limits (
    tenant_id bigint NOT NULL,
    user_id bigint NOT NULL,
    subject text NOT NULL,
    moments timestamptz[] NOT NULL,
    PRIMARY KEY (tenant_id, user_id, subject)
);

CREATE TABLE audit_log (
    tenant_id bigint NOT NULL REFERENCES tenants (id),
    id bigint GENERATED ALWAYS AS IDENTITY,
    user_id bigint,
    action text NOT NULL,
    resource text NOT NULL,
    outcome text NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    address text,
    invocation_id text,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id),
    CONSTRAINT audit_outcome_is_known CHECK (outcome IN ('done', 'refused'))
);
CREATE INDEX audit_log_at_idx ON audit_log (tenant_id, at);

-- Who a verified token speaks for: the tenant by `tid`, and its user, recorded at first sight and renamed when
-- the directory renames them. No row: the tenant is unknown.
CREATE FUNCTION recognise_user(p_tid text, p_oid text, p_name text, p_email text)
RETURNS TABLE (tenant_id bigint, tid text, tenant_name text, time_zone text, currency text, user_id bigint)
LANGUAGE plpgsql
AS $$
#variable_conflict use_column
BEGIN
    PERFORM set_config('motorpool.tid', p_tid, true);
    SELECT t.id, t.tid, t.name, t.time_zone, t.currency
    INTO tenant_id, tid, tenant_name, time_zone, currency
    FROM tenants AS t WHERE t.tid = p_tid;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    PERFORM set_config('motorpool.tenant_id', recognise_user.tenant_id::text, true);
    SELECT u.id INTO user_id
    FROM users AS u
    WHERE u.tenant_id = recognise_user.tenant_id AND u.oid = p_oid
        AND u.name = p_name AND u.email IS NOT DISTINCT FROM p_email
        AND u.last_seen_at > now() - interval '1 hour';
    IF NOT FOUND THEN
        INSERT INTO users AS u (tenant_id, oid, name, email)
        VALUES (recognise_user.tenant_id, p_oid, p_name, p_email)
        ON CONFLICT ON CONSTRAINT one_user_per_oid
        DO UPDATE SET name = excluded.name, email = excluded.email, last_seen_at = now()
        RETURNING u.id INTO user_id;
    END IF;
    RETURN NEXT;
END
$$;

-- Numbers an event and writes it. Called last in a transaction: it takes the tenant's counter row, and whoever
-- holds that decides the order in which commits become visible.
CREATE FUNCTION emit_event(
    p_tenant_id bigint, p_event_type text, p_resource_type text, p_resource_id text,
    p_user_id bigint, p_payload jsonb
) RETURNS bigint
LANGUAGE plpgsql
AS $$
DECLARE
    v_seq bigint;
BEGIN
    INSERT INTO tenant_counters AS c (tenant_id, event_seq) VALUES (p_tenant_id, 1)
    ON CONFLICT (tenant_id) DO UPDATE SET event_seq = c.event_seq + 1
    RETURNING c.event_seq INTO v_seq;
    INSERT INTO websocket_events (tenant_id, seq, event_type, resource_type, resource_id, user_id, payload)
    VALUES (p_tenant_id, v_seq, p_event_type, p_resource_type, p_resource_id, p_user_id, p_payload);
    RETURN v_seq;
END
$$;

-- Seconds to wait before one more is allowed, or null when this one was counted: never more than
-- `p_most` within any `p_window`, whichever instance asks. A transaction that rolls back was never counted.
CREATE FUNCTION take_rate(
    p_tenant_id bigint, p_user_id bigint, p_subject text, p_most integer, p_window interval
) RETURNS double precision
LANGUAGE plpgsql
AS $$
DECLARE
    v_now timestamptz := clock_timestamp();
    v_moments timestamptz[];
BEGIN
    INSERT INTO rate_limits (tenant_id, user_id, subject, moments)
    VALUES (p_tenant_id, p_user_id, p_subject, '{}')
    ON CONFLICT DO NOTHING;
    SELECT array(SELECT m FROM unnest(r.moments) AS m WHERE m > v_now - p_window ORDER BY m)
    INTO v_moments
    FROM rate_limits AS r
    WHERE r.tenant_id = p_tenant_id AND r.user_id = p_user_id AND r.subject = p_subject
    FOR UPDATE;
    IF cardinality(v_moments) >= p_most THEN
        RETURN extract(epoch FROM v_moments[cardinality(v_moments) - p_most + 1] + p_window - v_now);
    END IF;
    UPDATE rate_limits AS r SET moments = v_moments || v_now
    WHERE r.tenant_id = p_tenant_id AND r.user_id = p_user_id AND r.subject = p_subject;
    RETURN NULL;
END
$$;
