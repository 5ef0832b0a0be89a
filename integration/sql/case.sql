-- CASE in both forms, its type, and lazy evaluation.
CREATE TABLE grade (name text, points integer);
INSERT INTO grade VALUES ('ann', 95), ('bob', 70), ('cid', 10), ('dan', NULL);
SELECT name, CASE WHEN points >= 90 THEN 'A' WHEN points >= 50 THEN 'B' ELSE 'F' END AS mark FROM grade ORDER BY name;
SELECT name, CASE points WHEN 95 THEN 'top' WHEN 10 THEN 'low' END FROM grade ORDER BY name;
SELECT name, CASE WHEN points > 50 THEN points ELSE 0.5 END FROM grade ORDER BY name;
SELECT name, CASE WHEN points = 10 THEN 1 / (points - 10) ELSE points END FROM grade WHERE name <> 'cid' ORDER BY name;
SELECT CASE WHEN 1 = 1 THEN 'ok' ELSE (1 / 0)::text END;
SELECT CASE WHEN points > 0 THEN 1 / 0 ELSE 1 END FROM grade;
SELECT CASE WHEN 1 THEN 2 END;
SELECT CASE WHEN true THEN 1 ELSE 'x' END;
SELECT CASE WHEN true THEN 1 ELSE now() END;
SELECT CASE 1 WHEN 'a' THEN 1 END;
SELECT sum(CASE WHEN points > 50 THEN 1 ELSE 0 END), count(*) FILTER (WHERE points > 50) FROM grade;
SELECT name FROM grade ORDER BY CASE name WHEN 'cid' THEN 0 ELSE 1 END, name DESC;
SELECT CASE WHEN points IS NULL THEN 'none' ELSE CASE WHEN points > 50 THEN 'high' ELSE 'low' END END AS level, count(*) FROM grade GROUP BY 1 ORDER BY 1;
UPDATE grade SET points = CASE name WHEN 'ann' THEN 1 WHEN 'bob' THEN 2 ELSE points END;
SELECT * FROM grade ORDER BY name;
