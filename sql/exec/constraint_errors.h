// The errors of violated constraints, worded as PostgreSQL words them.
#pragma once

#include "catalog/schema.h"
#include "catalog/types/type_io.h"
#include "engine/base/status.h"

namespace shale::sql {

// 23502 'null value in column "b" of relation "t" violates not-null constraint', with the row.
Status NotNullViolation(const catalog::TableDesc& table, int column, const catalog::Datum* values,
                        const bool* nulls, const catalog::FormatSettings& settings);

// 23514 'new row for relation "t" violates check constraint "t_a_check"', with the row.
Status CheckViolation(const catalog::TableDesc& table, std::string_view check,
                      const catalog::Datum* values, const bool* nulls,
                      const catalog::FormatSettings& settings);

// 23505 'duplicate key value violates unique constraint "t_pkey"', with the key as "(a, b)=(1, x)".
Status DuplicateKey(const catalog::TableDesc& table, std::string_view constraint,
                    std::string_view key);
// 55000: ON CONFLICT's target is a constraint that is looked at too late for it.
Status DeferrableArbiter(const catalog::TableDesc& table, std::string_view constraint);
// 23505 'could not create unique index "t_pkey"', likewise.
Status DuplicatedKey(const catalog::TableDesc& table, std::string_view index, std::string_view key);

// "(a, b)=(1, x)" of a row's primary key.
std::string DescribeKey(const catalog::TableDesc& table, const catalog::Datum* values,
                        const catalog::FormatSettings& settings);

// 40001: a row that the transaction's snapshot shows was changed or deleted since.
Status ConcurrentChange(bool deleted);

}  // namespace shale::sql
