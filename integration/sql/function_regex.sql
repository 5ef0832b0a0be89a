-- regexp_match, regexp_split_to_array, regexp_instr and kin.
SELECT regexp_match('foobarbequebaz', '(bar)(beque)'), regexp_match('foobarbequebaz', 'bar.*que'), regexp_match('foo', 'x'), regexp_match('abc', 'A', 'i'), regexp_match('abc', '(a)|(b)'), regexp_match('foobar', '(o)(x)?'), regexp_match('', ''), regexp_match('a1b22', '([a-z])([0-9]+)'), regexp_match(NULL, 'a');
SELECT regexp_match('abc', 'a', 'g');
SELECT regexp_match('abc', 'a', 'z');
SELECT regexp_match('abc', '(');
SELECT regexp_match('abcdefghijkl', '(a)(b)(c)(d)(e)(f)(g)(h)(i)(j)(k)');
SELECT (regexp_match('2020-01-02', '(\d+)-(\d+)-(\d+)'))[2];
SELECT regexp_split_to_array('hello world', '\s+'), regexp_split_to_array('hello', ''), regexp_split_to_array('a,b,,c', ','), regexp_split_to_array('', ','), regexp_split_to_array('abc', 'x'), regexp_split_to_array('aXbxc', 'x', 'i'), regexp_split_to_array(',a,', ','), regexp_split_to_array('the quick brown', '\s*');
SELECT regexp_split_to_array('abc', 'b', 'g');
SELECT regexp_instr('abcabcabc', 'a.c'), regexp_instr('abcabcabc', 'a.c', 2), regexp_instr('abcabcabc', 'a.c', 1, 3), regexp_instr('abcabcabc', 'a.c', 1, 4), regexp_instr('abcabcabc', 'A.C', 1, 2, 0, 'i'), regexp_instr('abcabcabc', 'a.c', 1, 1, 1), regexp_instr('1234567890', '(123)(4(56)(78))', 1, 1, 0, 'i', 0), regexp_instr('1234567890', '(123)(4(56)(78))', 1, 1, 0, 'i', 1), regexp_instr('1234567890', '(123)(4(56)(78))', 1, 1, 0, 'i', 2), regexp_instr('1234567890', '(123)(4(56)(78))', 1, 1, 0, 'i', 4), regexp_instr('1234567890', '(123)(4(56)(78))', 1, 1, 1, 'i', 3), regexp_instr('1234567890', '(123)(4(56)(78))', 1, 1, 0, 'i', 5), regexp_instr('foo', NULL);
SELECT regexp_instr('abc', 'a', 0);
SELECT regexp_instr('abc', 'a', 1, 0);
SELECT regexp_instr('abc', 'a', 1, 1, 2);
SELECT regexp_instr('abc', 'a', 1, 1, 0, 'g');
SELECT regexp_instr('abc', 'a', 1, 1, 0, 'i', -1);
SELECT regexp_count('123123', '\d'), regexp_count('ABC', 'b', 1, 'i'), regexp_like('Hello', 'hello', 'i'), regexp_substr('number of your street', 'o(.)', 1, 2, 'i', 1), regexp_replace('abcabc', 'b', 'X', 1, 2), regexp_replace('abc', '(b)', '[\1]'), regexp_replace('aaa', 'a', 'b', 'g');
SELECT 'abc' ~ '^a.c$', 'ABC' ~* 'abc', 'abc' !~ 'x', 'abc' !~* 'B', substring('foobar' from 'o(.)b'), substring('foobar' from 'o.b');
SELECT regexp_match(E'a\nb', 'a.b'), regexp_match(E'a\nb', 'a.b', 'n'), regexp_match(E'a\nb', '^b', 'n'), regexp_match(E'a\nb', 'a.b', 'p'), regexp_match(E'a\nb', '^b', 'w'), regexp_match('a.b', 'a.b', 'q');
