// PostgreSQL's raw parse tree as libpg_query builds it. For the .cc files of this folder only: its
// names are global, so our own syntax tree is always written ast::X beside it.
//
// The structures come from the headers of PostgreSQL 15, which agree with libpg_query 15's own in
// every node that the grammar makes, but for the numbers of one enum, LimitOption: see
// kLimitWithTies.
#pragma once

#include <pg_query.h>

// Both this header and PostgreSQL's define these.
#undef PG_MAJORVERSION
#undef PG_VERSION
#undef PG_VERSION_NUM

// postgres.h comes before all other headers of PostgreSQL.
// clang-format off
extern "C" {
#include <postgres.h>
#include <nodes/lockoptions.h>
#include <nodes/nodes.h>
#include <nodes/parsenodes.h>
#include <nodes/pg_list.h>
#include <nodes/primnodes.h>
#include <nodes/value.h>
#include <pg_query/pg_query_internal.h>
}
// clang-format on

// port.h redirects these to PostgreSQL's own, which libpg_query does not export all of.
#undef printf
#undef fprintf
#undef vfprintf
#undef vprintf
#undef sprintf
#undef vsprintf
#undef snprintf
#undef vsnprintf
#undef strerror
#undef strerror_r
#undef gettext
#undef ngettext
#undef _
// elog.h's levels and c.h's helpers, which are common words.
#undef ERROR
#undef WARNING
#undef NOTICE
#undef INFO
#undef LOG
#undef Min
#undef Max
#undef Abs

namespace shale::sql {

// LIMIT_OPTION_WITH_TIES as libpg_query 15 numbers it; PostgreSQL 15's header has DEFAULT last.
inline constexpr int kLimitWithTies = 2;

// The elements of a PostgreSQL list as pointers to T; of none for NIL.
template <typename T>
class ListRange {
 public:
  explicit ListRange(const List* list) : list_(list) {}

  struct Iterator {
    const ListCell* cell;
    const T* operator*() const { return static_cast<const T*>(cell->ptr_value); }
    Iterator& operator++() {
      ++cell;
      return *this;
    }
    bool operator!=(const Iterator& other) const { return cell != other.cell; }
  };
  Iterator begin() const { return {list_ != nullptr ? list_->elements : nullptr}; }
  Iterator end() const { return {list_ != nullptr ? list_->elements + list_->length : nullptr}; }

 private:
  const List* list_;
};

inline size_t ListSize(const List* list) {
  return list != nullptr ? static_cast<size_t>(list->length) : 0;
}
template <typename T = Node>
const T* ListAt(const List* list, size_t index) {
  return static_cast<const T*>(list->elements[index].ptr_value);
}

}  // namespace shale::sql
