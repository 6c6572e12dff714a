-- What a check-out asks of the database, asked with fewer statements: it is what people wait for at the counter.

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
    RETURN (
        SELECT extract(EPOCH FROM r.moments[cardinality(r.moments) - p_most + 1] + p_window - v_now)
        FROM rate_limits AS r
        WHERE r.tenant_id = p_tenant_id AND r.user_id = p_user_id AND r.subject = p_subject
    );
END
$$;

-- A reading below the last accepted one is a slip of the finger or of the meter; either way a person decides.
-- Some tenants want to know where every act happened.
CREATE OR REPLACE FUNCTION refuse_impossible_facts(p_asset assets, p_facts jsonb) RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
    IF p_facts -> 'location' IS NULL THEN
        IF (SELECT t.require_location FROM tenants AS t WHERE t.id = p_asset.tenant_id) THEN
            RAISE check_violation USING CONSTRAINT = 'location_is_required',
                MESSAGE = 'this tenant records where every act happened';
        END IF;
    END IF;
    IF (p_facts ->> 'odometer_miles')::double precision < p_asset.odometer_miles THEN
        RAISE check_violation USING CONSTRAINT = 'odometer_never_falls', DETAIL = p_asset.odometer_miles::text,
            MESSAGE = 'the odometer reading is below the last one';
    END IF;
    IF (p_facts ->> 'engine_hours')::double precision < p_asset.engine_hours THEN
        RAISE check_violation USING CONSTRAINT = 'engine_hours_never_fall', DETAIL = p_asset.engine_hours::text,
            MESSAGE = 'the engine hours are below the last ones';
    END IF;
END
$$;
