-- Tags: pre-printed labels, and the generation of an asset's own label.

-- name: make_tags
-- Blank ones, numbered in the order in which they are printed.
INSERT INTO tags (tenant_id)
SELECT %(tenant_id)s
FROM generate_series(1, %(count)s)
RETURNING *;

-- name: find_tag
-- One pre-printed tag.
SELECT *
FROM tags
WHERE tenant_id = %(tenant_id)s AND id = %(tag_id)s;

-- name: list_tags
-- The newest first; of one asset, or in one state, or all.
SELECT *
FROM tags
WHERE tenant_id = %(tenant_id)s
    AND id < %(before_id)s
    AND (%(asset_id)s::bigint IS NULL OR asset_id = %(asset_id)s)
    AND CASE %(state)s::text
        WHEN 'blank' THEN asset_id IS NULL AND revoked_at IS NULL
        WHEN 'linked' THEN asset_id IS NOT NULL AND revoked_at IS NULL
        WHEN 'revoked' THEN revoked_at IS NOT NULL
        ELSE true
    END
ORDER BY id DESC
LIMIT %(page_size)s;

-- name: link_tag
-- No row: it is not blank, or not there. Of two people who link one tag, the second finds it linked.
UPDATE tags
SET asset_id = %(asset_id)s, linked_at = now(), linked_by = %(user_id)s
WHERE tenant_id = %(tenant_id)s AND id = %(tag_id)s AND asset_id IS NULL AND revoked_at IS NULL
RETURNING *;

-- name: revoke_tag
-- No row: it is revoked already, not there, or not of that asset.
UPDATE tags
SET revoked_at = now(), revoked_by = %(user_id)s
WHERE tenant_id = %(tenant_id)s AND id = %(tag_id)s AND revoked_at IS NULL
    AND (%(asset_id)s::bigint IS NULL OR asset_id = %(asset_id)s)
RETURNING id;

-- name: find_label
-- What an asset's own label is made of.
SELECT id AS asset_id, asset_tag, asset_name, qr_generation
FROM assets
WHERE tenant_id = %(tenant_id)s AND id = %(asset_id)s;

-- name: renew_label
-- The next generation of an asset's own label, for which a code has room; what was printed before is no good any more.
UPDATE assets
SET qr_generation = qr_generation + 1
WHERE tenant_id = %(tenant_id)s AND id = %(asset_id)s AND qr_generation < %(last_generation)s
RETURNING id AS asset_id, asset_tag, asset_name, qr_generation;

-- name: list_labels
-- The own labels of many assets.
SELECT id AS asset_id, asset_tag, asset_name, qr_generation
FROM assets
WHERE tenant_id = %(tenant_id)s AND id = ANY(%(asset_ids)s);

-- name: list_tag_labels
-- Tags that are good, with the asset that each is linked to.
SELECT t.id AS tag_id, a.asset_tag, a.asset_name
FROM tags AS t
LEFT JOIN assets AS a ON a.tenant_id = t.tenant_id AND a.id = t.asset_id
WHERE t.tenant_id = %(tenant_id)s AND t.id = ANY(%(tag_ids)s) AND t.revoked_at IS NULL;
