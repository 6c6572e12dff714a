-- Tasks that several people edit at once: every edit of a field is kept, so that the same edits end in the same task
-- in whatever order they arrive, and what lost can be found and restored. And what people say about a task.

-- what a task consists of: the highest counter of each replica of which an edit was taken in
ALTER TABLE tasks ADD COLUMN vector jsonb NOT NULL DEFAULT '{"server": 1}';
ALTER TABLE tasks ADD COLUMN deleted_at timestamptz;
CREATE INDEX tasks_updated_idx ON tasks (tenant_id, updated_at DESC, id DESC) WHERE deleted_at IS NULL;

-- Replicas are compared letter by letter, as the rules in Python do, not as a language sorts them.
CREATE TABLE task_changes (
    tenant_id bigint NOT NULL REFERENCES tenants (id),
    id bigint GENERATED ALWAYS AS IDENTITY,
    task_id bigint NOT NULL,
    field text NOT NULL,
    from_value jsonb NOT NULL,
    to_value jsonb NOT NULL,
    user_id bigint,
    replica text COLLATE "C" NOT NULL,
    counter bigint NOT NULL,
    base jsonb NOT NULL,
    -- as the device said, letter by letter: by this the same edit is known when it comes again
    said_at text,
    -- the same moment by the server's clock, and the moment that counts: later than what the edit was made upon
    changed_at timestamptz NOT NULL,
    effective_at timestamptz NOT NULL,
    outcome text NOT NULL,
    restores bigint,
    conflict jsonb,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    asset_id bigint GENERATED ALWAYS AS (
        CASE WHEN field = 'asset_id' AND jsonb_typeof(to_value) = 'number' THEN to_value::bigint END
    ) STORED,
    assignee_id bigint GENERATED ALWAYS AS (
        CASE WHEN field = 'assignee_id' AND jsonb_typeof(to_value) = 'number' THEN to_value::bigint END
    ) STORED,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, task_id) REFERENCES tasks (tenant_id, id),
    FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id),
    -- also a value that loses is one of this tenant's
    CONSTRAINT changed_asset_is_known FOREIGN KEY (tenant_id, asset_id) REFERENCES assets (tenant_id, id),
    CONSTRAINT changed_assignee_is_known FOREIGN KEY (tenant_id, assignee_id) REFERENCES users (tenant_id, id),
    CONSTRAINT one_change_for_each_dot_and_field UNIQUE (tenant_id, task_id, replica, counter, field),
    CONSTRAINT change_field_is_known CHECK (
        field IN ('title', 'description', 'status', 'priority', 'asset_id', 'assignee_id', 'due_at')
    ),
    CONSTRAINT change_outcome_is_known CHECK (outcome IN ('applied', 'lost', 'restored')),
    CONSTRAINT change_counter_is_positive CHECK (counter >= 1)
);
CREATE INDEX task_changes_leader_idx ON task_changes (
    tenant_id, task_id, field, effective_at DESC, replica DESC, counter DESC
);
CREATE INDEX task_changes_newest_idx ON task_changes (tenant_id, task_id, id DESC);

CREATE TABLE task_comments (
    tenant_id bigint NOT NULL REFERENCES tenants (id),
    id bigint GENERATED ALWAYS AS IDENTITY,
    task_id bigint NOT NULL,
    user_id bigint NOT NULL,
    body text NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, task_id) REFERENCES tasks (tenant_id, id),
    FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id),
    CONSTRAINT comment_is_not_blank CHECK (btrim(body) <> '')
);
CREATE INDEX task_comments_oldest_idx ON task_comments (tenant_id, task_id, id);

-- The fields of a task as clients write them.
CREATE FUNCTION task_values(p_task tasks) RETURNS jsonb
LANGUAGE sql STABLE
AS $$
    SELECT jsonb_build_object(
        'title', p_task.title, 'description', p_task.description, 'status', p_task.status,
        'priority', p_task.priority, 'asset_id', p_task.asset_id, 'assignee_id', p_task.assignee_id,
        'due_at', regexp_replace(
            to_char(p_task.due_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), '\.000000Z$', 'Z'
        )
    )
$$;

-- The tasks that are there, filtered; a function that the planner sees through, so that each order has its index.
CREATE FUNCTION present_tasks(
    p_tenant_id bigint, p_status text, p_priority text, p_asset_id bigint, p_assignee_id bigint
) RETURNS SETOF tasks
LANGUAGE sql STABLE
AS $$
    SELECT *
    FROM tasks AS t
    WHERE t.tenant_id = p_tenant_id AND t.deleted_at IS NULL
        AND (p_status IS NULL OR t.status = p_status)
        AND (p_priority IS NULL OR t.priority = p_priority)
        AND (p_asset_id IS NULL OR t.asset_id = p_asset_id)
        AND (p_assignee_id IS NULL OR t.assignee_id = p_assignee_id)
$$;

-- Tasks from before: their making is the first edit of each field. The rows are of all tenants, so the owner looks
-- past row security for this one statement; nobody else sees the table meanwhile, because ALTER TABLE locks it.
ALTER TABLE tasks NO FORCE ROW LEVEL SECURITY;
INSERT INTO task_changes (
    tenant_id, task_id, field, from_value, to_value, user_id, replica, counter, base, changed_at, effective_at,
    outcome, recorded_at
)
SELECT
    t.tenant_id, t.id AS task_id, v.key AS field, 'null' AS from_value, v.value AS to_value, t.created_by AS user_id,
    'server' AS replica, 1 AS counter, '{}' AS base, t.created_at AS changed_at, 'epoch' AS effective_at,
    'applied' AS outcome, t.created_at AS recorded_at
FROM tasks AS t
CROSS JOIN LATERAL jsonb_each(task_values(t)) AS v
ORDER BY t.id, v.key;
ALTER TABLE tasks FORCE ROW LEVEL SECURITY;

ALTER TABLE task_changes ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON task_changes USING (tenant_id = current_tenant_id());
ALTER TABLE task_comments ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON task_comments USING (tenant_id = current_tenant_id());

-- What was said and done stays; only how an edit fared is settled anew when another one arrives.
GRANT SELECT, INSERT ON task_changes, task_comments TO motorpool_app;
GRANT UPDATE (effective_at, outcome) ON task_changes TO motorpool_app;
