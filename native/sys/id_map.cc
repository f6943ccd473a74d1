#include "sys/id_map.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <string>
#include <vector>

#include "sys/fd.h"

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

}  // namespace tsrun
