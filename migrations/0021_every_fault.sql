-- What both acts of a custody said, and everything that is wrong with an act at once.

-- What each act of a custody said, by its kind: the record shows only the last for what both may say.
CREATE FUNCTION custody_acts(p_tenant_id bigint, p_custody_id bigint) RETURNS jsonb
LANGUAGE sql STABLE
AS $$
    SELECT jsonb_object_agg(e.kind, e.facts) FROM custody_events AS e
    WHERE e.tenant_id = p_tenant_id AND e.custody_id = p_custody_id
$$;

-- A reading below the last accepted one is a slip of the finger or of the meter; either way a person decides.
-- Some tenants want to know where every act happened. The first fault is the broken constraint, with what is on record
-- as its detail; the hint has every one, so that nobody mends one only to be told of the next.
CREATE OR REPLACE FUNCTION refuse_impossible_facts(p_asset assets, p_facts jsonb) RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    v_broken jsonb[] := '{}';
BEGIN
    IF p_facts -> 'location' IS NULL THEN
        IF (SELECT t.require_location FROM tenants AS t WHERE t.id = p_asset.tenant_id) THEN
            v_broken := v_broken || jsonb_build_object('constraint', 'location_is_required');
        END IF;
    END IF;
    IF (p_facts ->> 'odometer_miles')::double precision < p_asset.odometer_miles THEN
        v_broken := v_broken
            || jsonb_build_object('constraint', 'odometer_never_falls', 'measured', p_asset.odometer_miles);
    END IF;
    IF (p_facts ->> 'engine_hours')::double precision < p_asset.engine_hours THEN
        v_broken := v_broken
            || jsonb_build_object('constraint', 'engine_hours_never_fall', 'measured', p_asset.engine_hours);
    END IF;
    IF cardinality(v_broken) > 0 THEN
        RAISE check_violation USING CONSTRAINT = v_broken[1] ->> 'constraint',
            DETAIL = coalesce(v_broken[1] ->> 'measured', ''), HINT = to_jsonb(v_broken)::text,
            MESSAGE = 'the act cannot have been as it is said';
    END IF;
END
$$;
