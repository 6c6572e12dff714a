-- Readings of odometers and hour meters, and the trips that custody tells of.

-- A row's tenant is held by its key to that tenant's asset.

-- A meter that was replaced, or set: from then on it counts from `start_value`.
CREATE TABLE meter_replacements (
    tenant_id bigint NOT NULL,
    id bigint GENERATED ALWAYS AS IDENTITY,
    asset_id bigint NOT NULL,
    kind text NOT NULL,
    replaced_at timestamptz NOT NULL,
    start_value double precision NOT NULL DEFAULT 0,
    notes text,
    user_id bigint,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, asset_id) REFERENCES assets (tenant_id, id),
    FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id),
    CONSTRAINT meter_replacement_kind_is_known CHECK (kind IN ('odometer', 'engine_hours')),
    CONSTRAINT meter_starts_at_zero_or_more CHECK (start_value >= 0),
    CONSTRAINT meter_is_replaced_once_at_a_time UNIQUE (tenant_id, asset_id, kind, replaced_at)
);

-- What a meter was said to show. A reading that cannot be is voided and kept, with why.
CREATE TABLE meter_readings (
    tenant_id bigint NOT NULL,
    id bigint GENERATED ALWAYS AS IDENTITY,
    source text NOT NULL,
    external_id text NOT NULL,
    asset_id bigint NOT NULL,
    kind text NOT NULL,
    read_at timestamptz NOT NULL,
    value double precision NOT NULL,
    state text NOT NULL DEFAULT 'accepted',
    reason text,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, asset_id) REFERENCES assets (tenant_id, id),
    CONSTRAINT meter_reading_is_known_by_its_source UNIQUE (tenant_id, source, external_id),
    CONSTRAINT meter_reading_kind_is_known CHECK (kind IN ('odometer', 'engine_hours')),
    CONSTRAINT meter_reading_is_zero_or_more CHECK (value >= 0),
    CONSTRAINT meter_reading_voided_with_a_reason CHECK (
        CASE state
            WHEN 'accepted' THEN reason IS NULL
            WHEN 'voided' THEN reason IN ('below_earlier', 'rises_too_fast', 'above_later', 'later_rises_too_fast')
            ELSE false
        END
    )
);
CREATE INDEX meter_readings_order_idx ON meter_readings (tenant_id, asset_id, kind, read_at, id);
CREATE INDEX meter_readings_voided_idx ON meter_readings (tenant_id, asset_id, created_at) WHERE state = 'voided';

-- How much a meter may show more after a time. Acts are recorded when people get to it, so minutes between two
-- readings say little: a day's worth is never too much.
CREATE FUNCTION meter_may_rise(p_kind text, p_elapsed interval) RETURNS double precision
LANGUAGE sql IMMUTABLE
AS $$
    SELECT CASE p_kind WHEN 'odometer' THEN 3000 ELSE 24 END
        * greatest(1, extract(EPOCH FROM p_elapsed)::double precision / 86400)
$$;

-- Why a reading cannot be, or null. It is judged against what is known of the same meter before and after it: readings
-- accepted when it came, and the start of a new meter, which is a reading like any other; where the next that is known
-- is a new meter, nothing comes after. Of two that contradict each other the newcomer is voided.
CREATE FUNCTION judge_reading(p_reading meter_readings) RETURNS text
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

-- Each reading is judged as it comes. Whoever brings readings of one asset at the same time takes turns.
CREATE FUNCTION judge_new_reading() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    PERFORM FROM assets AS a WHERE a.tenant_id = new.tenant_id AND a.id = new.asset_id FOR NO KEY UPDATE;
    new.reason := judge_reading(new);
    new.state := CASE WHEN new.reason IS NULL THEN 'accepted' ELSE 'voided' END;
    RETURN new;
END
$$;
CREATE TRIGGER judge_new_reading BEFORE INSERT ON meter_readings
FOR EACH ROW EXECUTE FUNCTION judge_new_reading();

-- Shows on the asset what its meter shows by the newest that is known: an accepted reading, or a new meter's start.
CREATE FUNCTION show_meter(p_tenant_id bigint, p_asset_id bigint, p_kind text) RETURNS void
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

-- Acts of custody write what they read on the asset themselves; other readings do so here, if they are the newest.
CREATE FUNCTION show_new_readings() RETURNS trigger
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
CREATE TRIGGER show_new_readings AFTER INSERT ON meter_readings
REFERENCING NEW TABLE AS brought
FOR EACH STATEMENT
-- readings that a trigger writes are those of custody
WHEN (pg_trigger_depth() = 0)
EXECUTE FUNCTION show_new_readings();

-- An act of custody raises what the asset shows to what was read. If that was voided a moment ago, the asset goes on
-- showing what it showed: a slip of the finger would stand there and have honest readings refused as lower ones.
CREATE FUNCTION keep_meter_beside_voided() RETURNS trigger
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
CREATE TRIGGER keep_meter_beside_voided BEFORE UPDATE OF odometer_miles, engine_hours ON assets
FOR EACH ROW WHEN (
    new.odometer_miles > coalesce(old.odometer_miles, -1) OR new.engine_hours > coalesce(old.engine_hours, -1)
) EXECUTE FUNCTION keep_meter_beside_voided();

