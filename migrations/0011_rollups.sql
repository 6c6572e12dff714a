-- What utilization is answered from: each asset's local days, and pre-sums of the fleet by type and day. Both follow
-- the trips day by day: what changes marks days dirty, and dirty days are reckoned anew, whole.
--
-- Lengths are microseconds, miles and gallons millionths, all whole numbers: the parts of a trip that is split over
-- midnight sum exactly to the whole, and so do days to months.

-- How a tenant counts: its working hours (ISO weekdays, 1 is Monday), what money costs it, what it pays for a mile
-- driven with one's own car, and after how many whole days without use an asset is idle.
-- Working hours are cut out of the local day; a shift that ends where or before it begins goes over midnight, and its
-- hours after midnight belong to the day before.
ALTER TABLE tenants
ADD COLUMN shift_start time NOT NULL DEFAULT '08:00',
ADD COLUMN shift_end time NOT NULL DEFAULT '18:00',
ADD COLUMN shift_days smallint[] NOT NULL DEFAULT '{1,2,3,4,5}',
ADD COLUMN discount_rate numeric(6, 4) NOT NULL DEFAULT 0.08,
ADD COLUMN reimbursement_per_mile numeric(8, 4),
ADD COLUMN idle_days integer NOT NULL DEFAULT 7;

-- Where neither a purchase nor an in-service date is known, service begins with the first use or the first record.
ALTER TABLE assets ADD COLUMN first_used_on date;

-- An asset's local day on which it was used. Days without use have no row: what they are divided by follows from the
-- asset's dates. No foreign key: rows are made from assets and trips alone, and to check each of them again would take
-- a third of the time in which a year is reckoned anew.
CREATE TABLE util_daily (
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
    active_us_by_hour bigint[] NOT NULL,
    PRIMARY KEY (tenant_id, asset_id, day)
);
CREATE INDEX util_daily_day_idx ON util_daily (tenant_id, day, asset_id);

-- What an asset's days come to in each week, cut where a month ends: reports on many assets read these, and days only
-- at either end of their period. The first figures are of days in service, as utilization counts them; `all` and what
-- follows are of every day, as costs count them.
CREATE TABLE util_weekly (
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
    trips_without_distance integer NOT NULL,
    PRIMARY KEY (tenant_id, asset_id, first_day)
) WITH (fillfactor = 80);
CREATE INDEX util_weekly_day_idx ON util_weekly (tenant_id, first_day, asset_id);

-- The fleet's days by type, of assets in service on that day.
CREATE TABLE fleet_daily (
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
    active_us_by_hour bigint[] NOT NULL,
    PRIMARY KEY (tenant_id, asset_type, day)
);

