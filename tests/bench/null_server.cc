// null_server: speaks as much of PostgreSQL's protocol as pgbench needs, and does nothing else:
// every statement has a canned answer. What a client measures against it is the cost of sockets,
// the kernel and the client itself: the floor below which no server can come.
//
//   null_server --port PORT [--loops N]      on the loopback; prints "ready" to standard error
//
// Laid out as wire/ is: libuv loops, connections dealt to them in turn, one write for all that one
// read brought. A statement's first word decides its answer; SELECT gives one row of one int4.
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace {

constexpr size_t kReadBufferBytes = 64 << 10;
constexpr uint32_t kMessageBytesMax = 1 << 20;
constexpr uint32_t kSslRequest = 80877103;
constexpr uint32_t kGssRequest = 80877104;
constexpr uint32_t kCancelRequest = 80877102;

uint32_t ReadUint32(const char* bytes) {
  uint32_t value;
  std::memcpy(&value, bytes, sizeof(value));
  return ntohl(value);
}

void AppendInt16(std::string* out, int16_t value) {
  uint16_t network = htons(static_cast<uint16_t>(value));
  out->append(reinterpret_cast<const char*>(&network), sizeof(network));
}

void AppendInt32(std::string* out, int32_t value) {
  uint32_t network = htonl(static_cast<uint32_t>(value));
  out->append(reinterpret_cast<const char*>(&network), sizeof(network));
}

std::string Message(char type, std::string_view body) {
  std::string message(1, type);
  AppendInt32(&message, static_cast<int32_t>(body.size() + 4));
  message += body;
  return message;
}

std::string Zeroed(std::string_view text) { return std::string(text) + '\0'; }

std::string RowDescription(const std::vector<std::string>& columns) {
  constexpr int32_t kInt4Oid = 23;
  std::string body;
  AppendInt16(&body, static_cast<int16_t>(columns.size()));
  for (const std::string& column : columns) {
    body += Zeroed(column);
    AppendInt32(&body, 0);  // of no table
    AppendInt16(&body, 0);
    AppendInt32(&body, kInt4Oid);
    AppendInt16(&body, 4);
    AppendInt32(&body, -1);
    AppendInt16(&body, 0);  // text
  }
  return Message('T', body);
}

// A null pointer is NULL.
std::string DataRow(const std::vector<const char*>& values) {
  std::string body;
  AppendInt16(&body, static_cast<int16_t>(values.size()));
  for (const char* value : values) {
    AppendInt32(&body, value == nullptr ? -1 : static_cast<int32_t>(std::strlen(value)));
    if (value != nullptr) body += value;
  }
  return Message('D', body);
}

constexpr const char* kPartitionQuery = "SELECT partstrat";

enum class StatementKind { kSelect, kBegin, kEnd, kOther };

// What a statement is answered with.
struct Answer {
  StatementKind kind = StatementKind::kOther;
  std::string description;  // of rows, or NoData
  std::string result;       // rows and CommandComplete
};

std::string FirstWord(std::string_view text) {
  size_t begin = text.find_first_not_of(" \t\r\n");
  if (begin == text.npos) return "";
  std::string word;
  for (char c : text.substr(begin)) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - ('a' - 'A'));
    if (c < 'A' || c > 'Z') break;
    word += c;
  }
  return word;
}

Answer MakeAnswer(const std::string& word) {
  Answer answer;
  std::string tag = word;
  if (word == "SELECT" || word == kPartitionQuery) {
    answer.kind = StatementKind::kSelect;
    tag = "SELECT 1";
    if (word == kPartitionQuery) {
      answer.description = RowDescription({"n", "partstrat", "count"});
      answer.result = DataRow({"1", nullptr, "0"});
    } else {
      answer.description = RowDescription({"abalance"});
      answer.result = DataRow({"1"});
    }
  } else {
    answer.description = Message('n', "");
    if (word == "BEGIN") answer.kind = StatementKind::kBegin;
    if (word == "END") tag = "COMMIT";
    if (word == "END" || word == "COMMIT" || word == "ROLLBACK") answer.kind = StatementKind::kEnd;
    if (word == "INSERT") tag = "INSERT 0 1";
    if (word == "UPDATE" || word == "DELETE") tag += " 1";
  }
  answer.result += Message('C', Zeroed(tag));
  return answer;
}

// Answers by first word, each made once.
class Answers {
 public:
  const Answer* Of(std::string_view text) {
    std::string word = FirstWord(text);
    // pgbench asks first how its tables are partitioned: one table, no strategy, no partitions.
    if (text.size() > kPointQueryBytesMax && text.find("partstrat") != text.npos) {
      word = kPartitionQuery;
    }
    auto found = answers_.find(word);
    if (found == answers_.end()) found = answers_.emplace(word, MakeAnswer(word)).first;
    return &found->second;
  }

