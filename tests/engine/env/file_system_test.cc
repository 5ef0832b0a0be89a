// Goal: the real and the in-memory file system behave alike. Method: the same checks on both, then
// what only the real one can show: locks between processes, mode and messages.
#include "engine/env/file_system.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "engine/env/memory_file_system.h"

namespace shale::engine {
namespace {

class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string pattern = (std::filesystem::temp_directory_path() / "shale_env_XXXXXX").string();
    path_ = mkdtemp(pattern.data());
  }
  ~TemporaryDirectory() { std::filesystem::remove_all(path_); }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

class FileSystemTest : public testing::TestWithParam<bool> {
 protected:
  FileSystemTest() : fs_(GetParam() ? PosixFileSystem() : memory_) {
    EXPECT_TRUE(memory_.CreateDirectory("root").ok());
    if (GetParam()) root_ = directory_.path();
  }
  std::string Path(std::string_view name) const { return JoinPath(root_, name); }
  void Put(const std::string& path, std::string_view bytes) {
    auto file = fs_.Open(path, OpenMode::kCreateOrOpen);
    ASSERT_TRUE(file.ok());
    ASSERT_TRUE((*file)->Write(0, bytes).ok());
  }
  std::string Get(const std::string& path) {
    auto file = fs_.Open(path, OpenMode::kRead);
    if (!file.ok()) return file.status().ToString();
    std::string bytes(100'000, '\0');
    bytes.resize(*(*file)->Read(0, bytes.size(), bytes.data()));
    return bytes;
  }
  std::vector<std::string> Names() {
    auto names = *fs_.List(root_);
    std::sort(names.begin(), names.end());
    return names;
  }

  TemporaryDirectory directory_;
  MemoryFileSystem memory_;
  FileSystem& fs_;
  std::string root_ = "root";
};

INSTANTIATE_TEST_SUITE_P(Both, FileSystemTest, testing::Values(false, true),
                         [](const auto& info) { return info.param ? "Posix" : "Memory"; });

TEST_P(FileSystemTest, ReadsWhatWasWritten) {
  auto file = *fs_.Open(Path("a"), OpenMode::kCreateExclusive);
  EXPECT_EQ(*file->Size(), 0u);
  EXPECT_TRUE(file->Write(0, "hello").ok());
  EXPECT_TRUE(file->Write(10'000, "far").ok());
  EXPECT_TRUE(file->Write(5, "").ok());
  EXPECT_EQ(*file->Size(), 10'003u);
  char buffer[20'000];
  EXPECT_EQ(*file->Read(0, sizeof(buffer), buffer), 10'003u);
  EXPECT_EQ(std::string_view(buffer, 5), "hello");
  EXPECT_EQ(std::count(buffer + 5, buffer + 10'000, '\0'), 9'995);
  EXPECT_EQ(std::string_view(buffer + 10'000, 3), "far");
  EXPECT_EQ(*file->Read(10'001, 100, buffer), 2u);
  EXPECT_EQ(*file->Read(10'003, 100, buffer), 0u);
  EXPECT_EQ(*file->Read(99'999, 100, buffer), 0u);
  EXPECT_TRUE(file->Sync().ok());
}

TEST_P(FileSystemTest, OpenModes) {
  EXPECT_TRUE(fs_.Open(Path("a"), OpenMode::kRead).status().Is(sqlstate::kUndefinedFile));
  EXPECT_TRUE(fs_.Open(Path("a"), OpenMode::kReadWrite).status().Is(sqlstate::kUndefinedFile));
  EXPECT_TRUE(fs_.Open(Path("x/a"), OpenMode::kCreateOrOpen).status().Is(sqlstate::kUndefinedFile));
  Put(Path("a"), "text");
  EXPECT_TRUE(
      fs_.Open(Path("a"), OpenMode::kCreateExclusive).status().Is(sqlstate::kDuplicateFile));
  EXPECT_TRUE(fs_.Open(Path("a"), OpenMode::kCreateOrOpen).ok());
  EXPECT_EQ(Get(Path("a")), "text");
  EXPECT_FALSE((*fs_.Open(Path("a"), OpenMode::kRead))->Write(0, "x").ok());
  EXPECT_TRUE(fs_.Open(root_, OpenMode::kRead).status().Is(sqlstate::kIoError));
  Status missing = fs_.Open(Path("missing"), OpenMode::kRead).status();
  EXPECT_EQ(missing.message(),
            fmt::format("could not open file \"{}\": No such file or directory", Path("missing")));
}

TEST_P(FileSystemTest, PreallocatedRoomReadsAsZeros) {
  auto file = *fs_.Open(Path("a"), OpenMode::kCreateExclusive);
  EXPECT_TRUE(file->Write(0, "abc").ok());
  EXPECT_TRUE(file->Preallocate(700'000).ok());
  EXPECT_EQ(*file->Size(), 700'000u);
  EXPECT_TRUE(file->Preallocate(10).ok());
  EXPECT_EQ(*file->Size(), 700'000u);
  std::string bytes(700'000, 'x');
  EXPECT_EQ(*file->Read(0, bytes.size(), bytes.data()), bytes.size());
  EXPECT_EQ(bytes, "abc" + std::string(699'997, '\0'));
}

TEST_P(FileSystemTest, TruncateCutsAndGrows) {
  Put(Path("a"), std::string(5000, 'x'));
  auto file = *fs_.Open(Path("a"), OpenMode::kReadWrite);
  EXPECT_TRUE(file->Truncate(10).ok());
  EXPECT_TRUE(file->Truncate(20).ok());
  std::string expected(20, '\0');
  expected.replace(0, 10, 10, 'x');
  EXPECT_EQ(Get(Path("a")), expected);
  EXPECT_TRUE(file->Truncate(0).ok());
  EXPECT_EQ(Get(Path("a")), "");
}

TEST_P(FileSystemTest, NamesChange) {
  Put(Path("a"), "1");
  Put(Path("b"), "2");
  EXPECT_TRUE(fs_.Rename(Path("a"), Path("b")).ok());
  EXPECT_EQ(Names(), std::vector<std::string>{"b"});
  EXPECT_EQ(Get(Path("b")), "1");
  EXPECT_TRUE(fs_.Link(Path("b"), Path("c")).ok());
  EXPECT_TRUE(fs_.Link(Path("b"), Path("c")).Is(sqlstate::kDuplicateFile));
  Put(Path("c"), "3");
  EXPECT_EQ(Get(Path("b")), "3");
  EXPECT_TRUE(fs_.Rename(Path("b"), Path("c")).ok());  // two names of one file: nothing happens
  EXPECT_EQ(Names(), (std::vector<std::string>{"b", "c"}));
  EXPECT_TRUE(fs_.Remove(Path("b")).ok());
  EXPECT_TRUE(fs_.Remove(Path("b")).Is(sqlstate::kUndefinedFile));
  EXPECT_TRUE(fs_.Rename(Path("b"), Path("d")).Is(sqlstate::kUndefinedFile));
  EXPECT_FALSE(*fs_.Exists(Path("b")));
  EXPECT_TRUE(*fs_.Exists(Path("c")));
  EXPECT_FALSE(*fs_.Exists(Path("no/where")));
}

TEST_P(FileSystemTest, Directories) {
  EXPECT_TRUE(fs_.CreateDirectory(Path("d")).ok());
  EXPECT_TRUE(fs_.CreateDirectory(Path("d")).ok());
  Put(Path("d/f"), "1");
  EXPECT_TRUE(fs_.CreateDirectory(Path("d/f")).Is(sqlstate::kDuplicateFile));
  EXPECT_TRUE(fs_.SyncDirectory(Path("d")).ok());
  EXPECT_TRUE(fs_.SyncDirectory(Path("e")).Is(sqlstate::kUndefinedFile));
  EXPECT_TRUE(fs_.List(Path("e")).status().Is(sqlstate::kUndefinedFile));
  EXPECT_EQ(*fs_.List(Path("d")), std::vector<std::string>{"f"});
  EXPECT_FALSE(fs_.Remove(Path("d")).ok());
  EXPECT_GT(*fs_.FreeBytes(root_), 0u);
}

TEST_P(FileSystemTest, AnOpenFileOutlivesItsName) {
  Put(Path("a"), "text");
  auto file = *fs_.Open(Path("a"), OpenMode::kReadWrite);
  EXPECT_TRUE(fs_.Remove(Path("a")).ok());
  Put(Path("a"), "new");
  char buffer[10];
  EXPECT_EQ(*file->Read(0, 10, buffer), 4u);
  EXPECT_TRUE(file->Write(0, "T").ok());
  EXPECT_TRUE(file->Sync().ok());
  EXPECT_EQ(Get(Path("a")), "new");
}

TEST_P(FileSystemTest, LocksExcludeTheSameProcess) {
  auto lock = fs_.Lock(Path("LOCK"));
  ASSERT_TRUE(lock.ok());
  EXPECT_TRUE(fs_.Lock(Path("LOCK")).status().Is(sqlstate::kObjectInUse));
  EXPECT_TRUE(fs_.Lock(Path("./LOCK")).status().Is(sqlstate::kObjectInUse));
  lock->reset();
  EXPECT_TRUE(fs_.Lock(Path("LOCK")).ok());
}

TEST(PosixFileSystem, ALockIsSeenByAnotherProcess) {
  TemporaryDirectory directory;
  std::string path = JoinPath(directory.path(), "LOCK");
  int pipe_fds[2];
  ASSERT_EQ(pipe(pipe_fds), 0);
  pid_t child = fork();
  if (child == 0) {
    auto lock = PosixFileSystem().Lock(path);
    char held = lock.ok() ? 'y' : 'n';
    if (write(pipe_fds[1], &held, 1) != 1) _exit(1);
    pause();  // killed with the lock held
    _exit(0);
  }
  char held = 0;
  ASSERT_EQ(read(pipe_fds[0], &held, 1), 1);
  EXPECT_EQ(held, 'y');
  EXPECT_TRUE(PosixFileSystem().Lock(path).status().Is(sqlstate::kObjectInUse));
  kill(child, SIGKILL);
  ASSERT_EQ(waitpid(child, nullptr, 0), child);
  EXPECT_TRUE(PosixFileSystem().Lock(path).ok());
  close(pipe_fds[0]);
  close(pipe_fds[1]);
}

TEST(PosixFileSystem, CreatesForTheOwnerAlone) {
  TemporaryDirectory directory;
  FileSystem& fs = PosixFileSystem();
  ASSERT_TRUE(fs.Open(JoinPath(directory.path(), "f"), OpenMode::kCreateOrOpen).ok());
  ASSERT_TRUE(fs.CreateDirectory(JoinPath(directory.path(), "d")).ok());
  struct stat info;
  ASSERT_EQ(stat(JoinPath(directory.path(), "f").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
  ASSERT_EQ(stat(JoinPath(directory.path(), "d").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0700u);
}

TEST(PosixFileSystem, AFullDeviceIsDiskFull) {
  if (access("/dev/full", W_OK) != 0) GTEST_SKIP() << "no /dev/full";
  auto file = PosixFileSystem().Open("/dev/full", OpenMode::kReadWrite);
  ASSERT_TRUE(file.ok());
  Status status = (*file)->Write(0, "x");
  EXPECT_TRUE(status.Is(sqlstate::kDiskFull));
  EXPECT_EQ(status.message(), "could not write file \"/dev/full\": No space left on device");
}

TEST(JoinPath, PutsOneSlashBetween) {
  EXPECT_EQ(JoinPath("a", "b"), "a/b");
  EXPECT_EQ(JoinPath("a/", "b"), "a/b");
  EXPECT_EQ(JoinPath("", "b"), "b");
}

}  // namespace
}  // namespace shale::engine
