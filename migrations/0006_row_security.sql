-- The seat belt: every table of a tenant shows one tenant's rows, the one that the transaction was opened for,
-- whatever the query says and whoever owns the table. The application's role may read and write, but what is
-- evidence (events of custody, signatures, audit) it may only add.

DO $$
DECLARE
    v_table text;
BEGIN
    FOR v_table IN
        SELECT c.relname
        FROM pg_class AS c
        INNER JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attname = 'tenant_id'
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', v_table);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', v_table);
        EXECUTE format(
            'CREATE POLICY tenant_isolation ON %I USING (tenant_id = current_tenant_id())', v_table
        );
    END LOOP;
END
$$;

GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO motorpool_app;
REVOKE INSERT, UPDATE, DELETE ON tenants FROM motorpool_app;
REVOKE UPDATE, DELETE ON custody_events, signatures FROM motorpool_app;
REVOKE UPDATE ON audit_log FROM motorpool_app;
REVOKE ALL ON schema_migrations FROM motorpool_app;
