INSERT INTO signatures (tenant_id, sha256, media_type, content)
SELECT %(tenant_id)s, decode(s.sha256, 'hex'), 'image/svg+xml', convert_to(s.svg, 'UTF8')
FROM jsonb_to_recordset(%(rows)s) AS s (sha256 text, svg text)
