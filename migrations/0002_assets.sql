-- Assets: what is checked out and in, where it was last seen, what its meters last read, what it cost.

CREATE TABLE assets (
    tenant_id bigint NOT NULL REFERENCES tenants (id),
    id bigint GENERATED ALWAYS AS IDENTITY,
    asset_tag text NOT NULL,
    asset_name text NOT NULL,
    asset_type text NOT NULL,
    benchmark_class text,
    status text NOT NULL DEFAULT 'available',
    vin text,
    license_plate text,
    make text,
    model text,
    year integer,
    fuel_type text,
    purchase_price numeric(14, 2),
    purchase_date date,
    in_service_on date,
    disposed_on date,
    current_value numeric(14, 2),
    salvage_value numeric(14, 2),
    useful_life_years numeric(5, 2),
    depreciation_method text,
    odometer_miles double precision,
    engine_hours double precision,
    fuel_level_percent double precision,
    latitude double precision,
    longitude double precision,
    accuracy_m double precision,
    location jsonb GENERATED ALWAYS AS (place_json(latitude, longitude, accuracy_m)) STORED,
    qr_generation integer NOT NULL DEFAULT 1,
    version bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id),
    CONSTRAINT asset_tag_is_unique UNIQUE (tenant_id, asset_tag),
    CONSTRAINT asset_tag_is_not_blank CHECK (btrim(asset_tag) <> ''),
    CONSTRAINT asset_name_is_not_blank CHECK (btrim(asset_name) <> ''),
    CONSTRAINT asset_type_is_known CHECK (
        asset_type IN ('car', 'van', 'truck', 'trailer', 'equipment', 'tool', 'other')
    ),
    CONSTRAINT asset_status_is_known CHECK (
        status IN ('available', 'checked_out', 'in_maintenance', 'retired')
    ),
    CONSTRAINT asset_fuel_type_is_known CHECK (
        fuel_type IN ('gasoline', 'diesel', 'electric', 'hybrid', 'none')
    ),
    CONSTRAINT asset_depreciation_method_is_known CHECK (
        depreciation_method IN ('straight_line', 'declining_balance', 'units_of_use')
    ),
    CONSTRAINT asset_year_is_sensible CHECK (year BETWEEN 1886 AND 2200),
    CONSTRAINT asset_money_is_not_negative CHECK (
        purchase_price >= 0 AND current_value >= 0 AND salvage_value >= 0
    ),
    CONSTRAINT asset_useful_life_is_positive CHECK (useful_life_years > 0),
    CONSTRAINT asset_meters_are_not_negative CHECK (odometer_miles >= 0 AND engine_hours >= 0),
    CONSTRAINT asset_fuel_level_is_a_percentage CHECK (fuel_level_percent BETWEEN 0 AND 100),
    CONSTRAINT asset_disposed_after_service CHECK (disposed_on >= coalesce(in_service_on, purchase_date)),
    CONSTRAINT asset_place_is_whole CHECK ((latitude IS NULL) = (longitude IS NULL)),
    CONSTRAINT asset_latitude_is_on_earth CHECK (latitude BETWEEN -90 AND 90),
    CONSTRAINT asset_longitude_is_on_earth CHECK (longitude BETWEEN -180 AND 180),
    CONSTRAINT asset_accuracy_is_sensible CHECK (accuracy_m BETWEEN 0 AND 10000)
);
CREATE INDEX assets_name_idx ON assets (tenant_id, asset_name, id);
CREATE INDEX assets_status_idx ON assets (tenant_id, status, id);
-- Nearness narrows by a band of latitude: the comparison of numbers is leakproof, so that row security lets it use an
-- index, and what lies in the band is few enough to be measured. An index over cubes could only be used for its order,
-- and splits its pages badly for places along a line, as vehicles on a road are: 5,000 of them took over a minute.
CREATE INDEX assets_latitude_idx ON assets (tenant_id, latitude) WHERE latitude IS NOT NULL;

-- Pre-printed labels: made blank, linked to an asset once, revoked when lost. An asset's own label needs no row:
-- its code carries the asset's `qr_generation`.
CREATE TABLE tags (
    tenant_id bigint NOT NULL REFERENCES tenants (id),
    id bigint GENERATED ALWAYS AS IDENTITY,
    asset_id bigint,
    created_at timestamptz NOT NULL DEFAULT now(),
    linked_at timestamptz,
    linked_by bigint,
    revoked_at timestamptz,
    revoked_by bigint,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, asset_id) REFERENCES assets (tenant_id, id),
    FOREIGN KEY (tenant_id, linked_by) REFERENCES users (tenant_id, id),
    FOREIGN KEY (tenant_id, revoked_by) REFERENCES users (tenant_id, id),
    CONSTRAINT tag_is_linked_to_an_asset CHECK ((asset_id IS NULL) = (linked_at IS NULL))
);
CREATE INDEX tags_asset_idx ON tags (tenant_id, asset_id, id);
