-- Assets that nobody uses, and that people are told so once for each spell.

-- name: list_idle_assets
-- The longest unused first; `idle` by the organisation's own days.
SELECT i.*, i.days_idle > t.idle_days AS idle
FROM tenants AS t
CROSS JOIN LATERAL idle_assets(
    t.id, %(today)s, coalesce(%(min_days)s::integer, t.idle_days), %(asset_type)s::text
) AS i
WHERE t.id = %(tenant_id)s
ORDER BY i.days_idle DESC, i.asset_name ASC, i.asset_id ASC
LIMIT %(most)s;

-- name: find_idle_asset
-- One of them, however short it was not used.
SELECT i.*, i.days_idle > t.idle_days AS idle
FROM tenants AS t
CROSS JOIN LATERAL idle_assets(t.id, %(today)s, 0, %(asset_type)s::text) AS i
WHERE t.id = %(tenant_id)s AND i.asset_id = %(asset_id)s;

-- name: count_idle_assets
-- For the first screen.
SELECT count(i.asset_id) AS idle
FROM tenants AS t
CROSS JOIN LATERAL idle_assets(t.id, %(today)s, t.idle_days + 1, %(asset_type)s::text) AS i
WHERE t.id = %(tenant_id)s;

-- name: find_idle_days
-- Over so many days an asset is idle.
SELECT idle_days
FROM tenants
WHERE id = %(tenant_id)s;

-- name: open_spells
-- The idle spells that nobody was told of. Of two at once the second waits for the first and then finds them told.
-- Somebody was told already where a spell turns out to have begun earlier. Where days are yet to be reckoned there may
-- be use that is not known here.
WITH idle AS (
    SELECT i.*
    FROM tenants AS t
    CROSS JOIN LATERAL idle_assets(t.id, %(today)s, t.idle_days + 1, NULL) AS i
    WHERE t.id = %(tenant_id)s
        AND NOT EXISTS (
            SELECT FROM idle_spells AS s
            WHERE s.tenant_id = t.id AND s.asset_id = i.asset_id AND s.since >= i.since
        )
        AND NOT EXISTS (
            SELECT FROM dirty_days AS d
            WHERE d.tenant_id = t.id AND d.asset_id = i.asset_id
        )
    ORDER BY i.asset_id
    LIMIT %(most)s
),

opened AS (
    INSERT INTO idle_spells (tenant_id, asset_id, since, alerted_at)
    SELECT %(tenant_id)s, i.asset_id, i.since, %(now)s
    FROM idle AS i
    ON CONFLICT DO NOTHING
    RETURNING asset_id
)

SELECT i.*, true AS idle
FROM opened AS o
INNER JOIN idle AS i ON i.asset_id = o.asset_id
ORDER BY i.asset_id;
