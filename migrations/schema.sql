-- What the migrations make, all together: to read, never to apply.
-- Written by `python -m local.schema`; a test compares it.

CREATE EXTENSION IF NOT EXISTS btree_gist WITH SCHEMA public;

CREATE EXTENSION IF NOT EXISTS cube WITH SCHEMA public;

CREATE EXTENSION IF NOT EXISTS earthdistance WITH SCHEMA public;

CREATE FUNCTION public.place_json(latitude double precision, longitude double precision, accuracy_m double precision) RETURNS jsonb
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
    AS $$
BEGIN
    IF latitude IS NULL THEN
        RETURN NULL;
    END IF;
    RETURN jsonb_build_object('lat', latitude, 'lng', longitude, 'accuracy_m', accuracy_m);
END
$$;

CREATE TABLE public.asset_checkout_history (
    tenant_id bigint NOT NULL,
    id bigint NOT NULL,
    asset_id bigint NOT NULL,
    user_id bigint NOT NULL,
    action text DEFAULT 'checked_out'::text NOT NULL,
    checkout_time timestamp with time zone NOT NULL,
    checkin_time timestamp with time zone,
    checked_in_by bigint,
    due_at timestamp with time zone,
    checkout_latitude double precision,
    checkout_longitude double precision,
    checkout_accuracy_m double precision,
    checkout_location jsonb GENERATED ALWAYS AS (public.place_json(checkout_latitude, checkout_longitude, checkout_accuracy_m)) STORED,
    checkin_latitude double precision,
    checkin_longitude double precision,
    checkin_accuracy_m double precision,
    checkin_location jsonb GENERATED ALWAYS AS (public.place_json(checkin_latitude, checkin_longitude, checkin_accuracy_m)) STORED,
    photos uuid[] DEFAULT '{}'::uuid[] NOT NULL,
    condition_rating smallint,
    condition_notes text,
    damage jsonb DEFAULT '[]'::jsonb NOT NULL,
    signature bytea,
    checkout_odometer_miles double precision,
    checkin_odometer_miles double precision,
    checkout_engine_hours double precision,
    checkin_engine_hours double precision,
    checkout_fuel_level_percent double precision,
    checkin_fuel_level_percent double precision,
    version bigint DEFAULT 1 NOT NULL,
    CONSTRAINT checked_in_after_checked_out CHECK ((checkin_time >= checkout_time)),
    CONSTRAINT checked_in_by_somebody CHECK (((checkin_time IS NULL) = (checked_in_by IS NULL))),
    CONSTRAINT checkin_place_is_on_earth CHECK ((((checkin_latitude IS NULL) = (checkin_longitude IS NULL)) AND ((checkin_latitude >= ('-90'::integer)::double precision) AND (checkin_latitude <= (90)::double precision)) AND ((checkin_longitude >= ('-180'::integer)::double precision) AND (checkin_longitude <= (180)::double precision)) AND ((checkin_accuracy_m >= (0)::double precision) AND (checkin_accuracy_m <= (10000)::double precision)) AND (NOT ((checkin_latitude = (0)::double precision) AND (checkin_longitude = (0)::double precision))))),
    CONSTRAINT checkout_place_is_on_earth CHECK ((((checkout_latitude IS NULL) = (checkout_longitude IS NULL)) AND ((checkout_latitude >= ('-90'::integer)::double precision) AND (checkout_latitude <= (90)::double precision)) AND ((checkout_longitude >= ('-180'::integer)::double precision) AND (checkout_longitude <= (180)::double precision)) AND ((checkout_accuracy_m >= (0)::double precision) AND (checkout_accuracy_m <= (10000)::double precision)) AND (NOT ((checkout_latitude = (0)::double precision) AND (checkout_longitude = (0)::double precision))))),
    CONSTRAINT condition_notes_are_short CHECK ((length(condition_notes) <= 4000)),
    CONSTRAINT condition_rating_is_1_to_5 CHECK (((condition_rating >= 1) AND (condition_rating <= 5))),
    CONSTRAINT custody_action_matches_its_times CHECK ((action =
CASE
    WHEN (checkin_time IS NULL) THEN 'checked_out'::text
    ELSE 'checked_in'::text
END))
);

ALTER TABLE ONLY public.asset_checkout_history FORCE ROW LEVEL SECURITY;

CREATE FUNCTION public.attach_photos(p_custody public.asset_checkout_history, p_user_id bigint, p_moment text, p_new uuid[], p_uploaded uuid[]) RETURNS void
    LANGUAGE plpgsql
    AS $$
DECLARE
    v_attached bigint;
BEGIN
    INSERT INTO photos (tenant_id, id, user_id, asset_id, custody_id, moment)
    SELECT p_custody.tenant_id, new.id, p_user_id, p_custody.asset_id, p_custody.id, p_moment
    FROM unnest(p_new) AS new (id);
    UPDATE photos AS p
    SET asset_id = p_custody.asset_id, custody_id = p_custody.id, moment = p_moment,
        state = CASE p.state WHEN 'expected' THEN 'pending' ELSE p.state END
    WHERE p.tenant_id = p_custody.tenant_id AND p.id = ANY (p_uploaded)
        AND p.user_id = p_user_id AND p.custody_id IS NULL AND p.state <> 'refused';
    GET DIAGNOSTICS v_attached = ROW_COUNT;
    IF v_attached <> cardinality(p_uploaded) THEN
        RAISE check_violation USING CONSTRAINT = 'uploads_are_free_and_ones_own',
            MESSAGE = 'an upload is unknown, refused, used already, or somebody else''s';
    END IF;
END
$$;

CREATE TABLE public.custody_events (
    tenant_id bigint NOT NULL,
    id bigint NOT NULL,
    custody_id bigint NOT NULL,
    asset_id bigint NOT NULL,
    user_id bigint NOT NULL,
    kind text NOT NULL,
    occurred_at timestamp with time zone NOT NULL,
    recorded_at timestamp with time zone DEFAULT now() NOT NULL,
    device_id text,
    client_seq bigint,
    facts jsonb NOT NULL,
    chain_hash bytea,
    CONSTRAINT custody_event_kind_is_known CHECK ((kind = ANY (ARRAY['checkout'::text, 'checkin'::text])))
);

ALTER TABLE ONLY public.custody_events FORCE ROW LEVEL SECURITY;

CREATE TABLE public.photos (
    tenant_id bigint NOT NULL,
    id uuid NOT NULL,
    user_id bigint NOT NULL,
    asset_id bigint,
    custody_id bigint,
    moment text,
    state text DEFAULT 'pending'::text NOT NULL,
    reason text,
    width integer,
    height integer,
    byte_count integer,
    sha256 bytea,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    processed_at timestamp with time zone,
    attempts integer DEFAULT 0 NOT NULL,
    CONSTRAINT photo_belongs_to_a_moment CHECK (((custody_id IS NULL) = (moment IS NULL))),
    CONSTRAINT photo_moment_is_known CHECK ((moment = ANY (ARRAY['checkout'::text, 'checkin'::text]))),
    CONSTRAINT photo_refused_with_a_reason CHECK (((state = 'refused'::text) = (reason IS NOT NULL))),
    CONSTRAINT photo_state_is_known CHECK ((state = ANY (ARRAY['expected'::text, 'pending'::text, 'ready'::text, 'refused'::text])))
);

ALTER TABLE ONLY public.photos FORCE ROW LEVEL SECURITY;

CREATE TABLE public.users (
    tenant_id bigint NOT NULL,
    id bigint NOT NULL,
    oid text NOT NULL,
    name text NOT NULL,
    email text,
    first_seen_at timestamp with time zone DEFAULT now() NOT NULL,
    last_seen_at timestamp with time zone DEFAULT now() NOT NULL,
    role text,
    CONSTRAINT user_role_is_known CHECK ((role = ANY (ARRAY['none'::text, 'driver'::text, 'dispatcher'::text, 'manager'::text, 'admin'::text])))
);

ALTER TABLE ONLY public.users FORCE ROW LEVEL SECURITY;

