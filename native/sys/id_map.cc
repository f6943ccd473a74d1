#include "sys/id_map.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <string>
#include <vector>

#include "sys/fd.h"
#include "sys/syscalls.h"

namespace tsrun {
namespace {

int WriteProcFile(pid_t pid, const char* file, const std::string& content) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/%s", static_cast<int>(pid), file);
  Fd fd(open(path, O_WRONLY | O_CLOEXEC));
  if (!fd.valid()) return errno;
  // One write: the kernel refuses a second one, and a map cut in two would be a wrong map.
  const ssize_t wrote = write(fd.get(), content.data(), content.size());
  if (wrote < 0) return errno;
  return static_cast<size_t>(wrote) == content.size() ? 0 : E2BIG;
}

std::string MapText(const IdMapLine* lines, size_t count) {
  std::string text;
  for (size_t i = 0; i < count; ++i) {
    text += std::to_string(lines[i].container) + " " + std::to_string(lines[i].host) + " " +
            std::to_string(lines[i].size) + "\n";
  }
  return text;
}

// The setuid programs are executed by fixed path with an empty environment: nothing of the caller's
// decides what runs.
int RunMapProgram(const char* program, pid_t pid, const IdMapLine* lines, size_t count) {
  std::vector<std::string> words = {program, std::to_string(pid)};
  for (size_t i = 0; i < count; ++i) {
    words.push_back(std::to_string(lines[i].container));
    words.push_back(std::to_string(lines[i].host));
    words.push_back(std::to_string(lines[i].size));
  }
  std::vector<char*> argv;
  for (auto& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  char* envp[] = {nullptr};
  const pid_t child = vfork();
  if (child < 0) return errno;
  if (child == 0) {
    execve(argv[0], argv.data(), envp);
    _exit(127);
  }
  int status = 0;
  while (waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) return errno;
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return 0;
  return WIFEXITED(status) && WEXITSTATUS(status) == 127 ? ENOENT : EPERM;
}

}  // namespace

int WriteIdMaps(pid_t pid, IdMapWriter writer, const IdMapLine* uids, size_t uid_count,
                const IdMapLine* gids, size_t gid_count) {
  if (writer == IdMapWriter::kNewidmap) {
    const int err = RunMapProgram("/usr/bin/newuidmap", pid, uids, uid_count);
    if (err != 0) return err;
    return RunMapProgram("/usr/bin/newgidmap", pid, gids, gid_count);
  }
  if (writer == IdMapWriter::kSingle) {
    // Without CAP_SETGID in the parent namespace gid_map may be written only after this
    // (user_namespaces(7)).
    const int err = WriteProcFile(pid, "setgroups", "deny");
    if (err != 0) return err;
  }
  const int err = WriteProcFile(pid, "uid_map", MapText(uids, uid_count));
  if (err != 0) return err;
  return WriteProcFile(pid, "gid_map", MapText(gids, gid_count));
}

// The namespace lives as long as a process or a descriptor of it: the process is needed only until
// the maps are written and the file is open.
int MakeUsers(const IdMapLine* uids, size_t uid_count, const IdMapLine* gids, size_t gid_count,
              Fd* users, UsersStep* at) {
  *at = UsersStep::kClone;
  struct clone_args args = {};
  args.flags = CLONE_NEWUSER;
  args.exit_signal = SIGCHLD;
  const pid_t child = sys::Clone3(&args);
  if (child < 0) return errno;
  if (child == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (;;) pause();
  }
  *at = UsersStep::kMaps;
  int err = WriteIdMaps(child, IdMapWriter::kDirect, uids, uid_count, gids, gid_count);
  if (err == 0) {
    *at = UsersStep::kOpen;
    char path[32];
    snprintf(path, sizeof path, "/proc/%d/ns/user", static_cast<int>(child));
    *users = Fd(open(path, O_RDONLY | O_CLOEXEC));
    if (!users->valid()) err = errno;
  }
  kill(child, SIGKILL);
  while (waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
  }
  return err;
}

}  // namespace tsrun
