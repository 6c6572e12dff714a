-- Days, costs and idle spells as before, reckoned with less: whole numbers are summed as whole numbers, and rows are
-- looked for by what an index can be searched for.

-- The sum of whole numbers as one, 0 of none: sum() answers a numeric, and takes longer to come to it.
CREATE AGGREGATE total (bigint)(
    sfunc = int8pl, stype = bigint, initcond = '0', combinefunc = int8pl, parallel = safe
);

-- The days of assets as the trips make them. Trips are looked up by asset and expanded to the days that they touch, and
-- each is taken from where those before it have reached: what is left does not overlap and covers the same.
CREATE OR REPLACE FUNCTION reckoned_days(
    p_tenant_id bigint, p_zone text, p_assets bigint[], p_days date[],
    p_from timestamptz, p_to timestamptz, p_longest interval
) RETURNS SETOF util_daily
LANGUAGE sql STABLE
SET jit = off
-- a tenant's few days are a small part of a month of everybody's trips, which young statistics do not always say
SET enable_seqscan = off
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

-- Sums the weeks of days that were reckoned anew.
CREATE OR REPLACE FUNCTION sum_weeks(p_tenant_id bigint, p_assets bigint[], p_days date[]) RETURNS void
LANGUAGE plpgsql
SET jit = off
SET enable_seqscan = off
SET plan_cache_mode = force_custom_plan
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

-- Reckons days of assets anew, and the sums of those days. The caller holds the lock, and took it in a
-- statement before: what is read here is all that was committed until then.
CREATE OR REPLACE FUNCTION settle_days(p_tenant_id bigint, p_assets bigint[], p_days date[]) RETURNS void
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

-- Reckons days that are marked, the oldest first, at most so many, and answers which: no days, and there was no mark.
-- The marks that this sees go in the statement that reads them; what they were made for is committed by then, and is
-- seen by the statements after it. A mark that is committed later stays.
CREATE OR REPLACE FUNCTION reckon_days(p_tenant_id bigint, p_limit integer)
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

-- Planned on its own, each time for what is asked, because one asset wants another plan than all; and without nested
-- loops: before statistics are gathered they are taken for cheap.
--
-- What each asset cost, brought in and drove from a day to another: each kind is summed alone and then set beside the
-- others, so that none multiplies another. `fuel_paid` is what was paid in months in which any payment for fuel falls;
-- in the others `fuel_estimated` is gallons at the day's price, and `unpriced_e6` are gallons of days without a price.
CREATE OR REPLACE FUNCTION asset_costs(p_tenant_id bigint, p_from date, p_to date, p_asset_type text, p_asset_id bigint)
RETURNS TABLE (
    asset_id bigint, maintenance numeric, maintenance_rows bigint, fuel_paid numeric, fuel_paid_rows bigint,
    fuel_estimated numeric, estimated_e6 numeric, unpriced_e6 numeric, insurance numeric, finance numeric,
    fees numeric, tyres numeric, tolls numeric, accident numeric, other numeric, estimated_days bigint,
    revenue numeric, revenue_rows bigint, miles_e6 numeric, fuel_e6 numeric, active_days bigint,
    trips_without_distance bigint
)
LANGUAGE sql STABLE
SET enable_nestloop = off
SET enable_mergejoin = off
SET work_mem = '32MB'
SET jit = off
SET plan_cache_mode = force_custom_plan
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

-- Assets in service that were not used for so many local days, or ever: the end of their last trip, or the check-out or
-- check-in after it, or else the day on which they came into service. First those are found that may be among them, by
-- their last day with use; only of those the last trip is looked for. It began no longer before that day than the
-- longest trip took, and maybe after it: what came in just now is not reckoned yet.
CREATE OR REPLACE FUNCTION idle_assets(p_tenant_id bigint, p_today date, p_min_days integer, p_asset_type text)
RETURNS TABLE (
    asset_id bigint, asset_name text, asset_type text, status text,
    last_activity_at timestamptz, last_activity text, since date, days_idle integer
)
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
