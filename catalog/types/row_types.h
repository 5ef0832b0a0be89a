// Which row types there are (user_type.h): those of relations that a snapshot has described or a
// record names. FindType() knows no others, so that whoever asks for any number costs no memory.
// Never forgotten, as types are not. Thread-safe.
#pragma once

#include "catalog/types/type.h"

namespace shale::catalog {

// Has FindType() find the relation's row type, and that of its arrays. Costs a bit, until somebody
// asks for the type.
void RegisterRelation(Oid relation);
bool IsRegisteredRelation(Oid relation);
// FindType() of one that a description has in it, who knows: a row type is registered.
const TypeInfo* FindDescribedType(Oid oid);

}  // namespace shale::catalog
