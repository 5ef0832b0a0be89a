-- What information_schema tells of types.
CREATE TYPE pair AS (a integer, b varchar(10), c numeric(8,2), d timestamp(3), e text[], f pair2);
CREATE DOMAIN posint AS integer CHECK (VALUE > 0);
CREATE DOMAIN words AS text[];
CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE TYPE pair AS (a integer, b varchar(10), c numeric(8,2), d timestamp(3), e text[], f posint, g mood, h interval);
CREATE TABLE things (id posint PRIMARY KEY, p pair, ps pair[], n integer[], w words, m mood, ms mood[]);
CREATE VIEW seen AS SELECT id, ps, m FROM things;
CREATE FUNCTION given(integer[], x text) RETURNS pair[] LANGUAGE sql AS $$ SELECT NULL::pair[] $$;
SELECT udt_name, attribute_name, ordinal_position, attribute_default, is_nullable, data_type, character_maximum_length, character_octet_length, numeric_precision, numeric_precision_radix, numeric_scale, datetime_precision, interval_type, attribute_udt_schema, attribute_udt_name, dtd_identifier, is_derived_reference_attribute FROM information_schema.attributes WHERE udt_schema = current_schema ORDER BY 1, 3;
SELECT user_defined_type_schema, user_defined_type_name, user_defined_type_category, is_instantiable, is_final, data_type FROM information_schema.user_defined_types WHERE user_defined_type_schema = current_schema ORDER BY 2;
SELECT regexp_replace(object_name, '_\d+$', '') AS object, object_type, collection_type_identifier, data_type, udt_schema, udt_name, dtd_identifier FROM information_schema.element_types WHERE object_schema = current_schema ORDER BY 2, 1, 3;
SELECT domain_schema, domain_name, table_schema, table_name, column_name FROM information_schema.column_domain_usage WHERE table_schema = current_schema ORDER BY 2, 4, 5;
SELECT udt_schema, udt_name, table_name, column_name FROM information_schema.column_udt_usage WHERE table_schema = current_schema ORDER BY 3, 4;
SELECT udt_schema, udt_name, domain_schema, domain_name FROM information_schema.domain_udt_usage WHERE domain_schema = current_schema ORDER BY 4;
SELECT table_name, column_name, data_type, udt_name, domain_name FROM information_schema.columns WHERE table_schema = current_schema ORDER BY 1, ordinal_position;
ALTER TYPE pair ADD ATTRIBUTE z date;
SELECT attribute_name, ordinal_position FROM information_schema.attributes WHERE udt_schema = current_schema AND udt_name = 'pair' ORDER BY 2;
