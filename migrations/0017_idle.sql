-- What utilization is measured by where all hours would be too much to ask, and the spells without use that people
-- were told of.

-- How much an asset of a type is to be used in a week: hours, miles or both.
CREATE TABLE utilization_targets (
    tenant_id bigint NOT NULL REFERENCES tenants (id),
    asset_type text NOT NULL,
    hours_per_week numeric(5, 2),
    miles_per_week numeric(8, 2),
    PRIMARY KEY (tenant_id, asset_type),
    CONSTRAINT target_is_of_a_known_type CHECK (
        asset_type IN ('car', 'van', 'truck', 'trailer', 'equipment', 'tool', 'other')
    ),
    CONSTRAINT target_says_something CHECK (hours_per_week IS NOT NULL OR miles_per_week IS NOT NULL),
    CONSTRAINT target_hours_fit_into_a_week CHECK (hours_per_week > 0 AND hours_per_week <= 168),
    CONSTRAINT target_miles_are_positive CHECK (miles_per_week > 0)
);
CREATE TRIGGER touch_analytics AFTER INSERT OR UPDATE OR DELETE ON utilization_targets
FOR EACH STATEMENT EXECUTE FUNCTION touch_analytics();

-- A spell is known by the local day of the last activity before it, so that a time of day that is corrected later makes
-- no second spell of it. Its row is the alert, which is told in the same transaction.
CREATE TABLE idle_spells (
    tenant_id bigint NOT NULL REFERENCES tenants (id),
    asset_id bigint NOT NULL,
    since date NOT NULL,
    alerted_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, asset_id, since),
    FOREIGN KEY (tenant_id, asset_id) REFERENCES assets (tenant_id, id)
);

SELECT keep_tenants_apart('utilization_targets', 'idle_spells');
GRANT SELECT, INSERT, UPDATE, DELETE ON utilization_targets, idle_spells TO motorpool_app;

-- Assets in service that were not used for so many local days, or ever: the end of their last trip, or the check-out or
-- check-in after it, or else the day on which they came into service. First those are found that may be among them, by
-- their last day with use; only of those the last trip is looked for. It began no longer before that day than the
-- longest trip took, and maybe after it: what came in just now is not reckoned yet.
CREATE FUNCTION idle_assets(p_tenant_id bigint, p_today date, p_min_days integer, p_asset_type text)
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
            SELECT max(s.end_time) AS ended_at
            FROM trips AS s
            WHERE s.tenant_id = p_tenant_id AND s.asset_id = q.id
                AND s.start_time >= coalesce(q.last_day::timestamp AT TIME ZONE q.time_zone - b.length, '-infinity')
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
