-- Custody: who holds an asset. `custody_events` is what people did, never altered; `asset_checkout_history` is one
-- row a custody, kept up to date from it. Two constraints decide every race: one open custody an asset, and no two
-- custodies of an asset at the same moment.

CREATE TABLE signatures (
    tenant_id bigint NOT NULL REFERENCES tenants (id),
    sha256 bytea NOT NULL,
    media_type text NOT NULL,
    content bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, sha256),
    CONSTRAINT signature_is_png_or_svg CHECK (media_type IN ('image/png', 'image/svg+xml')),
    CONSTRAINT signature_is_small CHECK (octet_length(content) BETWEEN 1 AND 262144),
    CONSTRAINT signature_is_its_own_hash CHECK (sha256 = sha256(content))
);

-- A row's tenant is held by its keys to that tenant's users, assets and custodies; one more key to `tenants` would
-- only cost the hot writes.

CREATE TABLE asset_checkout_history (
    tenant_id bigint NOT NULL,
    id bigint GENERATED ALWAYS AS IDENTITY,
    asset_id bigint NOT NULL,
    user_id bigint NOT NULL,
    action text NOT NULL DEFAULT 'checked_out',
    checkout_time timestamptz NOT NULL,
    checkin_time timestamptz,
    checked_in_by bigint,
    due_at timestamptz,
    checkout_latitude double precision,
    checkout_longitude double precision,
    checkout_accuracy_m double precision,
    checkout_location jsonb GENERATED ALWAYS AS (
        place_json(checkout_latitude, checkout_longitude, checkout_accuracy_m)
    ) STORED,
    checkin_latitude double precision,
    checkin_longitude double precision,
    checkin_accuracy_m double precision,
    checkin_location jsonb GENERATED ALWAYS AS (
        place_json(checkin_latitude, checkin_longitude, checkin_accuracy_m)
    ) STORED,
    photos uuid[] NOT NULL DEFAULT '{}',
    condition_rating smallint,
    condition_notes text,
    damage jsonb NOT NULL DEFAULT '[]',
    signature bytea,
    checkout_odometer_miles double precision,
    checkin_odometer_miles double precision,
    checkout_engine_hours double precision,
    checkin_engine_hours double precision,
    checkout_fuel_level_percent double precision,
    checkin_fuel_level_percent double precision,
    version bigint NOT NULL DEFAULT 1,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, asset_id) REFERENCES assets (tenant_id, id),
    FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id),
    FOREIGN KEY (tenant_id, checked_in_by) REFERENCES users (tenant_id, id),
    FOREIGN KEY (tenant_id, signature) REFERENCES signatures (tenant_id, sha256),
    CONSTRAINT custody_action_matches_its_times CHECK (
        action = CASE WHEN checkin_time IS NULL THEN 'checked_out' ELSE 'checked_in' END
    ),
    CONSTRAINT checked_in_after_checked_out CHECK (checkin_time >= checkout_time),
    CONSTRAINT checked_in_by_somebody CHECK ((checkin_time IS NULL) = (checked_in_by IS NULL)),
    CONSTRAINT condition_rating_is_1_to_5 CHECK (condition_rating BETWEEN 1 AND 5),
    CONSTRAINT condition_notes_are_short CHECK (length(condition_notes) <= 4000),
    CONSTRAINT checkout_place_is_on_earth CHECK (
        (checkout_latitude IS NULL) = (checkout_longitude IS NULL)
        AND checkout_latitude BETWEEN -90 AND 90 AND checkout_longitude BETWEEN -180 AND 180
        AND checkout_accuracy_m BETWEEN 0 AND 10000
        AND NOT (checkout_latitude = 0 AND checkout_longitude = 0)
    ),
    CONSTRAINT checkin_place_is_on_earth CHECK (
        (checkin_latitude IS NULL) = (checkin_longitude IS NULL)
        AND checkin_latitude BETWEEN -90 AND 90 AND checkin_longitude BETWEEN -180 AND 180
        AND checkin_accuracy_m BETWEEN 0 AND 10000
        AND NOT (checkin_latitude = 0 AND checkin_longitude = 0)
    ),
    CONSTRAINT custody_spans_never_overlap EXCLUDE USING gist (
        tenant_id WITH =, asset_id WITH =, tstzrange(checkout_time, checkin_time) WITH &&
    )
);
CREATE UNIQUE INDEX one_open_custody_per_asset ON asset_checkout_history (tenant_id, asset_id)
WHERE checkin_time IS NULL;
CREATE INDEX custody_newest_first_idx ON asset_checkout_history (tenant_id, asset_id, checkout_time DESC, id DESC);
CREATE INDEX custody_open_by_due_idx ON asset_checkout_history (tenant_id, due_at, id) WHERE checkin_time IS NULL;
CREATE INDEX custody_open_by_user_idx ON asset_checkout_history (tenant_id, user_id) WHERE checkin_time IS NULL;

CREATE TABLE custody_events (
    tenant_id bigint NOT NULL,
    id bigint GENERATED ALWAYS AS IDENTITY,
    custody_id bigint NOT NULL,
    asset_id bigint NOT NULL,
    user_id bigint NOT NULL,
    kind text NOT NULL,
    occurred_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    device_id text,
    client_seq bigint,
    facts jsonb NOT NULL,
    chain_hash bytea,
    PRIMARY KEY (tenant_id, id),
    -- the asset is the custody's, which holds it
    FOREIGN KEY (tenant_id, custody_id) REFERENCES asset_checkout_history (tenant_id, id),
    FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id),
    CONSTRAINT custody_event_kind_is_known CHECK (kind IN ('checkout', 'checkin')),
    CONSTRAINT one_event_per_kind_and_custody UNIQUE (tenant_id, custody_id, kind)
);
CREATE INDEX custody_events_asset_idx ON custody_events (tenant_id, asset_id, id);

