-- What utilization is answered from: each asset's local days, and pre-sums of the fleet by type and day. Both follow
-- the trips day by day: what changes marks days dirty, and dirty days are reckoned anew, whole.
--
-- Lengths are microseconds, miles and gallons millionths, all whole numbers: the parts of a trip that is split over
-- midnight sum exactly to the whole, and so do days to months.

-- How a tenant counts: its working hours (ISO weekdays, 1 is Monday), what money costs it, what it pays for a mile
-- driven with one's own car, and after how many whole days without use an asset is idle.
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
-- asset's dates.
CREATE TABLE util_daily (
    tenant_id bigint NOT NULL REFERENCES tenants (id),
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
    PRIMARY KEY (tenant_id, asset_id, day),
    FOREIGN KEY (tenant_id, asset_id) REFERENCES assets (tenant_id, id)
);
CREATE INDEX util_daily_day_idx ON util_daily (tenant_id, day, asset_id);

-- The fleet's days by type, of assets in service on that day.
CREATE TABLE fleet_daily (
    tenant_id bigint NOT NULL REFERENCES tenants (id),
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

-- Days that are to be reckoned anew.
CREATE TABLE dirty_days (
    tenant_id bigint NOT NULL REFERENCES tenants (id),
    asset_id bigint NOT NULL,
    day date NOT NULL,
    PRIMARY KEY (tenant_id, asset_id, day)
);

-- `version` rises with whatever a report could show, so that a kept report is known to be old.
CREATE TABLE analytics_state (
    tenant_id bigint PRIMARY KEY REFERENCES tenants (id),
    version bigint NOT NULL DEFAULT 1,
    rolled_up_at timestamptz,
    proved_at timestamptz
);

DO $$
DECLARE
    v_table text;
BEGIN
    FOREACH v_table IN ARRAY ARRAY['util_daily', 'fleet_daily', 'dirty_days', 'analytics_state']
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', v_table);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', v_table);
        EXECUTE format(
            'CREATE POLICY tenant_isolation ON %I USING (tenant_id = current_tenant_id())', v_table
        );
    END LOOP;
END
$$;
GRANT SELECT, INSERT, UPDATE, DELETE ON util_daily, fleet_daily, dirty_days, analytics_state TO motorpool_app;
