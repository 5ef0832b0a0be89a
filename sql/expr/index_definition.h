// Indexes and their constraints as SQL, as PostgreSQL's pg_get_indexdef and pg_get_constraintdef
// write them.
#pragma once

#include <string>
#include <string_view>

#include "catalog/schema.h"

namespace shale::sql {

// Psql asks for the pretty forms: without the parentheses that nobody needs.
enum class DefinitionStyle : uint8_t { kPlain, kPretty };

// A table's primary key, which has no entries of its own, as the index that PostgreSQL would have.
catalog::IndexDesc PrimaryKeyIndex(const catalog::TableDesc& table);

// "CREATE UNIQUE INDEX i ON t USING btree (a, lower(b)) WHERE (c > 0)"; table_name as it is to be
// shown.
std::string IndexDefinition(const catalog::TableDesc& table, const catalog::IndexDesc& index,
                            std::string_view table_name, DefinitionStyle style);
// One column of it, counted from 1 and included ones last, without its order: "lower(b)". Empty:
// there is none.
std::string IndexColumnDefinition(const catalog::TableDesc& table, const catalog::IndexDesc& index,
                                  int number, DefinitionStyle style);
// "a, lower(b)": the key.
std::string IndexKeyDefinition(const catalog::TableDesc& table, const catalog::IndexDesc& index,
                               DefinitionStyle style);
// "UNIQUE (a, b)"
std::string UniqueDefinition(const catalog::TableDesc& table, const catalog::IndexDesc& index);
// As pg_attribute names the column: "a", "lower", "expr1".
std::string IndexColumnName(const catalog::TableDesc& table, const catalog::IndexDesc& index,
                            int number);

}  // namespace shale::sql
