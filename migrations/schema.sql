-- What the migrations make, all together: to read, never to apply.
-- Written by `python -m local.schema`; a test compares it.

CREATE EXTENSION IF NOT EXISTS btree_gist WITH SCHEMA public;

CREATE EXTENSION IF NOT EXISTS cube WITH SCHEMA public;

CREATE EXTENSION IF NOT EXISTS earthdistance WITH SCHEMA public;

CREATE FUNCTION public.accepted_value(p_tenant_id bigint, p_external_id text) RETURNS double precision
    LANGUAGE plpgsql STABLE
    AS $$
BEGIN
    RETURN (
        SELECT m.value FROM meter_readings AS m
        WHERE m.tenant_id = p_tenant_id AND m.source = 'custody' AND m.external_id = p_external_id
            AND m.state = 'accepted'
    );
END
$$;

CREATE FUNCTION public.accrued(p_amount numeric, p_start date, p_end date, p_day date) RETURNS numeric
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE WHEN (p_day < p_start) THEN (0)::numeric WHEN (p_day >= p_end) THEN p_amount ELSE round(((p_amount * (((p_day - p_start) + 1))::numeric) / (((p_end - p_start) + 1))::numeric), 2) END;

CREATE FUNCTION public.anniversary(p_since date, p_years integer) RETURNS date
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN ((p_since + make_interval(years => p_years)))::date;

CREATE FUNCTION public.asset_costs(p_tenant_id bigint, p_from date, p_to date, p_asset_type text, p_asset_id bigint) RETURNS TABLE(asset_id bigint, maintenance numeric, maintenance_rows bigint, fuel_paid numeric, fuel_paid_rows bigint, fuel_estimated numeric, estimated_e6 numeric, unpriced_e6 numeric, insurance numeric, finance numeric, fees numeric, tyres numeric, tolls numeric, accident numeric, other numeric, estimated_days bigint, revenue numeric, revenue_rows bigint, miles_e6 numeric, fuel_e6 numeric, active_days bigint, trips_without_distance bigint)
    LANGUAGE sql STABLE
    SET enable_nestloop TO 'off'
    SET enable_mergejoin TO 'off'
    SET work_mem TO '32MB'
    SET jit TO 'off'
    SET plan_cache_mode TO 'force_custom_plan'
    AS $$
    WITH chosen AS MATERIALIZED (
        SELECT a.id, coalesce(a.fuel_type, 'none') AS fuel_type
        FROM assets AS a
        WHERE a.tenant_id = p_tenant_id
            AND (p_asset_type IS NULL OR a.asset_type = p_asset_type) AND (p_asset_id IS NULL OR a.id = p_asset_id)
    ),

    shop AS (
        SELECT m.asset_id, sum(m.total_cost) AS amount, count(*) AS entries
        FROM maintenance_records AS m
        WHERE m.tenant_id = p_tenant_id AND m.performed_on BETWEEN p_from AND p_to
            AND (p_asset_id IS NULL OR m.asset_id = p_asset_id)
        GROUP BY m.asset_id
    ),

    earned AS (
        SELECT r.asset_id, sum(r.amount) AS amount, count(*) AS entries
        FROM revenue_entries AS r
        WHERE r.tenant_id = p_tenant_id AND r.earned_on BETWEEN p_from AND p_to
            AND (p_asset_id IS NULL OR r.asset_id = p_asset_id)
        GROUP BY r.asset_id
    ),

    -- by category first: nine conditions on each entry take twice as long
    paid AS (
        SELECT
            e.asset_id, e.category, count(*) AS entries,
            sum(CASE
                WHEN e.period_start >= p_from AND e.period_end <= p_to THEN e.amount
                ELSE accrued(e.amount, e.period_start, e.period_end, p_to)
                    - accrued(e.amount, e.period_start, e.period_end, p_from - 1)
            END) AS amount
        FROM cost_entries AS e
        WHERE e.tenant_id = p_tenant_id AND e.period_start <= p_to AND e.period_end >= p_from
            AND (p_asset_id IS NULL OR e.asset_id = p_asset_id)
        GROUP BY e.asset_id, e.category
    ),

    spent AS (
        SELECT
            p.asset_id,
            sum(p.amount) FILTER (WHERE p.category = 'fuel') AS fuel,
            (sum(p.entries) FILTER (WHERE p.category = 'fuel'))::bigint AS fuel_entries,
            sum(p.amount) FILTER (WHERE p.category = 'insurance') AS insurance,
            sum(p.amount) FILTER (WHERE p.category = 'finance') AS finance,
            sum(p.amount) FILTER (WHERE p.category = 'fees') AS fees,
            sum(p.amount) FILTER (WHERE p.category = 'tyres') AS tyres,
            sum(p.amount) FILTER (WHERE p.category = 'tolls') AS tolls,
            sum(p.amount) FILTER (WHERE p.category = 'accident') AS accident,
            sum(p.amount) FILTER (WHERE p.category = 'other') AS other
        FROM paid AS p
        GROUP BY p.asset_id
    ),

    -- once, and not for each row of use
    days AS MATERIALIZED (
        SELECT f.day, f.month, f.fuel_type, f.price FROM fuel_days(p_tenant_id, first_of_month(p_from), p_to) AS f
    ),

    -- a week counts whole where neither the period nor another price cuts it
    weeks AS MATERIALIZED (
        SELECT
            week_of(d.day) AS first_day, d.month, d.fuel_type, min(d.price) AS price,
            count(*) = week_end(week_of(d.day)) - week_of(d.day) + 1
            AND (week_of(d.day) >= p_from OR week_end(week_of(d.day)) < p_from)
            AND count(DISTINCT d.price) <= 1 AND count(d.price) IN (0, count(*)) AS is_whole
        FROM days AS d
        GROUP BY week_of(d.day), week_end(week_of(d.day)), d.month, d.fuel_type
    ),

    ends AS MATERIALIZED (
        SELECT d.day, d.month, d.fuel_type, d.price
        FROM days AS d
        INNER JOIN weeks AS w ON w.first_day = week_of(d.day) AND w.fuel_type = d.fuel_type
        WHERE NOT w.is_whole
    ),

    used AS (
        SELECT
            w.asset_id, k.month, k.price, k.first_day >= p_from AS is_within, w.all_miles_e6 AS miles_e6,
            w.all_fuel_e6 AS fuel_e6, w.driven_days AS days, w.fuel_days, w.trips_without_distance
        FROM (
            SELECT w.*, c.fuel_type
            FROM util_weekly AS w
            INNER JOIN chosen AS c ON c.id = w.asset_id
            WHERE w.tenant_id = p_tenant_id AND w.first_day BETWEEN first_of_month(p_from) AND p_to
                AND (p_asset_id IS NULL OR w.asset_id = p_asset_id)
            -- a fence: assets times weeks would else be joined to use
            OFFSET 0
        ) AS w
        INNER JOIN weeks AS k ON k.first_day = w.first_day AND k.fuel_type = w.fuel_type AND k.is_whole
        UNION ALL
        SELECT
            c.id, e.month, e.price, e.day >= p_from, u.miles_e6, u.fuel_e6, (u.trips_count > 0)::integer,
            (u.fuel_e6 > 0)::integer, u.trips_without_distance
        FROM util_daily AS u
        INNER JOIN chosen AS c ON c.id = u.asset_id
        INNER JOIN ends AS e ON e.day = u.day AND e.fuel_type = c.fuel_type
        WHERE u.tenant_id = p_tenant_id AND u.day = ANY(array(SELECT DISTINCT e.day FROM ends AS e))
            AND (p_asset_id IS NULL OR u.asset_id = p_asset_id)
    ),

    months AS (
        SELECT
            u.asset_id, u.month,
            total(u.miles_e6) FILTER (WHERE u.is_within) AS miles_e6,
            total(u.fuel_e6) FILTER (WHERE u.is_within) AS fuel_e6,
            total(u.days) FILTER (WHERE u.is_within) AS days,
            total(u.fuel_days) FILTER (WHERE u.is_within) AS fuel_days,
            total(u.trips_without_distance) FILTER (WHERE u.is_within) AS trips_without_distance,
            total(u.fuel_e6) FILTER (WHERE u.is_within AND u.price IS NULL) AS unpriced_e6,
            round(coalesce(sum(u.fuel_e6 * u.price), 0) / 1000000, 2)
            - round(coalesce(sum(u.fuel_e6 * u.price) FILTER (WHERE NOT u.is_within), 0) / 1000000, 2) AS estimated
        FROM used AS u
        GROUP BY u.asset_id, u.month
    ),

    receipts AS (
        SELECT DISTINCT
            e.asset_id, first_of_month(e.period_start) AS first_month, first_of_month(e.period_end) AS last_month
        FROM cost_entries AS e
        WHERE e.tenant_id = p_tenant_id AND e.category = 'fuel'
            AND e.period_start < (first_of_month(p_to) + interval '1 month')::date
            AND e.period_end >= first_of_month(p_from)
            AND (p_asset_id IS NULL OR e.asset_id = p_asset_id)
    ),

    -- hardly a receipt is of several months
    paid_months AS (
        SELECT r.asset_id, r.first_month AS month FROM receipts AS r
        UNION
        SELECT r.asset_id, m.day::date
        FROM receipts AS r
        CROSS JOIN generate_series(r.first_month::timestamp, r.last_month::timestamp, '1 month') AS m (day)
        WHERE r.last_month > r.first_month
    ),

    driven AS (
        SELECT
            m.asset_id, total(m.miles_e6) AS miles_e6, total(m.fuel_e6) AS fuel_e6, total(m.days) AS days,
            total(m.trips_without_distance) AS trips_without_distance,
            sum(m.estimated) FILTER (WHERE p.month IS NULL) AS estimated,
            total(m.fuel_e6) FILTER (WHERE p.month IS NULL) AS estimated_e6,
            total(m.fuel_days) FILTER (WHERE p.month IS NULL) AS estimated_days,
            total(m.unpriced_e6) FILTER (WHERE p.month IS NULL) AS unpriced_e6
        FROM months AS m
        LEFT JOIN paid_months AS p ON p.asset_id = m.asset_id AND p.month = m.month
        GROUP BY m.asset_id
    )

    SELECT
        c.id, coalesce(shop.amount, 0), coalesce(shop.entries, 0), coalesce(spent.fuel, 0),
        coalesce(spent.fuel_entries, 0), coalesce(driven.estimated, 0), coalesce(driven.estimated_e6, 0)::numeric,
        coalesce(driven.unpriced_e6, 0)::numeric, coalesce(spent.insurance, 0), coalesce(spent.finance, 0),
        coalesce(spent.fees, 0), coalesce(spent.tyres, 0), coalesce(spent.tolls, 0), coalesce(spent.accident, 0),
        coalesce(spent.other, 0), coalesce(driven.estimated_days, 0), coalesce(earned.amount, 0),
        coalesce(earned.entries, 0), coalesce(driven.miles_e6, 0)::numeric, coalesce(driven.fuel_e6, 0)::numeric,
        coalesce(driven.days, 0), coalesce(driven.trips_without_distance, 0)
    FROM chosen AS c
    LEFT JOIN shop ON shop.asset_id = c.id
    LEFT JOIN earned ON earned.asset_id = c.id
    LEFT JOIN spent ON spent.asset_id = c.id
    LEFT JOIN driven ON driven.asset_id = c.id
$$;

