-- The hash functions, with PostgreSQL's results.
SELECT hashtext('abc'), hashtext(''), hashtext('PostgreSQL is a database'), hashtext('abcdefghijkl'), hashtext('abcdefghijklm'), hashtextextended('abc', 0), hashtextextended('abc', 42), hashtextextended('', 1), hashtextextended('a much longer text than twelve bytes', -7);
SELECT hashint2(0::int2), hashint2(-5::int2), hashint4(0), hashint4(1), hashint4(-1), hashint4(2147483647), hashint8(0), hashint8(1), hashint8(-1), hashint8(123456789012345), hashint8(-9223372036854775808), hashoid(26::oid);
SELECT hashint2extended(7::int2, 1), hashint4extended(7, 0), hashint4extended(7, 12345678901), hashint8extended(-7, 3), hashoidextended(4294967295, 2);
SELECT hashfloat4(0), hashfloat4(1.5), hashfloat4('-0'), hashfloat4('NaN'), hashfloat8(0), hashfloat8(1.5), hashfloat8('-0'), hashfloat8('NaN'), hashfloat8('Infinity'), hashfloat8extended(0, 5), hashfloat8extended(1.5, 5), hashfloat4extended(1.5, 5);
SELECT hash_numeric(0), hash_numeric(1), hash_numeric(1.0), hash_numeric(1.50), hash_numeric(10000), hash_numeric(123456789.123456789), hash_numeric(-1), hash_numeric('NaN'), hash_numeric(0.0001), hash_numeric_extended(1.5, 7), hash_numeric_extended(0, 7), hash_numeric_extended('Infinity', 7);
SELECT hashchar('a'), hashchar(''), hashname('pg_class'), hashbpchar('ab   '::char(5)), hashcharextended('a', 1), hashnameextended('x', 2), hashbpcharextended('ab   '::char(5), 3);
SELECT uuid_hash('00000000-0000-0000-0000-000000000001'), uuid_hash_extended('12345678-1234-1234-1234-123456789012', 9), time_hash('12:34:56'), time_hash_extended('12:34:56', 1), timestamp_hash('2020-01-01'), timestamp_hash_extended('2020-01-01', 1), timetz_hash('12:00+01'), timetz_hash_extended('12:00+01', 1);
SELECT interval_hash('1 day'), interval_hash('24 hours'), interval_hash('1 month'), interval_hash_extended('-1 year 2 mons', 4);
SELECT hashinet('1.2.3.4'), hashinet('1.2.3.4/8'), hashinetextended('::1', 1), hashmacaddr('01:02:03:04:05:06'), hashmacaddr8('01:02:03:04:05:06:07:08'), hashtid('(1,2)'), hashtidextended('(123456,7)', 1), pg_lsn_hash('1/2'), pg_lsn_hash_extended('1/2', 3);
SELECT hashtext(NULL), pg_typeof(hashtext('a')), pg_typeof(hashtextextended('a', 1));
SELECT hashtext('é'), hashtext('日本語');
SELECT hashtext('a') % 10, abs(hashtext('user:42')) % 16;
SELECT hash_array(ARRAY[1,2,3]), hash_array('{}'::int[]), hash_array(ARRAY['a',NULL]), hash_array(ARRAY[1.5,0]), hash_array_extended(ARRAY[1,2], 7), hash_array_extended(ARRAY['x'], 0), hash_array(ARRAY['2020-01-01'::date]);
SELECT hash_range(int4range(1, 5)), hash_range('empty'::int4range), hash_range(numrange(1.5, NULL)), hash_range_extended(int4range(1, 5), 3), hash_range('(,)'::int4range), hash_range(daterange('2020-01-01', '2020-02-01'));
SELECT hash_multirange('{}'::int4multirange), hash_multirange('{[1,3),[5,7)}'::int4multirange), hash_multirange_extended('{[1,3)}'::int4multirange, 9);
