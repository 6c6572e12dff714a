-- What comes in by the thousand has bounds, so that one slip in a date does not become thousands of days to reckon:
-- a trip is no longer than a month, and a cost is spread over ten years at most. Rows that were there before are not
-- looked at, which would keep readers waiting.

ALTER TABLE trips ADD CONSTRAINT trip_has_at_most_31_days
CHECK (end_time - start_time <= interval '31 days') NOT VALID;

ALTER TABLE cost_entries ADD CONSTRAINT cost_period_has_at_most_ten_years
CHECK (period_end - period_start <= 3660) NOT VALID;
