-- Real time: the role that a person's last token carried, the connections that Web PubSub has told us of, and how
-- much each of them says. Who looks at a task is in Table Storage: heartbeats do not belong here.

-- NULL: not seen since this column is there; 'none': the last token carried no role of ours.
ALTER TABLE users ADD COLUMN role text
CONSTRAINT user_role_is_known CHECK (role IN ('none', 'driver', 'dispatcher', 'manager', 'admin'));

-- A connection is known from its `connect` on, and nothing of it is taken any more once it is closed.
CREATE TABLE realtime_connections (
    tenant_id bigint NOT NULL REFERENCES tenants (id),
    connection_id text NOT NULL,
    user_id bigint NOT NULL,
    role text NOT NULL,
    -- the tasks that it may still be present at: added before Table Storage knows, taken away after
    task_ids bigint[] NOT NULL DEFAULT '{}',
    connected_at timestamptz NOT NULL DEFAULT now(),
    disconnected_at timestamptz,
    PRIMARY KEY (tenant_id, connection_id),
    FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id),
    CONSTRAINT connection_role_is_known CHECK (role IN ('none', 'driver', 'dispatcher', 'manager', 'admin')),
    CONSTRAINT connection_ends_after_it_began CHECK (disconnected_at >= connected_at)
);
CREATE INDEX realtime_connections_open_idx ON realtime_connections (tenant_id, connected_at)
WHERE disconnected_at IS NULL;
CREATE INDEX realtime_connections_user_idx ON realtime_connections (tenant_id, user_id)
WHERE disconnected_at IS NULL;
CREATE INDEX realtime_connections_closed_idx ON realtime_connections (tenant_id, disconnected_at);

-- What each connection said lately. Unlogged: after a crash of the server everybody starts afresh, which is the
-- cheaper mistake.
CREATE UNLOGGED TABLE realtime_marks (
    tenant_id bigint NOT NULL,
    connection_id text NOT NULL,
    moments timestamptz[] NOT NULL,
    event_ids text[] NOT NULL,
    told_at timestamptz,
    PRIMARY KEY (tenant_id, connection_id)
);

DO $$
DECLARE
    v_table text;
BEGIN
    FOREACH v_table IN ARRAY ARRAY['realtime_connections', 'realtime_marks']
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', v_table);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', v_table);
        EXECUTE format(
            'CREATE POLICY tenant_isolation ON %I USING (tenant_id = current_tenant_id())', v_table
        );
    END LOOP;
END
$$;
GRANT SELECT, INSERT, UPDATE, DELETE ON realtime_connections, realtime_marks TO motorpool_app;

-- Records the role that a token carries, puts a change on record, and answers the role before, or null where it is
-- the same or none was known.
CREATE FUNCTION see_role(
    p_tenant_id bigint, p_user_id bigint, p_role text, p_address text, p_invocation_id text
) RETURNS text
LANGUAGE plpgsql
AS $$
DECLARE
    v_before text;
BEGIN
    SELECT u.role INTO v_before FROM users AS u WHERE u.tenant_id = p_tenant_id AND u.id = p_user_id FOR UPDATE;
    IF v_before IS NOT DISTINCT FROM p_role THEN
        RETURN NULL;
    END IF;
    UPDATE users AS u SET role = p_role WHERE u.tenant_id = p_tenant_id AND u.id = p_user_id;
    IF v_before IS NOT NULL THEN
        INSERT INTO audit_log (tenant_id, user_id, action, resource, outcome, address, invocation_id)
        VALUES (
            p_tenant_id, p_user_id, 'role.change', format('user/%s/role/%s', p_user_id, p_role), 'done',
            p_address, p_invocation_id
        );
    END IF;
    RETURN v_before;
END
$$;

-- Who a verified token speaks for, as the function of the same name without a role does, which stays for instances
-- of the release before; and the role before, where it was another one.
CREATE FUNCTION recognise_user(p_tid text, p_oid text, p_name text, p_email text, p_role text)
RETURNS TABLE (
    tenant_id bigint, tid text, tenant_name text, time_zone text, currency text, user_id bigint, role_before text
)
LANGUAGE plpgsql
AS $$
#variable_conflict use_column
BEGIN
    SELECT f.tenant_id, f.tid, f.tenant_name, f.time_zone, f.currency, f.user_id
    INTO tenant_id, tid, tenant_name, time_zone, currency, user_id
    FROM recognise_user(p_tid, p_oid, p_name, p_email) AS f;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    IF EXISTS (
        SELECT FROM users AS u
        WHERE u.tenant_id = recognise_user.tenant_id AND u.id = recognise_user.user_id
            AND u.role IS DISTINCT FROM p_role
    ) THEN
        role_before := see_role(recognise_user.tenant_id, recognise_user.user_id, p_role, NULL, NULL);
    END IF;
    RETURN NEXT;
