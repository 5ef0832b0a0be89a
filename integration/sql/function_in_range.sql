-- in_range of all types, and privileges of the one role.
SELECT in_range(5::int2, 3::int2, 2::int2, false, true), in_range(5, 3, 2::int2, false, false), in_range(5::int2, 3::int2, 2::int8, true, true), in_range(5, 3, 2, true, false), in_range(5, 3, 2::int8, false, true), in_range(5::int8, 3::int8, 3::int8, false, true), in_range(5::int2, 3::int2, 100000, false, true);
SELECT in_range(9223372036854775807, 9223372036854775806, 5::int8, false, true), in_range(9223372036854775807, 9223372036854775806, 5::int8, false, false), in_range((-9223372036854775807), -9223372036854775806, 5::int8, true, true), in_range(2147483647, 2147483646, 2147483647, false, true);
SELECT in_range(1, 1, -1, false, true);
SELECT in_range(1.5::float8, 1, 0.5, false, true), in_range('NaN'::float8, 1, 0.5, false, true), in_range(1::float8, 'NaN', 0.5, false, true), in_range('NaN'::float8, 'NaN', 0.5, false, true), in_range('Infinity'::float8, '-Infinity', 'Infinity', false, true), in_range(1::float8, 'Infinity', 'Infinity', true, false), in_range(1.5::float4, 1, 0.25, true, true);
SELECT in_range(1::float8, 1, 'NaN', false, true);
SELECT in_range(1.5, 1.0, 0.5, false, true), in_range('NaN'::numeric, 1, 0.5, false, true), in_range(1, 'NaN'::numeric, 0.5, false, true), in_range('Infinity'::numeric, '-Infinity', 'Infinity', false, true);
SELECT in_range(1.5, 1.0, -0.5, false, true);
SELECT in_range(date '2020-01-05', date '2020-01-01', interval '4 days', false, true), in_range(timestamp '2020-01-05', timestamp '2020-01-06', interval '1 day', true, true), in_range(timestamptz '2020-03-01', timestamptz '2020-01-31', interval '1 month', false, false), in_range(interval '1 day', interval '20 hours', interval '4 hours', false, true), in_range(time '10:00', time '09:00', interval '1 hour', false, true), in_range(time '10:00', time '23:00', interval '3 hours', false, false), in_range(timetz '10:00+00', timetz '09:00+00', interval '1 hour', false, true);
SELECT in_range(timestamp '2020-01-05', timestamp '2020-01-06', interval '-1 day', true, true);
SELECT in_range(time '10:00', time '09:00', interval '-1 hour', false, true);
SELECT in_range(NULL::int, 1, 1, true, true);
