#include "tests/libpq/server_process.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

namespace shale {
namespace {

constexpr int kStartTimeoutMs = 20'000;
constexpr int kStopTimeoutMs = 20'000;
constexpr int kPollMs = 10;

int FreePort() {
  int listener = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof(address);
  int port = 0;
  if (bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0 &&
      getsockname(listener, reinterpret_cast<sockaddr*>(&address), &length) == 0) {
    port = ntohs(address.sin_port);
  }
  close(listener);
  return port;
}

std::string ReadFile(const std::string& path) {
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

}  // namespace

std::string ServerProcess::BinaryPath() {
  const char* given = std::getenv("SHALE_BINARY");
  return given != nullptr ? given : SHALE_BUILT_BINARY;
}

bool ServerProcess::BinaryExists() { return access(BinaryPath().c_str(), X_OK) == 0; }

ServerProcess::ServerProcess() {
  char folder[] = "/tmp/shale_libpq_XXXXXX";
  folder_ = mkdtemp(folder);
  port_ = FreePort();
  admin_port_ = FreePort();
  Launch();
}

ServerProcess::~ServerProcess() {
  Terminate();
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

void ServerProcess::Launch() {
  const std::string log = folder_ + "/log";
  std::filesystem::remove(log);  // an earlier start's "ready" is not this one's
  pid_ = fork();
  if (pid_ == 0) {
    int file = open(log.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    dup2(file, 1);
    dup2(file, 2);
    // Settings of the environment would change what is tested.
    for (const char* name : {"SHALE_PASSWORD", "SHALE_CONFIG", "SHALE_LISTEN"}) unsetenv(name);
    const std::string binary = BinaryPath();
    const std::string listen = "127.0.0.1:" + std::to_string(port_);
    const std::string admin = "127.0.0.1:" + std::to_string(admin_port_);
    const std::string data = folder_ + "/data";
    execl(binary.c_str(), binary.c_str(), "--data-dir", data.c_str(), "--listen", listen.c_str(),
          "--admin-listen", admin.c_str(), "--loops", "2", nullptr);
    _exit(127);
  }
  for (int waited = 0; waited < kStartTimeoutMs; waited += kPollMs) {
    if (ReadFile(log).find("ready") != std::string::npos) return;
    if (waitpid(pid_, nullptr, WNOHANG) == pid_) {
      pid_ = -1;
      break;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(kPollMs));
  }
  error_ = "the server did not start: " + ReadFile(log);
}

int ServerProcess::Wait(int timeout_ms) {
  for (int waited = 0; waited < timeout_ms; waited += kPollMs) {
    int status = 0;
    if (waitpid(pid_, &status, WNOHANG) == pid_) {
      pid_ = -1;
      return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(kPollMs));
  }
  return -1;
}

int ServerProcess::Terminate() {
  if (pid_ < 0) return -1;
  kill(pid_, SIGTERM);
  int code = Wait(kStopTimeoutMs);
  if (code < 0) {
    kill(pid_, SIGKILL);
    Wait(kStopTimeoutMs);
  }
  return code;
}

void ServerProcess::Restart() {
  Terminate();
  Launch();
}

}  // namespace shale
