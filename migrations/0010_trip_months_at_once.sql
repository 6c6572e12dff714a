-- Of two that miss the same month at once, the second now finds it: names are looked up in the table of tables, which
-- shows what others have committed meanwhile, where to_regclass() may remember that there was nothing.
--
-- Makes one month and answers whether it was missing. It is filled first and attached then: attaching lets others
-- read and write trips meanwhile, which CREATE TABLE … PARTITION OF would not.
CREATE OR REPLACE FUNCTION make_trip_month(p_month date) RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET timezone = 'UTC'
AS $$
DECLARE
    v_name text := to_char(p_month, '"trips_"YYYY"_"MM');
    v_from timestamptz := p_month;
    v_to timestamptz := p_month + interval '1 month';
BEGIN
    IF to_regclass('public.' || v_name) IS NOT NULL THEN
        RETURN false;
    END IF;
    -- of two that miss the same month, the second waits here and then finds it
    PERFORM pg_advisory_xact_lock(hashtext('motorpool.trip_months'));
    IF EXISTS (
        SELECT 1 FROM pg_class AS c WHERE c.relnamespace = 'public'::regnamespace AND c.relname = v_name
    ) THEN
        RETURN false;
    END IF;
    EXECUTE format('CREATE TABLE public.%I (LIKE public.trips INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', v_name);
    -- the rows of all tenants move, so the owner looks past row security for this one statement; nobody else sees
    -- the table meanwhile, because ALTER TABLE locks it
    ALTER TABLE public.trips_other NO FORCE ROW LEVEL SECURITY;
    EXECUTE format(
        'WITH moved AS (DELETE FROM public.trips_other WHERE start_time >= %L AND start_time < %L RETURNING *) '
        'INSERT INTO public.%I SELECT * FROM moved', v_from, v_to, v_name
    );
    ALTER TABLE public.trips_other FORCE ROW LEVEL SECURITY;
    EXECUTE format('ALTER TABLE public.%I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', v_name);
    EXECUTE format(
        'CREATE POLICY tenant_isolation ON public.%I USING (tenant_id = public.current_tenant_id())', v_name
    );
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON public.%I TO motorpool_app', v_name);
    EXECUTE format(
        'ALTER TABLE public.trips ATTACH PARTITION public.%I FOR VALUES FROM (%L) TO (%L)', v_name, v_from, v_to
    );
    RETURN true;
END
$$;
