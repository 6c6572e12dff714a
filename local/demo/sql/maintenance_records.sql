INSERT INTO maintenance_records (
    tenant_id, source, external_id, asset_id, performed_on, category, total_cost, downtime_hours, odometer_miles,
    description, created_at
)
SELECT
    %(tenant_id)s, m.source, m.external_id, a.id, m.performed_on, m.category, m.total_cost, m.downtime_hours,
    m.odometer_miles, m.description, m.performed_on
FROM jsonb_to_recordset(%(rows)s) AS m (
    asset_tag text, source text, external_id text, performed_on date, category text, total_cost numeric,
    downtime_hours double precision, odometer_miles double precision, description text
)
INNER JOIN assets AS a ON a.tenant_id = %(tenant_id)s AND a.asset_tag = m.asset_tag
ORDER BY m.performed_on, m.external_id