CREATE VIEW public.custody_records WITH (security_invoker='true') AS
 SELECT h.tenant_id,
    h.id,
    h.asset_id,
    jsonb_build_object('id', holder.id, 'oid', holder.oid, 'name', holder.name) AS "user",
        CASE
            WHEN (closer.id IS NOT NULL) THEN jsonb_build_object('id', closer.id, 'oid', closer.oid, 'name', closer.name)
            ELSE NULL::jsonb
        END AS checked_in_by,
    h.checkout_time,
    h.checkin_time,
    h.due_at,
    h.checkout_location,
    h.checkin_location,
    COALESCE(( SELECT jsonb_agg(jsonb_build_object('photo_id', p.id, 'moment', p.moment, 'state', p.state) ORDER BY (array_position(h.photos, p.id))) AS jsonb_agg
           FROM public.photos p
          WHERE ((p.tenant_id = h.tenant_id) AND (p.custody_id = h.id))), '[]'::jsonb) AS photos,
    h.condition_rating,
    h.condition_notes,
    h.damage,
    encode(h.signature, 'hex'::text) AS signature_sha256,
    h.checkout_odometer_miles,
    h.checkin_odometer_miles,
    h.checkout_engine_hours,
    h.checkin_engine_hours,
    h.checkout_fuel_level_percent,
    h.checkin_fuel_level_percent,
    ( SELECT encode(e.chain_hash, 'hex'::text) AS encode
           FROM public.custody_events e
          WHERE ((e.tenant_id = h.tenant_id) AND (e.custody_id = h.id))
          ORDER BY e.id DESC
         LIMIT 1) AS chain_hash,
    h.version
   FROM ((public.asset_checkout_history h
     JOIN public.users holder ON (((holder.tenant_id = h.tenant_id) AND (holder.id = h.user_id))))
     LEFT JOIN public.users closer ON (((closer.tenant_id = h.tenant_id) AND (closer.id = h.checked_in_by))));

CREATE FUNCTION public.check_in_asset(p_tenant_id bigint, p_user_id bigint, p_asset_id bigint, p_facts jsonb, p_new_photos uuid[], p_uploads uuid[], p_caller jsonb, p_for_others boolean) RETURNS SETOF public.custody_records
    LANGUAGE plpgsql
    AS $$
DECLARE
    v_asset assets;
    v_custody asset_checkout_history;
    v_time timestamptz := coalesce((p_facts ->> 'occurred_at')::timestamptz, now());
