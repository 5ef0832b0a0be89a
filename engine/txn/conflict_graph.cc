#include "engine/txn/conflict_graph.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "engine/base/check.h"

namespace shale::engine {
namespace {

using NodeList = std::vector<ConflictNode*>;

Status SerializationFailure(std::string_view reason) {
  return Error(sqlstate::kSerializationFailure,
               "could not serialize access due to read/write dependencies among transactions")
      .Detail(fmt::format("Reason code: Canceled on {}.", reason))
      .Hint("The transaction might succeed if retried.");
}

bool Contains(const NodeList& list, const ConflictNode* node) {
  return std::find(list.begin(), list.end(), node) != list.end();
}

// Makes room first, so that a failed allocation leaves no half of a pair.
void Link(NodeList* a, ConflictNode* in_a, NodeList* b, ConflictNode* in_b) {
  a->push_back(in_a);
  try {
    b->push_back(in_b);
  } catch (...) {
    a->pop_back();
    throw;
  }
}

ConflictGraph::Nodes::iterator PlaceOf(ConflictGraph::Nodes& nodes, const ConflictNode* node) {
  auto place = std::find_if(nodes.begin(), nodes.end(),
                            [&](const auto& each) { return each.get() == node; });
  DCHECK(place != nodes.end());
  return place;
}

}  // namespace

void WakeAll(SafeSnapshotWait* list) {
  while (list != nullptr) {
    SafeSnapshotWait* wait = list;
    list = wait->next;  // it may be gone once it is set
    wait->done.Set();
  }
}

bool ConflictGraph::Begin(std::unique_ptr<ConflictNode>* node, const ConflictNode* exporter) {
  ConflictNode* me = node->get();
  me->began = exporter == nullptr ? ++clock_ : exporter->began;
  // Those running are in the order of their beginning.
  auto place = exporter == nullptr ? running_.end() : std::next(PlaceOf(running_, exporter));
  Nodes one;
  one.push_back(std::move(*node));
  try {
    if (me->read_only) {
      FindUnsafePeers(me);
    } else if (exporter != nullptr) {
      ShareUnsafePeers(me, *exporter);
    }
  } catch (...) {
    for (ConflictNode* peer : me->unsafe_peers) std::erase(peer->unsafe_peers, me);
    throw;
  }
  if (me->safe_snapshot) return false;
  running_.splice(place, one);
  return true;
}

// Only a writer that runs while the snapshot is taken can have a conflict out to a transaction that
// has committed before. One that is published, but that the snapshot does not show, has had all its
// conflicts.
void ConflictGraph::FindUnsafePeers(ConflictNode* me) {
  for (auto node = committed_.rbegin(); node != committed_.rend(); ++node) {
    const ConflictNode& writer = **node;
    if (writer.commit_sequence == 0) continue;
    if (writer.commit_sequence <= me->snapshot) break;
    if (writer.earliest_out < me->began) me->unsafe_snapshot = true;
  }
  if (me->unsafe_snapshot) return;
  for (const auto& node : running_) {
    if (node->read_only || node->doomed) continue;
    Link(&me->unsafe_peers, node.get(), &node->unsafe_peers, me);
  }
  me->safe_snapshot = me->unsafe_peers.empty();
}

// Read-only ones that began after the exporter overlap with this one as they do with that.
void ConflictGraph::ShareUnsafePeers(ConflictNode* me, const ConflictNode& exporter) {
  for (ConflictNode* reader : exporter.unsafe_peers) {
    Link(&me->unsafe_peers, reader, &reader->unsafe_peers, me);
  }
}

Status ConflictGraph::CheckReader(const ConflictNode& me) {
  if (!me.doomed) return Status::Ok();
  return SerializationFailure("identification as a pivot, during conflict out checking");
}

Status ConflictGraph::CheckWriter(const ConflictNode& me) {
  if (!me.doomed) return Status::Ok();
  return SerializationFailure("identification as a pivot, during conflict in checking");
}

// By the sequence number, since a snapshot taken between the publication and the moment when it is
// visible does not show it.
bool ConflictGraph::Overlaps(const ConflictNode& me, const ConflictNode& committed) {
  return committed.committed > me.began || committed.commit_sequence > me.snapshot;
}

Status ConflictGraph::NoteRead(ConflictNode* me, ConflictNode* writer) {
  if (writer == me || writer->doomed) return Status::Ok();
  if (writer->is_committed()) {
    if (!Overlaps(*me, *writer)) return Status::Ok();
    // A reader that only reads goes before the writer, unless somebody before its snapshot comes
    // after the writer.
    if (me->read_only && writer->earliest_out >= me->began) return Status::Ok();
  }
  if (Contains(me->out, writer)) return Status::Ok();
  return Flag(me, me, writer);
}

Status ConflictGraph::NoteWrite(ConflictNode* me, ConflictNode* reader) {
  if (reader == me || reader->doomed) return Status::Ok();
  if (reader->is_committed() && !Overlaps(*me, *reader)) return Status::Ok();
  if (Contains(me->in, reader)) return Status::Ok();
  return Flag(me, reader, me);
}

Status ConflictGraph::NoteOverwrite(const ConflictNode& me, const ConflictNode& writer) const {
  if (checks_off_ || &writer == &me || !writer.is_committed() || !Overlaps(me, writer)) {
    return Status::Ok();
  }
  return Status(sqlstate::kSerializationFailure,
                "could not serialize access due to concurrent update");
}

Status ConflictGraph::Flag(ConflictNode* me, ConflictNode* reader, ConflictNode* writer) {
  if (!checks_off_ && IsDangerous(*reader, *writer)) {
    if (me == writer) {
      return SerializationFailure("identification as a pivot, during write");
    }
    if (writer->is_prepared()) {
      return SerializationFailure(fmt::format("conflict out to pivot {}, during read", writer->id));
    }
    writer->doomed = true;
  }
  Link(&reader->out, writer, &writer->in, reader);
  return Status::Ok();
}

// Whether the conflict completes T1 -> T2 -> T3 with a T3 that has committed first, or is prepared
// to.
bool ConflictGraph::IsDangerous(const ConflictNode& reader, const ConflictNode& writer) {
  // The writer as T2, its conflicts out folded into one time.
  if (writer.earliest_out != kConflictNever) return true;
  for (const ConflictNode* t3 : writer.out) {
    if (t3->is_prepared() && (!reader.is_committed() || t3->prepared <= reader.committed) &&
        (!writer.is_committed() || t3->prepared <= writer.committed) &&
        (!reader.read_only || t3->prepared <= reader.began)) {
      return true;
    }
  }
  // The reader as T2, the writer as T3.
  if (!writer.is_prepared() || reader.read_only) return false;
  return std::any_of(reader.in.begin(), reader.in.end(), [&](const ConflictNode* t1) {
    return !t1->doomed && (!t1->is_committed() || t1->committed >= writer.prepared) &&
           (!t1->read_only || t1->began >= writer.prepared);
  });
}

// Where I am T3 of T1 -> T2 -> T3 and commit first, T2 is cancelled: T1, tried again, might fail
// again, and my commit is progress.
Status ConflictGraph::Prepare(ConflictNode* me) {
  if (me->doomed) {
    return SerializationFailure("identification as a pivot, during commit attempt");
  }
  for (ConflictNode* pivot : me->in) {
    if (checks_off_ || pivot->is_committed() || pivot->doomed) continue;
    bool dangerous = std::any_of(pivot->in.begin(), pivot->in.end(), [&](const ConflictNode* t1) {
      return t1 == me || (!t1->is_committed() && !t1->read_only && !t1->doomed);
    });
    if (!dangerous) continue;
    if (pivot->is_prepared()) {
      return SerializationFailure("commit attempt with conflict in from prepared pivot");
    }
    pivot->doomed = true;
  }
  me->prepared = ++clock_;
  return Status::Ok();
}

void ConflictGraph::Restore(ConflictNode* me) {
  me->prepared = me->began;
  me->earliest_out = 0;
}

void ConflictGraph::Publish(ConflictNode* me, SequenceNumber sequence) {
  DCHECK(me->is_prepared() && !me->is_committed());
  me->committed = ++clock_;
  me->commit_sequence = sequence;
  const bool declared_read_only = me->read_only;
  me->read_only = me->read_only || !me->wrote;
  if (!me->read_only) {
    for (const ConflictNode* t3 : me->out) {
      if (t3->is_committed()) me->earliest_out = std::min(me->earliest_out, t3->prepared);
    }
  }
  // From here on the time above stands for conflicts out to what has committed, and no conflict in
  // from what has committed, or only reads, can become dangerous.
  std::erase_if(me->out, [&](ConflictNode* writer) {
    if (!writer->is_committed()) return false;
    std::erase(writer->in, me);
    return true;
  });
  std::erase_if(me->in, [&](ConflictNode* reader) {
    if (!reader->is_committed() && !reader->read_only) return false;
    std::erase(reader->out, me);
    return true;
  });
  if (!declared_read_only) SettlePeers(me, true);
  committed_.splice(committed_.end(), running_, PlaceOf(running_, me));
}

void ConflictGraph::NoteUnsafe(ConflictNode* reader) {
  reader->unsafe_snapshot = true;
  for (ConflictNode* peer : reader->unsafe_peers) std::erase(peer->unsafe_peers, reader);
  reader->unsafe_peers.clear();
}

// The transaction ends: what does that say of the snapshots taken while it ran?
void ConflictGraph::SettlePeers(ConflictNode* me, bool committed) {
  while (!me->unsafe_peers.empty()) {
    ConflictNode* reader = me->unsafe_peers.back();
    if (committed && me->wrote && me->earliest_out <= reader->began) {
      NoteUnsafe(reader);
    } else {
      me->unsafe_peers.pop_back();
      std::erase(reader->unsafe_peers, me);
      reader->safe_snapshot = reader->unsafe_peers.empty();
    }
    if (reader->safe_snapshot || reader->unsafe_snapshot) StopWait(reader);
  }
}

void ConflictGraph::StopWait(ConflictNode* node) {
  SafeSnapshotWait* wait = std::exchange(node->wait, nullptr);
  if (wait == nullptr) return;
  wait->next = woken_;
  woken_ = wait;
}

void ConflictGraph::Remove(ConflictNode* me) {
  for (ConflictNode* writer : me->out) std::erase(writer->in, me);
  for (ConflictNode* reader : me->in) std::erase(reader->out, me);
  if (me->read_only) {
    for (ConflictNode* peer : me->unsafe_peers) std::erase(peer->unsafe_peers, me);
  } else {
    SettlePeers(me, false);
  }
  Nodes& nodes = me->is_committed() ? committed_ : running_;
  nodes.erase(PlaceOf(nodes, me));
}

ConflictNode* ConflictGraph::OldestForgotten() const {
  if (committed_.empty()) return nullptr;
  ConflictNode* oldest = committed_.front().get();
  if (!oldest->is_finished()) return nullptr;
  bool overlaps = !running_.empty() && running_.front()->began < oldest->finished;
  return overlaps ? nullptr : oldest;
}

ConflictGraph::Merged ConflictGraph::MergeOldest() {
  if (committed_.size() < 2) return {};
  auto first = committed_.begin();
  ConflictNode* into = first->get();
  ConflictNode* from = std::next(first)->get();
  if (!into->is_finished() || !from->is_finished()) return {};
  into->out.reserve(into->out.size() + from->out.size());
  into->in.reserve(into->in.size() + from->in.size());
  for (ConflictNode* writer : from->out) {
    if (writer == into) continue;
    std::erase(writer->in, into);
    std::replace(writer->in.begin(), writer->in.end(), from, into);
    if (!Contains(into->out, writer)) into->out.push_back(writer);
  }
  for (ConflictNode* reader : from->in) {
    if (reader == into) continue;
    std::erase(reader->out, into);
    std::replace(reader->out.begin(), reader->out.end(), from, into);
    if (!Contains(into->in, reader)) into->in.push_back(reader);
  }
  std::erase(into->out, from);
  std::erase(into->in, from);
  from->out.clear();
  from->in.clear();
  into->commit_sequence = std::max(into->commit_sequence, from->commit_sequence);
  into->began = std::max(into->began, from->began);
  into->prepared = std::min(into->prepared, from->prepared);
  into->committed = std::max(into->committed, from->committed);
  into->finished = std::max(into->finished, from->finished);
  into->earliest_out = std::min(into->earliest_out, from->earliest_out);
  into->read_only = into->read_only && from->read_only;
  into->wrote = into->wrote || from->wrote;
  return {.into = into, .from = from};
}

}  // namespace shale::engine
