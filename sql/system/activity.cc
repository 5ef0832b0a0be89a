// What sessions are at, and what they have left behind: pg_stat_activity, pg_prepared_xacts,
// pg_cursors.
#include <algorithm>
#include <set>

#include "sql/system/system_tables.h"

namespace shale::sql::system {
namespace {

using catalog::CatalogSnapshot;
namespace type_oid = catalog::type_oid;

catalog::Value TextOrNull(std::string_view text) {
  return text.empty() ? NullCell(type_oid::kText) : TextCell(text);
}

// NULL where it is no address: of a socket in the file system.
catalog::Value AddressCell(std::string_view text) {
  constexpr catalog::Type kAddress{type_oid::kInet, -1};
  Arena arena;
  Result<catalog::Datum> address =
      catalog::ParseText(kAddress, text, catalog::FormatSettings{}, &arena);
  return address.ok() ? catalog::Value(kAddress, *address) : catalog::Value::Null(kAddress);
}

// Sessions that wait for a row behind others: for these, as PostgreSQL says it, until they are
// first.
std::set<uint64_t> QueuedForRows(FunctionHost& host, const std::vector<SessionActivity>& sessions) {
  std::set<uint64_t> queued;
  const bool any = std::ranges::any_of(sessions, [](const SessionActivity& session) {
    return session.waits_for && engine::IsRowMode(*session.waits_for);
  });
  if (!any) return queued;
  for (const engine::LockInfo& lock : host.Locks()) {
    if (!lock.granted && lock.queued && engine::IsRowMode(lock.mode)) queued.insert(lock.session);
  }
  return queued;
}

// A session waits for a lock, or for its client.
std::pair<std::string_view, std::string_view> WaitOf(const SessionActivity& session, bool queued) {
  if (session.waits_for) {
    if (engine::IsAdvisoryMode(*session.waits_for)) return {"Lock", "advisory"};
    if (!engine::IsRowMode(*session.waits_for)) return {"Lock", "relation"};
    return {"Lock", queued ? "tuple" : "transactionid"};
  }
  if (session.state != "active") return {"Client", "ClientRead"};
  return {};
}

Status ScanActivity(const CatalogSnapshot&, FunctionHost& host, const RowSink& row) {
  const std::vector<SessionActivity> sessions = host.Activity();
  const std::set<uint64_t> queued = QueuedForRows(host, sessions);
  for (const SessionActivity& session : sessions) {
    const auto [wait_type, wait_event] =
        WaitOf(session, queued.contains(static_cast<uint64_t>(session.pid)));
    RETURN_IF_ERROR(row({OidCell(session.database_oid),
                         NameCell(session.database),
                         IntCell(session.pid),
                         NullCell(type_oid::kInt4),
                         OidCell(catalog::kBootstrapRoleOid),
                         NameCell(session.user),
                         TextCell(session.application_name),
                         AddressCell(session.client_address),
                         NullCell(type_oid::kText),
                         NullCell(type_oid::kInt4),
                         TimeCell(session.started_us),
                         TimeCell(session.transaction_started_us),
                         TimeCell(session.query_started_us),
                         TimeCell(session.state_changed_us),
                         TextOrNull(wait_type),
                         TextOrNull(wait_event),
                         TextCell(session.state),
                         IsShown(host, session.transaction_id) ? XidCell(session.transaction_id)
                                                               : NullCell(type_oid::kXid),
                         NullCell(type_oid::kXid),
                         NullCell(type_oid::kInt8),
                         TextCell(session.query),
                         TextCell("client backend")}));
  }
  return Status::Ok();
}

Status ScanPrepared(const CatalogSnapshot&, FunctionHost& host, const RowSink& row) {
  for (const PreparedActivity& prepared : host.Prepared()) {
    RETURN_IF_ERROR(row({XidCell(prepared.transaction), TextCell(prepared.identifier),
                         TimeCell(prepared.prepared_us), NameCell(prepared.owner),
                         NameCell(prepared.database)}));
  }
  return Status::Ok();
}

Status ScanCursors(const CatalogSnapshot&, FunctionHost& host, const RowSink& row) {
  for (const CursorActivity& cursor : host.Cursors()) {
    RETURN_IF_ERROR(
        row({TextCell(cursor.name), TextCell(cursor.statement), BoolCell(cursor.holdable),
             BoolCell(cursor.binary), BoolCell(cursor.scrollable), TimeCell(cursor.created_us)}));
  }
  return Status::Ok();
}

}  // namespace

void RegisterActivity() {
  AddToCatalog("pg_stat_activity", ScanActivity);
  AddToCatalog("pg_prepared_xacts", ScanPrepared);
  AddToCatalog("pg_cursors", ScanCursors);
}

}  // namespace shale::sql::system