BEGIN
    SELECT * INTO v_custody FROM asset_checkout_history AS h
    WHERE h.tenant_id = p_tenant_id AND h.asset_id = p_asset_id AND h.checkin_time IS NULL
    FOR UPDATE;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    IF v_custody.user_id <> p_user_id AND NOT p_for_others THEN
        RAISE check_violation USING CONSTRAINT = 'checked_in_by_its_holder',
            MESSAGE = 'somebody else holds this asset';
    END IF;
    SELECT * INTO v_asset FROM assets AS a WHERE a.tenant_id = p_tenant_id AND a.id = p_asset_id;
    PERFORM refuse_impossible_facts(v_asset, p_facts);
    UPDATE asset_checkout_history AS h SET
        action = 'checked_in', checkin_time = v_time, checked_in_by = p_user_id,
        checkin_latitude = (p_facts #>> '{location,lat}')::double precision,
        checkin_longitude = (p_facts #>> '{location,lng}')::double precision,
        checkin_accuracy_m = (p_facts #>> '{location,accuracy_m}')::double precision,
        photos = h.photos || p_new_photos || p_uploads,
        condition_rating = (p_facts ->> 'condition_rating')::smallint,
        condition_notes = coalesce(p_facts ->> 'condition_notes', h.condition_notes),
        damage = h.damage || coalesce(p_facts -> 'damage', '[]'),
        signature = coalesce(decode(p_facts ->> 'signature_sha256', 'hex'), h.signature),
        checkin_odometer_miles = (p_facts ->> 'odometer_miles')::double precision,
        checkin_engine_hours = (p_facts ->> 'engine_hours')::double precision,
        checkin_fuel_level_percent = (p_facts ->> 'fuel_level_percent')::double precision,
        version = h.version + 1
    WHERE h.tenant_id = p_tenant_id AND h.id = v_custody.id
    RETURNING * INTO v_custody;
    UPDATE assets AS a SET
        status = 'available',
        odometer_miles = greatest(a.odometer_miles, v_custody.checkin_odometer_miles),
        engine_hours = greatest(a.engine_hours, v_custody.checkin_engine_hours),
        fuel_level_percent = coalesce(v_custody.checkin_fuel_level_percent, a.fuel_level_percent),
        latitude = coalesce(v_custody.checkin_latitude, a.latitude),
        longitude = coalesce(v_custody.checkin_longitude, a.longitude),
        accuracy_m = CASE WHEN v_custody.checkin_latitude IS NULL
            THEN a.accuracy_m ELSE v_custody.checkin_accuracy_m END,
        version = a.version + 1, updated_at = now()
    WHERE a.tenant_id = p_tenant_id AND a.id = p_asset_id;
    IF cardinality(p_new_photos || p_uploads) > 0 THEN
        PERFORM attach_photos(v_custody, p_user_id, 'checkin', p_new_photos, p_uploads);
    END IF;
    PERFORM record_custody_event(v_custody, p_user_id, 'checkin', v_time, p_facts, p_caller);
    RETURN QUERY SELECT * FROM custody_records AS r
    WHERE r.tenant_id = p_tenant_id AND r.id = v_custody.id;
END
$$;

CREATE FUNCTION public.check_out_asset(p_tenant_id bigint, p_user_id bigint, p_asset_id bigint, p_facts jsonb, p_new_photos uuid[], p_uploads uuid[], p_caller jsonb) RETURNS SETOF public.custody_records
    LANGUAGE plpgsql
    AS $$
DECLARE
    v_asset assets;
    v_custody asset_checkout_history;
    v_time timestamptz := coalesce((p_facts ->> 'occurred_at')::timestamptz, now());
BEGIN
    SELECT * INTO v_asset FROM assets AS a
    WHERE a.tenant_id = p_tenant_id AND a.id = p_asset_id AND a.status = 'available';
    IF NOT FOUND THEN
        RETURN;
    END IF;
    PERFORM refuse_impossible_facts(v_asset, p_facts);
    INSERT INTO asset_checkout_history (
        tenant_id, asset_id, user_id, checkout_time, due_at,
        checkout_latitude, checkout_longitude, checkout_accuracy_m,
        photos, condition_rating, condition_notes, damage, signature,
        checkout_odometer_miles, checkout_engine_hours, checkout_fuel_level_percent
    )
    SELECT
        p_tenant_id, p_asset_id, p_user_id, v_time,
        coalesce((p_facts ->> 'due_at')::timestamptz, v_time + make_interval(hours => t.custody_hours)),
        (p_facts #>> '{location,lat}')::double precision, (p_facts #>> '{location,lng}')::double precision,
        (p_facts #>> '{location,accuracy_m}')::double precision,
        p_new_photos || p_uploads, (p_facts ->> 'condition_rating')::smallint, p_facts ->> 'condition_notes',
        coalesce(p_facts -> 'damage', '[]'), decode(p_facts ->> 'signature_sha256', 'hex'),
        (p_facts ->> 'odometer_miles')::double precision, (p_facts ->> 'engine_hours')::double precision,
        (p_facts ->> 'fuel_level_percent')::double precision
    FROM tenants AS t WHERE t.id = p_tenant_id
    ON CONFLICT DO NOTHING
    RETURNING * INTO v_custody;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    UPDATE assets AS a SET
        status = 'checked_out',
        odometer_miles = greatest(a.odometer_miles, v_custody.checkout_odometer_miles),
        engine_hours = greatest(a.engine_hours, v_custody.checkout_engine_hours),
        fuel_level_percent = coalesce(v_custody.checkout_fuel_level_percent, a.fuel_level_percent),
        latitude = coalesce(v_custody.checkout_latitude, a.latitude),
        longitude = coalesce(v_custody.checkout_longitude, a.longitude),
        accuracy_m = CASE WHEN v_custody.checkout_latitude IS NULL
            THEN a.accuracy_m ELSE v_custody.checkout_accuracy_m END,
        version = a.version + 1, updated_at = now()
    WHERE a.tenant_id = p_tenant_id AND a.id = p_asset_id AND a.status = 'available';
    IF NOT FOUND THEN
        RAISE check_violation USING CONSTRAINT = 'asset_is_available',
            MESSAGE = 'the asset was taken out of use at this moment';
    END IF;
    IF cardinality(v_custody.photos) > 0 THEN
        PERFORM attach_photos(v_custody, p_user_id, 'checkout', p_new_photos, p_uploads);
    END IF;
    PERFORM record_custody_event(v_custody, p_user_id, 'checkout', v_time, p_facts, p_caller);
    RETURN QUERY SELECT * FROM custody_records AS r
    WHERE r.tenant_id = p_tenant_id AND r.id = v_custody.id;
END
$$;

CREATE FUNCTION public.current_tenant_id() RETURNS bigint
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN (NULLIF(current_setting('motorpool.tenant_id'::text, true), ''::text))::bigint;

CREATE FUNCTION public.emit_event(p_tenant_id bigint, p_event_type text, p_resource_type text, p_resource_id text, p_user_id bigint, p_payload jsonb) RETURNS bigint
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

CREATE FUNCTION public.ensure_trip_months(p_from date, p_to date) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET "TimeZone" TO 'UTC'
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

CREATE TABLE public.assets (
    tenant_id bigint NOT NULL,
    id bigint NOT NULL,
    asset_tag text NOT NULL,
    asset_name text NOT NULL,
    asset_type text NOT NULL,
    benchmark_class text,
    status text DEFAULT 'available'::text NOT NULL,
    vin text,
    license_plate text,
    make text,
    model text,
    year integer,
    fuel_type text,
    purchase_price numeric(14,2),
    purchase_date date,
    in_service_on date,
    disposed_on date,
    current_value numeric(14,2),
    salvage_value numeric(14,2),
    useful_life_years numeric(5,2),
    depreciation_method text,
    odometer_miles double precision,
    engine_hours double precision,
    fuel_level_percent double precision,
    latitude double precision,
    longitude double precision,
    accuracy_m double precision,
    location jsonb GENERATED ALWAYS AS (public.place_json(latitude, longitude, accuracy_m)) STORED,
    qr_generation integer DEFAULT 1 NOT NULL,
    version bigint DEFAULT 1 NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    first_used_on date,
    CONSTRAINT asset_accuracy_is_sensible CHECK (((accuracy_m >= (0)::double precision) AND (accuracy_m <= (10000)::double precision))),
    CONSTRAINT asset_depreciation_method_is_known CHECK ((depreciation_method = ANY (ARRAY['straight_line'::text, 'declining_balance'::text, 'units_of_use'::text]))),
    CONSTRAINT asset_disposed_after_service CHECK ((disposed_on >= COALESCE(in_service_on, purchase_date))),
    CONSTRAINT asset_fuel_level_is_a_percentage CHECK (((fuel_level_percent >= (0)::double precision) AND (fuel_level_percent <= (100)::double precision))),
    CONSTRAINT asset_fuel_type_is_known CHECK ((fuel_type = ANY (ARRAY['gasoline'::text, 'diesel'::text, 'electric'::text, 'hybrid'::text, 'none'::text]))),
    CONSTRAINT asset_latitude_is_on_earth CHECK (((latitude >= ('-90'::integer)::double precision) AND (latitude <= (90)::double precision))),
    CONSTRAINT asset_longitude_is_on_earth CHECK (((longitude >= ('-180'::integer)::double precision) AND (longitude <= (180)::double precision))),
    CONSTRAINT asset_meters_are_not_negative CHECK (((odometer_miles >= (0)::double precision) AND (engine_hours >= (0)::double precision))),
    CONSTRAINT asset_money_is_not_negative CHECK (((purchase_price >= (0)::numeric) AND (current_value >= (0)::numeric) AND (salvage_value >= (0)::numeric))),
    CONSTRAINT asset_name_is_not_blank CHECK ((btrim(asset_name) <> ''::text)),
    CONSTRAINT asset_place_is_whole CHECK (((latitude IS NULL) = (longitude IS NULL))),
    CONSTRAINT asset_status_is_known CHECK ((status = ANY (ARRAY['available'::text, 'checked_out'::text, 'in_maintenance'::text, 'retired'::text]))),
    CONSTRAINT asset_tag_is_not_blank CHECK ((btrim(asset_tag) <> ''::text)),
    CONSTRAINT asset_type_is_known CHECK ((asset_type = ANY (ARRAY['car'::text, 'van'::text, 'truck'::text, 'trailer'::text, 'equipment'::text, 'tool'::text, 'other'::text]))),
    CONSTRAINT asset_useful_life_is_positive CHECK ((useful_life_years > (0)::numeric)),
    CONSTRAINT asset_year_is_sensible CHECK (((year >= 1886) AND (year <= 2200)))
);

ALTER TABLE ONLY public.assets FORCE ROW LEVEL SECURITY;

CREATE FUNCTION public.fleet(p_tenant_id bigint, p_q text, p_asset_type text, p_status text, p_held_by bigint) RETURNS SETOF public.assets
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

CREATE FUNCTION public.make_trip_month(p_month date) RETURNS boolean
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET "TimeZone" TO 'UTC'
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

CREATE TABLE public.tasks (
    tenant_id bigint NOT NULL,
    id bigint NOT NULL,
    title text NOT NULL,
    description text DEFAULT ''::text NOT NULL,
    status text DEFAULT 'open'::text NOT NULL,
    priority text DEFAULT 'normal'::text NOT NULL,
    asset_id bigint,
    assignee_id bigint,
    due_at timestamp with time zone,
    created_by bigint,
    version bigint DEFAULT 1 NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    vector jsonb DEFAULT '{"server": 1}'::jsonb NOT NULL,
    deleted_at timestamp with time zone,
    CONSTRAINT task_priority_is_known CHECK ((priority = ANY (ARRAY['low'::text, 'normal'::text, 'high'::text, 'urgent'::text]))),
    CONSTRAINT task_status_is_known CHECK ((status = ANY (ARRAY['open'::text, 'in_progress'::text, 'blocked'::text, 'done'::text, 'cancelled'::text]))),
    CONSTRAINT task_title_is_not_blank CHECK ((btrim(title) <> ''::text))
);

ALTER TABLE ONLY public.tasks FORCE ROW LEVEL SECURITY;

CREATE FUNCTION public.present_tasks(p_tenant_id bigint, p_status text, p_priority text, p_asset_id bigint, p_assignee_id bigint) RETURNS SETOF public.tasks
    LANGUAGE sql STABLE
    AS $$
    SELECT *
    FROM tasks AS t
    WHERE t.tenant_id = p_tenant_id AND t.deleted_at IS NULL
        AND (p_status IS NULL OR t.status = p_status)
        AND (p_priority IS NULL OR t.priority = p_priority)
        AND (p_asset_id IS NULL OR t.asset_id = p_asset_id)
        AND (p_assignee_id IS NULL OR t.assignee_id = p_assignee_id)
$$;

CREATE FUNCTION public.recognise_user(p_tid text, p_oid text, p_name text, p_email text) RETURNS TABLE(tenant_id bigint, tid text, tenant_name text, time_zone text, currency text, user_id bigint)
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

CREATE FUNCTION public.recognise_user(p_tid text, p_oid text, p_name text, p_email text, p_role text) RETURNS TABLE(tenant_id bigint, tid text, tenant_name text, time_zone text, currency text, user_id bigint, role_before text)
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

CREATE FUNCTION public.record_custody_event(p_custody public.asset_checkout_history, p_user_id bigint, p_kind text, p_occurred_at timestamp with time zone, p_facts jsonb, p_caller jsonb) RETURNS void
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

CREATE FUNCTION public.refuse_impossible_facts(p_asset public.assets, p_facts jsonb) RETURNS void
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF p_facts -> 'location' IS NULL
        AND (SELECT t.require_location FROM tenants AS t WHERE t.id = p_asset.tenant_id)
    THEN
        RAISE check_violation USING CONSTRAINT = 'location_is_required',
            MESSAGE = 'this tenant records where every act happened';
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

CREATE FUNCTION public.see_role(p_tenant_id bigint, p_user_id bigint, p_role text, p_address text, p_invocation_id text) RETURNS text
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

CREATE FUNCTION public.take_rate(p_tenant_id bigint, p_user_id bigint, p_subject text, p_most integer, p_window interval) RETURNS double precision
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

CREATE FUNCTION public.take_user_event(p_tenant_id bigint, p_connection_id text, p_user_id bigint, p_event_id text, p_task_id bigint, p_joins boolean, p_most integer, p_window interval) RETURNS TABLE(oid text, name text, verdict text, wait double precision, tell boolean, task_is_there boolean)
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

CREATE FUNCTION public.task_values(p_task public.tasks) RETURNS jsonb
    LANGUAGE sql STABLE
    AS $_$
    SELECT jsonb_build_object(
        'title', p_task.title, 'description', p_task.description, 'status', p_task.status,
        'priority', p_task.priority, 'asset_id', p_task.asset_id, 'assignee_id', p_task.assignee_id,
        'due_at', regexp_replace(
            to_char(p_task.due_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), '\.000000Z$', 'Z'
        )
    )
$_$;

CREATE TABLE public.analytics_state (
    tenant_id bigint NOT NULL,
    version bigint DEFAULT 1 NOT NULL,
    rolled_up_at timestamp with time zone,
    proved_at timestamp with time zone
);

ALTER TABLE ONLY public.analytics_state FORCE ROW LEVEL SECURITY;

ALTER TABLE public.asset_checkout_history ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.asset_checkout_history_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

ALTER TABLE public.assets ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.assets_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.audit_log (
    tenant_id bigint NOT NULL,
    id bigint NOT NULL,
    user_id bigint,
    action text NOT NULL,
    resource text NOT NULL,
    outcome text NOT NULL,
    at timestamp with time zone DEFAULT now() NOT NULL,
    address text,
    invocation_id text,
    CONSTRAINT audit_outcome_is_known CHECK ((outcome = ANY (ARRAY['done'::text, 'refused'::text])))
);

ALTER TABLE ONLY public.audit_log FORCE ROW LEVEL SECURITY;

ALTER TABLE public.audit_log ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.audit_log_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.cost_entries (
    tenant_id bigint NOT NULL,
    id bigint NOT NULL,
    source text NOT NULL,
    external_id text NOT NULL,
    asset_id bigint NOT NULL,
    category text NOT NULL,
    amount numeric(14,2) NOT NULL,
    period_start date NOT NULL,
    period_end date NOT NULL,
    quantity double precision,
    unit text,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT cost_category_is_known CHECK ((category = ANY (ARRAY['fuel'::text, 'insurance'::text, 'finance'::text, 'fees'::text, 'tyres'::text, 'tolls'::text, 'accident'::text, 'other'::text]))),
    CONSTRAINT cost_period_is_in_order CHECK ((period_end >= period_start)),
    CONSTRAINT cost_quantity_has_a_unit CHECK (((quantity IS NULL) = (unit IS NULL)))
);

ALTER TABLE ONLY public.cost_entries FORCE ROW LEVEL SECURITY;

ALTER TABLE public.cost_entries ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.cost_entries_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

ALTER TABLE public.custody_events ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.custody_events_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.dirty_days (
    tenant_id bigint NOT NULL,
    asset_id bigint NOT NULL,
    day date NOT NULL
);

ALTER TABLE ONLY public.dirty_days FORCE ROW LEVEL SECURITY;

CREATE TABLE public.fleet_daily (
    tenant_id bigint NOT NULL,
    asset_type text NOT NULL,
    day date NOT NULL,
    active_assets integer NOT NULL,
    trips_count bigint NOT NULL,
    active_us bigint NOT NULL,
    shift_active_us bigint NOT NULL,
    engine_idle_us bigint NOT NULL,
    miles_e6 bigint NOT NULL,
    fuel_e6 bigint NOT NULL,
    active_us_by_hour bigint[] NOT NULL
);

ALTER TABLE ONLY public.fleet_daily FORCE ROW LEVEL SECURITY;

CREATE TABLE public.fuel_prices (
    tenant_id bigint NOT NULL,
    fuel_type text NOT NULL,
    valid_from date NOT NULL,
    price_per_gallon numeric(10,4) NOT NULL,
    CONSTRAINT fuel_price_is_of_a_known_fuel CHECK ((fuel_type = ANY (ARRAY['gasoline'::text, 'diesel'::text, 'electric'::text, 'hybrid'::text]))),
    CONSTRAINT fuel_price_is_positive CHECK ((price_per_gallon > (0)::numeric))
);

ALTER TABLE ONLY public.fuel_prices FORCE ROW LEVEL SECURITY;

CREATE TABLE public.idempotency_keys (
    tenant_id bigint NOT NULL,
    user_id bigint NOT NULL,
    route text NOT NULL,
    key text NOT NULL,
    fingerprint bytea NOT NULL,
    status integer,
    headers jsonb,
    body bytea,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

ALTER TABLE ONLY public.idempotency_keys FORCE ROW LEVEL SECURITY;

CREATE TABLE public.maintenance_records (
    tenant_id bigint NOT NULL,
    id bigint NOT NULL,
    source text NOT NULL,
    external_id text NOT NULL,
    asset_id bigint NOT NULL,
    performed_on date NOT NULL,
    category text NOT NULL,
    total_cost numeric(14,2) NOT NULL,
    downtime_hours double precision,
    odometer_miles double precision,
    description text,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT maintenance_cost_is_not_negative CHECK (((total_cost >= (0)::numeric) AND (downtime_hours >= (0)::double precision)))
);

ALTER TABLE ONLY public.maintenance_records FORCE ROW LEVEL SECURITY;

ALTER TABLE public.maintenance_records ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.maintenance_records_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE UNLOGGED TABLE public.rate_limits (
    tenant_id bigint NOT NULL,
    user_id bigint NOT NULL,
    subject text NOT NULL,
    moments timestamp with time zone[] NOT NULL
);

ALTER TABLE ONLY public.rate_limits FORCE ROW LEVEL SECURITY;

CREATE TABLE public.realtime_connections (
    tenant_id bigint NOT NULL,
    connection_id text NOT NULL,
    user_id bigint NOT NULL,
    role text NOT NULL,
    task_ids bigint[] DEFAULT '{}'::bigint[] NOT NULL,
    connected_at timestamp with time zone DEFAULT now() NOT NULL,
    disconnected_at timestamp with time zone,
    CONSTRAINT connection_ends_after_it_began CHECK ((disconnected_at >= connected_at)),
    CONSTRAINT connection_role_is_known CHECK ((role = ANY (ARRAY['none'::text, 'driver'::text, 'dispatcher'::text, 'manager'::text, 'admin'::text])))
);

ALTER TABLE ONLY public.realtime_connections FORCE ROW LEVEL SECURITY;

CREATE UNLOGGED TABLE public.realtime_marks (
    tenant_id bigint NOT NULL,
    connection_id text NOT NULL,
    moments timestamp with time zone[] NOT NULL,
    event_ids text[] NOT NULL,
    told_at timestamp with time zone
);

ALTER TABLE ONLY public.realtime_marks FORCE ROW LEVEL SECURITY;

CREATE TABLE public.revenue_entries (
    tenant_id bigint NOT NULL,
    id bigint NOT NULL,
    source text NOT NULL,
    external_id text NOT NULL,
    asset_id bigint NOT NULL,
    amount numeric(14,2) NOT NULL,
    earned_on date NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

ALTER TABLE ONLY public.revenue_entries FORCE ROW LEVEL SECURITY;

ALTER TABLE public.revenue_entries ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.revenue_entries_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.signatures (
    tenant_id bigint NOT NULL,
    sha256 bytea NOT NULL,
    media_type text NOT NULL,
    content bytea NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT signature_is_its_own_hash CHECK ((sha256 = sha256(content))),
    CONSTRAINT signature_is_png_or_svg CHECK ((media_type = ANY (ARRAY['image/png'::text, 'image/svg+xml'::text]))),
    CONSTRAINT signature_is_small CHECK (((octet_length(content) >= 1) AND (octet_length(content) <= 262144)))
);

ALTER TABLE ONLY public.signatures FORCE ROW LEVEL SECURITY;

CREATE TABLE public.tags (
    tenant_id bigint NOT NULL,
    id bigint NOT NULL,
    asset_id bigint,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    linked_at timestamp with time zone,
    linked_by bigint,
    revoked_at timestamp with time zone,
    revoked_by bigint,
    CONSTRAINT tag_is_linked_to_an_asset CHECK (((asset_id IS NULL) = (linked_at IS NULL)))
);

ALTER TABLE ONLY public.tags FORCE ROW LEVEL SECURITY;

ALTER TABLE public.tags ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.tags_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.task_changes (
    tenant_id bigint NOT NULL,
    id bigint NOT NULL,
    task_id bigint NOT NULL,
    field text NOT NULL,
    from_value jsonb NOT NULL,
    to_value jsonb NOT NULL,
    user_id bigint,
    replica text NOT NULL COLLATE pg_catalog."C",
    counter bigint NOT NULL,
    base jsonb NOT NULL,
    said_at text,
    changed_at timestamp with time zone NOT NULL,
    effective_at timestamp with time zone NOT NULL,
    outcome text NOT NULL,
    restores bigint,
    conflict jsonb,
    recorded_at timestamp with time zone DEFAULT now() NOT NULL,
    asset_id bigint GENERATED ALWAYS AS (
CASE
    WHEN ((field = 'asset_id'::text) AND (jsonb_typeof(to_value) = 'number'::text)) THEN (to_value)::bigint
    ELSE NULL::bigint
END) STORED,
    assignee_id bigint GENERATED ALWAYS AS (
CASE
    WHEN ((field = 'assignee_id'::text) AND (jsonb_typeof(to_value) = 'number'::text)) THEN (to_value)::bigint
    ELSE NULL::bigint
END) STORED,
    CONSTRAINT change_counter_is_positive CHECK ((counter >= 1)),
    CONSTRAINT change_field_is_known CHECK ((field = ANY (ARRAY['title'::text, 'description'::text, 'status'::text, 'priority'::text, 'asset_id'::text, 'assignee_id'::text, 'due_at'::text]))),
    CONSTRAINT change_outcome_is_known CHECK ((outcome = ANY (ARRAY['applied'::text, 'lost'::text, 'restored'::text])))
);

ALTER TABLE ONLY public.task_changes FORCE ROW LEVEL SECURITY;

ALTER TABLE public.task_changes ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.task_changes_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.task_comments (
    tenant_id bigint NOT NULL,
    id bigint NOT NULL,
    task_id bigint NOT NULL,
    user_id bigint NOT NULL,
    body text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT comment_is_not_blank CHECK ((btrim(body) <> ''::text))
);

ALTER TABLE ONLY public.task_comments FORCE ROW LEVEL SECURITY;

ALTER TABLE public.task_comments ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.task_comments_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

ALTER TABLE public.tasks ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.tasks_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.tenant_counters (
    tenant_id bigint NOT NULL,
    event_seq bigint DEFAULT 0 NOT NULL
);

ALTER TABLE ONLY public.tenant_counters FORCE ROW LEVEL SECURITY;

CREATE TABLE public.tenants (
    id bigint NOT NULL,
    tid text NOT NULL,
    name text NOT NULL,
    time_zone text NOT NULL,
    currency text DEFAULT 'USD'::text NOT NULL,
    custody_hours integer DEFAULT 24 NOT NULL,
    require_location boolean DEFAULT false NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    shift_start time without time zone DEFAULT '08:00:00'::time without time zone NOT NULL,
    shift_end time without time zone DEFAULT '18:00:00'::time without time zone NOT NULL,
    shift_days smallint[] DEFAULT '{1,2,3,4,5}'::smallint[] NOT NULL,
    discount_rate numeric(6,4) DEFAULT 0.08 NOT NULL,
    reimbursement_per_mile numeric(8,4),
    idle_days integer DEFAULT 7 NOT NULL,
    CONSTRAINT tenant_currency_is_iso_4217 CHECK ((currency ~ '^[A-Z]{3}$'::text)),
    CONSTRAINT tenant_custody_hours_is_sensible CHECK (((custody_hours >= 1) AND (custody_hours <= 8760))),
    CONSTRAINT tenant_name_is_not_blank CHECK ((btrim(name) <> ''::text)),
    CONSTRAINT tenant_tid_is_not_blank CHECK ((btrim(tid) <> ''::text))
);

ALTER TABLE ONLY public.tenants FORCE ROW LEVEL SECURITY;

ALTER TABLE public.tenants ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.tenants_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.trip_keys (
    tenant_id bigint NOT NULL,
    source text NOT NULL,
    external_id text NOT NULL,
    trip_id bigint NOT NULL,
    start_time timestamp with time zone NOT NULL
);

ALTER TABLE ONLY public.trip_keys FORCE ROW LEVEL SECURITY;

CREATE TABLE public.trips (
    tenant_id bigint NOT NULL,
    id bigint NOT NULL,
    source text NOT NULL,
    external_id text NOT NULL,
    asset_id bigint NOT NULL,
    user_id bigint,
    start_time timestamp with time zone NOT NULL,
    end_time timestamp with time zone NOT NULL,
    distance_miles double precision,
    fuel_consumed_gallons double precision,
    idle_minutes double precision,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT trip_ends_after_it_starts CHECK ((end_time > start_time)),
    CONSTRAINT trip_measures_are_not_negative CHECK (((distance_miles >= (0)::double precision) AND (fuel_consumed_gallons >= (0)::double precision) AND (idle_minutes >= (0)::double precision)))
)
PARTITION BY RANGE (start_time);

ALTER TABLE ONLY public.trips FORCE ROW LEVEL SECURITY;

ALTER TABLE public.trips ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.trips_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.trips_other (
    tenant_id bigint CONSTRAINT trips_tenant_id_not_null NOT NULL,
    id bigint CONSTRAINT trips_id_not_null NOT NULL,
    source text CONSTRAINT trips_source_not_null NOT NULL,
    external_id text CONSTRAINT trips_external_id_not_null NOT NULL,
    asset_id bigint CONSTRAINT trips_asset_id_not_null NOT NULL,
    user_id bigint,
    start_time timestamp with time zone CONSTRAINT trips_start_time_not_null NOT NULL,
    end_time timestamp with time zone CONSTRAINT trips_end_time_not_null NOT NULL,
    distance_miles double precision,
    fuel_consumed_gallons double precision,
    idle_minutes double precision,
    created_at timestamp with time zone DEFAULT now() CONSTRAINT trips_created_at_not_null NOT NULL,
    CONSTRAINT trip_ends_after_it_starts CHECK ((end_time > start_time)),
    CONSTRAINT trip_measures_are_not_negative CHECK (((distance_miles >= (0)::double precision) AND (fuel_consumed_gallons >= (0)::double precision) AND (idle_minutes >= (0)::double precision)))
);

ALTER TABLE ONLY public.trips_other FORCE ROW LEVEL SECURITY;

ALTER TABLE public.users ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.users_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.util_daily (
    tenant_id bigint NOT NULL,
    asset_id bigint NOT NULL,
    day date NOT NULL,
    trips_count integer NOT NULL,
    trips_without_distance integer NOT NULL,
    active_us bigint NOT NULL,
    shift_active_us bigint NOT NULL,
    engine_idle_us bigint NOT NULL,
    miles_e6 bigint NOT NULL,
    fuel_e6 bigint NOT NULL,
    service_minutes integer NOT NULL,
    shift_minutes integer NOT NULL,
    active_us_by_hour bigint[] NOT NULL
);

ALTER TABLE ONLY public.util_daily FORCE ROW LEVEL SECURITY;

CREATE TABLE public.websocket_events (
    tenant_id bigint NOT NULL,
    seq bigint NOT NULL,
    event_type text NOT NULL,
    resource_type text NOT NULL,
    resource_id text NOT NULL,
    user_id bigint,
    payload jsonb NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    published_at timestamp with time zone,
    attempts integer DEFAULT 0 NOT NULL,
    attempted_at timestamp with time zone
);

ALTER TABLE ONLY public.websocket_events FORCE ROW LEVEL SECURITY;

ALTER TABLE ONLY public.trips ATTACH PARTITION public.trips_other DEFAULT;

ALTER TABLE ONLY public.analytics_state
    ADD CONSTRAINT analytics_state_pkey PRIMARY KEY (tenant_id);

ALTER TABLE ONLY public.asset_checkout_history
    ADD CONSTRAINT asset_checkout_history_pkey PRIMARY KEY (tenant_id, id);

ALTER TABLE ONLY public.assets
    ADD CONSTRAINT asset_tag_is_unique UNIQUE (tenant_id, asset_tag);

ALTER TABLE ONLY public.assets
    ADD CONSTRAINT assets_pkey PRIMARY KEY (tenant_id, id);

ALTER TABLE ONLY public.audit_log
    ADD CONSTRAINT audit_log_pkey PRIMARY KEY (tenant_id, id);

ALTER TABLE ONLY public.cost_entries
    ADD CONSTRAINT cost_entries_pkey PRIMARY KEY (tenant_id, id);

ALTER TABLE ONLY public.cost_entries
    ADD CONSTRAINT cost_entry_is_known_by_its_source UNIQUE (tenant_id, source, external_id);

ALTER TABLE public.cost_entries
    ADD CONSTRAINT cost_period_has_at_most_ten_years CHECK (((period_end - period_start) <= 3660)) NOT VALID;

ALTER TABLE ONLY public.custody_events
    ADD CONSTRAINT custody_events_pkey PRIMARY KEY (tenant_id, id);

ALTER TABLE ONLY public.asset_checkout_history
    ADD CONSTRAINT custody_spans_never_overlap EXCLUDE USING gist (tenant_id WITH =, asset_id WITH =, tstzrange(checkout_time, checkin_time) WITH &&);

ALTER TABLE ONLY public.dirty_days
    ADD CONSTRAINT dirty_days_pkey PRIMARY KEY (tenant_id, asset_id, day);

ALTER TABLE ONLY public.fleet_daily
    ADD CONSTRAINT fleet_daily_pkey PRIMARY KEY (tenant_id, asset_type, day);

ALTER TABLE ONLY public.fuel_prices
    ADD CONSTRAINT fuel_prices_pkey PRIMARY KEY (tenant_id, fuel_type, valid_from);

ALTER TABLE ONLY public.idempotency_keys
    ADD CONSTRAINT idempotency_keys_pkey PRIMARY KEY (tenant_id, user_id, route, key);

ALTER TABLE ONLY public.maintenance_records
    ADD CONSTRAINT maintenance_is_known_by_its_source UNIQUE (tenant_id, source, external_id);

ALTER TABLE ONLY public.maintenance_records
    ADD CONSTRAINT maintenance_records_pkey PRIMARY KEY (tenant_id, id);

ALTER TABLE ONLY public.task_changes
    ADD CONSTRAINT one_change_for_each_dot_and_field UNIQUE (tenant_id, task_id, replica, counter, field);

ALTER TABLE ONLY public.custody_events
    ADD CONSTRAINT one_event_per_kind_and_custody UNIQUE (tenant_id, custody_id, kind);

ALTER TABLE ONLY public.users
    ADD CONSTRAINT one_user_per_oid UNIQUE (tenant_id, oid);

ALTER TABLE ONLY public.photos
    ADD CONSTRAINT photos_pkey PRIMARY KEY (tenant_id, id);

ALTER TABLE ONLY public.rate_limits
    ADD CONSTRAINT rate_limits_pkey PRIMARY KEY (tenant_id, user_id, subject);

ALTER TABLE ONLY public.realtime_connections
    ADD CONSTRAINT realtime_connections_pkey PRIMARY KEY (tenant_id, connection_id);

ALTER TABLE ONLY public.realtime_marks
    ADD CONSTRAINT realtime_marks_pkey PRIMARY KEY (tenant_id, connection_id);

ALTER TABLE ONLY public.revenue_entries
    ADD CONSTRAINT revenue_entries_pkey PRIMARY KEY (tenant_id, id);

ALTER TABLE ONLY public.revenue_entries
    ADD CONSTRAINT revenue_entry_is_known_by_its_source UNIQUE (tenant_id, source, external_id);

ALTER TABLE ONLY public.signatures
    ADD CONSTRAINT signatures_pkey PRIMARY KEY (tenant_id, sha256);

ALTER TABLE ONLY public.tags
    ADD CONSTRAINT tags_pkey PRIMARY KEY (tenant_id, id);

ALTER TABLE ONLY public.task_changes
    ADD CONSTRAINT task_changes_pkey PRIMARY KEY (tenant_id, id);

ALTER TABLE ONLY public.task_comments
    ADD CONSTRAINT task_comments_pkey PRIMARY KEY (tenant_id, id);

ALTER TABLE ONLY public.tasks
    ADD CONSTRAINT tasks_pkey PRIMARY KEY (tenant_id, id);

ALTER TABLE ONLY public.tenant_counters
    ADD CONSTRAINT tenant_counters_pkey PRIMARY KEY (tenant_id);

ALTER TABLE ONLY public.tenants
    ADD CONSTRAINT tenant_tid_is_unique UNIQUE (tid);

ALTER TABLE ONLY public.tenants
    ADD CONSTRAINT tenants_pkey PRIMARY KEY (id);

ALTER TABLE public.trips
    ADD CONSTRAINT trip_has_at_most_31_days CHECK (((end_time - start_time) <= '31 days'::interval)) NOT VALID;

ALTER TABLE ONLY public.trip_keys
    ADD CONSTRAINT trip_keys_pkey PRIMARY KEY (tenant_id, source, external_id);

ALTER TABLE ONLY public.trips
    ADD CONSTRAINT trips_pkey PRIMARY KEY (tenant_id, id, start_time);

ALTER TABLE ONLY public.trips_other
    ADD CONSTRAINT trips_other_pkey PRIMARY KEY (tenant_id, id, start_time);

ALTER TABLE ONLY public.users
    ADD CONSTRAINT users_pkey PRIMARY KEY (tenant_id, id);

ALTER TABLE ONLY public.util_daily
    ADD CONSTRAINT util_daily_pkey PRIMARY KEY (tenant_id, asset_id, day);

ALTER TABLE ONLY public.websocket_events
    ADD CONSTRAINT websocket_events_pkey PRIMARY KEY (tenant_id, seq);

CREATE INDEX assets_latitude_idx ON public.assets USING btree (tenant_id, latitude) WHERE (latitude IS NOT NULL);

CREATE INDEX assets_name_idx ON public.assets USING btree (tenant_id, asset_name, id);

CREATE INDEX assets_status_idx ON public.assets USING btree (tenant_id, status, id);

CREATE INDEX audit_log_at_idx ON public.audit_log USING btree (tenant_id, at);

CREATE INDEX cost_entries_asset_idx ON public.cost_entries USING btree (tenant_id, asset_id, category, period_start);

CREATE INDEX custody_events_asset_idx ON public.custody_events USING btree (tenant_id, asset_id, id);

CREATE INDEX custody_newest_first_idx ON public.asset_checkout_history USING btree (tenant_id, asset_id, checkout_time DESC, id DESC);

CREATE INDEX custody_open_by_due_idx ON public.asset_checkout_history USING btree (tenant_id, due_at, id) WHERE (checkin_time IS NULL);

CREATE INDEX custody_open_by_user_idx ON public.asset_checkout_history USING btree (tenant_id, user_id) WHERE (checkin_time IS NULL);

CREATE INDEX idempotency_keys_age_idx ON public.idempotency_keys USING btree (tenant_id, created_at);

CREATE INDEX maintenance_records_asset_idx ON public.maintenance_records USING btree (tenant_id, asset_id, performed_on);

CREATE UNIQUE INDEX one_open_custody_per_asset ON public.asset_checkout_history USING btree (tenant_id, asset_id) WHERE (checkin_time IS NULL);

CREATE INDEX photos_custody_idx ON public.photos USING btree (tenant_id, custody_id) WHERE (custody_id IS NOT NULL);

CREATE INDEX photos_unfinished_idx ON public.photos USING btree (tenant_id, created_at) WHERE (state = ANY (ARRAY['expected'::text, 'pending'::text]));

CREATE INDEX photos_unused_idx ON public.photos USING btree (tenant_id, processed_at) WHERE ((custody_id IS NULL) AND (state = ANY (ARRAY['ready'::text, 'refused'::text])));

CREATE INDEX realtime_connections_closed_idx ON public.realtime_connections USING btree (tenant_id, disconnected_at);

CREATE INDEX realtime_connections_open_idx ON public.realtime_connections USING btree (tenant_id, connected_at) WHERE (disconnected_at IS NULL);

CREATE INDEX realtime_connections_user_idx ON public.realtime_connections USING btree (tenant_id, user_id) WHERE (disconnected_at IS NULL);

CREATE INDEX revenue_entries_asset_idx ON public.revenue_entries USING btree (tenant_id, asset_id, earned_on);

CREATE INDEX tags_asset_idx ON public.tags USING btree (tenant_id, asset_id, id);

CREATE INDEX task_changes_leader_idx ON public.task_changes USING btree (tenant_id, task_id, field, effective_at DESC, replica DESC, counter DESC);

CREATE INDEX task_changes_newest_idx ON public.task_changes USING btree (tenant_id, task_id, id DESC);

CREATE INDEX task_comments_oldest_idx ON public.task_comments USING btree (tenant_id, task_id, id);

CREATE INDEX tasks_asset_idx ON public.tasks USING btree (tenant_id, asset_id);

CREATE INDEX tasks_assignee_idx ON public.tasks USING btree (tenant_id, assignee_id);

CREATE INDEX tasks_open_idx ON public.tasks USING btree (tenant_id, status, due_at, id);

CREATE INDEX tasks_updated_idx ON public.tasks USING btree (tenant_id, updated_at DESC, id DESC) WHERE (deleted_at IS NULL);

CREATE INDEX trips_asset_time_idx ON ONLY public.trips USING btree (tenant_id, asset_id, start_time);

CREATE INDEX trips_other_tenant_id_asset_id_start_time_idx ON public.trips_other USING btree (tenant_id, asset_id, start_time);

CREATE INDEX util_daily_day_idx ON public.util_daily USING btree (tenant_id, day, asset_id);

CREATE INDEX websocket_events_resource_idx ON public.websocket_events USING btree (tenant_id, resource_type, resource_id, seq);

CREATE INDEX websocket_events_unpublished_idx ON public.websocket_events USING btree (tenant_id, seq) WHERE (published_at IS NULL);

ALTER INDEX public.trips_pkey ATTACH PARTITION public.trips_other_pkey;

ALTER INDEX public.trips_asset_time_idx ATTACH PARTITION public.trips_other_tenant_id_asset_id_start_time_idx;

ALTER TABLE ONLY public.analytics_state
    ADD CONSTRAINT analytics_state_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id);

ALTER TABLE ONLY public.asset_checkout_history
    ADD CONSTRAINT asset_checkout_history_tenant_id_asset_id_fkey FOREIGN KEY (tenant_id, asset_id) REFERENCES public.assets(tenant_id, id);

ALTER TABLE ONLY public.asset_checkout_history
    ADD CONSTRAINT asset_checkout_history_tenant_id_checked_in_by_fkey FOREIGN KEY (tenant_id, checked_in_by) REFERENCES public.users(tenant_id, id);

ALTER TABLE ONLY public.asset_checkout_history
    ADD CONSTRAINT asset_checkout_history_tenant_id_signature_fkey FOREIGN KEY (tenant_id, signature) REFERENCES public.signatures(tenant_id, sha256);

ALTER TABLE ONLY public.asset_checkout_history
    ADD CONSTRAINT asset_checkout_history_tenant_id_user_id_fkey FOREIGN KEY (tenant_id, user_id) REFERENCES public.users(tenant_id, id);

ALTER TABLE ONLY public.assets
    ADD CONSTRAINT assets_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id);

ALTER TABLE ONLY public.audit_log
    ADD CONSTRAINT audit_log_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id);

ALTER TABLE ONLY public.audit_log
    ADD CONSTRAINT audit_log_tenant_id_user_id_fkey FOREIGN KEY (tenant_id, user_id) REFERENCES public.users(tenant_id, id);

ALTER TABLE ONLY public.task_changes
    ADD CONSTRAINT changed_asset_is_known FOREIGN KEY (tenant_id, asset_id) REFERENCES public.assets(tenant_id, id);

ALTER TABLE ONLY public.task_changes
    ADD CONSTRAINT changed_assignee_is_known FOREIGN KEY (tenant_id, assignee_id) REFERENCES public.users(tenant_id, id);

ALTER TABLE ONLY public.cost_entries
    ADD CONSTRAINT cost_entries_tenant_id_asset_id_fkey FOREIGN KEY (tenant_id, asset_id) REFERENCES public.assets(tenant_id, id);

ALTER TABLE ONLY public.cost_entries
    ADD CONSTRAINT cost_entries_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id);

ALTER TABLE ONLY public.custody_events
    ADD CONSTRAINT custody_events_tenant_id_custody_id_fkey FOREIGN KEY (tenant_id, custody_id) REFERENCES public.asset_checkout_history(tenant_id, id);

ALTER TABLE ONLY public.custody_events
    ADD CONSTRAINT custody_events_tenant_id_user_id_fkey FOREIGN KEY (tenant_id, user_id) REFERENCES public.users(tenant_id, id);

ALTER TABLE ONLY public.dirty_days
    ADD CONSTRAINT dirty_days_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id);

ALTER TABLE ONLY public.fleet_daily
    ADD CONSTRAINT fleet_daily_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id);

ALTER TABLE ONLY public.fuel_prices
    ADD CONSTRAINT fuel_prices_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id);

