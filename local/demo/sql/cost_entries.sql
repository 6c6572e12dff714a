INSERT INTO cost_entries (
    tenant_id, source, external_id, asset_id, category, amount, period_start, period_end, quantity, unit,
    created_at
)
SELECT
    %(tenant_id)s, c.source, c.external_id, a.id, c.category, c.amount, c.period_start, c.period_end, c.quantity,
    c.unit, c.period_start
FROM jsonb_to_recordset(%(rows)s) AS c (
    asset_tag text, source text, external_id text, category text, amount numeric, period_start date,
    period_end date, quantity double precision, unit text
)
INNER JOIN assets AS a ON a.tenant_id = %(tenant_id)s AND a.asset_tag = c.asset_tag
ORDER BY c.period_start, c.external_id