 private:
  static constexpr size_t kPointQueryBytesMax = 200;
  std::map<std::string, Answer> answers_;
};

const std::string& Greeting() {
  static const std::string kGreeting = [] {
    std::string greeting = Message('R', std::string(4, '\0'));
    for (auto [name, value] : {std::pair{"server_version", "15.0"},
                               {"server_encoding", "UTF8"},
                               {"client_encoding", "UTF8"},
                               {"standard_conforming_strings", "on"},
                               {"integer_datetimes", "on"}}) {
      greeting += Message('S', Zeroed(name) + Zeroed(value));
    }
    greeting += Message('K', std::string(8, '\1'));
    return greeting + Message('Z', "I");
  }();
  return kGreeting;
}

class Connection {
 public:
  static void Start(uv_loop_t* loop, char* read_buffer, int socket) {
    auto* connection = new Connection(read_buffer);
    if (uv_tcp_init(loop, &connection->handle_) != 0 ||
        uv_tcp_open(&connection->handle_, socket) != 0) {
      std::fprintf(stderr, "null_server: could not take a connection\n");
      std::exit(1);
    }
    uv_tcp_nodelay(&connection->handle_, 1);
    uv_read_start(connection->stream(), Allocate, OnRead);
  }

 private:
  explicit Connection(char* read_buffer) : read_buffer_(read_buffer) { handle_.data = this; }

  uv_stream_t* stream() { return reinterpret_cast<uv_stream_t*>(&handle_); }

  static void Allocate(uv_handle_t* handle, size_t, uv_buf_t* buffer) {
    auto* connection = static_cast<Connection*>(handle->data);
    *buffer = uv_buf_init(connection->read_buffer_, kReadBufferBytes);
  }

  static void OnRead(uv_stream_t* stream, ssize_t count, const uv_buf_t* buffer) {
    auto* connection = static_cast<Connection*>(stream->data);
    if (count < 0) return connection->Close();
    if (count > 0) connection->Take({buffer->base, static_cast<size_t>(count)});
  }

  void Take(std::string_view bytes) {
    // Most reads bring whole messages, which need no copy.
    if (!rest_.empty()) {
      rest_ += bytes;
      bytes = rest_;
    }
    size_t used = 0;
    while (size_t size = MessageBytes(bytes.substr(used))) {
      if (!Serve(bytes.substr(used, size))) return Close();
      used += size;
    }
    if (failed_) return Close();
    rest_ = std::string(bytes.substr(used));
    Flush();
  }

  // Of the message that the bytes begin with; 0 where it is not whole.
  size_t MessageBytes(std::string_view bytes) {
    size_t head = started_ ? 1 : 0;
    if (bytes.size() < head + 4) return 0;
    uint32_t length = ReadUint32(bytes.data() + head);
    if (length < 4 || length > kMessageBytesMax) {
      failed_ = true;
      return 0;
    }
    return bytes.size() < head + length ? 0 : head + length;
  }

  // False: the connection ends.
  bool Serve(std::string_view message) {
    if (!started_) return ServeStartup(message);
    std::string_view body = message.substr(5);
    switch (message[0]) {
      case 'Q':
        return ServeQuery(body.substr(0, body.find('\0')));
      case 'P': {
        std::string_view name = body.substr(0, body.find('\0'));
        body.remove_prefix(std::min(body.size(), name.size() + 1));
        prepared_[std::string(name)] = answers_.Of(body.substr(0, body.find('\0')));
        output_ += kParseComplete;
        return true;
      }
      case 'B': {
        body.remove_prefix(std::min(body.size(), body.find('\0') + 1));
        bound_ = prepared_[std::string(body.substr(0, body.find('\0')))];
        output_ += kBindComplete;
        return true;
      }
      case 'D':
        if (bound_ != nullptr) output_ += bound_->description;
        return true;
      case 'E':
        if (bound_ != nullptr) Execute(*bound_);
        return true;
      case 'C':
        output_ += kCloseComplete;
        return true;
      case 'S':
        return Ready();
      case 'H':
        return true;
      default:
        return false;  // Terminate, and what this server does not know
    }
  }

  bool ServeQuery(std::string_view text) {
    const Answer* answer = answers_.Of(text);
    if (answer->kind == StatementKind::kSelect) output_ += answer->description;
    Execute(*answer);
    return Ready();
  }

  bool ServeStartup(std::string_view message) {
    if (message.size() < 8) return false;
    uint32_t code = ReadUint32(message.data() + 4);
    if (code == kCancelRequest) return false;
    if (code == kSslRequest || code == kGssRequest) {
      output_ += 'N';
    } else {
      started_ = true;
      output_ += Greeting();
    }
    return true;
  }

