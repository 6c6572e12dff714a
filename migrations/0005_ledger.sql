-- What finance and dispatch record about assets: trips, maintenance, costs, revenue, prices, and tasks.
-- Every ingested row is known by (source, external_id), so that sending it again changes nothing.

CREATE TABLE trips (
    tenant_id bigint NOT NULL REFERENCES tenants (id),
    id bigint GENERATED ALWAYS AS IDENTITY,
    source text NOT NULL,
    external_id text NOT NULL,
    asset_id bigint NOT NULL,
    user_id bigint,
    start_time timestamptz NOT NULL,
    end_time timestamptz NOT NULL,
    distance_miles double precision,
    fuel_consumed_gallons double precision,
    idle_minutes double precision,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id, start_time),
    FOREIGN KEY (tenant_id, asset_id) REFERENCES assets (tenant_id, id),
    FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id),
    CONSTRAINT trip_ends_after_it_starts CHECK (end_time > start_time),
    CONSTRAINT trip_measures_are_not_negative CHECK (
        distance_miles >= 0 AND fuel_consumed_gallons >= 0 AND idle_minutes >= 0
    )
) PARTITION BY RANGE (start_time);
CREATE INDEX trips_asset_time_idx ON trips (tenant_id, asset_id, start_time);
-- What lies outside the months made so far; the months themselves are made by ensure_trip_months().
CREATE TABLE trips_other PARTITION OF trips DEFAULT;

-- A partitioned table's unique key must hold its partition column, so the identity of a trip lives beside it.
CREATE TABLE trip_keys (
    tenant_id bigint NOT NULL REFERENCES tenants (id),
    source text NOT NULL,
    external_id text NOT NULL,
    trip_id bigint NOT NULL,
    start_time timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, source, external_id)
);

CREATE TABLE maintenance_records (
    tenant_id bigint NOT NULL REFERENCES tenants (id),
    id bigint GENERATED ALWAYS AS IDENTITY,
    source text NOT NULL,
    external_id text NOT NULL,
    asset_id bigint NOT NULL,
    performed_on date NOT NULL,
    category text NOT NULL,
    total_cost numeric(14, 2) NOT NULL,
    downtime_hours double precision,
    odometer_miles double precision,
    description text,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, asset_id) REFERENCES assets (tenant_id, id),
    CONSTRAINT maintenance_is_known_by_its_source UNIQUE (tenant_id, source, external_id),
    CONSTRAINT maintenance_cost_is_not_negative CHECK (total_cost >= 0 AND downtime_hours >= 0)
);
CREATE INDEX maintenance_records_asset_idx ON maintenance_records (tenant_id, asset_id, performed_on);

CREATE TABLE cost_entries (
    tenant_id bigint NOT NULL REFERENCES tenants (id),
    id bigint GENERATED ALWAYS AS IDENTITY,
    source text NOT NULL,
    external_id text NOT NULL,
    asset_id bigint NOT NULL,
    category text NOT NULL,
    amount numeric(14, 2) NOT NULL,
    period_start date NOT NULL,
    period_end date NOT NULL,
    quantity double precision,
    unit text,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, asset_id) REFERENCES assets (tenant_id, id),
    CONSTRAINT cost_entry_is_known_by_its_source UNIQUE (tenant_id, source, external_id),
    CONSTRAINT cost_category_is_known CHECK (
        category IN ('fuel', 'insurance', 'finance', 'fees', 'tyres', 'tolls', 'accident', 'other')
    ),
    CONSTRAINT cost_period_is_in_order CHECK (period_end >= period_start),
    CONSTRAINT cost_quantity_has_a_unit CHECK ((quantity IS NULL) = (unit IS NULL))
);
CREATE INDEX cost_entries_asset_idx ON cost_entries (tenant_id, asset_id, category, period_start);

CREATE TABLE revenue_entries (
    tenant_id bigint NOT NULL REFERENCES tenants (id),
    id bigint GENERATED ALWAYS AS IDENTITY,
    source text NOT NULL,
    external_id text NOT NULL,
    asset_id bigint NOT NULL,
    amount numeric(14, 2) NOT NULL,
    earned_on date NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, asset_id) REFERENCES assets (tenant_id, id),
    CONSTRAINT revenue_entry_is_known_by_its_source UNIQUE (tenant_id, source, external_id)
);
CREATE INDEX revenue_entries_asset_idx ON revenue_entries (tenant_id, asset_id, earned_on);

-- The tenant's price of a fuel from a day on, until the next one.
CREATE TABLE fuel_prices (
    tenant_id bigint NOT NULL REFERENCES tenants (id),
    fuel_type text NOT NULL,
    valid_from date NOT NULL,
    price_per_gallon numeric(10, 4) NOT NULL,
    PRIMARY KEY (tenant_id, fuel_type, valid_from),
    CONSTRAINT fuel_price_is_of_a_known_fuel CHECK (fuel_type IN ('gasoline', 'diesel', 'electric', 'hybrid')),
    CONSTRAINT fuel_price_is_positive CHECK (price_per_gallon > 0)
);

CREATE TABLE tasks (
    tenant_id bigint NOT NULL REFERENCES tenants (id),
    id bigint GENERATED ALWAYS AS IDENTITY,
    title text NOT NULL,
    description text NOT NULL DEFAULT '',
    status text NOT NULL DEFAULT 'open',
    priority text NOT NULL DEFAULT 'normal',
    asset_id bigint,
    assignee_id bigint,
    due_at timestamptz,
    created_by bigint,
    version bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, asset_id) REFERENCES assets (tenant_id, id),
    FOREIGN KEY (tenant_id, assignee_id) REFERENCES users (tenant_id, id),
    FOREIGN KEY (tenant_id, created_by) REFERENCES users (tenant_id, id),
    CONSTRAINT task_title_is_not_blank CHECK (btrim(title) <> ''),
    CONSTRAINT task_status_is_known CHECK (status IN ('open', 'in_progress', 'blocked', 'done', 'cancelled')),
    CONSTRAINT task_priority_is_known CHECK (priority IN ('low', 'normal', 'high', 'urgent'))
);
CREATE INDEX tasks_open_idx ON tasks (tenant_id, status, due_at, id);
CREATE INDEX tasks_asset_idx ON tasks (tenant_id, asset_id);
CREATE INDEX tasks_assignee_idx ON tasks (tenant_id, assignee_id);
