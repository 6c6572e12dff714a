-- Reports that are mailed by the clock: what is wanted, by whom and when; each time that it was due, and what became of
-- each mail, so that after a crash nothing is sent twice.

CREATE TABLE report_schedules (
    tenant_id bigint NOT NULL REFERENCES tenants (id),
    id bigint GENERATED ALWAYS AS IDENTITY,
    name text NOT NULL,
    report text NOT NULL,
    format text NOT NULL,
    filters jsonb NOT NULL DEFAULT '{}',
    cron text NOT NULL,
    enabled boolean NOT NULL DEFAULT true,
    -- the next moment that the cron expression names, and the time zone in which it was read: when the organisation
    -- moves to another zone the moment is reckoned anew
    next_run_at timestamptz,
    time_zone text NOT NULL,
    -- the report holds what this person may see when it is sent
    owner_id bigint NOT NULL,
    version bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    deleted_at timestamptz,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, owner_id) REFERENCES users (tenant_id, id),
    CONSTRAINT schedule_name_is_not_blank CHECK (btrim(name) <> ''),
    CONSTRAINT schedule_format_is_known CHECK (format IN ('csv', 'xlsx', 'pdf'))
);
CREATE INDEX report_schedules_due_idx ON report_schedules (tenant_id, next_run_at)
WHERE enabled AND deleted_at IS NULL;

-- An address stays when it is taken off the list: links in mails that were sent go on working, and whoever has
-- unsubscribed stays unsubscribed when somebody puts the address back.
CREATE TABLE report_recipients (
    tenant_id bigint NOT NULL,
    id bigint GENERATED ALWAYS AS IDENTITY,
    schedule_id bigint NOT NULL,
    address text NOT NULL,
    place integer NOT NULL,
    listed boolean NOT NULL DEFAULT true,
    unsubscribed_at timestamptz,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, schedule_id) REFERENCES report_schedules (tenant_id, id),
    CONSTRAINT one_recipient_per_address UNIQUE (tenant_id, schedule_id, address)
);

-- One row for each time that a report was due, or asked for; the unique constraint keeps two instances, and one that
-- starts anew, from making the same time two.
CREATE TABLE report_runs (
    tenant_id bigint NOT NULL,
    id bigint GENERATED ALWAYS AS IDENTITY,
    schedule_id bigint NOT NULL,
    slot timestamptz NOT NULL,
    state text NOT NULL DEFAULT 'claimed',
    detail text,
    attempts integer NOT NULL DEFAULT 0,
    -- who asked for it at once; NULL: the clock
    requested_by bigint,
    -- when to look at it (again): until then whoever took it has time; NULL: it is done with
    next_attempt_at timestamptz,
    created_at timestamptz NOT NULL,
    finished_at timestamptz,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, schedule_id) REFERENCES report_schedules (tenant_id, id),
    FOREIGN KEY (tenant_id, requested_by) REFERENCES users (tenant_id, id),
    CONSTRAINT one_run_per_slot UNIQUE (tenant_id, schedule_id, slot),
    CONSTRAINT run_state_is_known CHECK (
        state IN ('claimed', 'sending', 'sent', 'incomplete', 'failed', 'skipped')
    ),
    CONSTRAINT run_is_finished_or_not CHECK (
        (state IN ('claimed', 'sending')) = (finished_at IS NULL)
    )
);
CREATE INDEX report_runs_open_idx ON report_runs (tenant_id, next_attempt_at) WHERE next_attempt_at IS NOT NULL;

-- One row for each mail: a report to one recipient, or the notice to the owner that a report could not be sent.
-- 'sending' is committed before the mail server is spoken to. Whoever finds it later knows that the mail may have gone
-- out or not, and does not send it again.
CREATE TABLE report_mails (
    tenant_id bigint NOT NULL,
    id bigint GENERATED ALWAYS AS IDENTITY,
    run_id bigint NOT NULL,
    kind text NOT NULL,
    recipient_id bigint,
    address text NOT NULL,
    state text NOT NULL DEFAULT 'waiting',
    detail text,
    attempts integer NOT NULL DEFAULT 0,
    changed_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, run_id) REFERENCES report_runs (tenant_id, id),
    FOREIGN KEY (tenant_id, recipient_id) REFERENCES report_recipients (tenant_id, id),
    CONSTRAINT one_mail_per_address UNIQUE (tenant_id, run_id, kind, address),
    CONSTRAINT mail_kind_is_known CHECK (kind IN ('report', 'notice')),
    CONSTRAINT mail_state_is_known CHECK (
        state IN ('waiting', 'sending', 'sent', 'failed', 'in_doubt', 'unsubscribed')
    ),
    CONSTRAINT reports_go_to_recipients CHECK ((kind = 'report') = (recipient_id IS NOT NULL))
);

SELECT keep_tenants_apart('report_schedules', 'report_recipients', 'report_runs', 'report_mails');
GRANT SELECT, INSERT, UPDATE, DELETE ON report_schedules, report_recipients, report_runs, report_mails
TO motorpool_app;