-- Days that are to be reckoned anew. Marks are only added, each a row of its own, and a reckoning deletes those that it
-- saw: a mark on one row for a day would be lost when somebody marks the day, and has not committed yet, while the row
-- is being deleted. No foreign key: a mark without its asset does no harm, and marking is to be cheap.
CREATE TABLE dirty_days (
    tenant_id bigint NOT NULL,
    id bigint GENERATED ALWAYS AS IDENTITY,
    asset_id bigint NOT NULL,
    day date NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
CREATE INDEX dirty_days_day_idx ON dirty_days (tenant_id, day, asset_id);

-- `version` rises with whatever a report could show, so that a kept report is known to be old. It begins at the clock's
-- milliseconds: a row that is made again never takes a number that was there before.
CREATE TABLE analytics_state (
    tenant_id bigint PRIMARY KEY REFERENCES tenants (id),
    version bigint NOT NULL DEFAULT (extract(EPOCH FROM clock_timestamp()) * 1000)::bigint,
    rolled_over_on date,
    rolled_up_at timestamptz,
    proved_on date,
    proved_at timestamptz
);

-- How long a tenant's trips have been: the longest bounds how far back one looks for trips that reach into a day. Only
-- added to, when there is a longer one, so that nobody who writes a trip waits for anybody.
CREATE TABLE longest_trips (
    tenant_id bigint NOT NULL,
    id bigint GENERATED ALWAYS AS IDENTITY,
    length interval NOT NULL,
    PRIMARY KEY (tenant_id, id)
);

-- Transactions that changed what reports show and have not committed yet; see touch_analytics().
CREATE TABLE analytics_touches (
    tenant_id bigint NOT NULL,
    transaction_id bigint NOT NULL,
    PRIMARY KEY (tenant_id, transaction_id)
);

-- All trips of a tenant in a period, whatever their assets.
CREATE INDEX trips_time_idx ON trips (tenant_id, start_time);

-- The seat belt for new tables: each shows one tenant's rows, also to whoever owns it.
CREATE FUNCTION keep_tenants_apart(VARIADIC p_tables text[]) RETURNS void
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
REVOKE EXECUTE ON FUNCTION keep_tenants_apart FROM public;

SELECT keep_tenants_apart(
    'util_daily', 'util_weekly', 'fleet_daily', 'dirty_days', 'analytics_state', 'analytics_touches', 'longest_trips'
);
GRANT SELECT, INSERT, UPDATE, DELETE ON util_daily, util_weekly, fleet_daily, dirty_days, analytics_state,
analytics_touches, longest_trips TO motorpool_app;

-- Local days ---------------------------------------------------------------------------------------------------------

CREATE FUNCTION tenant_today(p_tenant_id bigint) RETURNS date
LANGUAGE sql STABLE
AS $$
    SELECT (now() AT TIME ZONE t.time_zone)::date FROM tenants AS t WHERE t.id = p_tenant_id
$$;

-- The first moment of a local day. Where midnight comes twice, PostgreSQL takes the second, so the offset of the day
-- before is tried too; where it does not come at all, it takes the moment in which the clocks were changed, as we do.
CREATE FUNCTION local_midnight(p_day date, p_zone text) RETURNS timestamptz
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

-- Exact for anything shorter than 280 years.
CREATE FUNCTION microseconds(p_length interval) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN round(date_part('epoch', p_length) * 1000000)::bigint;

CREATE FUNCTION day_minutes(p_day date, p_zone text) RETURNS integer
LANGUAGE sql STABLE
AS $$
    SELECT (microseconds(local_midnight(p_day + 1, p_zone) - local_midnight(p_day, p_zone)) / 60000000)::integer
$$;

-- The first and the last day of a day's week, or of as much of it as lies in the day's month.
CREATE FUNCTION week_of(p_day date) RETURNS date
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN p_day + 1 - least(date_part('isodow', p_day), date_part('day', p_day))::integer;

CREATE FUNCTION week_end(p_day date) RETURNS date
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN least(
    p_day + 7 - date_part('isodow', p_day)::integer,
    (date_trunc('month', p_day::timestamp) + interval '1 month')::date - 1
);

-- How much of one stretch lies in another, in microseconds.
CREATE FUNCTION overlap_us(p_from bigint, p_to bigint, p_low bigint, p_high bigint) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN greatest(0, least(p_to, p_high) - greatest(p_from, p_low));

-- How a tenant's local days run. Within a day lengths are counted from its first moment; what the clock on the wall
-- shows is `wall_us` later, and from `turn_us` on, when the clocks are changed that day, another `change_us`. So a
-- repeated hour is the same hour again, and a skipped one is empty. Working hours are two stretches of the clock on the
-- wall: those that began the day before, and those of the day.
CREATE FUNCTION tenant_days(p_tenant_id bigint, p_from date, p_to date)
RETURNS TABLE (
    day date, opens timestamptz, closes timestamptz, minutes integer,
    wall_us bigint, turn_us bigint, change_us bigint,
    early_from bigint, early_to bigint, shift_from bigint, shift_to bigint, shift_minutes integer
)
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

-- Service ------------------------------------------------------------------------------------------------------------

-- The first day on which an asset is in service.
CREATE FUNCTION service_from(p_asset assets, p_zone text) RETURNS date
LANGUAGE sql STABLE
AS $$
    SELECT coalesce(
        p_asset.in_service_on, p_asset.purchase_date,
        least(p_asset.first_used_on, (p_asset.created_at AT TIME ZONE p_zone)::date)
    )
$$;

-- The stretch of days in service of each asset within a period, half-open; none for assets that were not in service.
-- Nobody has been in service tomorrow.
CREATE FUNCTION service_spans(p_tenant_id bigint, p_from date, p_to date)
RETURNS TABLE (asset_id bigint, asset_type text, first_day date, end_day date)
LANGUAGE sql STABLE ROWS 1000
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

-- What each asset could have been used in a period: by sums up to a day, not by looking at each of its days. Assets
-- that were not in service are there, with zeros.
CREATE FUNCTION asset_service(p_tenant_id bigint, p_from date, p_to date)
RETURNS TABLE (asset_id bigint, service_days integer, service_minutes bigint, shift_minutes bigint)
LANGUAGE sql STABLE ROWS 1000
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

-- What the fleet could have been used on each day of a period, of one type or one asset only if they are given: as many
-- assets as began until then without those that ended.
CREATE FUNCTION fleet_service(p_tenant_id bigint, p_from date, p_to date, p_asset_type text, p_asset_id bigint)
RETURNS TABLE (day date, assets integer, service_minutes bigint, shift_minutes bigint)
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

-- What makes a report old --------------------------------------------------------------------------------------------

-- For statements that change what reports show. The version rises when the transaction commits, not now: its row is
-- everybody's, and whoever loads fifty thousand costs would keep it from all others meanwhile.
CREATE FUNCTION touch_analytics() RETURNS trigger
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

CREATE FUNCTION raise_analytics_version(p_tenant_id bigint) RETURNS bigint
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

CREATE FUNCTION settle_touch() RETURNS trigger
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

CREATE CONSTRAINT TRIGGER settle_touch AFTER INSERT ON analytics_touches
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION settle_touch();

CREATE TRIGGER touch_analytics AFTER INSERT OR UPDATE OR DELETE ON maintenance_records
FOR EACH STATEMENT EXECUTE FUNCTION touch_analytics();
CREATE TRIGGER touch_analytics AFTER INSERT OR UPDATE OR DELETE ON cost_entries
FOR EACH STATEMENT EXECUTE FUNCTION touch_analytics();
CREATE TRIGGER touch_analytics AFTER INSERT OR UPDATE OR DELETE ON revenue_entries
FOR EACH STATEMENT EXECUTE FUNCTION touch_analytics();
CREATE TRIGGER touch_analytics AFTER INSERT OR UPDATE OR DELETE ON fuel_prices
FOR EACH STATEMENT EXECUTE FUNCTION touch_analytics();
-- what a check-out changes is not among these
CREATE TRIGGER touch_analytics AFTER INSERT OR DELETE OR UPDATE OF
    asset_tag, asset_name, asset_type, benchmark_class, fuel_type, purchase_price, purchase_date, in_service_on,
    disposed_on, current_value, salvage_value, useful_life_years, depreciation_method
ON assets FOR EACH STATEMENT EXECUTE FUNCTION touch_analytics();

-- Marks --------------------------------------------------------------------------------------------------------------

CREATE FUNCTION longest_trip(p_tenant_id bigint) RETURNS interval
LANGUAGE sql STABLE
AS $$
    SELECT coalesce(max(k.length), '0') FROM longest_trips AS k WHERE k.tenant_id = p_tenant_id
$$;

-- Marks the local days that a stretch of time touches.
CREATE FUNCTION mark_trip_days(p_tenant_id bigint, p_asset_id bigint, p_start timestamptz, p_end timestamptz)
RETURNS void
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

-- The days of the trips that a statement has written or taken away, each once; and how long the longest of them is.
CREATE FUNCTION mark_changed_trips() RETURNS trigger
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

-- A statement's rows before and after it, in two calls: a function's body can name only what every call of it has.
CREATE TRIGGER mark_new_trips AFTER INSERT ON trips
REFERENCING NEW TABLE AS changed_trips FOR EACH STATEMENT EXECUTE FUNCTION mark_changed_trips();
CREATE TRIGGER mark_trips_as_they_are AFTER UPDATE ON trips
REFERENCING NEW TABLE AS changed_trips FOR EACH STATEMENT EXECUTE FUNCTION mark_changed_trips();
CREATE TRIGGER mark_trips_as_they_were AFTER UPDATE ON trips
REFERENCING OLD TABLE AS changed_trips FOR EACH STATEMENT EXECUTE FUNCTION mark_changed_trips();
CREATE TRIGGER mark_gone_trips AFTER DELETE ON trips
REFERENCING OLD TABLE AS changed_trips FOR EACH STATEMENT EXECUTE FUNCTION mark_changed_trips();

-- An asset that is of another type, or in service from or to another day, counts elsewhere with all its days.
CREATE FUNCTION mark_days_of_asset() RETURNS trigger
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

CREATE TRIGGER mark_days_of_asset
AFTER UPDATE OF asset_type, in_service_on, purchase_date, disposed_on ON assets
FOR EACH ROW
WHEN (
    (old.asset_type, old.in_service_on, old.purchase_date, old.disposed_on)
    IS DISTINCT FROM (new.asset_type, new.in_service_on, new.purchase_date, new.disposed_on)
)
EXECUTE FUNCTION mark_days_of_asset();

-- A tenant that counts in another way. Whoever changes it may not have opened the tenant: an operator's command knows
-- it by its `tid`.
CREATE FUNCTION mark_days_of_tenant() RETURNS trigger
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

CREATE TRIGGER mark_days_of_tenant AFTER UPDATE ON tenants FOR EACH ROW
WHEN (old IS DISTINCT FROM new) EXECUTE FUNCTION mark_days_of_tenant();

-- Reckoning ----------------------------------------------------------------------------------------------------------

-- Miles or gallons in millionths: exactly, where six decimals or fewer are said. What nobody can have meant (and NaN)
-- is as good as unknown, and is not to stop a fleet.
CREATE FUNCTION millionths(p_measure double precision) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN p_measure <= 1000000 THEN round(p_measure * 1000000)::bigint END;

-- The part of a whole that falls from one share of a length to another, rounded so that adjacent parts sum to the
-- whole.
CREATE FUNCTION part_of(p_whole bigint, p_from bigint, p_to bigint, p_length bigint) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE
    WHEN p_from = 0 AND p_to = p_length THEN p_whole
    ELSE (
        div(2::numeric * p_whole * p_to + p_length, 2::numeric * p_length)
        - div(2::numeric * p_whole * p_from + p_length, 2::numeric * p_length)
    )::bigint
END;

-- The days of assets as the trips make them. Trips are looked up by asset and expanded to the days that they touch, and
-- each is taken from where those before it have reached: what is left does not overlap and covers the same.
CREATE FUNCTION reckoned_days(
    p_tenant_id bigint, p_zone text, p_assets bigint[], p_days date[],
    p_from timestamptz, p_to timestamptz, p_longest interval
) RETURNS SETOF util_daily
LANGUAGE sql STABLE
SET jit = off
-- a tenant's few days are a small part of a month of everybody's trips, which young statistics do not always say
SET enable_seqscan = off
AS $$
    WITH days AS MATERIALIZED (
        SELECT d.*
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
            t.id, t.asset_id, t.start_time, t.end_time, microseconds(t.end_time - t.start_time) AS length_us,
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
            t.asset_id, d.day, t.id, t.length_us, t.miles, t.fuel, t.idle,
            greatest(t.start_time, d.opens) = t.start_time AS is_first,
            microseconds(greatest(t.start_time, d.opens) - t.start_time) AS done_from,
            microseconds(least(t.end_time, d.closes) - t.start_time) AS done_to,
            microseconds(greatest(t.start_time, d.opens) - d.opens) AS from_us,
            microseconds(least(t.end_time, d.closes) - d.opens) AS to_us,
            d.wall_us, d.turn_us, d.change_us, d.early_from, d.early_to, d.shift_from, d.shift_to
        FROM touched AS t
        INNER JOIN asked AS q ON q.asset_id = t.asset_id AND q.day = t.day
        INNER JOIN days AS d ON d.day = q.day
        -- a zone that crossed the date line has a day without any time
        WHERE t.start_time < d.closes AND t.end_time > d.opens AND d.opens < d.closes
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
            sum(greatest(0, w.high - w.low)) AS active_us,
            sum(
                overlap_us(w.low, w.high, w.early_from, w.early_to) + overlap_us(w.low, w.high, w.shift_from, w.shift_to)
            ) AS shift_active_us,
            sum(part_of(w.idle, w.done_from, w.done_to, w.length_us)) FILTER (WHERE w.is_main) AS idle,
            sum(part_of(coalesce(w.miles, 0), w.done_from, w.done_to, w.length_us)) FILTER (WHERE w.is_main) AS miles,
            sum(part_of(w.fuel, w.done_from, w.done_to, w.length_us)) FILTER (WHERE w.is_main) AS fuel,
            ARRAY[
                sum(overlap_us(w.low, w.high, 0, 3600000000)),
                sum(overlap_us(w.low, w.high, 3600000000, 7200000000)),
                sum(overlap_us(w.low, w.high, 7200000000, 10800000000)),
                sum(overlap_us(w.low, w.high, 10800000000, 14400000000)),
                sum(overlap_us(w.low, w.high, 14400000000, 18000000000)),
                sum(overlap_us(w.low, w.high, 18000000000, 21600000000)),
                sum(overlap_us(w.low, w.high, 21600000000, 25200000000)),
                sum(overlap_us(w.low, w.high, 25200000000, 28800000000)),
                sum(overlap_us(w.low, w.high, 28800000000, 32400000000)),
                sum(overlap_us(w.low, w.high, 32400000000, 36000000000)),
                sum(overlap_us(w.low, w.high, 36000000000, 39600000000)),
                sum(overlap_us(w.low, w.high, 39600000000, 43200000000)),
                sum(overlap_us(w.low, w.high, 43200000000, 46800000000)),
                sum(overlap_us(w.low, w.high, 46800000000, 50400000000)),
                sum(overlap_us(w.low, w.high, 50400000000, 54000000000)),
                sum(overlap_us(w.low, w.high, 54000000000, 57600000000)),
                sum(overlap_us(w.low, w.high, 57600000000, 61200000000)),
                sum(overlap_us(w.low, w.high, 61200000000, 64800000000)),
                sum(overlap_us(w.low, w.high, 64800000000, 68400000000)),
                sum(overlap_us(w.low, w.high, 68400000000, 72000000000)),
                sum(overlap_us(w.low, w.high, 72000000000, 75600000000)),
                sum(overlap_us(w.low, w.high, 75600000000, 79200000000)),
                sum(overlap_us(w.low, w.high, 79200000000, 82800000000)),
                sum(overlap_us(w.low, w.high, 82800000000, 86400000000))
            ]::bigint[] AS hours
        FROM walls AS w
        GROUP BY w.asset_id, w.day
    )

    SELECT
        p_tenant_id AS tenant_id, s.asset_id, s.day, s.trips_count::integer, s.trips_without_distance::integer,
        s.active_us::bigint, s.shift_active_us::bigint, s.idle::bigint, s.miles::bigint, s.fuel::bigint,
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

-- One reckoning at a time in a tenant; until the end of the transaction.
CREATE FUNCTION lock_rollups(p_tenant_id bigint) RETURNS void
LANGUAGE sql
AS $$
    SELECT pg_advisory_xact_lock(hashtextextended('motorpool.rollups', p_tenant_id))
$$;

-- Sums the weeks of days that were reckoned anew.
CREATE FUNCTION sum_weeks(p_tenant_id bigint, p_assets bigint[], p_days date[]) RETURNS void
LANGUAGE plpgsql
SET jit = off
SET enable_seqscan = off
SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    v_assets bigint[];
    v_weeks date[];
    v_count integer;
BEGIN
    SELECT array_agg(k.asset_id), array_agg(k.week) INTO v_assets, v_weeks
    FROM (SELECT DISTINCT q.asset_id, week_of(q.day) AS week FROM unnest(p_assets, p_days) AS q (asset_id, day)) AS k;
    INSERT INTO util_weekly AS w
    SELECT
        p_tenant_id, q.asset_id, q.week,
        count(*) FILTER (WHERE u.service_minutes > 0),
        coalesce(sum(u.trips_count) FILTER (WHERE u.service_minutes > 0), 0),
        coalesce(sum(u.active_us) FILTER (WHERE u.service_minutes > 0), 0),
        coalesce(sum(u.shift_active_us) FILTER (WHERE u.service_minutes > 0), 0),
        coalesce(sum(u.engine_idle_us) FILTER (WHERE u.service_minutes > 0), 0),
        coalesce(sum(u.miles_e6) FILTER (WHERE u.service_minutes > 0), 0),
        coalesce(sum(u.fuel_e6) FILTER (WHERE u.service_minutes > 0), 0),
        sum(u.miles_e6), sum(u.fuel_e6),
        count(*) FILTER (WHERE u.trips_count > 0), count(*) FILTER (WHERE u.fuel_e6 > 0),
        sum(u.trips_without_distance)
    FROM unnest(v_assets, v_weeks) AS q (asset_id, week)
    INNER JOIN util_daily AS u
        ON u.tenant_id = p_tenant_id AND u.asset_id = q.asset_id AND u.day BETWEEN q.week AND week_end(q.week)
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
        USING unnest(v_assets, v_weeks) AS q (asset_id, week)
        WHERE w.tenant_id = p_tenant_id AND w.asset_id = q.asset_id AND w.first_day = q.week
            AND NOT EXISTS (
                SELECT FROM util_daily AS u
                WHERE u.tenant_id = p_tenant_id AND u.asset_id = q.asset_id
                    AND u.day BETWEEN q.week AND week_end(q.week)
            );
    END IF;
END
$$;

-- Reckons days of assets anew, and the sums of those days. The caller holds the lock, and took it in a
-- statement before: what is read here is all that was committed until then.
CREATE FUNCTION settle_days(p_tenant_id bigint, p_assets bigint[], p_days date[]) RETURNS void
LANGUAGE plpgsql
SET jit = off
SET enable_seqscan = off
SET plan_cache_mode = force_custom_plan
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
    WHERE u.tenant_id = p_tenant_id AND u.asset_id = q.asset_id AND u.day = q.day;
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
        p_tenant_id, a.asset_type, u.day, count(*), sum(u.trips_count), sum(u.active_us), sum(u.shift_active_us),
        sum(u.engine_idle_us), sum(u.miles_e6), sum(u.fuel_e6),
        ARRAY[
            sum(u.active_us_by_hour[1]), sum(u.active_us_by_hour[2]), sum(u.active_us_by_hour[3]),
            sum(u.active_us_by_hour[4]), sum(u.active_us_by_hour[5]), sum(u.active_us_by_hour[6]),
            sum(u.active_us_by_hour[7]), sum(u.active_us_by_hour[8]), sum(u.active_us_by_hour[9]),
            sum(u.active_us_by_hour[10]), sum(u.active_us_by_hour[11]), sum(u.active_us_by_hour[12]),
            sum(u.active_us_by_hour[13]), sum(u.active_us_by_hour[14]), sum(u.active_us_by_hour[15]),
            sum(u.active_us_by_hour[16]), sum(u.active_us_by_hour[17]), sum(u.active_us_by_hour[18]),
            sum(u.active_us_by_hour[19]), sum(u.active_us_by_hour[20]), sum(u.active_us_by_hour[21]),
            sum(u.active_us_by_hour[22]), sum(u.active_us_by_hour[23]), sum(u.active_us_by_hour[24])
        ]::bigint[]
    FROM util_daily AS u
    INNER JOIN assets AS a ON a.tenant_id = u.tenant_id AND a.id = u.asset_id
    WHERE u.tenant_id = p_tenant_id AND u.day = ANY(v_days) AND u.service_minutes > 0
    GROUP BY a.asset_type, u.day;
END
$$;

-- Records that reports are old, and answers their version. Numbers of events come before it in every transaction that
-- takes both, so that no two wait for each other.
CREATE FUNCTION settle_version(p_tenant_id bigint) RETURNS bigint
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

-- Reckons days that are marked, the oldest first, at most so many, and answers which: no days, and there was no mark.
-- The marks that this sees go in the statement that reads them; what they were made for is committed by then, and is
-- seen by the statements after it. A mark that is committed later stays.
CREATE FUNCTION reckon_days(p_tenant_id bigint, p_limit integer)
RETURNS TABLE (days integer, first_day date, last_day date, assets integer, version bigint)
LANGUAGE plpgsql
SET enable_seqscan = off
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
        DELETE FROM dirty_days AS k USING taken AS t
        WHERE k.tenant_id = p_tenant_id AND k.day = t.day AND k.asset_id = t.asset_id
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

-- Reckons all days of a period anew, marked or not, and answers how many have activity, and the new version.
CREATE FUNCTION rebuild_days(p_tenant_id bigint, p_from date, p_to date)
RETURNS TABLE (days integer, assets integer, version bigint)
LANGUAGE plpgsql
SET enable_seqscan = off
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

-- A day that lies ahead is in service when it comes. Answers whether a day has come since this was last called.
CREATE FUNCTION roll_over_day(p_tenant_id bigint) RETURNS boolean
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

-- Reckons whatever is marked and answers how many days of assets that were: of the tenant that the transaction is open
-- for, else of all, for a scheduler beside the application.
CREATE FUNCTION refresh_asset_analytics() RETURNS integer
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

-- The planner sees a column of this, not a sum for each row, so that a filter on it reaches what it is compared with.
CREATE FUNCTION days_between(p_from date, p_to date) RETURNS SETOF date
LANGUAGE plpgsql IMMUTABLE ROWS 400
AS $$
BEGIN
    RETURN QUERY SELECT p_from + n FROM generate_series(0, p_to - p_from) AS n;
END
$$;

-- Each day in service of each asset, used or not. Filters on the day and the asset reach the calendar, the assets and
-- the days of use before they are brought together.
CREATE VIEW vw_asset_daily_utilization WITH (security_invoker = true) AS
SELECT
    a.id AS asset_id, a.asset_name, a.asset_type, c.day AS date,
    coalesce(u.trips_count, 0) AS trips_count,
    coalesce(round(u.active_us / 60000000.0, 2), 0) AS total_active_minutes,
    coalesce(round(u.active_us / 600000.0 / nullif(u.service_minutes, 0), 2), 0) AS utilization_percentage,
    coalesce(round(u.miles_e6 / 1000000.0, 6), 0) AS total_miles,
    coalesce(round(u.fuel_e6 / 1000000.0, 6), 0) AS total_fuel_gallons
FROM tenants AS t
CROSS JOIN LATERAL days_between((
    SELECT min(service_from(k, t.time_zone))
    FROM assets AS k
    WHERE k.tenant_id = t.id
), tenant_today(t.id)) AS c (day)
INNER JOIN assets AS a
    ON a.tenant_id = t.id AND c.day >= service_from(a, t.time_zone) AND c.day < coalesce(a.disposed_on, 'infinity')
LEFT JOIN util_daily AS u ON u.tenant_id = a.tenant_id AND u.asset_id = a.id AND u.day = c.day
WHERE t.id = current_tenant_id();
GRANT SELECT ON vw_asset_daily_utilization TO motorpool_app;

-- What was there before ----------------------------------------------------------------------------------------------

-- Every day of every trip is marked, and reckoned by the sweep or by `python -m tools.rollups rebuild`. The rows are of
-- all tenants, so the owner looks past row security for these statements; nobody else sees the tables meanwhile,
-- because ALTER TABLE locks them.
ALTER TABLE tenants NO FORCE ROW LEVEL SECURITY;
ALTER TABLE trips NO FORCE ROW LEVEL SECURITY;
ALTER TABLE dirty_days NO FORCE ROW LEVEL SECURITY;
ALTER TABLE longest_trips NO FORCE ROW LEVEL SECURITY;
INSERT INTO longest_trips (tenant_id, length)
SELECT t.tenant_id, max(t.end_time - t.start_time) AS length
FROM trips AS t
GROUP BY t.tenant_id;
WITH driven AS (
    SELECT
        t.tenant_id, t.asset_id, (t.start_time AT TIME ZONE k.time_zone)::date AS first_day,
        ((t.end_time - interval '1 microsecond') AT TIME ZONE k.time_zone)::date AS last_day
    FROM trips AS t
    INNER JOIN tenants AS k ON k.id = t.tenant_id
)

INSERT INTO dirty_days (tenant_id, asset_id, day)
SELECT DISTINCT d.tenant_id, d.asset_id, d.first_day + n AS day
FROM driven AS d
CROSS JOIN LATERAL generate_series(0, d.last_day - d.first_day) AS n;
ALTER TABLE tenants FORCE ROW LEVEL SECURITY;
ALTER TABLE trips FORCE ROW LEVEL SECURITY;
ALTER TABLE dirty_days FORCE ROW LEVEL SECURITY;
ALTER TABLE longest_trips FORCE ROW LEVEL SECURITY;
