-- Uploads that no custody took are looked for every hour and are few among the photos of years.
CREATE INDEX photos_unused_idx ON photos (tenant_id, processed_at)
WHERE custody_id IS NULL AND state IN ('ready', 'refused');
