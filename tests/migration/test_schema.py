"""The snapshot of the schema says what the migrations make."""

import difflib

from local import schema


def test_snapshot_is_what_the_migrations_make(owner_url: str) -> None:
    made, kept = schema.dump(owner_url), schema.SNAPSHOT.read_text(encoding="utf-8")
    difference = difflib.unified_diff(kept.splitlines(), made.splitlines(), "schema.sql", "as migrated", lineterm="")
    assert made == kept, f"run `{schema.WRITE}` and commit the file:\n" + "\n".join(difference)


def test_snapshot_holds_what_matters() -> None:
    text = schema.SNAPSHOT.read_text(encoding="utf-8")
    for wanted in (
        "CREATE TABLE public.asset_checkout_history (",
        "CREATE UNIQUE INDEX one_open_custody_per_asset ON public.asset_checkout_history",
        "ALTER TABLE ONLY public.assets FORCE ROW LEVEL SECURITY;",
        "CREATE POLICY tenant_isolation ON public.photos",
        "GRANT SELECT ON TABLE public.tenants TO motorpool_app;",
        "CREATE EXTENSION IF NOT EXISTS earthdistance",
    ):
        assert wanted in text


def test_snapshot_does_not_depend_on_the_day(owner_url: str) -> None:
    assert "trips_other" in schema.dump(owner_url)
    assert "trips_20" not in schema.SNAPSHOT.read_text(encoding="utf-8")
