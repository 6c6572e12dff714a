-- How an organisation counts.

-- name: get_settings
-- Hours as people write them: a day that ends at 24:00 is no time that programs know.
SELECT
    name, time_zone, currency, custody_hours, require_location,
    to_char(shift_start, 'HH24:MI') AS shift_start, to_char(shift_end, 'HH24:MI') AS shift_end, shift_days,
    discount_rate::double precision AS discount_rate, reimbursement_per_mile, idle_days
FROM tenants
WHERE id = %(tenant_id)s;

-- name: lock_settings
-- Of two who change settings the second sees what the first has set.
SELECT id
FROM tenants
WHERE id = %(tenant_id)s
FOR NO KEY UPDATE;

-- name: change_settings
-- Each of them, given or as it was. What follows from working hours is reckoned anew by the table's triggers.
UPDATE tenants
SET
    shift_start = %(shift_start)s::time, shift_end = %(shift_end)s::time, shift_days = %(shift_days)s::smallint[],
    discount_rate = %(discount_rate)s, reimbursement_per_mile = %(reimbursement_per_mile)s, idle_days = %(idle_days)s
WHERE id = %(tenant_id)s;