ALTER TABLE ONLY public.idempotency_keys
    ADD CONSTRAINT idempotency_keys_tenant_id_user_id_fkey FOREIGN KEY (tenant_id, user_id) REFERENCES public.users(tenant_id, id);

ALTER TABLE ONLY public.maintenance_records
    ADD CONSTRAINT maintenance_records_tenant_id_asset_id_fkey FOREIGN KEY (tenant_id, asset_id) REFERENCES public.assets(tenant_id, id);

ALTER TABLE ONLY public.maintenance_records
    ADD CONSTRAINT maintenance_records_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id);

ALTER TABLE ONLY public.photos
    ADD CONSTRAINT photos_tenant_id_asset_id_fkey FOREIGN KEY (tenant_id, asset_id) REFERENCES public.assets(tenant_id, id);

ALTER TABLE ONLY public.photos
    ADD CONSTRAINT photos_tenant_id_custody_id_fkey FOREIGN KEY (tenant_id, custody_id) REFERENCES public.asset_checkout_history(tenant_id, id);

ALTER TABLE ONLY public.photos
    ADD CONSTRAINT photos_tenant_id_user_id_fkey FOREIGN KEY (tenant_id, user_id) REFERENCES public.users(tenant_id, id);

ALTER TABLE ONLY public.realtime_connections
    ADD CONSTRAINT realtime_connections_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id);

