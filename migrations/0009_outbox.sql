-- When the first unsent event of a tenant was last tried in vain. The other facts of the outbox are there since the
-- first migration: `published_at`, `attempts`, and the index of what is unsent.
ALTER TABLE websocket_events ADD COLUMN attempted_at timestamptz;