-- A reading that is corrected, or a meter that turns out to have been replaced, changes what the others are judged
-- against: all of that asset are judged again in the order in which they came.
CREATE FUNCTION judge_readings_again(p_tenant_id bigint, p_asset_id bigint, p_kind text) RETURNS void
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

CREATE FUNCTION judge_changed_readings() RETURNS trigger
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
CREATE TRIGGER judge_changed_readings AFTER UPDATE ON meter_readings
REFERENCING OLD TABLE AS was NEW TABLE AS now_is
FOR EACH STATEMENT EXECUTE FUNCTION judge_changed_readings();

CREATE FUNCTION judge_with_new_meter() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    PERFORM judge_readings_again(new.tenant_id, new.asset_id, new.kind);
    RETURN NULL;
END
$$;
CREATE TRIGGER judge_with_new_meter AFTER INSERT ON meter_replacements
FOR EACH ROW EXECUTE FUNCTION judge_with_new_meter();

-- Trips that custody tells of, for assets that nothing else tells of: a closed custody with an accepted odometer
-- reading at both ends, of the same meter, between which it rose, is a trip over its whole span, unless a trip of
-- another source lies within that span. Longer than a month is not one period of use.
CREATE INDEX trips_of_custody_idx ON trips (tenant_id, asset_id, start_time) WHERE source = 'custody';

-- What was read at one end of a custody, or null if it cannot be or nothing was.
CREATE FUNCTION accepted_value(p_tenant_id bigint, p_external_id text) RETURNS double precision
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

-- How far an asset went while it was held, or null if that is not known, or others tell of it.
CREATE FUNCTION custody_miles(p_custody asset_checkout_history) RETURNS double precision
LANGUAGE plpgsql STABLE
-- one plan for good: to plan anew over all months takes longer than to look things up in one or two of them
SET plan_cache_mode = force_generic_plan
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

-- Makes or withdraws the trip of one custody, so that it is as it should be, and answers whether it was not.
CREATE FUNCTION settle_custody_trip(p_custody asset_checkout_history) RETURNS boolean
LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan
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

-- Settles the trips of custodies that touch a span of an asset, and answers how many were not as they should be.
CREATE FUNCTION settle_custody_trips(
    p_tenant_id bigint, p_asset_ids bigint[], p_from timestamptz[], p_to timestamptz[]
) RETURNS integer
LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan
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

-- One thing that an act of custody says of a meter, if it says it; known ones are left as they are.
CREATE FUNCTION read_meter_of_custody(
    p_custody asset_checkout_history, p_is_new boolean, p_suffix text, p_kind text, p_read_at timestamptz,
    p_value double precision
) RETURNS void
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

-- What acts of custody say of meters, and the trip that follows when custody ends. Most say one thing of four.
CREATE FUNCTION read_meters_of_custody() RETURNS trigger
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
CREATE TRIGGER read_meters_at_checkout AFTER INSERT ON asset_checkout_history
FOR EACH ROW EXECUTE FUNCTION read_meters_of_custody();
CREATE TRIGGER read_meters_at_checkin AFTER UPDATE ON asset_checkout_history
FOR EACH ROW EXECUTE FUNCTION read_meters_of_custody();

-- Where trips of another source come, change or go, the trips that custody tells of give way or come back.
CREATE FUNCTION settle_beside_other_trips() RETURNS trigger
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
CREATE TRIGGER settle_beside_new_trips AFTER INSERT ON trips
REFERENCING NEW TABLE AS changed
FOR EACH STATEMENT EXECUTE FUNCTION settle_beside_other_trips();
CREATE TRIGGER settle_beside_changed_trips AFTER UPDATE ON trips
REFERENCING OLD TABLE AS changed_from NEW TABLE AS changed
FOR EACH STATEMENT EXECUTE FUNCTION settle_beside_other_trips();
CREATE TRIGGER settle_beside_gone_trips AFTER DELETE ON trips
REFERENCING OLD TABLE AS changed
FOR EACH STATEMENT EXECUTE FUNCTION settle_beside_other_trips();

-- How a tenant counts is its administrators' to set.
ALTER TABLE tenants
ADD CONSTRAINT tenant_shift_days_are_weekdays CHECK (
    cardinality(shift_days) BETWEEN 1 AND 7 AND shift_days <@ '{1,2,3,4,5,6,7}'::smallint[]
) NOT VALID,
ADD CONSTRAINT tenant_discount_rate_is_a_share CHECK (discount_rate >= 0 AND discount_rate < 1) NOT VALID,
ADD CONSTRAINT tenant_reimbursement_is_not_negative CHECK (reimbursement_per_mile >= 0) NOT VALID,
ADD CONSTRAINT tenant_idle_days_is_sensible CHECK (idle_days BETWEEN 1 AND 3650) NOT VALID;
GRANT UPDATE (
    shift_start, shift_end, shift_days, discount_rate, reimbursement_per_mile, idle_days
) ON tenants TO motorpool_app;

SELECT keep_tenants_apart('meter_replacements', 'meter_readings');
GRANT SELECT, INSERT, UPDATE, DELETE ON meter_replacements, meter_readings TO motorpool_app;