ALTER TABLE ONLY public.realtime_connections
    ADD CONSTRAINT realtime_connections_tenant_id_user_id_fkey FOREIGN KEY (tenant_id, user_id) REFERENCES public.users(tenant_id, id);

ALTER TABLE ONLY public.revenue_entries
    ADD CONSTRAINT revenue_entries_tenant_id_asset_id_fkey FOREIGN KEY (tenant_id, asset_id) REFERENCES public.assets(tenant_id, id);

ALTER TABLE ONLY public.revenue_entries
    ADD CONSTRAINT revenue_entries_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id);

ALTER TABLE ONLY public.signatures
    ADD CONSTRAINT signatures_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id);

ALTER TABLE ONLY public.tags
    ADD CONSTRAINT tags_tenant_id_asset_id_fkey FOREIGN KEY (tenant_id, asset_id) REFERENCES public.assets(tenant_id, id);

ALTER TABLE ONLY public.tags
    ADD CONSTRAINT tags_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id);

ALTER TABLE ONLY public.tags
    ADD CONSTRAINT tags_tenant_id_linked_by_fkey FOREIGN KEY (tenant_id, linked_by) REFERENCES public.users(tenant_id, id);

ALTER TABLE ONLY public.tags
    ADD CONSTRAINT tags_tenant_id_revoked_by_fkey FOREIGN KEY (tenant_id, revoked_by) REFERENCES public.users(tenant_id, id);

