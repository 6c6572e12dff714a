-- Trips live in one partition a calendar month (UTC), so that old months go by dropping a table and a period reads
-- only its own. The months are made by whoever is about to write trips, and by the timer that looks ahead.

-- Makes the months from the one that holds `p_from` to the one that holds `p_to`, and answers how many were missing.
-- The application's role owns nothing and makes no tables, so this runs as the owner, with every name written out.
CREATE FUNCTION ensure_trip_months(p_from date, p_to date) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET timezone = 'UTC'
AS $$
DECLARE
    v_first date := date_trunc('month', p_from);
    v_last date := date_trunc('month', p_to);
    v_made integer := 0;
BEGIN
    -- not NULL and in order; ten years at once is a slip in a date, not a fleet's history
    IF (v_first <= v_last AND v_last < v_first + interval '10 years') IS NOT TRUE THEN
        RAISE check_violation USING CONSTRAINT = 'trip_months_are_in_order_and_few',
            MESSAGE = format('months from %s to %s: give two dates in order, less than ten years apart', p_from, p_to);
    END IF;
    FOR v_month IN 0 .. 12 * (extract(year FROM v_last) - extract(year FROM v_first))::integer
        + (extract(month FROM v_last) - extract(month FROM v_first))::integer
    LOOP
        v_made := v_made + public.make_trip_month((v_first + make_interval(months => v_month))::date)::integer;
    END LOOP;
    RETURN v_made;
END
$$;

-- Makes one month and answers whether it was missing. It is filled first and attached then: attaching lets others
-- read and write trips meanwhile, which CREATE TABLE … PARTITION OF would not.
CREATE FUNCTION make_trip_month(p_month date) RETURNS boolean
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
    -- names are looked up in the table of tables, which shows what others have committed meanwhile, where
    -- to_regclass() may remember that there was nothing
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

REVOKE EXECUTE ON FUNCTION ensure_trip_months, make_trip_month FROM public;
GRANT EXECUTE ON FUNCTION ensure_trip_months TO motorpool_app;
