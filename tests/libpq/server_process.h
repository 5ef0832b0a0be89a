// ServerProcess: the real binary on free ports, with a data folder of its own.
#pragma once

#include <sys/types.h>

#include <string>

namespace shale {

class ServerProcess {
 public:
  // Waits until the server is ready; otherwise error() says why not.
  ServerProcess();
  ~ServerProcess();
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;

  // Where there is no binary, tests are skipped.
  static bool BinaryExists();
  static std::string BinaryPath();

  const std::string& error() const { return error_; }
  int port() const { return port_; }
  // SIGTERM, then the exit code; -1 where it did not end in time.
  int Terminate();
  // Again on the same data and ports.
  void Restart();

 private:
  void Launch();
  int Wait(int timeout_ms);

  pid_t pid_ = -1;
  int port_ = 0;
  int admin_port_ = 0;
  std::string folder_;
  std::string error_;
};

}  // namespace shale