ALTER TABLE ONLY public.task_changes
    ADD CONSTRAINT task_changes_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id);

ALTER TABLE ONLY public.task_changes
    ADD CONSTRAINT task_changes_tenant_id_task_id_fkey FOREIGN KEY (tenant_id, task_id) REFERENCES public.tasks(tenant_id, id);

ALTER TABLE ONLY public.task_changes
    ADD CONSTRAINT task_changes_tenant_id_user_id_fkey FOREIGN KEY (tenant_id, user_id) REFERENCES public.users(tenant_id, id);

ALTER TABLE ONLY public.task_comments
    ADD CONSTRAINT task_comments_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id);

ALTER TABLE ONLY public.task_comments
    ADD CONSTRAINT task_comments_tenant_id_task_id_fkey FOREIGN KEY (tenant_id, task_id) REFERENCES public.tasks(tenant_id, id);

ALTER TABLE ONLY public.task_comments
    ADD CONSTRAINT task_comments_tenant_id_user_id_fkey FOREIGN KEY (tenant_id, user_id) REFERENCES public.users(tenant_id, id);

ALTER TABLE ONLY public.tasks
    ADD CONSTRAINT tasks_tenant_id_asset_id_fkey FOREIGN KEY (tenant_id, asset_id) REFERENCES public.assets(tenant_id, id);

