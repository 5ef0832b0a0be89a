-- Functions that take and give enums, and what drops them.
CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');
CREATE FUNCTION better(m mood) RETURNS mood LANGUAGE sql AS $$ SELECT CASE m WHEN 'sad' THEN 'ok'::mood ELSE 'happy' END $$;
CREATE FUNCTION moods() RETURNS SETOF mood LANGUAGE sql AS $$ SELECT unnest(enum_range(NULL::mood)) $$;
CREATE FUNCTION worst(VARIADIC m mood[]) RETURNS mood LANGUAGE sql AS $$ SELECT min(x) FROM unnest(m) x $$;
SELECT better('sad'), better('ok'), worst('happy', 'ok');
SELECT m, better(m) FROM moods() m ORDER BY m;
SELECT better('none');
DROP TYPE mood;
ALTER TYPE mood RENAME TO feeling;
SELECT better('sad'), pg_get_function_arguments('better'::regproc);
DROP FUNCTION better(feeling), moods(), worst(feeling[]);
DROP TYPE feeling;
