-- The fleet, filtered: one body for the lists in every order. PostgreSQL puts it into the query that calls it, so each
-- order still uses its own index.
--
-- Search cannot narrow by an index: under row security only leakproof operators may, and ILIKE is none. A tenant's
-- assets are few enough to look at.
CREATE FUNCTION fleet(p_tenant_id bigint, p_q text, p_asset_type text, p_status text, p_held_by bigint)
RETURNS SETOF assets
LANGUAGE sql STABLE
AS $$
    SELECT a.*
    FROM assets AS a
    WHERE a.tenant_id = p_tenant_id
        AND (
            p_q IS NULL
            OR concat_ws(' ', a.asset_name, a.asset_tag, a.license_plate, a.vin, a.make, a.model) ILIKE p_q
        )
        AND (p_asset_type IS NULL OR a.asset_type = p_asset_type)
        AND (p_status IS NULL OR a.status = p_status)
        AND (
            p_held_by IS NULL
            OR EXISTS (
                SELECT 1 FROM asset_checkout_history AS h
                WHERE h.tenant_id = a.tenant_id AND h.asset_id = a.id
                    AND h.user_id = p_held_by AND h.checkin_time IS NULL
            )
        )
$$;
