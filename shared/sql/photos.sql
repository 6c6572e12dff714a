-- Photos: from an announced upload to what is shown, or refused.

-- name: expect_photo
-- A row before its bytes, so that bytes without a row are nobody's.
INSERT INTO photos (tenant_id, id, user_id, state)
VALUES (%(tenant_id)s, %(photo_id)s, %(user_id)s, 'expected');

-- name: find_photo
-- One photo.
SELECT id, state, reason, custody_id, asset_id, user_id, attempts, created_at
FROM photos
WHERE tenant_id = %(tenant_id)s AND id = %(photo_id)s;

-- name: count_attempt
-- Counted before the work: a worker that dies of a photo cannot count afterwards.
UPDATE photos
SET attempts = attempts + 1
WHERE tenant_id = %(tenant_id)s AND id = %(photo_id)s AND state IN ('expected', 'pending');

-- name: excuse_attempt
-- What failed for no fault of the photo's does not count.
UPDATE photos
SET attempts = attempts - 1
WHERE tenant_id = %(tenant_id)s AND id = %(photo_id)s AND state IN ('expected', 'pending') AND attempts > 0;

-- name: mark_ready
-- Only the first to finish finds it unfinished, so the event is emitted once; no row: somebody else was first.
WITH finished AS (
    UPDATE photos
    SET state = 'ready', width = %(width)s, height = %(height)s, byte_count = %(byte_count)s,
        sha256 = %(sha256)s, processed_at = now()
    WHERE tenant_id = %(tenant_id)s AND id = %(photo_id)s AND state IN ('expected', 'pending')
    RETURNING tenant_id, id, user_id, custody_id, asset_id
)

SELECT
    emit_event(
        f.tenant_id, 'PHOTO_READY', 'photo', f.id::text, f.user_id,
        jsonb_build_object('photo_id', f.id, 'custody_id', f.custody_id, 'asset_id', f.asset_id)
    ) AS seq
FROM finished AS f;

-- name: mark_refused
-- As mark_ready: the first verdict stands.
UPDATE photos
SET state = 'refused', reason = %(reason)s, processed_at = now()
WHERE tenant_id = %(tenant_id)s AND id = %(photo_id)s AND state IN ('expected', 'pending')
RETURNING user_id;

-- name: list_unfinished
-- By the partial index of unfinished photos, the oldest first.
SELECT id, state, reason, custody_id, asset_id, user_id, attempts, created_at
FROM photos
WHERE tenant_id = %(tenant_id)s AND state IN ('expected', 'pending') AND created_at < %(before)s
ORDER BY created_at
LIMIT %(most)s;

-- name: forget_upload
-- An upload that a check-out takes at this moment is no longer 'expected' and stays.
DELETE FROM photos
WHERE tenant_id = %(tenant_id)s AND id = %(photo_id)s AND state = 'expected';

-- name: list_unused
-- By the partial index of unused photos, the oldest first; the day begins when they were finished.
SELECT id
FROM photos
WHERE tenant_id = %(tenant_id)s AND custody_id IS NULL AND state IN ('ready', 'refused')
    AND processed_at < %(before)s
ORDER BY processed_at
LIMIT %(most)s;

-- name: give_up_unused
-- Waits for a check-out that takes it at this moment, and then leaves it; no check-out takes what is refused.
UPDATE photos
SET state = 'refused', reason = coalesce(reason, %(reason)s)
WHERE tenant_id = %(tenant_id)s AND id = %(photo_id)s AND custody_id IS NULL AND state IN ('ready', 'refused');

-- name: forget_given_up
-- Only what nobody can use any more.
DELETE FROM photos
WHERE tenant_id = %(tenant_id)s AND id = %(photo_id)s AND custody_id IS NULL AND state = 'refused';
