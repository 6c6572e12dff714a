INSERT INTO revenue_entries (tenant_id, source, external_id, asset_id, amount, earned_on, created_at)
SELECT %(tenant_id)s, r.source, r.external_id, a.id, r.amount, r.earned_on, r.earned_on
FROM jsonb_to_recordset(%(rows)s) AS r (
    asset_tag text, source text, external_id text, amount numeric, earned_on date
)
INNER JOIN assets AS a ON a.tenant_id = %(tenant_id)s AND a.asset_tag = r.asset_tag
ORDER BY r.earned_on, r.external_id
