// Runs a fuzz target without libFuzzer: each file of the folders given, then mutations of them.
#include <signal.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace {

constexpr size_t kInputBytesMax = 4096;

std::string current_input;

// Only what a signal handler may call.
void OnAbort(int signal_number) {
  constexpr char kDigits[] = "0123456789abcdef";
  for (unsigned char byte : current_input) {
    char hex[2] = {kDigits[byte >> 4], kDigits[byte & 15]};
    [[maybe_unused]] ssize_t written = write(2, hex, 2);
  }
  [[maybe_unused]] ssize_t written = write(2, "\n", 1);
  signal(signal_number, SIG_DFL);
  raise(signal_number);
}

void RunOne(std::string input) {
  current_input = std::move(input);
  // A block of its own, so that a sanitizer sees the first byte too many.
  std::vector<uint8_t> bytes(current_input.begin(), current_input.end());
  bytes.shrink_to_fit();
  LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
}

class Mutator {
 public:
  explicit Mutator(uint64_t seed) : random_(seed) {}

  std::string Mutate(std::string input, const std::vector<std::string>& corpus) {
    for (size_t i = Below(4) + 1; i > 0; --i) Step(&input, corpus[Below(corpus.size())]);
    if (input.size() > kInputBytesMax) input.resize(kInputBytesMax);
    return input;
  }
  size_t Below(size_t limit) { return limit == 0 ? 0 : random_() % limit; }

 private:
  void Step(std::string* input, const std::string& other) {
    const size_t at = Below(input->size() + 1);
    constexpr uint8_t kEdges[] = {0, 1, 4, 0x7f, 0x80, 0xfe, 0xff};
    switch (Below(7)) {
      case 0:  // flip a bit
        if (at < input->size()) (*input)[at] ^= static_cast<char>(1 << Below(8));
        break;
      case 1:  // an edge value
        if (at < input->size()) (*input)[at] = static_cast<char>(kEdges[Below(sizeof(kEdges))]);
        break;
      case 2:
        input->insert(at, 1, static_cast<char>(random_()));
        break;
      case 3:
        input->erase(at, Below(8));
        break;
      case 4:  // cut
        input->resize(at);
        break;
      case 5:  // a piece of another
        input->insert(at, other.substr(Below(other.size() + 1), Below(16)));
        break;
      default:  // a length field: four bytes of one kind
        if (at + 4 <= input->size()) input->replace(at, 4, 4, static_cast<char>(0xff * Below(2)));
        break;
    }
  }
  std::mt19937_64 random_;
};

}  // namespace

int main(int argc, char** argv) {
  uint64_t mutations = 1000;
  uint64_t seed = std::random_device()();
  std::vector<std::string> corpus;
  for (int i = 1; i < argc; ++i) {
    std::string_view argument = argv[i];
    if (argument.starts_with("--mutations=")) {
      mutations = std::strtoull(argv[i] + 12, nullptr, 10);
    } else if (argument.starts_with("--seed=")) {
      seed = std::strtoull(argv[i] + 7, nullptr, 10);
    } else {
      for (const auto& entry : std::filesystem::directory_iterator(argument)) {
        std::stringstream text;
        text << std::ifstream(entry.path(), std::ios::binary).rdbuf();
        corpus.push_back(text.str());
      }
    }
  }
  if (corpus.empty()) {
    std::fprintf(stderr, "no corpus\n");
    return 2;
  }
  std::printf("seed %llu, %zu files, %llu mutations\n", static_cast<unsigned long long>(seed),
              corpus.size(), static_cast<unsigned long long>(mutations));
  std::fflush(stdout);
  signal(SIGABRT, OnAbort);
  signal(SIGSEGV, OnAbort);
  for (const std::string& input : corpus) RunOne(input);
  Mutator mutator(seed);
  for (uint64_t i = 0; i < mutations; ++i) {
    RunOne(mutator.Mutate(corpus[mutator.Below(corpus.size())], corpus));
  }
  return 0;
}