-- A photo is known before or after its bytes: `expected` (an upload was granted), `pending` (attached, being
-- processed), `ready`, `refused`.
CREATE TABLE photos (
    tenant_id bigint NOT NULL,
    id uuid NOT NULL,
    user_id bigint NOT NULL,
    asset_id bigint,
    custody_id bigint,
    moment text,
    state text NOT NULL DEFAULT 'pending',
    reason text,
    width integer,
    height integer,
    byte_count integer,
    sha256 bytea,
    created_at timestamptz NOT NULL DEFAULT now(),
    processed_at timestamptz,
    -- how often its processing was begun without coming to an end: a photo that brings its worker down cannot say
    -- so, and after some attempts it is refused instead of being tried for ever
    attempts integer NOT NULL DEFAULT 0,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id),
    FOREIGN KEY (tenant_id, asset_id) REFERENCES assets (tenant_id, id),
    FOREIGN KEY (tenant_id, custody_id) REFERENCES asset_checkout_history (tenant_id, id),
    CONSTRAINT photo_moment_is_known CHECK (moment IN ('checkout', 'checkin')),
    CONSTRAINT photo_state_is_known CHECK (state IN ('expected', 'pending', 'ready', 'refused')),
    CONSTRAINT photo_belongs_to_a_moment CHECK ((custody_id IS NULL) = (moment IS NULL)),
    CONSTRAINT photo_refused_with_a_reason CHECK ((state = 'refused') = (reason IS NOT NULL))
);
CREATE INDEX photos_custody_idx ON photos (tenant_id, custody_id) WHERE custody_id IS NOT NULL;
CREATE INDEX photos_unfinished_idx ON photos (tenant_id, created_at) WHERE state IN ('expected', 'pending');
-- Uploads that no custody took are looked for every hour and are few among the photos of years.
CREATE INDEX photos_unused_idx ON photos (tenant_id, processed_at)
WHERE custody_id IS NULL AND state IN ('ready', 'refused');

-- One custody as clients know it. Photos stand in the order in which they were taken.
CREATE VIEW custody_records WITH (security_invoker = true) AS
SELECT
    h.tenant_id,
    h.id,
    h.asset_id,
    jsonb_build_object('id', holder.id, 'oid', holder.oid, 'name', holder.name) AS "user",
    CASE WHEN closer.id IS NOT NULL
        THEN jsonb_build_object('id', closer.id, 'oid', closer.oid, 'name', closer.name)
    END AS checked_in_by,
    h.checkout_time,
    h.checkin_time,
    h.due_at,
    h.checkout_location,
    h.checkin_location,
    coalesce((
        SELECT jsonb_agg(
            jsonb_build_object('photo_id', p.id, 'moment', p.moment, 'state', p.state)
            ORDER BY array_position(h.photos, p.id)
        )
        FROM photos AS p
        WHERE p.tenant_id = h.tenant_id AND p.custody_id = h.id
    ), '[]'::jsonb) AS photos,
    h.condition_rating,
    h.condition_notes,
    h.damage,
    encode(h.signature, 'hex') AS signature_sha256,
    h.checkout_odometer_miles,
    h.checkin_odometer_miles,
    h.checkout_engine_hours,
    h.checkin_engine_hours,
    h.checkout_fuel_level_percent,
    h.checkin_fuel_level_percent,
    (
        SELECT encode(e.chain_hash, 'hex')
        FROM custody_events AS e
        WHERE e.tenant_id = h.tenant_id AND e.custody_id = h.id
        ORDER BY e.id DESC LIMIT 1
    ) AS chain_hash,
    h.version
FROM asset_checkout_history AS h
INNER JOIN users AS holder ON holder.tenant_id = h.tenant_id AND holder.id = h.user_id
LEFT JOIN users AS closer ON closer.tenant_id = h.tenant_id AND closer.id = h.checked_in_by;

-- A reading below the last accepted one is a slip of the finger or of the meter; either way a person decides.
-- Some tenants want to know where every act happened.
CREATE FUNCTION refuse_impossible_facts(p_asset assets, p_facts jsonb) RETURNS void
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

-- The photos of one act: those whose bytes came with the request, and those that the same user uploaded before.
CREATE FUNCTION attach_photos(
    p_custody asset_checkout_history, p_user_id bigint, p_moment text, p_new uuid[], p_uploaded uuid[]
) RETURNS void
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

-- What an act of custody leaves behind beside the row itself: the append-only event and the audit row. What others
-- are told is numbered by whoever calls, last in the transaction: who holds the tenant's counter makes the others wait.
CREATE FUNCTION record_custody_event(
    p_custody asset_checkout_history, p_user_id bigint, p_kind text, p_occurred_at timestamptz,
    p_facts jsonb, p_caller jsonb
) RETURNS void
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

-- Opens custody in one round trip. No row: it was not free (held, not available, or taken at that time), and
-- the caller asks why; the two constraints decide, so nothing is checked first and written later.
CREATE FUNCTION check_out_asset(
    p_tenant_id bigint, p_user_id bigint, p_asset_id bigint, p_facts jsonb, p_new_photos uuid[],
    p_uploads uuid[], p_caller jsonb
) RETURNS SETOF custody_records
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

-- Closes the open custody of an asset. No row: there is none. `p_for_others` says whether this user may close
-- somebody else's.
CREATE FUNCTION check_in_asset(
    p_tenant_id bigint, p_user_id bigint, p_asset_id bigint, p_facts jsonb, p_new_photos uuid[],
    p_uploads uuid[], p_caller jsonb, p_for_others boolean
) RETURNS SETOF custody_records
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
