-- Keys of requests that must not be done twice.

-- name: claim_key
-- Waits for a first request with the same key to end; no row: that one answered already.
SELECT 1 AS claimed
WHERE claim_key(%(tenant_id)s, %(user_id)s, %(route)s, %(key)s, %(fingerprint)s);

-- name: get_key
-- What the first request asked and was answered.
SELECT fingerprint, status, headers, body
FROM idempotency_keys
WHERE tenant_id = %(tenant_id)s AND user_id = %(user_id)s AND route = %(route)s AND key = %(key)s;

-- name: keep_answer
-- Travels with COMMIT, so that work and answer are both there or neither is.
SELECT keep_answer(%(tenant_id)s, %(user_id)s, %(route)s, %(key)s, %(status)s, %(headers)s, %(body)s);

-- name: forget_keys
-- A phone may be away for a month; after that a key is worth nothing.
DELETE FROM idempotency_keys
WHERE tenant_id = %(tenant_id)s AND created_at < now() - interval '30 days';
