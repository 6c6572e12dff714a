-- Exports that are made in the background.

-- A text as a spreadsheet program may be given it: what begins a formula there (= + - @, tab, carriage return) is
-- quoted. PostgreSQL puts the body into the query that calls it, so that a million rows call nothing.
CREATE FUNCTION harmless(p_text text)
RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN ascii(p_text) IN (61, 43, 45, 64, 9, 13) THEN '''' || p_text ELSE p_text END;

-- A moment as RFC 3339 has it, by the clocks of the session: of what PostgreSQL can write, only JSON is that, and fast;
-- jsonb gives its text out without the quotes, which costs half of cutting them off.
CREATE FUNCTION rfc3339(p_at timestamptz)
RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
RETURN to_jsonb(p_at) #>> '{}';

-- A file that somebody has asked for. Whoever makes it holds a lease and prolongs it; when that runs out another takes
-- the job up anew, as the next attempt, which writes a blob of its own: `blob` names one only when it is whole.
CREATE TABLE export_jobs (
    tenant_id bigint NOT NULL REFERENCES tenants (id),
    id uuid NOT NULL,
    user_id bigint NOT NULL,
    role text NOT NULL,
    report text NOT NULL,
    format text NOT NULL,
    filters jsonb NOT NULL,
    state text NOT NULL DEFAULT 'queued',
    progress integer NOT NULL DEFAULT 0,
    row_count bigint,
    attempts integer NOT NULL DEFAULT 0,
    lease_until timestamptz,
    blob text,
    reason text,
    created_at timestamptz NOT NULL DEFAULT now(),
    finished_at timestamptz,
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id),
    CONSTRAINT export_state_is_known CHECK (state IN ('queued', 'running', 'done', 'failed')),
    CONSTRAINT export_progress_is_a_percentage CHECK (progress BETWEEN 0 AND 100),
    CONSTRAINT export_that_is_done_has_its_file CHECK ((state = 'done') = (blob IS NOT NULL))
);
CREATE INDEX export_jobs_waiting_idx ON export_jobs (tenant_id, created_at) WHERE state IN ('queued', 'running');
CREATE INDEX export_jobs_expiry_idx ON export_jobs (tenant_id, expires_at);

SELECT keep_tenants_apart('export_jobs');
GRANT SELECT, INSERT, UPDATE, DELETE ON export_jobs TO motorpool_app;
