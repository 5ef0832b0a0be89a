// DECLARE, FETCH, MOVE, CLOSE.
#include "sql/parse/deparse.h"
#include "sql/parse/deparser.h"

namespace shale::sql {

void Deparser::DeclareCursor(const ast::DeclareCursor& declare) {
  using Scroll = ast::DeclareCursor::Scroll;
  Add("DECLARE ");
  Identifier(declare.name);
  if (declare.binary) Add(" BINARY");
  if (declare.insensitive) Add(" INSENSITIVE");
  if (declare.asensitive) Add(" ASENSITIVE");
  if (declare.scroll == Scroll::kScroll) Add(" SCROLL");
  if (declare.scroll == Scroll::kNoScroll) Add(" NO SCROLL");
  Add(declare.hold ? " CURSOR WITH HOLD FOR " : " CURSOR FOR ");
  Statement(*declare.query);
}

void Deparser::Fetch(const ast::Fetch& fetch) {
  using Direction = ast::Fetch::Direction;
  Add(fetch.move ? "MOVE " : "FETCH ");
  switch (fetch.direction) {
    case Direction::kForward:
      Add("FORWARD ");
      break;
    case Direction::kBackward:
      Add("BACKWARD ");
      break;
    case Direction::kAbsolute:
      Add("ABSOLUTE ");
      break;
    case Direction::kRelative:
      Add("RELATIVE ");
      break;
  }
  if (fetch.count == ast::Fetch::kAll) {
    Add("ALL FROM ");
  } else {
    Add("{} FROM ", fetch.count);
  }
  Identifier(fetch.cursor);
}

void Deparser::CloseCursor(const ast::CloseCursor& close) {
  Add("CLOSE ");
  if (close.all) return Add("ALL");
  Identifier(close.name);
}

}  // namespace shale::sql