CREATE FUNCTION public.asset_service(p_tenant_id bigint, p_from date, p_to date) RETURNS TABLE(asset_id bigint, service_days integer, service_minutes bigint, shift_minutes bigint)
    LANGUAGE sql STABLE
    AS $$
    WITH sums AS MATERIALIZED (
        SELECT
            d.day, sum(d.minutes) OVER earlier AS minutes_before, sum(d.shift_minutes) OVER earlier AS shift_before
        FROM tenant_days(p_tenant_id, p_from, p_to + 1) AS d
        WINDOW earlier AS (ORDER BY d.day ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
    )

    SELECT
        a.id AS asset_id, coalesce(s.end_day - s.first_day, 0) AS service_days,
        coalesce(e.minutes_before - coalesce(b.minutes_before, 0), 0)::bigint AS service_minutes,
        coalesce(e.shift_before - coalesce(b.shift_before, 0), 0)::bigint AS shift_minutes
    FROM assets AS a
    LEFT JOIN service_spans(p_tenant_id, p_from, p_to) AS s ON s.asset_id = a.id
    LEFT JOIN sums AS b ON b.day = s.first_day
    LEFT JOIN sums AS e ON e.day = s.end_day
    WHERE a.tenant_id = p_tenant_id
$$;

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
    useful_life_miles numeric(12,1),
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

CREATE FUNCTION public.book_value(p_asset public.assets, p_since date, p_day date, p_miles numeric) RETURNS numeric
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    AS $$
DECLARE
    v_day date := least(p_day, p_asset.disposed_on);
    v_price numeric := p_asset.purchase_price;
    v_salvage numeric := least(coalesce(p_asset.salvage_value, 0), p_asset.purchase_price);
    v_life numeric := p_asset.useful_life_years;
    v_life_miles numeric := p_asset.useful_life_miles;
    v_years integer := whole_years(p_since, least(p_day, p_asset.disposed_on));
    v_began date := anniversary(p_since, v_years);
    v_length integer := anniversary(p_since, v_years + 1) - v_began;
    v_days integer := greatest(0, v_day - v_began);
BEGIN
    IF p_asset.depreciation_method = 'units_of_use' AND v_life_miles IS NOT NULL THEN
        RETURN round(
            v_price - ((v_price - v_salvage) * least(greatest(0, p_miles), v_life_miles))::numeric(60, 20) / v_life_miles,
            2
        );
    END IF;
    -- least() looks past what is not known
    IF v_price IS NULL OR v_life IS NULL THEN
        RETURN NULL;
    END IF;
    IF p_asset.depreciation_method = 'declining_balance' THEN
        IF v_life <= 2 THEN
            v_price := CASE v_years WHEN 0 THEN v_price ELSE 0 END;
            v_life := 2;
        ELSIF v_years > 0 THEN
            v_price := v_price * ((v_life - 2)::numeric(30, 20) / v_life) ^ v_years;
        END IF;
        RETURN round(
            greatest(v_salvage, (v_price * (v_life * v_length - 2 * v_days))::numeric(60, 20) / (v_life * v_length)), 2
        );
    END IF;
    IF v_years * v_length + v_days >= v_life * v_length THEN
        RETURN round(v_salvage, 2);
    END IF;
    RETURN round(
        v_price
        - ((v_price - v_salvage) * (v_years * v_length + v_days))::numeric(60, 20) / (v_life * v_length), 2
    );
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

CREATE FUNCTION public.claim_key(p_tenant_id bigint, p_user_id bigint, p_route text, p_key text, p_fingerprint bytea) RETURNS boolean
    LANGUAGE plpgsql
    AS $$
BEGIN
    INSERT INTO idempotency_keys (tenant_id, user_id, route, key, fingerprint)
    VALUES (p_tenant_id, p_user_id, p_route, p_key, p_fingerprint)
    ON CONFLICT DO NOTHING;
    RETURN found;
END
$$;

CREATE FUNCTION public.current_tenant_id() RETURNS bigint
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN (NULLIF(current_setting('motorpool.tenant_id'::text, true), ''::text))::bigint;

CREATE FUNCTION public.custody_acts(p_tenant_id bigint, p_custody_id bigint) RETURNS jsonb
    LANGUAGE sql STABLE
    AS $$
    SELECT jsonb_object_agg(e.kind, e.facts) FROM custody_events AS e
    WHERE e.tenant_id = p_tenant_id AND e.custody_id = p_custody_id
$$;

CREATE FUNCTION public.custody_miles(p_custody public.asset_checkout_history) RETURNS double precision
    LANGUAGE plpgsql STABLE
    SET plan_cache_mode TO 'force_generic_plan'
    AS $$
DECLARE
    v_began timestamptz := p_custody.checkout_time;
    v_ended timestamptz := p_custody.checkin_time;
    -- nothing takes longer than a month, so months before that are left aside
    v_earliest timestamptz := p_custody.checkout_time - interval '31 days';
    v_miles double precision;
BEGIN
    IF v_ended > v_began AND v_ended <= v_began + interval '31 days' THEN
        v_miles := accepted_value(p_custody.tenant_id, p_custody.id || '-checkin-odometer')
            - accepted_value(p_custody.tenant_id, p_custody.id || '-checkout-odometer');
    END IF;
    IF v_miles > 0 AND NOT EXISTS (
        SELECT FROM meter_replacements AS r
        WHERE r.tenant_id = p_custody.tenant_id AND r.asset_id = p_custody.asset_id AND r.kind = 'odometer'
            AND r.replaced_at > v_began AND r.replaced_at <= v_ended
    ) AND NOT EXISTS (
        SELECT FROM trips AS t
        WHERE t.tenant_id = p_custody.tenant_id AND t.asset_id = p_custody.asset_id AND t.source <> 'custody'
            AND t.start_time > v_earliest AND t.start_time < v_ended AND t.end_time > v_began
    ) THEN
        RETURN round(v_miles::numeric, 3);
    END IF;
    RETURN NULL;
END
$$;

CREATE FUNCTION public.day_minutes(p_day date, p_zone text) RETURNS integer
    LANGUAGE sql STABLE
    AS $$
    SELECT (microseconds(local_midnight(p_day + 1, p_zone) - local_midnight(p_day, p_zone)) / 60000000)::integer
$$;

CREATE FUNCTION public.days_between(p_from date, p_to date) RETURNS SETOF date
    LANGUAGE plpgsql IMMUTABLE ROWS 400
    AS $$
BEGIN
    RETURN QUERY SELECT p_from + n FROM generate_series(0, p_to - p_from) AS n;
END
$$;

CREATE FUNCTION public.emit_event(p_tenant_id bigint, p_event_type text, p_resource_type text, p_resource_id text, p_user_id bigint, p_payload jsonb) RETURNS bigint
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

CREATE FUNCTION public.first_of_month(p_day date) RETURNS date
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN (date_trunc('month'::text, (p_day)::timestamp without time zone))::date;

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

CREATE FUNCTION public.fleet_service(p_tenant_id bigint, p_from date, p_to date, p_asset_type text, p_asset_id bigint) RETURNS TABLE(day date, assets integer, service_minutes bigint, shift_minutes bigint)
    LANGUAGE sql STABLE ROWS 60
    AS $$
    WITH spans AS MATERIALIZED (
        SELECT s.first_day, s.end_day, count(*) AS assets
        FROM service_spans(p_tenant_id, p_from, p_to) AS s
        WHERE (p_asset_type IS NULL OR s.asset_type = p_asset_type)
            AND (p_asset_id IS NULL OR s.asset_id = p_asset_id)
        GROUP BY s.first_day, s.end_day
    ),

    changes AS (
        SELECT e.day, sum(e.change) AS change
        FROM (
            SELECT s.first_day AS day, s.assets AS change FROM spans AS s
            UNION ALL
            SELECT s.end_day, -s.assets FROM spans AS s
        ) AS e
        GROUP BY e.day
    ),

    counts AS (
        SELECT d.day, d.minutes, d.shift_minutes, (sum(coalesce(c.change, 0)) OVER (ORDER BY d.day))::integer AS assets
        FROM tenant_days(p_tenant_id, p_from, p_to) AS d
        LEFT JOIN changes AS c ON c.day = d.day
    )

    SELECT
        n.day, n.assets, n.assets::bigint * n.minutes AS service_minutes,
        n.assets::bigint * n.shift_minutes AS shift_minutes
    FROM counts AS n
    ORDER BY n.day
$$;

CREATE FUNCTION public.fuel_days(p_tenant_id bigint, p_from date, p_to date) RETURNS TABLE(day date, month date, fuel_type text, price numeric)
    LANGUAGE sql STABLE
    AS $$
    SELECT
        d.day::date, first_of_month(d.day::date), f.fuel_type,
        (
            SELECT p.price_per_gallon
            FROM fuel_prices AS p
            WHERE p.tenant_id = p_tenant_id AND p.fuel_type = f.fuel_type AND p.valid_from <= d.day::date
            ORDER BY p.valid_from DESC
            LIMIT 1
        )
    FROM (
        SELECT min(u.day) AS first_day, max(u.day) AS last_day FROM util_daily AS u WHERE u.tenant_id = p_tenant_id
    ) AS known
    CROSS JOIN generate_series(
        greatest(known.first_day, p_from)::timestamp, least(known.last_day, p_to)::timestamp, '1 day'
    ) AS d (day)
    CROSS JOIN unnest(ARRAY['gasoline', 'diesel', 'electric', 'hybrid', 'none']) AS f (fuel_type)
    -- without any use all days would be asked for since the beginning of time
    WHERE known.first_day IS NOT NULL
$$;

CREATE FUNCTION public.harmless(p_text text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE WHEN (ascii(p_text) = ANY (ARRAY[61, 43, 45, 64, 9, 13])) THEN (''''::text || p_text) ELSE p_text END;

CREATE FUNCTION public.idle_assets(p_tenant_id bigint, p_today date, p_min_days integer, p_asset_type text) RETURNS TABLE(asset_id bigint, asset_name text, asset_type text, status text, last_activity_at timestamp with time zone, last_activity text, since date, days_idle integer)
    LANGUAGE sql STABLE ROWS 100
    AS $$
    WITH bound AS MATERIALIZED (
        -- a day more, whatever the clocks were changed by
        SELECT interval '1 day' + longest_trip(p_tenant_id) AS length
    ),

    known AS (
        SELECT
            a.id, a.asset_name, a.asset_type, a.status, t.time_zone, u.day AS last_day, h.last_at, h.last_act,
            service_from(a, t.time_zone) AS began_on
        FROM tenants AS t
        INNER JOIN assets AS a ON a.tenant_id = t.id
        LEFT JOIN LATERAL (
            SELECT d.day
            FROM util_daily AS d
            WHERE d.tenant_id = a.tenant_id AND d.asset_id = a.id
            ORDER BY d.day DESC
            LIMIT 1
        ) AS u ON true
        LEFT JOIN LATERAL (
            SELECT
                coalesce(c.checkin_time, c.checkout_time) AS last_at,
                CASE WHEN c.checkin_time IS NULL THEN 'checkout' ELSE 'checkin' END AS last_act
            FROM asset_checkout_history AS c
            WHERE c.tenant_id = a.tenant_id AND c.asset_id = a.id
            ORDER BY c.checkout_time DESC, c.id DESC
            LIMIT 1
        ) AS h ON true
        WHERE t.id = p_tenant_id AND a.status <> 'retired'
            AND (a.disposed_on IS NULL OR a.disposed_on > p_today)
            AND (p_asset_type IS NULL OR a.asset_type = p_asset_type)
    ),

    quiet AS (
        SELECT k.*
        FROM known AS k
        WHERE k.began_on <= p_today
            AND greatest(0, p_today - coalesce(
                greatest(k.last_day, (k.last_at AT TIME ZONE k.time_zone)::date), k.began_on
            )) >= p_min_days
    ),

    seen AS (
        SELECT
            q.*, greatest(r.ended_at, q.last_at) AS seen_at,
            CASE WHEN r.ended_at >= q.last_at OR q.last_at IS NULL AND r.ended_at IS NOT NULL THEN 'trip' ELSE q.last_act END
                AS seen_act
        FROM quiet AS q
        CROSS JOIN bound AS b
        CROSS JOIN LATERAL (
            -- reckoned apart: under row security an index is not searched for what has yet to be reckoned
            SELECT coalesce(q.last_day::timestamp AT TIME ZONE q.time_zone - b.length, '-infinity') AS looked_from
            OFFSET 0
        ) AS f
        CROSS JOIN LATERAL (
            SELECT max(s.end_time) AS ended_at
            FROM trips AS s
            WHERE s.tenant_id = p_tenant_id AND s.asset_id = q.id AND s.start_time >= f.looked_from
        ) AS r
    ),

    dated AS (
        SELECT s.*, coalesce((s.seen_at AT TIME ZONE s.time_zone)::date, s.began_on) AS idle_since
        FROM seen AS s
    )

    SELECT
        d.id AS asset_id, d.asset_name, d.asset_type, d.status, d.seen_at AS last_activity_at,
        d.seen_act AS last_activity, d.idle_since AS since, greatest(0, p_today - d.idle_since) AS days_idle
    FROM dated AS d
    WHERE greatest(0, p_today - d.idle_since) >= p_min_days
$$;

CREATE FUNCTION public.judge_changed_readings() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    PERFORM judge_readings_again(c.tenant_id, c.asset_id, c.kind)
    FROM (
        SELECT DISTINCT either.tenant_id, either.asset_id, either.kind
        FROM was AS o
        INNER JOIN now_is AS n ON n.tenant_id = o.tenant_id AND n.id = o.id
        CROSS JOIN LATERAL (
            VALUES (o.tenant_id, o.asset_id, o.kind), (n.tenant_id, n.asset_id, n.kind)
        ) AS either (tenant_id, asset_id, kind)
        WHERE (o.asset_id, o.kind, o.read_at, o.value) IS DISTINCT FROM (n.asset_id, n.kind, n.read_at, n.value)
        ORDER BY either.tenant_id, either.asset_id
    ) AS c;
    RETURN NULL;
END
$$;

CREATE FUNCTION public.judge_new_reading() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    PERFORM FROM assets AS a WHERE a.tenant_id = new.tenant_id AND a.id = new.asset_id FOR NO KEY UPDATE;
    new.reason := judge_reading(new);
    new.state := CASE WHEN new.reason IS NULL THEN 'accepted' ELSE 'voided' END;
    RETURN new;
END
$$;

CREATE TABLE public.meter_readings (
    tenant_id bigint NOT NULL,
    id bigint NOT NULL,
    source text NOT NULL,
    external_id text NOT NULL,
    asset_id bigint NOT NULL,
    kind text NOT NULL,
    read_at timestamp with time zone NOT NULL,
    value double precision NOT NULL,
    state text DEFAULT 'accepted'::text NOT NULL,
    reason text,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT meter_reading_is_zero_or_more CHECK ((value >= (0)::double precision)),
    CONSTRAINT meter_reading_kind_is_known CHECK ((kind = ANY (ARRAY['odometer'::text, 'engine_hours'::text]))),
    CONSTRAINT meter_reading_voided_with_a_reason CHECK (
CASE state
    WHEN 'accepted'::text THEN (reason IS NULL)
    WHEN 'voided'::text THEN (reason = ANY (ARRAY['below_earlier'::text, 'rises_too_fast'::text, 'above_later'::text, 'later_rises_too_fast'::text]))
    ELSE false
END)
);

ALTER TABLE ONLY public.meter_readings FORCE ROW LEVEL SECURITY;

CREATE FUNCTION public.judge_reading(p_reading public.meter_readings) RETURNS text
    LANGUAGE plpgsql STABLE
    AS $$
BEGIN
    -- one statement, not one for each neighbour: this is part of every check-out
    RETURN (
        SELECT
            CASE
                WHEN p_reading.value < before.value THEN 'below_earlier'
                WHEN p_reading.value - before.value > meter_may_rise(p_reading.kind, p_reading.read_at - before.known_at)
                    THEN 'rises_too_fast'
                WHEN p_reading.value > later.value THEN 'above_later'
                WHEN later.value - p_reading.value > meter_may_rise(p_reading.kind, later.known_at - p_reading.read_at)
                    THEN 'later_rises_too_fast'
            END
        FROM (VALUES (0)) AS always
        LEFT JOIN LATERAL (
            SELECT k.known_at, k.value
            FROM (
                (
                    SELECT m.read_at AS known_at, m.value, 1 AS turn
                    FROM meter_readings AS m
                    WHERE m.tenant_id = p_reading.tenant_id AND m.asset_id = p_reading.asset_id
                        AND m.kind = p_reading.kind AND m.read_at <= p_reading.read_at
                        AND m.state = 'accepted' AND m.id < p_reading.id
                    ORDER BY m.read_at DESC, m.id DESC LIMIT 1
                )
                UNION ALL
                (
                    SELECT r.replaced_at, r.start_value, 0
                    FROM meter_replacements AS r
                    WHERE r.tenant_id = p_reading.tenant_id AND r.asset_id = p_reading.asset_id
                        AND r.kind = p_reading.kind AND r.replaced_at <= p_reading.read_at
                    ORDER BY r.replaced_at DESC LIMIT 1
                )
            ) AS k
            ORDER BY k.known_at DESC, k.turn DESC LIMIT 1
        ) AS before ON true
        LEFT JOIN LATERAL (
            SELECT k.known_at, k.value
            FROM (
                (
                    SELECT m.read_at AS known_at, m.value, 1 AS turn
                    FROM meter_readings AS m
                    WHERE m.tenant_id = p_reading.tenant_id AND m.asset_id = p_reading.asset_id
                        AND m.kind = p_reading.kind AND m.read_at > p_reading.read_at
                        AND m.state = 'accepted' AND m.id < p_reading.id
                    ORDER BY m.read_at, m.id LIMIT 1
                )
                UNION ALL
                (
                    SELECT r.replaced_at, NULL, 0
                    FROM meter_replacements AS r
                    WHERE r.tenant_id = p_reading.tenant_id AND r.asset_id = p_reading.asset_id
                        AND r.kind = p_reading.kind AND r.replaced_at > p_reading.read_at
                    ORDER BY r.replaced_at LIMIT 1
                )
            ) AS k
            ORDER BY k.known_at, k.turn LIMIT 1
        ) AS later ON true
    );
END
$$;

CREATE FUNCTION public.judge_readings_again(p_tenant_id bigint, p_asset_id bigint, p_kind text) RETURNS void
    LANGUAGE plpgsql
    AS $$
DECLARE
    v_reading meter_readings;
    v_reason text;
    v_from timestamptz := 'infinity';
    v_to timestamptz := '-infinity';
BEGIN
    PERFORM FROM assets AS a WHERE a.tenant_id = p_tenant_id AND a.id = p_asset_id FOR NO KEY UPDATE;
    FOR v_reading IN
        SELECT * FROM meter_readings AS m
        WHERE m.tenant_id = p_tenant_id AND m.asset_id = p_asset_id AND m.kind = p_kind
        ORDER BY m.id
    LOOP
        v_reason := judge_reading(v_reading);
        v_from := least(v_from, v_reading.read_at);
        v_to := greatest(v_to, v_reading.read_at);
        CONTINUE WHEN v_reason IS NOT DISTINCT FROM v_reading.reason;
        UPDATE meter_readings AS m
        SET reason = v_reason, state = CASE WHEN v_reason IS NULL THEN 'accepted' ELSE 'voided' END
        WHERE m.tenant_id = p_tenant_id AND m.id = v_reading.id;
    END LOOP;
    PERFORM show_meter(p_tenant_id, p_asset_id, p_kind);
    IF p_kind = 'odometer' AND v_from < v_to THEN
        PERFORM settle_custody_trips(p_tenant_id, ARRAY[p_asset_id], ARRAY[v_from], ARRAY[v_to]);
    END IF;
END
$$;

CREATE FUNCTION public.judge_with_new_meter() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    PERFORM judge_readings_again(new.tenant_id, new.asset_id, new.kind);
    RETURN NULL;
END
$$;

CREATE FUNCTION public.keep_answer(p_tenant_id bigint, p_user_id bigint, p_route text, p_key text, p_status integer, p_headers jsonb, p_body bytea) RETURNS void
    LANGUAGE plpgsql
    AS $$
BEGIN
    UPDATE idempotency_keys AS k SET status = p_status, headers = p_headers, body = p_body
    WHERE k.tenant_id = p_tenant_id AND k.user_id = p_user_id AND k.route = p_route AND k.key = p_key;
END
$$;

CREATE FUNCTION public.keep_meter_beside_voided() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
DECLARE
    v_kind text;
BEGIN
    FOR v_kind IN
        SELECT m.kind FROM meter_readings AS m
        WHERE m.tenant_id = new.tenant_id AND m.asset_id = new.id AND m.created_at = now()
            AND m.state = 'voided' AND m.source = 'custody'
            AND m.value = CASE m.kind WHEN 'odometer' THEN new.odometer_miles ELSE new.engine_hours END
    LOOP
        IF v_kind = 'odometer' THEN
            new.odometer_miles := old.odometer_miles;
        ELSE
            new.engine_hours := old.engine_hours;
        END IF;
    END LOOP;
    RETURN new;
END
$$;

CREATE FUNCTION public.keep_tenants_apart(VARIADIC p_tables text[]) RETURNS void
    LANGUAGE plpgsql
    AS $$
DECLARE
    v_table text;
BEGIN
    FOREACH v_table IN ARRAY p_tables
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', v_table);
        EXECUTE format(
            'CREATE POLICY tenant_isolation ON %I USING (tenant_id = current_tenant_id())', v_table
        );
    END LOOP;
END
$$;

CREATE FUNCTION public.keep_valuation() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    INSERT INTO asset_valuations (tenant_id, asset_id, as_of, amount, source)
    SELECT
        NEW.tenant_id, NEW.id,
        (CASE WHEN TG_OP = 'INSERT' THEN NEW.created_at ELSE now() END AT TIME ZONE t.time_zone)::date,
        NEW.current_value, 'asset' AS source
    FROM tenants AS t
    WHERE t.id = NEW.tenant_id
        AND NEW.current_value IS DISTINCT FROM (
            SELECT v.amount FROM asset_valuations AS v
            WHERE v.tenant_id = NEW.tenant_id AND v.asset_id = NEW.id
            ORDER BY v.as_of DESC
            LIMIT 1
        )
    ON CONFLICT (tenant_id, asset_id, as_of) DO UPDATE SET amount = excluded.amount, source = excluded.source;
    RETURN NULL;
END
$$;

CREATE FUNCTION public.local_midnight(p_day date, p_zone text) RETURNS timestamp with time zone
    LANGUAGE plpgsql STABLE
    AS $$
DECLARE
    v_midnight timestamptz := p_day::timestamp AT TIME ZONE p_zone;
    v_earlier timestamptz := v_midnight - (
        (v_midnight - interval '1 day') AT TIME ZONE p_zone + interval '1 day' - p_day::timestamp
    );
BEGIN
    IF v_earlier < v_midnight AND (v_earlier AT TIME ZONE p_zone)::date = p_day THEN
        RETURN v_earlier;
    END IF;
    RETURN v_midnight;
END
$$;

CREATE FUNCTION public.lock_rollups(p_tenant_id bigint) RETURNS void
    LANGUAGE sql
    AS $$
    SELECT pg_advisory_xact_lock(hashtextextended('motorpool.rollups', p_tenant_id))
$$;

CREATE FUNCTION public.longest_trip(p_tenant_id bigint) RETURNS interval
    LANGUAGE sql STABLE
    AS $$
    SELECT coalesce(max(k.length), '0') FROM longest_trips AS k WHERE k.tenant_id = p_tenant_id
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

CREATE FUNCTION public.mark_changed_trips() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    INSERT INTO longest_trips (tenant_id, length)
    SELECT c.tenant_id, max(c.end_time - c.start_time) FROM changed_trips AS c GROUP BY c.tenant_id
    HAVING max(c.end_time - c.start_time) > longest_trip(c.tenant_id);
    INSERT INTO dirty_days (tenant_id, asset_id, day)
    SELECT DISTINCT c.tenant_id, c.asset_id, d.first_day + n AS day
    FROM changed_trips AS c
    INNER JOIN tenants AS t ON t.id = c.tenant_id
    CROSS JOIN LATERAL (
        SELECT
            (c.start_time AT TIME ZONE t.time_zone)::date AS first_day,
            ((c.end_time - interval '1 microsecond') AT TIME ZONE t.time_zone)::date AS last_day
    ) AS d
    CROSS JOIN LATERAL generate_series(0, d.last_day - d.first_day) AS n;
    RETURN NULL;
END
$$;

CREATE FUNCTION public.mark_days_of_asset() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    INSERT INTO dirty_days (tenant_id, asset_id, day)
    SELECT u.tenant_id, u.asset_id, u.day
    FROM util_daily AS u
    WHERE u.tenant_id = new.tenant_id AND u.asset_id = new.id;
    RETURN NULL;
END
$$;

CREATE FUNCTION public.mark_days_of_tenant() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
DECLARE
    v_tenant text := coalesce(current_setting('motorpool.tenant_id', true), '');
BEGIN
    PERFORM set_config('motorpool.tenant_id', new.id::text, true);
    IF old.time_zone <> new.time_zone THEN
        PERFORM mark_trip_days(t.tenant_id, t.asset_id, t.start_time, t.end_time)
        FROM trips AS t WHERE t.tenant_id = new.id;
    END IF;
    IF (old.time_zone, old.shift_start, old.shift_end, old.shift_days)
        <> (new.time_zone, new.shift_start, new.shift_end, new.shift_days)
    THEN
        INSERT INTO dirty_days (tenant_id, asset_id, day)
        SELECT u.tenant_id, u.asset_id, u.day FROM util_daily AS u WHERE u.tenant_id = new.id;
    END IF;
    INSERT INTO analytics_touches (tenant_id, transaction_id)
    VALUES (new.id, pg_current_xact_id()::text::bigint)
    ON CONFLICT DO NOTHING;
    PERFORM set_config('motorpool.tenant_id', v_tenant, true);
    RETURN NULL;
END
$$;

CREATE FUNCTION public.mark_trip_days(p_tenant_id bigint, p_asset_id bigint, p_start timestamp with time zone, p_end timestamp with time zone) RETURNS void
    LANGUAGE sql
    AS $$
    INSERT INTO dirty_days (tenant_id, asset_id, day)
    SELECT t.id, p_asset_id, d.first_day + n AS day
    FROM tenants AS t
    CROSS JOIN LATERAL (
        SELECT
            (p_start AT TIME ZONE t.time_zone)::date AS first_day,
            ((p_end - interval '1 microsecond') AT TIME ZONE t.time_zone)::date AS last_day
    ) AS d
    CROSS JOIN LATERAL generate_series(0, d.last_day - d.first_day) AS n
    WHERE t.id = p_tenant_id
$$;

CREATE FUNCTION public.market_values(p_tenant_id bigint, p_day date) RETURNS TABLE(asset_id bigint, as_of date, amount numeric)
    LANGUAGE sql STABLE
    AS $$
    SELECT DISTINCT ON (v.asset_id) v.asset_id, v.as_of, v.amount
    FROM asset_valuations AS v
    WHERE v.tenant_id = p_tenant_id AND v.as_of <= p_day + 31
    ORDER BY v.asset_id, v.as_of <= p_day DESC, abs(v.as_of - p_day)
$$;

CREATE FUNCTION public.meter_may_rise(p_kind text, p_elapsed interval) RETURNS double precision
    LANGUAGE sql IMMUTABLE
    AS $$
    SELECT CASE p_kind WHEN 'odometer' THEN 3000 ELSE 24 END
        * greatest(1, extract(EPOCH FROM p_elapsed)::double precision / 86400)
$$;

CREATE FUNCTION public.microseconds(p_length interval) RETURNS bigint
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN (round((date_part('epoch'::text, p_length) * (1000000)::double precision)))::bigint;

CREATE FUNCTION public.millionths(p_measure double precision) RETURNS bigint
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE WHEN (p_measure <= (1000000)::double precision) THEN (round((p_measure * (1000000)::double precision)))::bigint ELSE NULL::bigint END;

CREATE FUNCTION public.overlap_us(p_from bigint, p_to bigint, p_low bigint, p_high bigint) RETURNS bigint
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN GREATEST((0)::bigint, (LEAST(p_to, p_high) - GREATEST(p_from, p_low)));

CREATE FUNCTION public.owned_from(p_asset public.assets, p_zone text) RETURNS date
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN COALESCE((p_asset).purchase_date, (p_asset).in_service_on, LEAST((p_asset).first_used_on, (((p_asset).created_at AT TIME ZONE p_zone))::date));

CREATE FUNCTION public.part_of(p_whole bigint, p_from bigint, p_to bigint, p_length bigint) RETURNS bigint
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE WHEN ((p_from = 0) AND (p_to = p_length)) THEN p_whole ELSE ((div(((((2)::numeric * (p_whole)::numeric) * (p_to)::numeric) + (p_length)::numeric), ((2)::numeric * (p_length)::numeric)) - div(((((2)::numeric * (p_whole)::numeric) * (p_from)::numeric) + (p_length)::numeric), ((2)::numeric * (p_length)::numeric))))::bigint END;

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

CREATE FUNCTION public.raise_analytics_version(p_tenant_id bigint) RETURNS bigint
    LANGUAGE plpgsql
    AS $$
DECLARE
    v_version bigint;
BEGIN
    INSERT INTO analytics_state AS s (tenant_id) VALUES (p_tenant_id)
    ON CONFLICT (tenant_id) DO UPDATE SET version = s.version + 1
    RETURNING s.version INTO v_version;
    RETURN v_version;
END
$$;

CREATE FUNCTION public.read_meter_of_custody(p_custody public.asset_checkout_history, p_is_new boolean, p_suffix text, p_kind text, p_read_at timestamp with time zone, p_value double precision) RETURNS void
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF NOT p_is_new THEN
        PERFORM FROM meter_readings AS m
        WHERE m.tenant_id = p_custody.tenant_id AND m.source = 'custody' AND m.external_id = p_custody.id || p_suffix;
        IF FOUND THEN
            RETURN;
        END IF;
    END IF;
    INSERT INTO meter_readings (tenant_id, source, external_id, asset_id, kind, read_at, value)
    VALUES (
        p_custody.tenant_id, 'custody', p_custody.id || p_suffix, p_custody.asset_id, p_kind, p_read_at, p_value
    );
END
$$;

CREATE FUNCTION public.read_meters_of_custody() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
DECLARE
    v_is_new boolean := tg_op = 'INSERT';
BEGIN
    IF new.checkout_odometer_miles IS NOT NULL THEN
        PERFORM read_meter_of_custody(
            new, v_is_new, '-checkout-odometer', 'odometer', new.checkout_time, new.checkout_odometer_miles
        );
    END IF;
    IF new.checkout_engine_hours IS NOT NULL THEN
        PERFORM read_meter_of_custody(
            new, v_is_new, '-checkout-hours', 'engine_hours', new.checkout_time, new.checkout_engine_hours
        );
    END IF;
    IF new.checkin_odometer_miles IS NOT NULL THEN
        PERFORM read_meter_of_custody(
            new, v_is_new, '-checkin-odometer', 'odometer', new.checkin_time, new.checkin_odometer_miles
        );
    END IF;
    IF new.checkin_engine_hours IS NOT NULL THEN
        PERFORM read_meter_of_custody(
            new, v_is_new, '-checkin-hours', 'engine_hours', new.checkin_time, new.checkin_engine_hours
        );
    END IF;
    IF new.checkout_odometer_miles IS NOT NULL AND new.checkin_odometer_miles IS NOT NULL THEN
        PERFORM settle_custody_trip(new);
    END IF;
    RETURN NULL;
END
$$;

CREATE FUNCTION public.rebuild_days(p_tenant_id bigint, p_from date, p_to date) RETURNS TABLE(days integer, assets integer, version bigint)
    LANGUAGE plpgsql
    SET enable_seqscan TO 'off'
    AS $$
DECLARE
    v_assets bigint[];
    v_days date[];
BEGIN
    PERFORM lock_rollups(p_tenant_id);
    DELETE FROM dirty_days AS k WHERE k.tenant_id = p_tenant_id AND k.day BETWEEN p_from AND p_to;
    SELECT array_agg(a.id), array_agg(p_from + n) INTO v_assets, v_days
    FROM generate_series(0, p_to - p_from) AS n
    CROSS JOIN assets AS a
    WHERE a.tenant_id = p_tenant_id;
    IF v_assets IS NOT NULL THEN
        PERFORM settle_days(p_tenant_id, v_assets, v_days);
    END IF;
    SELECT count(*), count(DISTINCT u.asset_id) INTO days, assets
    FROM util_daily AS u WHERE u.tenant_id = p_tenant_id AND u.day BETWEEN p_from AND p_to;
    version := settle_version(p_tenant_id);
    RETURN NEXT;
END
$$;

CREATE FUNCTION public.reckon_days(p_tenant_id bigint, p_limit integer) RETURNS TABLE(days integer, first_day date, last_day date, assets integer, version bigint)
    LANGUAGE plpgsql
    SET enable_seqscan TO 'off'
    AS $$
DECLARE
    v_assets bigint[];
    v_days date[];
BEGIN
    PERFORM lock_rollups(p_tenant_id);
    WITH taken AS (
        SELECT DISTINCT k.day, k.asset_id FROM dirty_days AS k
        WHERE k.tenant_id = p_tenant_id ORDER BY k.day, k.asset_id LIMIT p_limit
    ),

    gone AS (
        -- what is taken is the first of all: up to its last, and not joined mark by mark, which without statistics of
        -- a table that was empty a moment ago is planned as if there were few
        DELETE FROM dirty_days AS k
        WHERE k.tenant_id = p_tenant_id
            AND (k.day, k.asset_id) <= (
                SELECT t.day, t.asset_id FROM taken AS t
                ORDER BY t.day DESC, t.asset_id DESC LIMIT 1
            )
    )

    SELECT array_agg(t.asset_id), array_agg(t.day), count(*), min(t.day), max(t.day), count(DISTINCT t.asset_id)
    INTO v_assets, v_days, days, first_day, last_day, assets
    FROM taken AS t;
    IF days > 0 THEN
        PERFORM settle_days(p_tenant_id, v_assets, v_days);
        version := settle_version(p_tenant_id);
    END IF;
    RETURN NEXT;
END
$$;

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

CREATE FUNCTION public.reckoned_days(p_tenant_id bigint, p_zone text, p_assets bigint[], p_days date[], p_from timestamp with time zone, p_to timestamp with time zone, p_longest interval) RETURNS SETOF public.util_daily
    LANGUAGE sql STABLE
    SET jit TO 'off'
    SET enable_seqscan TO 'off'
    AS $$
    WITH days AS MATERIALIZED (
        SELECT d.*, microseconds(d.opens - p_from) AS opens_us, microseconds(d.closes - p_from) AS closes_us
        FROM tenant_days(
            p_tenant_id, (SELECT min(k.day) FROM unnest(p_days) AS k (day)), (SELECT max(k.day) FROM unnest(p_days) AS k (day))
        ) AS d
    ),

    asked AS MATERIALIZED (
        SELECT q.asset_id, q.day FROM unnest(p_assets, p_days) AS q (asset_id, day)
    ),

    spans AS MATERIALIZED (
        SELECT q.asset_id, min(d.opens) AS opens, max(d.closes) AS closes
        FROM asked AS q
        INNER JOIN days AS d ON d.day = q.day
        GROUP BY q.asset_id
    ),

    driven AS MATERIALIZED (
        SELECT
            t.id, t.asset_id, microseconds(t.start_time - p_from) AS start_us, microseconds(t.end_time - p_from) AS end_us,
            (t.start_time AT TIME ZONE p_zone)::date AS first_day,
            ((t.end_time - interval '1 microsecond') AT TIME ZONE p_zone)::date AS last_day,
            millionths(t.distance_miles) AS miles, coalesce(millionths(t.fuel_consumed_gallons), 0) AS fuel,
            coalesce(millionths(t.idle_minutes) * 60, 0) AS idle
        FROM spans AS s
        INNER JOIN trips AS t
            ON t.tenant_id = p_tenant_id AND t.asset_id = s.asset_id
            AND t.start_time >= s.opens - p_longest AND t.start_time < s.closes AND t.end_time > s.opens
        WHERE t.start_time >= p_from - p_longest AND t.start_time < p_to
    ),

    -- hardly a trip goes over midnight, and to ask each costs as much as all else
    touched AS (
        SELECT t.*, t.first_day AS day FROM driven AS t
        UNION ALL
        SELECT t.*, t.first_day + n FROM driven AS t
        CROSS JOIN LATERAL generate_series(1, t.last_day - t.first_day) AS n
        WHERE t.last_day > t.first_day
    ),

    pieces AS (
        SELECT
            t.asset_id, d.day, t.id, t.end_us - t.start_us AS length_us, t.miles, t.fuel, t.idle,
            t.start_us >= d.opens_us AS is_first,
            greatest(0, d.opens_us - t.start_us) AS done_from, least(t.end_us, d.closes_us) - t.start_us AS done_to,
            greatest(0, t.start_us - d.opens_us) AS from_us, least(t.end_us, d.closes_us) - d.opens_us AS to_us,
            d.wall_us, d.turn_us, d.change_us, d.early_from, d.early_to, d.shift_from, d.shift_to
        FROM touched AS t
        INNER JOIN asked AS q ON q.asset_id = t.asset_id AND q.day = t.day
        INNER JOIN days AS d ON d.day = q.day
        -- a zone that crossed the date line has a day without any time
        WHERE t.start_us < d.closes_us AND t.end_us > d.opens_us AND d.opens_us < d.closes_us
    ),

    fresh AS (
        SELECT
            p.*,
            greatest(
                p.from_us,
                max(p.to_us) OVER (
                    PARTITION BY p.asset_id, p.day ORDER BY p.from_us, p.id
                    ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
                )
            ) AS fresh_from
        FROM pieces AS p
    ),

    walls AS (
        SELECT f.*, w.is_main, w.low + f.wall_us AS low, w.high + f.wall_us AS high
        FROM fresh AS f
        CROSS JOIN LATERAL (
            SELECT true AS is_main, f.fresh_from AS low, least(f.to_us, f.turn_us) AS high
            UNION ALL
            SELECT false, greatest(f.fresh_from, f.turn_us) + f.change_us, f.to_us + f.change_us
            WHERE f.to_us > f.turn_us AND f.to_us > f.fresh_from
        ) AS w
    ),

    sums AS (
        SELECT
            w.asset_id, w.day,
            count(*) FILTER (WHERE w.is_main AND w.is_first) AS trips_count,
            count(*) FILTER (WHERE w.is_main AND w.is_first AND w.miles IS NULL) AS trips_without_distance,
            total(greatest(0, w.high - w.low)) AS active_us,
            total(
                overlap_us(w.low, w.high, w.early_from, w.early_to) + overlap_us(w.low, w.high, w.shift_from, w.shift_to)
            ) AS shift_active_us,
            total(part_of(w.idle, w.done_from, w.done_to, w.length_us)) FILTER (WHERE w.is_main) AS idle,
            total(part_of(coalesce(w.miles, 0), w.done_from, w.done_to, w.length_us)) FILTER (WHERE w.is_main) AS miles,
            total(part_of(w.fuel, w.done_from, w.done_to, w.length_us)) FILTER (WHERE w.is_main) AS fuel,
            ARRAY[
                total(overlap_us(w.low, w.high, 0, 3600000000)),
                total(overlap_us(w.low, w.high, 3600000000, 7200000000)),
                total(overlap_us(w.low, w.high, 7200000000, 10800000000)),
                total(overlap_us(w.low, w.high, 10800000000, 14400000000)),
                total(overlap_us(w.low, w.high, 14400000000, 18000000000)),
                total(overlap_us(w.low, w.high, 18000000000, 21600000000)),
                total(overlap_us(w.low, w.high, 21600000000, 25200000000)),
                total(overlap_us(w.low, w.high, 25200000000, 28800000000)),
                total(overlap_us(w.low, w.high, 28800000000, 32400000000)),
                total(overlap_us(w.low, w.high, 32400000000, 36000000000)),
                total(overlap_us(w.low, w.high, 36000000000, 39600000000)),
                total(overlap_us(w.low, w.high, 39600000000, 43200000000)),
                total(overlap_us(w.low, w.high, 43200000000, 46800000000)),
                total(overlap_us(w.low, w.high, 46800000000, 50400000000)),
                total(overlap_us(w.low, w.high, 50400000000, 54000000000)),
                total(overlap_us(w.low, w.high, 54000000000, 57600000000)),
                total(overlap_us(w.low, w.high, 57600000000, 61200000000)),
                total(overlap_us(w.low, w.high, 61200000000, 64800000000)),
                total(overlap_us(w.low, w.high, 64800000000, 68400000000)),
                total(overlap_us(w.low, w.high, 68400000000, 72000000000)),
                total(overlap_us(w.low, w.high, 72000000000, 75600000000)),
                total(overlap_us(w.low, w.high, 75600000000, 79200000000)),
                total(overlap_us(w.low, w.high, 79200000000, 82800000000)),
                total(overlap_us(w.low, w.high, 82800000000, 86400000000))
            ] AS hours
        FROM walls AS w
        GROUP BY w.asset_id, w.day
    )

    SELECT
        p_tenant_id AS tenant_id, s.asset_id, s.day, s.trips_count::integer, s.trips_without_distance::integer,
        s.active_us, s.shift_active_us, s.idle, s.miles, s.fuel,
        CASE WHEN v.is_in_service THEN d.minutes ELSE 0 END AS service_minutes,
        CASE WHEN v.is_in_service THEN d.shift_minutes ELSE 0 END AS shift_minutes, s.hours
    FROM sums AS s
    INNER JOIN days AS d ON d.day = s.day
    INNER JOIN assets AS a ON a.tenant_id = p_tenant_id AND a.id = s.asset_id
    CROSS JOIN LATERAL (
        -- without a date in its papers an asset is in service from its first use on, and this is a use
        SELECT s.day >= coalesce(a.in_service_on, a.purchase_date, s.day)
            AND s.day < coalesce(a.disposed_on, 'infinity') AND s.day <= (SELECT tenant_today(p_tenant_id)) AS is_in_service
    ) AS v
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

CREATE FUNCTION public.refresh_asset_analytics() RETURNS integer
    LANGUAGE plpgsql
    AS $$
DECLARE
    v_tenant text := coalesce(current_setting('motorpool.tenant_id', true), '');
    v_sweep text := coalesce(current_setting('motorpool.sweep', true), '');
    v_ids bigint[] := ARRAY[current_tenant_id()];
    v_id bigint;
    v_step record;
    v_count integer := 0;
BEGIN
    IF current_tenant_id() IS NULL THEN
        PERFORM set_config('motorpool.sweep', 'on', true);
        v_ids := array(SELECT t.id FROM tenants AS t ORDER BY t.id);
    END IF;
    FOREACH v_id IN ARRAY v_ids
    LOOP
        PERFORM set_config('motorpool.tenant_id', v_id::text, true);
        LOOP
            SELECT * INTO v_step FROM reckon_days(v_id, 20000);
            EXIT WHEN v_step.days = 0;
            v_count := v_count + v_step.days;
            PERFORM emit_event(v_id, 'METRICS_UPDATED', 'analytics', 'fleet', NULL, jsonb_build_object(
                'from', v_step.first_day, 'to', v_step.last_day, 'asset_count', v_step.assets, 'version', v_step.version
            ));
        END LOOP;
    END LOOP;
    PERFORM set_config('motorpool.tenant_id', v_tenant, true);
    PERFORM set_config('motorpool.sweep', v_sweep, true);
    RETURN v_count;
END
$$;

CREATE FUNCTION public.refuse_impossible_facts(p_asset public.assets, p_facts jsonb) RETURNS void
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

CREATE FUNCTION public.rfc3339(p_at timestamp with time zone) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN (to_jsonb(p_at) #>> '{}'::text[]);

CREATE FUNCTION public.roll_over_day(p_tenant_id bigint) RETURNS boolean
    LANGUAGE plpgsql
    AS $$
DECLARE
    v_today date := tenant_today(p_tenant_id);
    v_before date;
BEGIN
    SELECT s.rolled_over_on INTO v_before FROM analytics_state AS s WHERE s.tenant_id = p_tenant_id;
    IF v_before >= v_today THEN
        RETURN false;
    END IF;
    PERFORM lock_rollups(p_tenant_id);
    INSERT INTO dirty_days (tenant_id, asset_id, day)
    SELECT u.tenant_id, u.asset_id, u.day FROM util_daily AS u
    WHERE u.tenant_id = p_tenant_id AND u.day BETWEEN coalesce(v_before + 1, '-infinity') AND v_today
        AND u.service_minutes = 0;
    PERFORM raise_analytics_version(p_tenant_id);
    UPDATE analytics_state AS s SET rolled_over_on = v_today WHERE s.tenant_id = p_tenant_id;
    RETURN true;
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

CREATE FUNCTION public.service_from(p_asset public.assets, p_zone text) RETURNS date
    LANGUAGE sql STABLE
    AS $$
    SELECT coalesce(
        p_asset.in_service_on, p_asset.purchase_date,
        least(p_asset.first_used_on, (p_asset.created_at AT TIME ZONE p_zone)::date)
    )
$$;

CREATE FUNCTION public.service_spans(p_tenant_id bigint, p_from date, p_to date) RETURNS TABLE(asset_id bigint, asset_type text, first_day date, end_day date)
    LANGUAGE sql STABLE
    AS $$
    WITH clock AS MATERIALIZED (
        SELECT t.time_zone, (now() AT TIME ZONE t.time_zone)::date + 1 AS tomorrow
        FROM tenants AS t
        WHERE t.id = p_tenant_id
    )

    SELECT s.id AS asset_id, s.asset_type, s.first_day, s.end_day
    FROM (
        SELECT
            a.id, a.asset_type, greatest(service_from(a, c.time_zone), p_from) AS first_day,
            least(a.disposed_on, c.tomorrow, p_to + 1) AS end_day
        FROM clock AS c
        CROSS JOIN assets AS a
        WHERE a.tenant_id = p_tenant_id
    ) AS s
    WHERE s.first_day < s.end_day
$$;

CREATE FUNCTION public.settle_beside_other_trips() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    PERFORM settle_custody_trips(
        a.tenant_id, array_agg(a.asset_id), array_agg(a.began), array_agg(a.ended)
    )
    FROM (
        SELECT c.tenant_id, c.asset_id, min(c.start_time) AS began, max(c.end_time) AS ended
        FROM changed AS c
        WHERE c.source <> 'custody'
        GROUP BY c.tenant_id, c.asset_id
    ) AS a
    GROUP BY a.tenant_id;
    IF tg_op = 'UPDATE' THEN
        PERFORM settle_custody_trips(
            a.tenant_id, array_agg(a.asset_id), array_agg(a.began), array_agg(a.ended)
        )
        FROM (
            SELECT c.tenant_id, c.asset_id, min(c.start_time) AS began, max(c.end_time) AS ended
            FROM changed_from AS c
            WHERE c.source <> 'custody'
            GROUP BY c.tenant_id, c.asset_id
        ) AS a
        GROUP BY a.tenant_id;
    END IF;
    RETURN NULL;
END
$$;

CREATE FUNCTION public.settle_custody_trip(p_custody public.asset_checkout_history) RETURNS boolean
    LANGUAGE plpgsql
    SET plan_cache_mode TO 'force_generic_plan'
    AS $$
DECLARE
    v_miles double precision := custody_miles(p_custody);
    v_known trip_keys;
    v_known_miles double precision;
    v_trip_id bigint;
BEGIN
    SELECT * INTO v_known FROM trip_keys AS k
    WHERE k.tenant_id = p_custody.tenant_id AND k.source = 'custody' AND k.external_id = p_custody.id::text;
    IF FOUND THEN
        SELECT t.distance_miles INTO v_known_miles FROM trips AS t
        WHERE t.tenant_id = v_known.tenant_id AND t.id = v_known.trip_id AND t.start_time = v_known.start_time;
    END IF;
    IF v_miles IS NOT DISTINCT FROM v_known_miles THEN
        RETURN false;
    END IF;
    IF v_known.trip_id IS NOT NULL THEN
        DELETE FROM trips AS t
        WHERE t.tenant_id = v_known.tenant_id AND t.id = v_known.trip_id AND t.start_time = v_known.start_time;
        DELETE FROM trip_keys AS k
        WHERE k.tenant_id = v_known.tenant_id AND k.source = 'custody' AND k.external_id = v_known.external_id;
    END IF;
    IF v_miles IS NOT NULL THEN
        INSERT INTO trips (
            tenant_id, source, external_id, asset_id, user_id, start_time, end_time, distance_miles
        ) VALUES (
            p_custody.tenant_id, 'custody', p_custody.id::text, p_custody.asset_id, p_custody.user_id,
            p_custody.checkout_time, p_custody.checkin_time, v_miles
        ) RETURNING id INTO v_trip_id;
        INSERT INTO trip_keys (tenant_id, source, external_id, trip_id, start_time)
        VALUES (p_custody.tenant_id, 'custody', p_custody.id::text, v_trip_id, p_custody.checkout_time);
    END IF;
    RETURN true;
END
$$;

CREATE FUNCTION public.settle_custody_trips(p_tenant_id bigint, p_asset_ids bigint[], p_from timestamp with time zone[], p_to timestamp with time zone[]) RETURNS integer
    LANGUAGE plpgsql
    SET plan_cache_mode TO 'force_generic_plan'
    AS $$
DECLARE
    v_custody asset_checkout_history;
    v_count integer := 0;
BEGIN
    FOR v_custody IN
        SELECT DISTINCT ON (h.id) h.*
        FROM unnest(p_asset_ids, p_from, p_to) AS s (asset_id, began, ended)
        CROSS JOIN LATERAL (
            SELECT * FROM asset_checkout_history AS o
            WHERE o.tenant_id = p_tenant_id AND o.asset_id = s.asset_id
                AND o.checkout_time <= s.ended AND o.checkout_time >= s.began - interval '31 days'
                AND o.checkin_time >= s.began
                AND o.checkout_odometer_miles IS NOT NULL AND o.checkin_odometer_miles IS NOT NULL
            OFFSET 0
        ) AS h
        ORDER BY h.id
    LOOP
        v_count := v_count + settle_custody_trip(v_custody)::integer;
    END LOOP;
    RETURN v_count;
END
$$;

CREATE FUNCTION public.settle_days(p_tenant_id bigint, p_assets bigint[], p_days date[]) RETURNS void
    LANGUAGE plpgsql
    SET jit TO 'off'
    SET enable_seqscan TO 'off'
    SET plan_cache_mode TO 'force_custom_plan'
    AS $$
DECLARE
    v_zone text := (SELECT t.time_zone FROM tenants AS t WHERE t.id = p_tenant_id);
    v_days date[] := array(SELECT DISTINCT d FROM unnest(p_days) AS d ORDER BY d);
    v_from timestamptz := local_midnight(v_days[1], v_zone);
    v_to timestamptz := local_midnight(v_days[cardinality(v_days)] + 1, v_zone);
    v_longest interval := longest_trip(p_tenant_id);
BEGIN
    DELETE FROM util_daily AS u
    USING unnest(p_assets, p_days) AS q (asset_id, day)
    -- by their days first: a new day has no row yet, and is not looked for asset by asset
    WHERE u.tenant_id = p_tenant_id AND u.asset_id = q.asset_id AND u.day = q.day AND u.day = ANY(v_days);
    INSERT INTO util_daily
    SELECT * FROM reckoned_days(p_tenant_id, v_zone, p_assets, p_days, v_from, v_to, v_longest);
    -- days after the first use say nothing of it
    UPDATE assets AS a SET first_used_on = (
        SELECT min(u.day) FROM util_daily AS u WHERE u.tenant_id = p_tenant_id AND u.asset_id = a.id
    )
    FROM (
        SELECT k.asset_id, min(k.day) AS day FROM unnest(p_assets, p_days) AS k (asset_id, day) GROUP BY k.asset_id
    ) AS f
    WHERE a.tenant_id = p_tenant_id AND a.id = f.asset_id AND coalesce(a.first_used_on, 'infinity') >= f.day
        AND a.first_used_on IS DISTINCT FROM (
            SELECT min(u.day) FROM util_daily AS u WHERE u.tenant_id = p_tenant_id AND u.asset_id = f.asset_id
        );
    PERFORM sum_weeks(p_tenant_id, p_assets, p_days);
    DELETE FROM fleet_daily AS f WHERE f.tenant_id = p_tenant_id AND f.day = ANY(v_days);
    INSERT INTO fleet_daily
    SELECT
        p_tenant_id, a.asset_type, u.day, count(*), total(u.trips_count), total(u.active_us), total(u.shift_active_us),
        total(u.engine_idle_us), total(u.miles_e6), total(u.fuel_e6),
        ARRAY[
            total(u.active_us_by_hour[1]), total(u.active_us_by_hour[2]), total(u.active_us_by_hour[3]),
            total(u.active_us_by_hour[4]), total(u.active_us_by_hour[5]), total(u.active_us_by_hour[6]),
            total(u.active_us_by_hour[7]), total(u.active_us_by_hour[8]), total(u.active_us_by_hour[9]),
            total(u.active_us_by_hour[10]), total(u.active_us_by_hour[11]), total(u.active_us_by_hour[12]),
            total(u.active_us_by_hour[13]), total(u.active_us_by_hour[14]), total(u.active_us_by_hour[15]),
            total(u.active_us_by_hour[16]), total(u.active_us_by_hour[17]), total(u.active_us_by_hour[18]),
            total(u.active_us_by_hour[19]), total(u.active_us_by_hour[20]), total(u.active_us_by_hour[21]),
            total(u.active_us_by_hour[22]), total(u.active_us_by_hour[23]), total(u.active_us_by_hour[24])
        ]
    FROM util_daily AS u
    INNER JOIN assets AS a ON a.tenant_id = u.tenant_id AND a.id = u.asset_id
    WHERE u.tenant_id = p_tenant_id AND u.day = ANY(v_days) AND u.service_minutes > 0
    GROUP BY a.asset_type, u.day;
END
$$;

CREATE FUNCTION public.settle_touch() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    PERFORM set_config('motorpool.tenant_id', new.tenant_id::text, true);
    DELETE FROM analytics_touches AS t
    WHERE t.tenant_id = new.tenant_id AND t.transaction_id = new.transaction_id;
    PERFORM raise_analytics_version(new.tenant_id);
    RETURN NULL;
END
$$;

CREATE FUNCTION public.settle_version(p_tenant_id bigint) RETURNS bigint
    LANGUAGE plpgsql
    AS $$
DECLARE
    v_version bigint;
BEGIN
    INSERT INTO tenant_counters AS c (tenant_id) VALUES (p_tenant_id)
    ON CONFLICT (tenant_id) DO UPDATE SET event_seq = c.event_seq;
    v_version := raise_analytics_version(p_tenant_id);
    UPDATE analytics_state AS s SET rolled_up_at = now() WHERE s.tenant_id = p_tenant_id;
    RETURN v_version;
END
$$;

CREATE FUNCTION public.show_meter(p_tenant_id bigint, p_asset_id bigint, p_kind text) RETURNS void
    LANGUAGE sql
    AS $$
    WITH newest AS (
        SELECT k.value
        FROM (
            SELECT m.read_at AS known_at, m.id, m.value
            FROM meter_readings AS m
            WHERE m.tenant_id = p_tenant_id AND m.asset_id = p_asset_id AND m.kind = p_kind AND m.state = 'accepted'
            UNION ALL
            SELECT r.replaced_at, 0, r.start_value
            FROM meter_replacements AS r
            WHERE r.tenant_id = p_tenant_id AND r.asset_id = p_asset_id AND r.kind = p_kind
        ) AS k
        ORDER BY k.known_at DESC, k.id DESC LIMIT 1
    )

    UPDATE assets AS a SET
        odometer_miles = CASE p_kind WHEN 'odometer' THEN n.value ELSE a.odometer_miles END,
        engine_hours = CASE p_kind WHEN 'engine_hours' THEN n.value ELSE a.engine_hours END,
        version = a.version + 1, updated_at = now()
    FROM newest AS n
    WHERE a.tenant_id = p_tenant_id AND a.id = p_asset_id
        AND n.value IS DISTINCT FROM CASE p_kind WHEN 'odometer' THEN a.odometer_miles ELSE a.engine_hours END
$$;

CREATE FUNCTION public.show_new_readings() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    PERFORM show_meter(n.tenant_id, n.asset_id, n.kind)
    FROM (
        SELECT DISTINCT b.tenant_id, b.asset_id, b.kind
        FROM brought AS b
        WHERE b.source <> 'custody' AND b.state = 'accepted'
        ORDER BY b.tenant_id, b.asset_id
    ) AS n
    CROSS JOIN LATERAL (
        SELECT m.id FROM meter_readings AS m
        WHERE m.tenant_id = n.tenant_id AND m.asset_id = n.asset_id AND m.kind = n.kind AND m.state = 'accepted'
        ORDER BY m.read_at DESC, m.id DESC LIMIT 1
    ) AS newest
    WHERE newest.id IN (SELECT b.id FROM brought AS b WHERE b.source <> 'custody');
    RETURN NULL;
END
$$;

CREATE FUNCTION public.sum_weeks(p_tenant_id bigint, p_assets bigint[], p_days date[]) RETURNS void
    LANGUAGE plpgsql
    SET jit TO 'off'
    SET enable_seqscan TO 'off'
    SET plan_cache_mode TO 'force_custom_plan'
    AS $$
DECLARE
    v_assets bigint[];
    v_weeks date[];
    v_ends date[];
    v_count integer;
BEGIN
    -- the ends, too: under row security an index is searched only for what is at hand, not for what has to be reckoned
    SELECT array_agg(k.asset_id), array_agg(k.week), array_agg(week_end(k.week)) INTO v_assets, v_weeks, v_ends
    FROM (SELECT DISTINCT q.asset_id, week_of(q.day) AS week FROM unnest(p_assets, p_days) AS q (asset_id, day)) AS k;
    INSERT INTO util_weekly AS w
    SELECT
        p_tenant_id, q.asset_id, q.week,
        count(*) FILTER (WHERE u.service_minutes > 0),
        total(u.trips_count) FILTER (WHERE u.service_minutes > 0),
        total(u.active_us) FILTER (WHERE u.service_minutes > 0),
        total(u.shift_active_us) FILTER (WHERE u.service_minutes > 0),
        total(u.engine_idle_us) FILTER (WHERE u.service_minutes > 0),
        total(u.miles_e6) FILTER (WHERE u.service_minutes > 0),
        total(u.fuel_e6) FILTER (WHERE u.service_minutes > 0),
        total(u.miles_e6), total(u.fuel_e6),
        count(*) FILTER (WHERE u.trips_count > 0), count(*) FILTER (WHERE u.fuel_e6 > 0),
        total(u.trips_without_distance)
    FROM unnest(v_assets, v_weeks, v_ends) AS q (asset_id, week, week_end)
    INNER JOIN util_daily AS u
        ON u.tenant_id = p_tenant_id AND u.asset_id = q.asset_id AND u.day BETWEEN q.week AND q.week_end
    GROUP BY q.asset_id, q.week
    -- a week that is there already keeps its place in both indexes
    ON CONFLICT (tenant_id, asset_id, first_day) DO UPDATE SET
        days_used = excluded.days_used, trips_count = excluded.trips_count, active_us = excluded.active_us,
        shift_active_us = excluded.shift_active_us, engine_idle_us = excluded.engine_idle_us,
        miles_e6 = excluded.miles_e6, fuel_e6 = excluded.fuel_e6, all_miles_e6 = excluded.all_miles_e6,
        all_fuel_e6 = excluded.all_fuel_e6, driven_days = excluded.driven_days, fuel_days = excluded.fuel_days,
        trips_without_distance = excluded.trips_without_distance;
    GET DIAGNOSTICS v_count = ROW_COUNT;
    IF v_count < cardinality(v_weeks) THEN
        DELETE FROM util_weekly AS w
        USING unnest(v_assets, v_weeks, v_ends) AS q (asset_id, week, week_end)
        WHERE w.tenant_id = p_tenant_id AND w.asset_id = q.asset_id AND w.first_day = q.week
            AND NOT EXISTS (
                SELECT FROM util_daily AS u
                WHERE u.tenant_id = p_tenant_id AND u.asset_id = q.asset_id AND u.day BETWEEN q.week AND q.week_end
            );
    END IF;
END
$$;

CREATE FUNCTION public.take_rate(p_tenant_id bigint, p_user_id bigint, p_subject text, p_most integer, p_window interval) RETURNS double precision
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

CREATE FUNCTION public.tenant_days(p_tenant_id bigint, p_from date, p_to date) RETURNS TABLE(day date, opens timestamp with time zone, closes timestamp with time zone, minutes integer, wall_us bigint, turn_us bigint, change_us bigint, early_from bigint, early_to bigint, shift_from bigint, shift_to bigint, shift_minutes integer)
    LANGUAGE plpgsql STABLE ROWS 60
    AS $$
#variable_conflict use_column
BEGIN
    -- a body that keeps its plan: to make one takes longer than to ask
    RETURN QUERY
    WITH midnights AS MATERIALIZED (
        SELECT n, p_from + n AS day, local_midnight(p_from + n, t.time_zone) AS opens
        FROM tenants AS t
        CROSS JOIN generate_series(0, p_to - p_from + 1) AS n
        WHERE t.id = p_tenant_id
    ),

    bounds AS MATERIALIZED (
        SELECT
            m.n, m.day, t.time_zone AS zone, t.shift_days, m.opens, lead(m.opens) OVER (ORDER BY m.n) AS closes,
            microseconds(t.shift_start - time '00:00') AS starts_us, microseconds(t.shift_end - time '00:00') AS ends_us
        FROM midnights AS m
        CROSS JOIN tenants AS t
        WHERE t.id = p_tenant_id
    ),

    clocks AS MATERIALIZED (
        SELECT
            b.day, b.zone, b.opens, b.closes, microseconds(b.closes - b.opens) AS length_us,
            microseconds(b.opens AT TIME ZONE b.zone - b.day::timestamp) AS wall_us,
            CASE WHEN b.closes > b.opens THEN microseconds(
                ((b.closes - interval '1 microsecond') AT TIME ZONE b.zone - b.opens AT TIME ZONE b.zone)
                - (b.closes - interval '1 microsecond' - b.opens)
            ) ELSE 0 END AS change_us,
            b.ends_us <= b.starts_us AND extract(isodow FROM b.day - 1) = ANY(b.shift_days) AS is_early,
            extract(isodow FROM b.day) = ANY(b.shift_days) AS is_worked,
            b.starts_us, b.ends_us
        FROM bounds AS b
        WHERE b.n <= p_to - p_from
    ),

    turns AS MATERIALIZED (
        SELECT c.*, CASE WHEN c.change_us <> 0 THEN (
            SELECT min(microseconds(s - c.opens))
            FROM generate_series(c.opens, c.closes - interval '1 microsecond', '15 minutes') AS s
            WHERE s AT TIME ZONE c.zone - c.opens AT TIME ZONE c.zone <> s - c.opens
        ) END AS turn_us
        FROM clocks AS c
    ),

    shifts AS MATERIALIZED (
        SELECT
            c.day, c.opens, c.closes, c.length_us, c.wall_us, coalesce(c.turn_us, c.length_us) AS turn_us, c.change_us,
            0::bigint AS early_from, CASE WHEN c.is_early THEN c.ends_us ELSE 0 END AS early_to,
            c.starts_us AS shift_from,
            CASE
                WHEN NOT c.is_worked THEN c.starts_us
                WHEN c.ends_us <= c.starts_us THEN 86400000000
                ELSE c.ends_us
            END AS shift_to
        FROM turns AS c
    )

    SELECT
        s.day, s.opens, s.closes, (s.length_us / 60000000)::integer AS minutes, s.wall_us, s.turn_us, s.change_us,
        s.early_from, s.early_to, s.shift_from, s.shift_to,
        ((
            overlap_us(s.wall_us, s.wall_us + s.turn_us, s.early_from, s.early_to)
            + overlap_us(s.wall_us, s.wall_us + s.turn_us, s.shift_from, s.shift_to)
            + overlap_us(
                s.wall_us + s.turn_us + s.change_us, s.wall_us + s.length_us + s.change_us, s.early_from, s.early_to
            )
            + overlap_us(
                s.wall_us + s.turn_us + s.change_us, s.wall_us + s.length_us + s.change_us, s.shift_from, s.shift_to
            )
        ) / 60000000)::integer AS shift_minutes
    FROM shifts AS s;
END
$$;

CREATE FUNCTION public.tenant_today(p_tenant_id bigint) RETURNS date
    LANGUAGE sql STABLE
    AS $$
    SELECT (now() AT TIME ZONE t.time_zone)::date FROM tenants AS t WHERE t.id = p_tenant_id
$$;

CREATE FUNCTION public.touch_analytics() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    -- a migration by the owner, for all tenants, sees none
    IF current_tenant_id() IS NOT NULL THEN
        INSERT INTO analytics_touches (tenant_id, transaction_id)
        VALUES (current_tenant_id(), pg_current_xact_id()::text::bigint)
        ON CONFLICT DO NOTHING;
    END IF;
    RETURN NULL;
END
$$;

CREATE FUNCTION public.week_end(p_day date) RETURNS date
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN LEAST(((p_day + 7) - (date_part('isodow'::text, p_day))::integer), (((date_trunc('month'::text, (p_day)::timestamp without time zone) + '1 mon'::interval))::date - 1));

CREATE FUNCTION public.week_of(p_day date) RETURNS date
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN ((p_day + 1) - (LEAST(date_part('isodow'::text, p_day), date_part('day'::text, p_day)))::integer);

CREATE FUNCTION public.whole_years(p_since date, p_day date) RETURNS integer
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN GREATEST(0, (((date_part('year'::text, p_day) - date_part('year'::text, p_since)))::integer - ((public.anniversary(p_since, ((date_part('year'::text, p_day) - date_part('year'::text, p_since)))::integer) > p_day))::integer));

CREATE AGGREGATE public.total(bigint) (
    SFUNC = int8pl,
    STYPE = bigint,
    INITCOND = '0',
    COMBINEFUNC = int8pl,
    PARALLEL = safe
);

CREATE TABLE public.analytics_state (
    tenant_id bigint NOT NULL,
    version bigint DEFAULT ((EXTRACT(epoch FROM clock_timestamp()) * (1000)::numeric))::bigint NOT NULL,
    rolled_over_on date,
    rolled_up_at timestamp with time zone,
    proved_on date,
    proved_at timestamp with time zone
);

ALTER TABLE ONLY public.analytics_state FORCE ROW LEVEL SECURITY;

CREATE TABLE public.analytics_touches (
    tenant_id bigint NOT NULL,
    transaction_id bigint NOT NULL
);

ALTER TABLE ONLY public.analytics_touches FORCE ROW LEVEL SECURITY;

ALTER TABLE public.asset_checkout_history ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.asset_checkout_history_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.asset_valuations (
    tenant_id bigint NOT NULL,
    id bigint NOT NULL,
    asset_id bigint NOT NULL,
    as_of date NOT NULL,
    amount numeric(14,2),
    source text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT valuation_is_not_negative CHECK ((amount >= (0)::numeric))
);

ALTER TABLE ONLY public.asset_valuations FORCE ROW LEVEL SECURITY;

ALTER TABLE public.asset_valuations ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.asset_valuations_id_seq
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

CREATE TABLE public.benchmark_classes (
    name text NOT NULL,
    benchmark_class text NOT NULL,
    fuel_type text,
    rank integer NOT NULL
);

CREATE TABLE public.benchmarks (
    code text NOT NULL,
    benchmark_class text NOT NULL,
    basis text NOT NULL,
    figure numeric(14,4) NOT NULL,
    figure_to numeric(14,4),
    unit text NOT NULL,
    currency text,
    annual_miles integer,
    note text,
    year text NOT NULL,
    source text NOT NULL,
    status text NOT NULL,
    CONSTRAINT benchmark_names_its_source CHECK (((source <> ''::text) AND (year <> ''::text) AND (benchmark_class <> ''::text) AND (basis <> ''::text))),
    CONSTRAINT benchmark_status_is_known CHECK ((status = ANY (ARRAY['published'::text, 'derived'::text])))
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
    id bigint NOT NULL,
    asset_id bigint NOT NULL,
    day date NOT NULL
);

ALTER TABLE ONLY public.dirty_days FORCE ROW LEVEL SECURITY;

ALTER TABLE public.dirty_days ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.dirty_days_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.export_jobs (
    tenant_id bigint NOT NULL,
    id uuid NOT NULL,
    user_id bigint NOT NULL,
    role text NOT NULL,
    report text NOT NULL,
    format text NOT NULL,
    filters jsonb NOT NULL,
    state text DEFAULT 'queued'::text NOT NULL,
    progress integer DEFAULT 0 NOT NULL,
    row_count bigint,
    attempts integer DEFAULT 0 NOT NULL,
    lease_until timestamp with time zone,
    blob text,
    reason text,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    finished_at timestamp with time zone,
    expires_at timestamp with time zone NOT NULL,
    CONSTRAINT export_progress_is_a_percentage CHECK (((progress >= 0) AND (progress <= 100))),
    CONSTRAINT export_state_is_known CHECK ((state = ANY (ARRAY['queued'::text, 'running'::text, 'done'::text, 'failed'::text]))),
    CONSTRAINT export_that_is_done_has_its_file CHECK (((state = 'done'::text) = (blob IS NOT NULL)))
);

ALTER TABLE ONLY public.export_jobs FORCE ROW LEVEL SECURITY;

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

CREATE TABLE public.idle_spells (
    tenant_id bigint NOT NULL,
    asset_id bigint NOT NULL,
    since date NOT NULL,
    alerted_at timestamp with time zone DEFAULT now() NOT NULL
);

ALTER TABLE ONLY public.idle_spells FORCE ROW LEVEL SECURITY;

CREATE TABLE public.longest_trips (
    tenant_id bigint NOT NULL,
    id bigint NOT NULL,
    length interval NOT NULL
);

ALTER TABLE ONLY public.longest_trips FORCE ROW LEVEL SECURITY;

ALTER TABLE public.longest_trips ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.longest_trips_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

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

ALTER TABLE public.meter_readings ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.meter_readings_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.meter_replacements (
    tenant_id bigint NOT NULL,
    id bigint NOT NULL,
    asset_id bigint NOT NULL,
    kind text NOT NULL,
    replaced_at timestamp with time zone NOT NULL,
    start_value double precision DEFAULT 0 NOT NULL,
    notes text,
    user_id bigint,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT meter_replacement_kind_is_known CHECK ((kind = ANY (ARRAY['odometer'::text, 'engine_hours'::text]))),
    CONSTRAINT meter_starts_at_zero_or_more CHECK ((start_value >= (0)::double precision))
);

ALTER TABLE ONLY public.meter_replacements FORCE ROW LEVEL SECURITY;

ALTER TABLE public.meter_replacements ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.meter_replacements_id_seq
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

CREATE TABLE public.report_mails (
    tenant_id bigint NOT NULL,
    id bigint NOT NULL,
    run_id bigint NOT NULL,
    kind text NOT NULL,
    recipient_id bigint,
    address text NOT NULL,
    state text DEFAULT 'waiting'::text NOT NULL,
    detail text,
    attempts integer DEFAULT 0 NOT NULL,
    changed_at timestamp with time zone NOT NULL,
    CONSTRAINT mail_kind_is_known CHECK ((kind = ANY (ARRAY['report'::text, 'notice'::text]))),
    CONSTRAINT mail_state_is_known CHECK ((state = ANY (ARRAY['waiting'::text, 'sending'::text, 'sent'::text, 'failed'::text, 'in_doubt'::text, 'unsubscribed'::text]))),
    CONSTRAINT reports_go_to_recipients CHECK (((kind = 'report'::text) = (recipient_id IS NOT NULL)))
);

ALTER TABLE ONLY public.report_mails FORCE ROW LEVEL SECURITY;

ALTER TABLE public.report_mails ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.report_mails_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.report_recipients (
    tenant_id bigint NOT NULL,
    id bigint NOT NULL,
    schedule_id bigint NOT NULL,
    address text NOT NULL,
    place integer NOT NULL,
    listed boolean DEFAULT true NOT NULL,
    unsubscribed_at timestamp with time zone
);

ALTER TABLE ONLY public.report_recipients FORCE ROW LEVEL SECURITY;

ALTER TABLE public.report_recipients ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.report_recipients_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.report_runs (
    tenant_id bigint NOT NULL,
    id bigint NOT NULL,
    schedule_id bigint NOT NULL,
    slot timestamp with time zone NOT NULL,
    state text DEFAULT 'claimed'::text NOT NULL,
    detail text,
    attempts integer DEFAULT 0 NOT NULL,
    requested_by bigint,
    next_attempt_at timestamp with time zone,
    created_at timestamp with time zone NOT NULL,
    finished_at timestamp with time zone,
    CONSTRAINT run_is_finished_or_not CHECK (((state = ANY (ARRAY['claimed'::text, 'sending'::text])) = (finished_at IS NULL))),
    CONSTRAINT run_state_is_known CHECK ((state = ANY (ARRAY['claimed'::text, 'sending'::text, 'sent'::text, 'incomplete'::text, 'failed'::text, 'skipped'::text])))
);

ALTER TABLE ONLY public.report_runs FORCE ROW LEVEL SECURITY;

ALTER TABLE public.report_runs ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.report_runs_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.report_schedules (
    tenant_id bigint NOT NULL,
    id bigint NOT NULL,
    name text NOT NULL,
    report text NOT NULL,
    format text NOT NULL,
    filters jsonb DEFAULT '{}'::jsonb NOT NULL,
    cron text NOT NULL,
    enabled boolean DEFAULT true NOT NULL,
    next_run_at timestamp with time zone,
    time_zone text NOT NULL,
    owner_id bigint NOT NULL,
    version bigint DEFAULT 1 NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    deleted_at timestamp with time zone,
    CONSTRAINT schedule_format_is_known CHECK ((format = ANY (ARRAY['csv'::text, 'xlsx'::text, 'pdf'::text]))),
    CONSTRAINT schedule_name_is_not_blank CHECK ((btrim(name) <> ''::text))
);

ALTER TABLE ONLY public.report_schedules FORCE ROW LEVEL SECURITY;

ALTER TABLE public.report_schedules ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.report_schedules_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

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

CREATE TABLE public.tenant_benchmarks (
    tenant_id bigint NOT NULL,
    id bigint NOT NULL,
    benchmark_class text NOT NULL,
    basis text NOT NULL,
    figure numeric(14,4) NOT NULL,
    unit text NOT NULL,
    year text NOT NULL,
    source text NOT NULL,
    note text,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT own_benchmark_is_not_negative CHECK ((figure >= (0)::numeric))
);

ALTER TABLE ONLY public.tenant_benchmarks FORCE ROW LEVEL SECURITY;

ALTER TABLE public.tenant_benchmarks ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.tenant_benchmarks_id_seq
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

CREATE TABLE public.util_weekly (
    tenant_id bigint NOT NULL,
    asset_id bigint NOT NULL,
    first_day date NOT NULL,
    days_used integer NOT NULL,
    trips_count integer NOT NULL,
    active_us bigint NOT NULL,
    shift_active_us bigint NOT NULL,
    engine_idle_us bigint NOT NULL,
    miles_e6 bigint NOT NULL,
    fuel_e6 bigint NOT NULL,
    all_miles_e6 bigint NOT NULL,
    all_fuel_e6 bigint NOT NULL,
    driven_days integer NOT NULL,
    fuel_days integer NOT NULL,
    trips_without_distance integer NOT NULL
)
WITH (fillfactor='80');

ALTER TABLE ONLY public.util_weekly FORCE ROW LEVEL SECURITY;

CREATE TABLE public.utilization_targets (
    tenant_id bigint NOT NULL,
    asset_type text NOT NULL,
    hours_per_week numeric(5,2),
    miles_per_week numeric(8,2),
    CONSTRAINT target_hours_fit_into_a_week CHECK (((hours_per_week > (0)::numeric) AND (hours_per_week <= (168)::numeric))),
    CONSTRAINT target_is_of_a_known_type CHECK ((asset_type = ANY (ARRAY['car'::text, 'van'::text, 'truck'::text, 'trailer'::text, 'equipment'::text, 'tool'::text, 'other'::text]))),
    CONSTRAINT target_miles_are_positive CHECK ((miles_per_week > (0)::numeric)),
    CONSTRAINT target_says_something CHECK (((hours_per_week IS NOT NULL) OR (miles_per_week IS NOT NULL)))
);

ALTER TABLE ONLY public.utilization_targets FORCE ROW LEVEL SECURITY;

CREATE VIEW public.vw_asset_daily_utilization WITH (security_invoker='true') AS
 SELECT a.id AS asset_id,
    a.asset_name,
    a.asset_type,
    c.day AS date,
    COALESCE(u.trips_count, 0) AS trips_count,
    COALESCE(round(((u.active_us)::numeric / 60000000.0), 2), (0)::numeric) AS total_active_minutes,
    COALESCE(round((((u.active_us)::numeric / 600000.0) / (NULLIF(u.service_minutes, 0))::numeric), 2), (0)::numeric) AS utilization_percentage,
    COALESCE(round(((u.miles_e6)::numeric / 1000000.0), 6), (0)::numeric) AS total_miles,
    COALESCE(round(((u.fuel_e6)::numeric / 1000000.0), 6), (0)::numeric) AS total_fuel_gallons
   FROM (((public.tenants t
     CROSS JOIN LATERAL public.days_between(( SELECT min(public.service_from(k.*, t.time_zone)) AS min
           FROM public.assets k
          WHERE (k.tenant_id = t.id)), public.tenant_today(t.id)) c(day))
     JOIN public.assets a ON (((a.tenant_id = t.id) AND (c.day >= public.service_from(a.*, t.time_zone)) AND (c.day < COALESCE(a.disposed_on, 'infinity'::date)))))
     LEFT JOIN public.util_daily u ON (((u.tenant_id = a.tenant_id) AND (u.asset_id = a.id) AND (u.day = c.day))))
  WHERE (t.id = public.current_tenant_id());

CREATE VIEW public.vw_asset_roi_summary WITH (security_invoker='true') AS
 SELECT asset_id,
    asset_name,
    purchase_price AS initial_investment,
    current_value,
    maintenance AS total_maintenance_cost,
    fuel AS total_fuel_cost,
    days_owned,
    round((((purchase_price - current_value) + maintenance) / (days_owned)::numeric), 2) AS daily_cost,
    miles AS total_miles,
    round(((((purchase_price + maintenance) + fuel) + others) / NULLIF(miles, (0)::numeric)), 4) AS cost_per_mile
   FROM ( SELECT a.id AS asset_id,
            a.asset_name,
            a.purchase_price,
            c.maintenance,
            (c.fuel_paid + c.fuel_estimated) AS fuel,
            ((((((c.insurance + c.finance) + c.fees) + c.tyres) + c.tolls) + c.accident) + c.other) AS others,
            GREATEST(1, (LEAST(day.today, a.disposed_on) - public.owned_from(a.*, t.time_zone))) AS days_owned,
            round((c.miles_e6 / (1000000)::numeric), 2) AS miles,
            COALESCE(v.amount, public.book_value(a.*, public.owned_from(a.*, t.time_zone), day.today, (c.miles_e6 / (1000000)::numeric))) AS current_value
           FROM ((((public.tenants t
             CROSS JOIN LATERAL ( SELECT ((now() AT TIME ZONE t.time_zone))::date AS today) day)
             CROSS JOIN LATERAL public.asset_costs(t.id, '-infinity'::date, day.today, NULL::text, NULL::bigint) c(asset_id, maintenance, maintenance_rows, fuel_paid, fuel_paid_rows, fuel_estimated, estimated_e6, unpriced_e6, insurance, finance, fees, tyres, tolls, accident, other, estimated_days, revenue, revenue_rows, miles_e6, fuel_e6, active_days, trips_without_distance))
             JOIN public.assets a ON (((a.tenant_id = t.id) AND (a.id = c.asset_id))))
             LEFT JOIN LATERAL public.market_values(t.id, day.today) v(asset_id, as_of, amount) ON ((v.asset_id = a.id)))
          WHERE (t.id = public.current_tenant_id())) s;

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

ALTER TABLE ONLY public.analytics_touches
    ADD CONSTRAINT analytics_touches_pkey PRIMARY KEY (tenant_id, transaction_id);

ALTER TABLE ONLY public.asset_checkout_history
    ADD CONSTRAINT asset_checkout_history_pkey PRIMARY KEY (tenant_id, id);

ALTER TABLE public.assets
    ADD CONSTRAINT asset_life_in_miles_is_positive CHECK ((useful_life_miles > (0)::numeric)) NOT VALID;

ALTER TABLE ONLY public.assets
    ADD CONSTRAINT asset_tag_is_unique UNIQUE (tenant_id, asset_tag);

ALTER TABLE ONLY public.asset_valuations
    ADD CONSTRAINT asset_valuations_pkey PRIMARY KEY (tenant_id, id);

ALTER TABLE ONLY public.assets
    ADD CONSTRAINT assets_pkey PRIMARY KEY (tenant_id, id);

ALTER TABLE ONLY public.audit_log
    ADD CONSTRAINT audit_log_pkey PRIMARY KEY (tenant_id, id);

ALTER TABLE ONLY public.benchmark_classes
    ADD CONSTRAINT benchmark_classes_pkey PRIMARY KEY (name, benchmark_class);

ALTER TABLE ONLY public.benchmarks
    ADD CONSTRAINT benchmarks_pkey PRIMARY KEY (code);

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
    ADD CONSTRAINT dirty_days_pkey PRIMARY KEY (tenant_id, id);

ALTER TABLE ONLY public.export_jobs
    ADD CONSTRAINT export_jobs_pkey PRIMARY KEY (tenant_id, id);

ALTER TABLE ONLY public.fleet_daily
    ADD CONSTRAINT fleet_daily_pkey PRIMARY KEY (tenant_id, asset_type, day);

ALTER TABLE ONLY public.fuel_prices
    ADD CONSTRAINT fuel_prices_pkey PRIMARY KEY (tenant_id, fuel_type, valid_from);

ALTER TABLE ONLY public.idempotency_keys
    ADD CONSTRAINT idempotency_keys_pkey PRIMARY KEY (tenant_id, user_id, route, key);

ALTER TABLE ONLY public.idle_spells
    ADD CONSTRAINT idle_spells_pkey PRIMARY KEY (tenant_id, asset_id, since);

ALTER TABLE ONLY public.longest_trips
    ADD CONSTRAINT longest_trips_pkey PRIMARY KEY (tenant_id, id);

ALTER TABLE ONLY public.maintenance_records
    ADD CONSTRAINT maintenance_is_known_by_its_source UNIQUE (tenant_id, source, external_id);

ALTER TABLE ONLY public.maintenance_records
    ADD CONSTRAINT maintenance_records_pkey PRIMARY KEY (tenant_id, id);

ALTER TABLE ONLY public.meter_replacements
    ADD CONSTRAINT meter_is_replaced_once_at_a_time UNIQUE (tenant_id, asset_id, kind, replaced_at);

ALTER TABLE ONLY public.meter_readings
    ADD CONSTRAINT meter_reading_is_known_by_its_source UNIQUE (tenant_id, source, external_id);

ALTER TABLE ONLY public.meter_readings
    ADD CONSTRAINT meter_readings_pkey PRIMARY KEY (tenant_id, id);

ALTER TABLE ONLY public.meter_replacements
    ADD CONSTRAINT meter_replacements_pkey PRIMARY KEY (tenant_id, id);

ALTER TABLE ONLY public.task_changes
    ADD CONSTRAINT one_change_for_each_dot_and_field UNIQUE (tenant_id, task_id, replica, counter, field);

ALTER TABLE ONLY public.custody_events
    ADD CONSTRAINT one_event_per_kind_and_custody UNIQUE (tenant_id, custody_id, kind);

ALTER TABLE ONLY public.report_mails
    ADD CONSTRAINT one_mail_per_address UNIQUE (tenant_id, run_id, kind, address);

ALTER TABLE ONLY public.report_recipients
    ADD CONSTRAINT one_recipient_per_address UNIQUE (tenant_id, schedule_id, address);

ALTER TABLE ONLY public.report_runs
    ADD CONSTRAINT one_run_per_slot UNIQUE (tenant_id, schedule_id, slot);

ALTER TABLE ONLY public.users
    ADD CONSTRAINT one_user_per_oid UNIQUE (tenant_id, oid);

ALTER TABLE ONLY public.tenant_benchmarks
    ADD CONSTRAINT own_benchmark_is_one_of_its_kind UNIQUE (tenant_id, benchmark_class, basis);

ALTER TABLE ONLY public.photos
    ADD CONSTRAINT photos_pkey PRIMARY KEY (tenant_id, id);

ALTER TABLE ONLY public.rate_limits
    ADD CONSTRAINT rate_limits_pkey PRIMARY KEY (tenant_id, user_id, subject);

ALTER TABLE ONLY public.realtime_connections
    ADD CONSTRAINT realtime_connections_pkey PRIMARY KEY (tenant_id, connection_id);

ALTER TABLE ONLY public.realtime_marks
    ADD CONSTRAINT realtime_marks_pkey PRIMARY KEY (tenant_id, connection_id);

ALTER TABLE ONLY public.report_mails
    ADD CONSTRAINT report_mails_pkey PRIMARY KEY (tenant_id, id);

ALTER TABLE ONLY public.report_recipients
    ADD CONSTRAINT report_recipients_pkey PRIMARY KEY (tenant_id, id);

ALTER TABLE ONLY public.report_runs
    ADD CONSTRAINT report_runs_pkey PRIMARY KEY (tenant_id, id);

ALTER TABLE ONLY public.report_schedules
    ADD CONSTRAINT report_schedules_pkey PRIMARY KEY (tenant_id, id);

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

ALTER TABLE ONLY public.tenant_benchmarks
    ADD CONSTRAINT tenant_benchmarks_pkey PRIMARY KEY (tenant_id, id);

ALTER TABLE ONLY public.tenant_counters
    ADD CONSTRAINT tenant_counters_pkey PRIMARY KEY (tenant_id);

ALTER TABLE public.tenants
    ADD CONSTRAINT tenant_discount_rate_is_a_share CHECK (((discount_rate >= (0)::numeric) AND (discount_rate < (1)::numeric))) NOT VALID;

ALTER TABLE public.tenants
    ADD CONSTRAINT tenant_idle_days_is_sensible CHECK (((idle_days >= 1) AND (idle_days <= 3650))) NOT VALID;

ALTER TABLE public.tenants
    ADD CONSTRAINT tenant_reimbursement_is_not_negative CHECK ((reimbursement_per_mile >= (0)::numeric)) NOT VALID;

ALTER TABLE public.tenants
    ADD CONSTRAINT tenant_shift_days_are_weekdays CHECK ((((cardinality(shift_days) >= 1) AND (cardinality(shift_days) <= 7)) AND (shift_days <@ '{1,2,3,4,5,6,7}'::smallint[]))) NOT VALID;

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

ALTER TABLE ONLY public.util_weekly
    ADD CONSTRAINT util_weekly_pkey PRIMARY KEY (tenant_id, asset_id, first_day);

ALTER TABLE ONLY public.utilization_targets
    ADD CONSTRAINT utilization_targets_pkey PRIMARY KEY (tenant_id, asset_type);

ALTER TABLE ONLY public.asset_valuations
    ADD CONSTRAINT valuation_is_one_a_day UNIQUE (tenant_id, asset_id, as_of);

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

CREATE INDEX dirty_days_day_idx ON public.dirty_days USING btree (tenant_id, day, asset_id);

CREATE INDEX export_jobs_expiry_idx ON public.export_jobs USING btree (tenant_id, expires_at);

CREATE INDEX export_jobs_waiting_idx ON public.export_jobs USING btree (tenant_id, created_at) WHERE (state = ANY (ARRAY['queued'::text, 'running'::text]));

CREATE INDEX idempotency_keys_age_idx ON public.idempotency_keys USING btree (tenant_id, created_at);

CREATE INDEX maintenance_records_asset_idx ON public.maintenance_records USING btree (tenant_id, asset_id, performed_on);

CREATE INDEX meter_readings_order_idx ON public.meter_readings USING btree (tenant_id, asset_id, kind, read_at, id);

CREATE INDEX meter_readings_voided_idx ON public.meter_readings USING btree (tenant_id, asset_id, created_at) WHERE (state = 'voided'::text);

CREATE UNIQUE INDEX one_open_custody_per_asset ON public.asset_checkout_history USING btree (tenant_id, asset_id) WHERE (checkin_time IS NULL);

CREATE INDEX photos_custody_idx ON public.photos USING btree (tenant_id, custody_id) WHERE (custody_id IS NOT NULL);

CREATE INDEX photos_unfinished_idx ON public.photos USING btree (tenant_id, created_at) WHERE (state = ANY (ARRAY['expected'::text, 'pending'::text]));

CREATE INDEX photos_unused_idx ON public.photos USING btree (tenant_id, processed_at) WHERE ((custody_id IS NULL) AND (state = ANY (ARRAY['ready'::text, 'refused'::text])));

CREATE INDEX realtime_connections_closed_idx ON public.realtime_connections USING btree (tenant_id, disconnected_at);

CREATE INDEX realtime_connections_open_idx ON public.realtime_connections USING btree (tenant_id, connected_at) WHERE (disconnected_at IS NULL);

CREATE INDEX realtime_connections_user_idx ON public.realtime_connections USING btree (tenant_id, user_id) WHERE (disconnected_at IS NULL);

CREATE INDEX report_runs_open_idx ON public.report_runs USING btree (tenant_id, next_attempt_at) WHERE (next_attempt_at IS NOT NULL);

CREATE INDEX report_schedules_due_idx ON public.report_schedules USING btree (tenant_id, next_run_at) WHERE (enabled AND (deleted_at IS NULL));

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

CREATE INDEX trips_of_custody_idx ON ONLY public.trips USING btree (tenant_id, asset_id, start_time) WHERE (source = 'custody'::text);

CREATE INDEX trips_other_tenant_id_asset_id_start_time_idx ON public.trips_other USING btree (tenant_id, asset_id, start_time);

CREATE INDEX trips_other_tenant_id_asset_id_start_time_idx1 ON public.trips_other USING btree (tenant_id, asset_id, start_time) WHERE (source = 'custody'::text);

CREATE INDEX trips_time_idx ON ONLY public.trips USING btree (tenant_id, start_time);

CREATE INDEX trips_other_tenant_id_start_time_idx ON public.trips_other USING btree (tenant_id, start_time);

CREATE INDEX util_daily_day_idx ON public.util_daily USING btree (tenant_id, day, asset_id);

CREATE INDEX util_weekly_day_idx ON public.util_weekly USING btree (tenant_id, first_day, asset_id);

CREATE INDEX websocket_events_resource_idx ON public.websocket_events USING btree (tenant_id, resource_type, resource_id, seq);

CREATE INDEX websocket_events_unpublished_idx ON public.websocket_events USING btree (tenant_id, seq) WHERE (published_at IS NULL);

ALTER INDEX public.trips_pkey ATTACH PARTITION public.trips_other_pkey;

ALTER INDEX public.trips_asset_time_idx ATTACH PARTITION public.trips_other_tenant_id_asset_id_start_time_idx;

ALTER INDEX public.trips_of_custody_idx ATTACH PARTITION public.trips_other_tenant_id_asset_id_start_time_idx1;

ALTER INDEX public.trips_time_idx ATTACH PARTITION public.trips_other_tenant_id_start_time_idx;

CREATE TRIGGER asset_is_entered_with_a_value AFTER INSERT ON public.assets FOR EACH ROW WHEN ((new.current_value IS NOT NULL)) EXECUTE FUNCTION public.keep_valuation();

CREATE TRIGGER asset_is_valued AFTER UPDATE OF current_value ON public.assets FOR EACH ROW WHEN ((new.current_value IS DISTINCT FROM old.current_value)) EXECUTE FUNCTION public.keep_valuation();

CREATE TRIGGER judge_changed_readings AFTER UPDATE ON public.meter_readings REFERENCING OLD TABLE AS was NEW TABLE AS now_is FOR EACH STATEMENT EXECUTE FUNCTION public.judge_changed_readings();

CREATE TRIGGER judge_new_reading BEFORE INSERT ON public.meter_readings FOR EACH ROW EXECUTE FUNCTION public.judge_new_reading();

CREATE TRIGGER judge_with_new_meter AFTER INSERT ON public.meter_replacements FOR EACH ROW EXECUTE FUNCTION public.judge_with_new_meter();

CREATE TRIGGER keep_meter_beside_voided BEFORE UPDATE OF odometer_miles, engine_hours ON public.assets FOR EACH ROW WHEN (((new.odometer_miles > COALESCE(old.odometer_miles, ('-1'::integer)::double precision)) OR (new.engine_hours > COALESCE(old.engine_hours, ('-1'::integer)::double precision)))) EXECUTE FUNCTION public.keep_meter_beside_voided();

CREATE TRIGGER mark_days_of_asset AFTER UPDATE OF asset_type, in_service_on, purchase_date, disposed_on ON public.assets FOR EACH ROW WHEN (((((old.asset_type IS DISTINCT FROM new.asset_type) OR (old.in_service_on IS DISTINCT FROM new.in_service_on)) OR (old.purchase_date IS DISTINCT FROM new.purchase_date)) OR (old.disposed_on IS DISTINCT FROM new.disposed_on))) EXECUTE FUNCTION public.mark_days_of_asset();

CREATE TRIGGER mark_days_of_tenant AFTER UPDATE ON public.tenants FOR EACH ROW WHEN ((old.* IS DISTINCT FROM new.*)) EXECUTE FUNCTION public.mark_days_of_tenant();

CREATE TRIGGER mark_gone_trips AFTER DELETE ON public.trips REFERENCING OLD TABLE AS changed_trips FOR EACH STATEMENT EXECUTE FUNCTION public.mark_changed_trips();

CREATE TRIGGER mark_new_trips AFTER INSERT ON public.trips REFERENCING NEW TABLE AS changed_trips FOR EACH STATEMENT EXECUTE FUNCTION public.mark_changed_trips();

CREATE TRIGGER mark_trips_as_they_are AFTER UPDATE ON public.trips REFERENCING NEW TABLE AS changed_trips FOR EACH STATEMENT EXECUTE FUNCTION public.mark_changed_trips();

CREATE TRIGGER mark_trips_as_they_were AFTER UPDATE ON public.trips REFERENCING OLD TABLE AS changed_trips FOR EACH STATEMENT EXECUTE FUNCTION public.mark_changed_trips();

CREATE TRIGGER read_meters_at_checkin AFTER UPDATE ON public.asset_checkout_history FOR EACH ROW EXECUTE FUNCTION public.read_meters_of_custody();

CREATE TRIGGER read_meters_at_checkout AFTER INSERT ON public.asset_checkout_history FOR EACH ROW EXECUTE FUNCTION public.read_meters_of_custody();

CREATE TRIGGER settle_beside_changed_trips AFTER UPDATE ON public.trips REFERENCING OLD TABLE AS changed_from NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.settle_beside_other_trips();

CREATE TRIGGER settle_beside_gone_trips AFTER DELETE ON public.trips REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.settle_beside_other_trips();

CREATE TRIGGER settle_beside_new_trips AFTER INSERT ON public.trips REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.settle_beside_other_trips();

CREATE CONSTRAINT TRIGGER settle_touch AFTER INSERT ON public.analytics_touches DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.settle_touch();

CREATE TRIGGER show_new_readings AFTER INSERT ON public.meter_readings REFERENCING NEW TABLE AS brought FOR EACH STATEMENT WHEN ((pg_trigger_depth() = 0)) EXECUTE FUNCTION public.show_new_readings();

CREATE TRIGGER touch_analytics AFTER INSERT OR DELETE OR UPDATE ON public.asset_valuations FOR EACH STATEMENT EXECUTE FUNCTION public.touch_analytics();

CREATE TRIGGER touch_analytics AFTER INSERT OR DELETE OR UPDATE OF asset_tag, asset_name, asset_type, benchmark_class, fuel_type, purchase_price, purchase_date, in_service_on, disposed_on, current_value, salvage_value, useful_life_years, depreciation_method ON public.assets FOR EACH STATEMENT EXECUTE FUNCTION public.touch_analytics();

CREATE TRIGGER touch_analytics AFTER INSERT OR DELETE OR UPDATE ON public.cost_entries FOR EACH STATEMENT EXECUTE FUNCTION public.touch_analytics();

CREATE TRIGGER touch_analytics AFTER INSERT OR DELETE OR UPDATE ON public.fuel_prices FOR EACH STATEMENT EXECUTE FUNCTION public.touch_analytics();

CREATE TRIGGER touch_analytics AFTER INSERT OR DELETE OR UPDATE ON public.maintenance_records FOR EACH STATEMENT EXECUTE FUNCTION public.touch_analytics();

CREATE TRIGGER touch_analytics AFTER INSERT OR DELETE OR UPDATE ON public.revenue_entries FOR EACH STATEMENT EXECUTE FUNCTION public.touch_analytics();

CREATE TRIGGER touch_analytics AFTER INSERT OR DELETE OR UPDATE ON public.tenant_benchmarks FOR EACH STATEMENT EXECUTE FUNCTION public.touch_analytics();

CREATE TRIGGER touch_analytics AFTER INSERT OR DELETE OR UPDATE ON public.utilization_targets FOR EACH STATEMENT EXECUTE FUNCTION public.touch_analytics();

CREATE TRIGGER touch_analytics_by_life AFTER UPDATE OF useful_life_miles ON public.assets FOR EACH STATEMENT EXECUTE FUNCTION public.touch_analytics();

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

ALTER TABLE ONLY public.asset_valuations
    ADD CONSTRAINT asset_valuations_tenant_id_asset_id_fkey FOREIGN KEY (tenant_id, asset_id) REFERENCES public.assets(tenant_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.asset_valuations
    ADD CONSTRAINT asset_valuations_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id);

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

ALTER TABLE ONLY public.export_jobs
    ADD CONSTRAINT export_jobs_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id);

ALTER TABLE ONLY public.export_jobs
    ADD CONSTRAINT export_jobs_tenant_id_user_id_fkey FOREIGN KEY (tenant_id, user_id) REFERENCES public.users(tenant_id, id);

ALTER TABLE ONLY public.fuel_prices
    ADD CONSTRAINT fuel_prices_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id);

ALTER TABLE ONLY public.idempotency_keys
    ADD CONSTRAINT idempotency_keys_tenant_id_user_id_fkey FOREIGN KEY (tenant_id, user_id) REFERENCES public.users(tenant_id, id);

ALTER TABLE ONLY public.idle_spells
    ADD CONSTRAINT idle_spells_tenant_id_asset_id_fkey FOREIGN KEY (tenant_id, asset_id) REFERENCES public.assets(tenant_id, id);

ALTER TABLE ONLY public.idle_spells
    ADD CONSTRAINT idle_spells_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id);

ALTER TABLE ONLY public.maintenance_records
    ADD CONSTRAINT maintenance_records_tenant_id_asset_id_fkey FOREIGN KEY (tenant_id, asset_id) REFERENCES public.assets(tenant_id, id);

ALTER TABLE ONLY public.maintenance_records
    ADD CONSTRAINT maintenance_records_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id);

ALTER TABLE ONLY public.meter_readings
    ADD CONSTRAINT meter_readings_tenant_id_asset_id_fkey FOREIGN KEY (tenant_id, asset_id) REFERENCES public.assets(tenant_id, id);

ALTER TABLE ONLY public.meter_replacements
    ADD CONSTRAINT meter_replacements_tenant_id_asset_id_fkey FOREIGN KEY (tenant_id, asset_id) REFERENCES public.assets(tenant_id, id);

ALTER TABLE ONLY public.meter_replacements
    ADD CONSTRAINT meter_replacements_tenant_id_user_id_fkey FOREIGN KEY (tenant_id, user_id) REFERENCES public.users(tenant_id, id);

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

ALTER TABLE ONLY public.report_mails
    ADD CONSTRAINT report_mails_tenant_id_recipient_id_fkey FOREIGN KEY (tenant_id, recipient_id) REFERENCES public.report_recipients(tenant_id, id);

ALTER TABLE ONLY public.report_mails
    ADD CONSTRAINT report_mails_tenant_id_run_id_fkey FOREIGN KEY (tenant_id, run_id) REFERENCES public.report_runs(tenant_id, id);

ALTER TABLE ONLY public.report_recipients
    ADD CONSTRAINT report_recipients_tenant_id_schedule_id_fkey FOREIGN KEY (tenant_id, schedule_id) REFERENCES public.report_schedules(tenant_id, id);

ALTER TABLE ONLY public.report_runs
    ADD CONSTRAINT report_runs_tenant_id_requested_by_fkey FOREIGN KEY (tenant_id, requested_by) REFERENCES public.users(tenant_id, id);

ALTER TABLE ONLY public.report_runs
    ADD CONSTRAINT report_runs_tenant_id_schedule_id_fkey FOREIGN KEY (tenant_id, schedule_id) REFERENCES public.report_schedules(tenant_id, id);

ALTER TABLE ONLY public.report_schedules
    ADD CONSTRAINT report_schedules_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id);

ALTER TABLE ONLY public.report_schedules
    ADD CONSTRAINT report_schedules_tenant_id_owner_id_fkey FOREIGN KEY (tenant_id, owner_id) REFERENCES public.users(tenant_id, id);

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

ALTER TABLE ONLY public.tenant_benchmarks
    ADD CONSTRAINT tenant_benchmarks_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id);

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

ALTER TABLE ONLY public.utilization_targets
    ADD CONSTRAINT utilization_targets_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id);

ALTER TABLE ONLY public.websocket_events
    ADD CONSTRAINT websocket_events_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id);

ALTER TABLE ONLY public.websocket_events
    ADD CONSTRAINT websocket_events_tenant_id_user_id_fkey FOREIGN KEY (tenant_id, user_id) REFERENCES public.users(tenant_id, id);

ALTER TABLE public.analytics_state ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.analytics_touches ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.asset_checkout_history ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.asset_valuations ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.assets ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.audit_log ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.cost_entries ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.custody_events ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.dirty_days ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.export_jobs ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.fleet_daily ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.fuel_prices ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.idempotency_keys ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.idle_spells ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.longest_trips ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.maintenance_records ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.meter_readings ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.meter_replacements ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.photos ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.rate_limits ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.realtime_connections ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.realtime_marks ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.report_mails ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.report_recipients ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.report_runs ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.report_schedules ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.revenue_entries ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.signatures ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.tags ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.task_changes ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.task_comments ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.tasks ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.tenant_benchmarks ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.tenant_counters ENABLE ROW LEVEL SECURITY;

CREATE POLICY tenant_isolation ON public.analytics_state USING ((tenant_id = public.current_tenant_id()));

CREATE POLICY tenant_isolation ON public.analytics_touches USING ((tenant_id = public.current_tenant_id()));

CREATE POLICY tenant_isolation ON public.asset_checkout_history USING ((tenant_id = public.current_tenant_id()));

CREATE POLICY tenant_isolation ON public.asset_valuations USING ((tenant_id = public.current_tenant_id()));

CREATE POLICY tenant_isolation ON public.assets USING ((tenant_id = public.current_tenant_id()));

CREATE POLICY tenant_isolation ON public.audit_log USING ((tenant_id = public.current_tenant_id()));

CREATE POLICY tenant_isolation ON public.cost_entries USING ((tenant_id = public.current_tenant_id()));

CREATE POLICY tenant_isolation ON public.custody_events USING ((tenant_id = public.current_tenant_id()));

CREATE POLICY tenant_isolation ON public.dirty_days USING ((tenant_id = public.current_tenant_id()));

CREATE POLICY tenant_isolation ON public.export_jobs USING ((tenant_id = public.current_tenant_id()));

CREATE POLICY tenant_isolation ON public.fleet_daily USING ((tenant_id = public.current_tenant_id()));

CREATE POLICY tenant_isolation ON public.fuel_prices USING ((tenant_id = public.current_tenant_id()));

CREATE POLICY tenant_isolation ON public.idempotency_keys USING ((tenant_id = public.current_tenant_id()));

CREATE POLICY tenant_isolation ON public.idle_spells USING ((tenant_id = public.current_tenant_id()));

CREATE POLICY tenant_isolation ON public.longest_trips USING ((tenant_id = public.current_tenant_id()));

CREATE POLICY tenant_isolation ON public.maintenance_records USING ((tenant_id = public.current_tenant_id()));

CREATE POLICY tenant_isolation ON public.meter_readings USING ((tenant_id = public.current_tenant_id()));

CREATE POLICY tenant_isolation ON public.meter_replacements USING ((tenant_id = public.current_tenant_id()));

CREATE POLICY tenant_isolation ON public.photos USING ((tenant_id = public.current_tenant_id()));

CREATE POLICY tenant_isolation ON public.rate_limits USING ((tenant_id = public.current_tenant_id()));

CREATE POLICY tenant_isolation ON public.realtime_connections USING ((tenant_id = public.current_tenant_id()));

CREATE POLICY tenant_isolation ON public.realtime_marks USING ((tenant_id = public.current_tenant_id()));

CREATE POLICY tenant_isolation ON public.report_mails USING ((tenant_id = public.current_tenant_id()));

CREATE POLICY tenant_isolation ON public.report_recipients USING ((tenant_id = public.current_tenant_id()));

CREATE POLICY tenant_isolation ON public.report_runs USING ((tenant_id = public.current_tenant_id()));

CREATE POLICY tenant_isolation ON public.report_schedules USING ((tenant_id = public.current_tenant_id()));

CREATE POLICY tenant_isolation ON public.revenue_entries USING ((tenant_id = public.current_tenant_id()));

CREATE POLICY tenant_isolation ON public.signatures USING ((tenant_id = public.current_tenant_id()));

CREATE POLICY tenant_isolation ON public.tags USING ((tenant_id = public.current_tenant_id()));

CREATE POLICY tenant_isolation ON public.task_changes USING ((tenant_id = public.current_tenant_id()));

CREATE POLICY tenant_isolation ON public.task_comments USING ((tenant_id = public.current_tenant_id()));

CREATE POLICY tenant_isolation ON public.tasks USING ((tenant_id = public.current_tenant_id()));

CREATE POLICY tenant_isolation ON public.tenant_benchmarks USING ((tenant_id = public.current_tenant_id()));

CREATE POLICY tenant_isolation ON public.tenant_counters USING ((tenant_id = public.current_tenant_id()));

CREATE POLICY tenant_isolation ON public.trip_keys USING ((tenant_id = public.current_tenant_id()));

CREATE POLICY tenant_isolation ON public.trips USING ((tenant_id = public.current_tenant_id()));

CREATE POLICY tenant_isolation ON public.trips_other USING ((tenant_id = public.current_tenant_id()));

CREATE POLICY tenant_isolation ON public.users USING ((tenant_id = public.current_tenant_id()));

CREATE POLICY tenant_isolation ON public.util_daily USING ((tenant_id = public.current_tenant_id()));

CREATE POLICY tenant_isolation ON public.util_weekly USING ((tenant_id = public.current_tenant_id()));

CREATE POLICY tenant_isolation ON public.utilization_targets USING ((tenant_id = public.current_tenant_id()));

CREATE POLICY tenant_isolation ON public.websocket_events USING ((tenant_id = public.current_tenant_id()));

CREATE POLICY tenant_sees_itself ON public.tenants USING (((id = public.current_tenant_id()) OR (tid = current_setting('motorpool.tid'::text, true)) OR (current_setting('motorpool.sweep'::text, true) = 'on'::text)));

ALTER TABLE public.tenants ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.trip_keys ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.trips ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.trips_other ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.users ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.util_daily ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.util_weekly ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.utilization_targets ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.websocket_events ENABLE ROW LEVEL SECURITY;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.asset_checkout_history TO motorpool_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.assets TO motorpool_app;

GRANT SELECT,INSERT ON TABLE public.custody_events TO motorpool_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.photos TO motorpool_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.users TO motorpool_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.custody_records TO motorpool_app;

REVOKE ALL ON FUNCTION public.ensure_trip_months(p_from date, p_to date) FROM PUBLIC;
GRANT ALL ON FUNCTION public.ensure_trip_months(p_from date, p_to date) TO motorpool_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.meter_readings TO motorpool_app;

REVOKE ALL ON FUNCTION public.keep_tenants_apart(VARIADIC p_tables text[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION public.make_trip_month(p_month date) FROM PUBLIC;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.tasks TO motorpool_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.util_daily TO motorpool_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.analytics_state TO motorpool_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.analytics_touches TO motorpool_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.asset_valuations TO motorpool_app;

GRANT SELECT,INSERT,DELETE ON TABLE public.audit_log TO motorpool_app;

GRANT SELECT ON TABLE public.benchmark_classes TO motorpool_app;

GRANT SELECT ON TABLE public.benchmarks TO motorpool_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.cost_entries TO motorpool_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.dirty_days TO motorpool_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.export_jobs TO motorpool_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.fleet_daily TO motorpool_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.fuel_prices TO motorpool_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.idempotency_keys TO motorpool_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.idle_spells TO motorpool_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.longest_trips TO motorpool_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.maintenance_records TO motorpool_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.meter_replacements TO motorpool_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.rate_limits TO motorpool_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.realtime_connections TO motorpool_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.realtime_marks TO motorpool_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.report_mails TO motorpool_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.report_recipients TO motorpool_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.report_runs TO motorpool_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.report_schedules TO motorpool_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.revenue_entries TO motorpool_app;

GRANT SELECT,INSERT ON TABLE public.signatures TO motorpool_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.tags TO motorpool_app;

GRANT SELECT,INSERT ON TABLE public.task_changes TO motorpool_app;

GRANT UPDATE(effective_at) ON TABLE public.task_changes TO motorpool_app;

GRANT UPDATE(outcome) ON TABLE public.task_changes TO motorpool_app;

GRANT SELECT,INSERT ON TABLE public.task_comments TO motorpool_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.tenant_benchmarks TO motorpool_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.tenant_counters TO motorpool_app;

GRANT SELECT ON TABLE public.tenants TO motorpool_app;

GRANT UPDATE(shift_start) ON TABLE public.tenants TO motorpool_app;

GRANT UPDATE(shift_end) ON TABLE public.tenants TO motorpool_app;

GRANT UPDATE(shift_days) ON TABLE public.tenants TO motorpool_app;

GRANT UPDATE(discount_rate) ON TABLE public.tenants TO motorpool_app;

GRANT UPDATE(reimbursement_per_mile) ON TABLE public.tenants TO motorpool_app;

GRANT UPDATE(idle_days) ON TABLE public.tenants TO motorpool_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.trip_keys TO motorpool_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.trips TO motorpool_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.trips_other TO motorpool_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.util_weekly TO motorpool_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.utilization_targets TO motorpool_app;

GRANT SELECT ON TABLE public.vw_asset_daily_utilization TO motorpool_app;

GRANT SELECT ON TABLE public.vw_asset_roi_summary TO motorpool_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.websocket_events TO motorpool_app;
