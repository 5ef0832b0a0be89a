// ParallelSettings: when statements are planned to use several threads, by PostgreSQL's settings of
// these names.
#pragma once

namespace shale::sql {

struct ParallelSettings {
  int max_workers_per_gather = 0;  // 0: never
  double min_table_scan_bytes = 8 << 20;
  double setup_cost = 1000;
  double tuple_cost = 0.1;
  bool leader_participation = true;
};

}  // namespace shale::sql