  void Execute(const Answer& answer) {
    output_ += answer.result;
    if (answer.kind == StatementKind::kBegin) status_ = 'T';
    if (answer.kind == StatementKind::kEnd) status_ = 'I';
  }

  bool Ready() {
    output_.append("Z\0\0\0\5", 5);
    output_ += status_;
    return true;
  }

  void Flush() {
    if (output_.empty()) return;
    uv_buf_t buffer = uv_buf_init(output_.data(), static_cast<unsigned>(output_.size()));
    int written = uv_try_write(stream(), &buffer, 1);
    if (written == static_cast<int>(output_.size())) {
      output_.clear();
      return;
    }
    if (written > 0) output_.erase(0, static_cast<size_t>(written));
    struct PendingWrite {
      uv_write_t request;
      std::string bytes;
    };
    auto* pending = new PendingWrite{{}, std::move(output_)};
    output_.clear();
    pending->request.data = pending;
    uv_buf_t rest =
        uv_buf_init(pending->bytes.data(), static_cast<unsigned>(pending->bytes.size()));
    uv_write(&pending->request, stream(), &rest, 1,
             [](uv_write_t* request, int) { delete static_cast<PendingWrite*>(request->data); });
  }

  void Close() {
    uv_close(reinterpret_cast<uv_handle_t*>(&handle_),
             [](uv_handle_t* handle) { delete static_cast<Connection*>(handle->data); });
  }

  static constexpr std::string_view kParseComplete{"1\0\0\0\4", 5};
  static constexpr std::string_view kBindComplete{"2\0\0\0\4", 5};
  static constexpr std::string_view kCloseComplete{"3\0\0\0\4", 5};

  uv_tcp_t handle_;
  char* const read_buffer_;  // the loop's
  bool started_ = false;
  bool failed_ = false;
  char status_ = 'I';
  std::string rest_;  // a message that is not whole yet
  std::string output_;
  Answers answers_;
  std::map<std::string, const Answer*> prepared_;  // into answers_, as is bound_
  const Answer* bound_ = nullptr;                  // of the unnamed portal
};

// A loop on a thread of its own that is handed sockets.
class Loop {
 public:
  Loop() : read_buffer_(kReadBufferBytes) {
    uv_loop_init(&loop_);
    wake_.data = this;
    uv_async_init(&loop_, &wake_,
                  [](uv_async_t* wake) { static_cast<Loop*>(wake->data)->TakeSockets(); });
    std::thread([this] { uv_run(&loop_, UV_RUN_DEFAULT); }).detach();
  }

  void Give(int socket) {
    {
      std::lock_guard lock(mutex_);
      sockets_.push_back(socket);
    }
    uv_async_send(&wake_);
  }

 private:
  void TakeSockets() {
    std::vector<int> sockets;
    {
      std::lock_guard lock(mutex_);
      sockets.swap(sockets_);
    }
    for (int socket : sockets) Connection::Start(&loop_, read_buffer_.data(), socket);
  }

  uv_loop_t loop_;
  uv_async_t wake_;
  std::vector<char> read_buffer_;
  std::mutex mutex_;
  std::vector<int> sockets_;  // guarded by mutex_
};

int Listen(uint16_t port) {
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  int on = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0 ||
      listen(listener, SOMAXCONN) != 0) {
    std::perror("null_server: listen");
    std::exit(1);
  }
  return listener;
}

}  // namespace

int main(int argc, char** argv) {
  int port = 0;
  int loop_count = static_cast<int>(std::thread::hardware_concurrency());
  for (int i = 1; i + 1 < argc; i += 2) {
    if (std::string_view(argv[i]) == "--port") port = std::atoi(argv[i + 1]);
    if (std::string_view(argv[i]) == "--loops") loop_count = std::atoi(argv[i + 1]);
  }
  if (port <= 0 || port > 65535 || loop_count <= 0 || argc % 2 == 0) {
    std::fprintf(stderr, "usage: null_server --port PORT [--loops N]\n");
    return 2;
  }
  int listener = Listen(static_cast<uint16_t>(port));
  // Lives as long as the process, which a signal ends.
  std::vector<std::unique_ptr<Loop>> loops;
  for (int i = 0; i < loop_count; ++i) loops.push_back(std::make_unique<Loop>());
  std::fprintf(stderr, "null_server: ready on 127.0.0.1:%d\n", port);
  for (size_t next = 0;; next = (next + 1) % loops.size()) {
    int socket = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
    if (socket < 0) {
      std::perror("null_server: accept");
      return 1;
    }
    loops[next]->Give(socket);
  }
}
