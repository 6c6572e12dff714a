-- The number of an event is taken last in its transaction, with COMMIT, because whoever holds the tenant's counter
-- makes the others wait.
CREATE OR REPLACE FUNCTION record_custody_event(
    p_custody asset_checkout_history, p_user_id bigint, p_kind text, p_occurred_at timestamptz,
    p_facts jsonb, p_caller jsonb
) RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
    INSERT INTO custody_events (
        tenant_id, custody_id, asset_id, user_id, kind, occurred_at, device_id, client_seq, facts
    ) VALUES (
        p_custody.tenant_id, p_custody.id, p_custody.asset_id, p_user_id, p_kind, p_occurred_at,
        p_facts ->> 'device_id', (p_facts ->> 'client_seq')::bigint,
        p_facts || jsonb_build_object('photos', p_custody.photos)
    );
    INSERT INTO audit_log (tenant_id, user_id, action, resource, outcome, address, invocation_id)
    VALUES (
        p_custody.tenant_id, p_user_id, 'custody.' || p_kind, 'custody/' || p_custody.id, 'done',
        p_caller ->> 'address', p_caller ->> 'invocation_id'
    );
END
$$;
