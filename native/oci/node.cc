#include "oci/node.h"

#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#ifndef TSRUN_BUILT_WITH_NODE
#define TSRUN_BUILT_WITH_NODE ""
#endif

namespace tsrun::oci {
namespace {

bool IsExecutable(const std::string& path) {
  struct stat st = {};
  return stat(path.c_str(), &st) == 0 && S_ISREG(st.st_mode) && access(path.c_str(), X_OK) == 0;
}

// Absolute entries only: a client's working directory is a bundle.
std::string FindInPath() {
  const char* path = getenv("PATH");
  const std::string all = path == nullptr ? "" : path;
  for (size_t at = 0; at <= all.size();) {
    size_t end = all.find(':', at);
    if (end == std::string::npos) end = all.size();
    const std::string candidate = all.substr(at, end - at) + "/node";
    if (candidate[0] == '/' && end > at && IsExecutable(candidate)) return candidate;
    at = end + 1;
  }
  return "";
}

// A service's PATH may lack it: what built this program comes last.
std::string FindNode() {
  const char* told = getenv("TSRUN_NODE");
  if (told != nullptr && told[0] != 0) return told;
  const std::string found = FindInPath();
  return found.empty() ? TSRUN_BUILT_WITH_NODE : found;
}

// This program is build/Release/tsrun-oci of the package; the launcher is bin/tsrun.
std::string Launcher() {
  char self[PATH_MAX];
  const ssize_t size = readlink("/proc/self/exe", self, sizeof self - 1);
  if (size <= 0) return "";
  std::string path(self, static_cast<size_t>(size));
  for (int up = 0; up < 3; ++up)
    path.resize(path.rfind('/') == std::string::npos ? 0 : path.rfind('/'));
  return path + "/bin/tsrun";
}

// How many of the caller's descriptors are open from 3 on, without a gap. Node cannot tell: its own
// take the free numbers before the first line of JavaScript runs.
std::string InheritedDescriptors() {
  int fd = STDERR_FILENO + 1;
  for (int flags; (flags = fcntl(fd, F_GETFD)) >= 0 && (flags & FD_CLOEXEC) == 0;) ++fd;
  return std::to_string(fd - STDERR_FILENO - 1);
}

}  // namespace

Failure ExecuteNode(const std::vector<std::string>& arguments) {
  const std::string node = FindNode();
  const std::string launcher = Launcher();
  // "--": or Node takes an --env-file among the arguments for its own.
  std::vector<char*> argv = {const_cast<char*>("node"), const_cast<char*>("--"),
                             const_cast<char*>(launcher.c_str()), const_cast<char*>("oci")};
  for (const std::string& word : arguments) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  setenv("TSRUN_INHERITED_DESCRIPTORS", InheritedDescriptors().c_str(), 1);
  if (!node.empty()) execve(node.c_str(), argv.data(), environ);
  // Not the errno's own text: "no such file or directory" tells podman that the container's command
  // is missing.
  const std::string why = node.empty() || errno == ENOENT
                              ? "node is not in PATH, nor where tsrun was built"
                              : "executing " + node + " failed: " + ErrnoText(errno);
  return {"cannot start Node", why, "set TSRUN_NODE to the path of a Node 20.19 or newer"};
}

int RunNode(const Log& log, const std::vector<std::string>& arguments) {
  std::vector<std::string> words;
  if (!log.file.empty()) {
    words = {"--log", log.file, "--log-format", log.format == LogFormat::kJson ? "json" : "text"};
  }
  words.insert(words.end(), arguments.begin(), arguments.end());
  const pid_t child = fork();
  if (child == 0) _exit(Report(log, ExecuteNode(words)));
  int status = 0;
  while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return child > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

}  // namespace tsrun::oci
