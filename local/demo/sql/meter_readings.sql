INSERT INTO meter_readings (tenant_id, source, external_id, asset_id, kind, read_at, value, created_at)
SELECT %(tenant_id)s, m.source, m.external_id, a.id, m.kind, m.read_at, m.value, m.read_at
FROM jsonb_to_recordset(%(rows)s) AS m (
    asset_tag text, source text, external_id text, kind text, read_at timestamptz, value double precision
)
INNER JOIN assets AS a ON a.tenant_id = %(tenant_id)s AND a.asset_tag = m.asset_tag
ORDER BY m.read_at, m.external_id
