// How nextval() asks for more leased values: evaluation fails with a status that names the
// sequence; the executor refills its lease and evaluates the batch again. Values taken before are
// skipped.
#pragma once

#include <optional>

#include "catalog/types/type.h"
#include "engine/base/status.h"

namespace shale::sql {

inline constexpr char kLeaseRoutine[] = "sequence_lease";

Status SequenceLeaseExhausted(catalog::Oid sequence);
// The sequence, where the status is that of an exhausted lease.
std::optional<catalog::Oid> ExhaustedSequence(const Status& status);

}  // namespace shale::sql
