"""PostgreSQL: rows in, domain types out, no decisions."""