ALTER TABLE ONLY public.tasks
    ADD CONSTRAINT tasks_tenant_id_assignee_id_fkey FOREIGN KEY (tenant_id, assignee_id) REFERENCES public.users(tenant_id, id);

ALTER TABLE ONLY public.tasks
    ADD CONSTRAINT tasks_tenant_id_created_by_fkey FOREIGN KEY (tenant_id, created_by) REFERENCES public.users(tenant_id, id);

ALTER TABLE ONLY public.tasks
    ADD CONSTRAINT tasks_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id);

ALTER TABLE ONLY public.tenant_counters
    ADD CONSTRAINT tenant_counters_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id);

ALTER TABLE ONLY public.trip_keys
    ADD CONSTRAINT trip_keys_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id);

ALTER TABLE public.trips
    ADD CONSTRAINT trips_tenant_id_asset_id_fkey FOREIGN KEY (tenant_id, asset_id) REFERENCES public.assets(tenant_id, id);

ALTER TABLE public.trips
    ADD CONSTRAINT trips_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id);

ALTER TABLE public.trips
    ADD CONSTRAINT trips_tenant_id_user_id_fkey FOREIGN KEY (tenant_id, user_id) REFERENCES public.users(tenant_id, id);

ALTER TABLE ONLY public.users
    ADD CONSTRAINT users_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id);

