-- Benchmarks: published figures, and a tenant's own.

-- name: list_benchmarks
-- Own figures first.
SELECT b.*
FROM (
    SELECT
        o.id, NULL AS code, o.benchmark_class, o.basis, o.figure, NULL::numeric AS figure_to, o.unit,
        CASE WHEN o.unit LIKE '%%/mi' THEN t.currency END AS currency, NULL::integer AS annual_miles, o.year,
        o.source, 'own' AS status, o.note, 0 AS rank
    FROM tenant_benchmarks AS o
    INNER JOIN tenants AS t ON t.id = o.tenant_id
    WHERE o.tenant_id = %(tenant_id)s
    UNION ALL
    SELECT
        NULL AS id, p.code, p.benchmark_class, p.basis, p.figure, p.figure_to, p.unit, p.currency, p.annual_miles,
        p.year, p.source, p.status, p.note, 1 AS rank
    FROM benchmarks AS p
) AS b
WHERE (%(benchmark_class)s::text IS NULL OR b.benchmark_class = %(benchmark_class)s)
    AND (%(basis)s::text IS NULL OR b.basis = %(basis)s)
ORDER BY b.rank, b.benchmark_class, b.basis, b.code, b.id;

-- name: list_benchmark_classes
-- Which classes an asset may be compared with, the nearest first. They are the same for every tenant.
SELECT c.name, c.benchmark_class, c.fuel_type
FROM benchmark_classes AS c
ORDER BY c.name, c.rank;

-- name: insert_benchmark
-- One of one's own; of a class and basis there is one.
INSERT INTO tenant_benchmarks (tenant_id, benchmark_class, basis, figure, unit, year, source, note)
VALUES (
    %(tenant_id)s, %(benchmark_class)s, %(basis)s, %(figure)s, %(unit)s, %(year)s, %(source)s, %(note)s
)
RETURNING id;

-- name: update_benchmark
-- What is given; what is not stays.
UPDATE tenant_benchmarks AS o SET
    figure = coalesce(%(figure)s, o.figure), year = coalesce(%(year)s, o.year),
    source = coalesce(%(source)s, o.source), note = coalesce(%(note)s, o.note), updated_at = now()
WHERE o.tenant_id = %(tenant_id)s AND o.id = %(benchmark_id)s
RETURNING o.id;

-- name: delete_benchmark
-- The published ones stand again.
DELETE FROM tenant_benchmarks AS o
WHERE o.tenant_id = %(tenant_id)s AND o.id = %(benchmark_id)s
RETURNING o.id;
