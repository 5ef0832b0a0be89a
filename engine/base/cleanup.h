// Cleanup: runs a function at the end of the scope, unless cancelled.
//
//   Cleanup remove([&] { file_system.Remove(path); });
//   ...
//   std::move(remove).Cancel();   // all went well
#pragma once

#include <utility>

namespace shale {

template <typename Function>
class [[nodiscard]] Cleanup {
 public:
  explicit Cleanup(Function function) : function_(std::move(function)) {}
  Cleanup(const Cleanup&) = delete;
  Cleanup& operator=(const Cleanup&) = delete;
  ~Cleanup() {
    if (armed_) function_();
  }

  // The function will not run.
  void Cancel() && { armed_ = false; }
  // Runs the function now instead of at the end.
  void Invoke() && {
    armed_ = false;
    function_();
  }

 private:
  Function function_;
  bool armed_ = true;
};

}  // namespace shale