ALTER TABLE ONLY public.util_daily
    ADD CONSTRAINT util_daily_tenant_id_asset_id_fkey FOREIGN KEY (tenant_id, asset_id) REFERENCES public.assets(tenant_id, id);

ALTER TABLE ONLY public.util_daily
    ADD CONSTRAINT util_daily_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id);

ALTER TABLE ONLY public.websocket_events
    ADD CONSTRAINT websocket_events_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id);

ALTER TABLE ONLY public.websocket_events
    ADD CONSTRAINT websocket_events_tenant_id_user_id_fkey FOREIGN KEY (tenant_id, user_id) REFERENCES public.users(tenant_id, id);

ALTER TABLE public.analytics_state ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.asset_checkout_history ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.assets ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.audit_log ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.cost_entries ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.custody_events ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.dirty_days ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.fleet_daily ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.fuel_prices ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.idempotency_keys ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.maintenance_records ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.photos ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.rate_limits ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.realtime_connections ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.realtime_marks ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.revenue_entries ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.signatures ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.tags ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.task_changes ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.task_comments ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.tasks ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.tenant_counters ENABLE ROW LEVEL SECURITY;

CREATE POLICY tenant_isolation ON public.analytics_state USING ((tenant_id = public.current_tenant_id()));

CREATE POLICY tenant_isolation ON public.asset_checkout_history USING ((tenant_id = public.current_tenant_id()));

CREATE POLICY tenant_isolation ON public.assets USING ((tenant_id = public.current_tenant_id()));

CREATE POLICY tenant_isolation ON public.audit_log USING ((tenant_id = public.current_tenant_id()));

CREATE POLICY tenant_isolation ON public.cost_entries USING ((tenant_id = public.current_tenant_id()));

CREATE POLICY tenant_isolation ON public.custody_events USING ((tenant_id = public.current_tenant_id()));

CREATE POLICY tenant_isolation ON public.dirty_days USING ((tenant_id = public.current_tenant_id()));

CREATE POLICY tenant_isolation ON public.fleet_daily USING ((tenant_id = public.current_tenant_id()));

CREATE POLICY tenant_isolation ON public.fuel_prices USING ((tenant_id = public.current_tenant_id()));

CREATE POLICY tenant_isolation ON public.idempotency_keys USING ((tenant_id = public.current_tenant_id()));

CREATE POLICY tenant_isolation ON public.maintenance_records USING ((tenant_id = public.current_tenant_id()));

CREATE POLICY tenant_isolation ON public.photos USING ((tenant_id = public.current_tenant_id()));

CREATE POLICY tenant_isolation ON public.rate_limits USING ((tenant_id = public.current_tenant_id()));

CREATE POLICY tenant_isolation ON public.realtime_connections USING ((tenant_id = public.current_tenant_id()));

CREATE POLICY tenant_isolation ON public.realtime_marks USING ((tenant_id = public.current_tenant_id()));

CREATE POLICY tenant_isolation ON public.revenue_entries USING ((tenant_id = public.current_tenant_id()));

CREATE POLICY tenant_isolation ON public.signatures USING ((tenant_id = public.current_tenant_id()));

CREATE POLICY tenant_isolation ON public.tags USING ((tenant_id = public.current_tenant_id()));

CREATE POLICY tenant_isolation ON public.task_changes USING ((tenant_id = public.current_tenant_id()));

CREATE POLICY tenant_isolation ON public.task_comments USING ((tenant_id = public.current_tenant_id()));

CREATE POLICY tenant_isolation ON public.tasks USING ((tenant_id = public.current_tenant_id()));

CREATE POLICY tenant_isolation ON public.tenant_counters USING ((tenant_id = public.current_tenant_id()));

CREATE POLICY tenant_isolation ON public.trip_keys USING ((tenant_id = public.current_tenant_id()));

CREATE POLICY tenant_isolation ON public.trips USING ((tenant_id = public.current_tenant_id()));

CREATE POLICY tenant_isolation ON public.trips_other USING ((tenant_id = public.current_tenant_id()));

CREATE POLICY tenant_isolation ON public.users USING ((tenant_id = public.current_tenant_id()));

CREATE POLICY tenant_isolation ON public.util_daily USING ((tenant_id = public.current_tenant_id()));

CREATE POLICY tenant_isolation ON public.websocket_events USING ((tenant_id = public.current_tenant_id()));

CREATE POLICY tenant_sees_itself ON public.tenants USING (((id = public.current_tenant_id()) OR (tid = current_setting('motorpool.tid'::text, true)) OR (current_setting('motorpool.sweep'::text, true) = 'on'::text)));

ALTER TABLE public.tenants ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.trip_keys ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.trips ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.trips_other ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.users ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.util_daily ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.websocket_events ENABLE ROW LEVEL SECURITY;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.asset_checkout_history TO motorpool_app;

GRANT SELECT,INSERT ON TABLE public.custody_events TO motorpool_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.photos TO motorpool_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.users TO motorpool_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.custody_records TO motorpool_app;

REVOKE ALL ON FUNCTION public.ensure_trip_months(p_from date, p_to date) FROM PUBLIC;
GRANT ALL ON FUNCTION public.ensure_trip_months(p_from date, p_to date) TO motorpool_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.assets TO motorpool_app;

REVOKE ALL ON FUNCTION public.make_trip_month(p_month date) FROM PUBLIC;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.tasks TO motorpool_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.analytics_state TO motorpool_app;

GRANT SELECT,INSERT,DELETE ON TABLE public.audit_log TO motorpool_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.cost_entries TO motorpool_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.dirty_days TO motorpool_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.fleet_daily TO motorpool_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.fuel_prices TO motorpool_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.idempotency_keys TO motorpool_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.maintenance_records TO motorpool_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.rate_limits TO motorpool_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.realtime_connections TO motorpool_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.realtime_marks TO motorpool_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.revenue_entries TO motorpool_app;

GRANT SELECT,INSERT ON TABLE public.signatures TO motorpool_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.tags TO motorpool_app;

GRANT SELECT,INSERT ON TABLE public.task_changes TO motorpool_app;

GRANT UPDATE(effective_at) ON TABLE public.task_changes TO motorpool_app;

GRANT UPDATE(outcome) ON TABLE public.task_changes TO motorpool_app;

GRANT SELECT,INSERT ON TABLE public.task_comments TO motorpool_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.tenant_counters TO motorpool_app;

GRANT SELECT ON TABLE public.tenants TO motorpool_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.trip_keys TO motorpool_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.trips TO motorpool_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.trips_other TO motorpool_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.util_daily TO motorpool_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.websocket_events TO motorpool_app;
