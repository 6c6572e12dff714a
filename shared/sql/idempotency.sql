-- Keys of requests that must not be done twice.

-- name: claim_key
-- Waits for a first request with the same key to end; no row: that one answered already.
INSERT INTO idempotency_keys (tenant_id, user_id, route, key, fingerprint)
VALUES (%(tenant_id)s, %(user_id)s, %(route)s, %(key)s, %(fingerprint)s)
ON CONFLICT DO NOTHING
RETURNING 1 AS claimed;

-- name: get_key
-- What the first request asked and was answered.
SELECT fingerprint, status, headers, body
FROM idempotency_keys
WHERE tenant_id = %(tenant_id)s AND user_id = %(user_id)s AND route = %(route)s AND key = %(key)s;

-- name: keep_answer
-- Travels with COMMIT, so that work and answer are both there or neither is.
UPDATE idempotency_keys
SET status = %(status)s, headers = %(headers)s, body = %(body)s
WHERE tenant_id = %(tenant_id)s AND user_id = %(user_id)s AND route = %(route)s AND key = %(key)s;

-- name: forget_keys
-- A phone may be away for a month; after that a key is worth nothing.
DELETE FROM idempotency_keys
WHERE tenant_id = %(tenant_id)s AND created_at < now() - interval '30 days';
