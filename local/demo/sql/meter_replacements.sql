INSERT INTO meter_replacements (tenant_id, asset_id, kind, replaced_at, notes, created_at)
SELECT %(tenant_id)s, a.id, r.kind, r.replaced_at, r.notes, r.replaced_at
FROM jsonb_to_recordset(%(rows)s) AS r (asset_tag text, kind text, replaced_at timestamptz, notes text)
INNER JOIN assets AS a ON a.tenant_id = %(tenant_id)s AND a.asset_tag = r.asset_tag