END
$$;

-- Decides in one round trip what becomes of one event that a connection's client sent. No row: there is no such open
-- connection of that person, or they have no role any more. Otherwise the person, and `verdict`: 'new', 'replayed'
-- (this event was taken before) or 'limited' (there were `p_most` within `p_window`, and `wait` seconds are to pass),
-- whichever instance asks. `tell` is true for the first that is limited within a window. `task_is_there` is about
-- `p_task_id`, which is kept for a connection that joins it before anybody else knows.
CREATE FUNCTION take_user_event(
    p_tenant_id bigint, p_connection_id text, p_user_id bigint, p_event_id text,
    p_task_id bigint, p_joins boolean, p_most integer, p_window interval
) RETURNS TABLE (oid text, name text, verdict text, wait double precision, tell boolean, task_is_there boolean)
LANGUAGE plpgsql
AS $$
#variable_conflict use_column
DECLARE
    v_now timestamptz := clock_timestamp();
    v_moments timestamptz[];
    v_ids text[];
    v_told_at timestamptz;
    v_tasks bigint[];
BEGIN
    PERFORM set_config('motorpool.tenant_id', p_tenant_id::text, true);
    SELECT u.oid, u.name, c.task_ids INTO oid, name, v_tasks
    FROM realtime_connections AS c
    INNER JOIN users AS u ON u.tenant_id = c.tenant_id AND u.id = c.user_id
    WHERE c.tenant_id = p_tenant_id AND c.connection_id = p_connection_id AND c.user_id = p_user_id
        AND c.disconnected_at IS NULL AND u.role IS DISTINCT FROM 'none';
    IF NOT FOUND THEN
        RETURN;
    END IF;
    INSERT INTO realtime_marks (tenant_id, connection_id, moments, event_ids)
    VALUES (p_tenant_id, p_connection_id, '{}', '{}')
    ON CONFLICT DO NOTHING;
    SELECT array(SELECT m FROM unnest(r.moments) AS m WHERE m > v_now - p_window ORDER BY m), r.event_ids, r.told_at
    INTO v_moments, v_ids, v_told_at
    FROM realtime_marks AS r
    WHERE r.tenant_id = p_tenant_id AND r.connection_id = p_connection_id
    FOR UPDATE;
    tell := false;
    IF p_event_id = ANY(v_ids) THEN
        verdict := 'replayed';
    ELSIF cardinality(v_moments) >= p_most THEN
        verdict := 'limited';
        wait := extract(epoch FROM v_moments[cardinality(v_moments) - p_most + 1] + p_window - v_now);
        tell := v_told_at IS NULL OR v_told_at <= v_now - p_window;
        IF tell THEN
            UPDATE realtime_marks AS r SET told_at = v_now
            WHERE r.tenant_id = p_tenant_id AND r.connection_id = p_connection_id;
        END IF;
    ELSE
        verdict := 'new';
        -- a window's ids and one more window's: whoever sends an event again does so within minutes
        UPDATE realtime_marks AS r
        SET moments = v_moments || v_now,
            event_ids = v_ids[greatest(1, cardinality(v_ids) - 2 * p_most + 2):] || p_event_id
        WHERE r.tenant_id = p_tenant_id AND r.connection_id = p_connection_id;
    END IF;
    task_is_there := EXISTS (
        SELECT FROM tasks AS t WHERE t.tenant_id = p_tenant_id AND t.id = p_task_id AND t.deleted_at IS NULL
    );
    IF verdict = 'new' AND task_is_there AND p_joins AND p_task_id <> ALL(v_tasks) THEN
        UPDATE realtime_connections AS c SET task_ids = c.task_ids || p_task_id
        WHERE c.tenant_id = p_tenant_id AND c.connection_id = p_connection_id;
    END IF;
    RETURN NEXT;
END
$$;
