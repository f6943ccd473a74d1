#include "files/files.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "files/changes.h"
#include "files/destination.h"
#include "files/entry_writer.h"
#include "files/pack.h"
#include "files/place.h"
#include "files/view.h"
#include "monitor/monitor.h"
#include "workbench/jail.h"
#include "workbench/reply.h"

namespace tsrun {
namespace {

constexpr int kUsage = 64;
constexpr int kReplies = 4;

bool Is(const char* word, const char* text) { return strcmp(word, text) == 0; }

struct Job {
  const Handles& handles;
  const View& view;
  bool userxattr;
  int count;  // of the words
  char** words;
};

// The view of an ordinary process has no root of its own.
int RootOf(const View& view) { return view.root.valid() ? view.root.get() : -1; }

int FailWith(FailedAt at, int err, const std::string& path) {
  ReplyFailure(at, err, path);
  return 1;
}

int PackJob(const Job& job) {
  if (job.count != 3) return kUsage;
  const std::string path = job.words[0];
  const bool names_directory =
      path.back() == '/' || (path.size() > 1 && path.compare(path.size() - 2, 2, "/.") == 0);
  const bool follows = names_directory || Is(job.words[2], "target");
  const Fd source =
      OpenBelow(RootOf(job.view), path,
                O_PATH | (follows ? 0u : O_NOFOLLOW) | (names_directory ? O_DIRECTORY : 0u));
  if (!source.valid()) return FailWith(FailedAt::kSource, errno, path);
  if (IsOfKernel(source.get())) return FailWith(FailedAt::kOfKernel, EINVAL, path);
  TarWriter tar(STDOUT_FILENO);
  uint64_t left_out = 0;
  std::string failed;
  const int err = Pack(job.handles, source.get(), job.words[1], &tar, &left_out, &failed);
  if (err != 0)
    return FailWith(tar.error() != 0 ? FailedAt::kOutput : FailedAt::kRead, err, failed);
  ReplyDone(left_out, 0);
  return 0;
}

int PlaceJob(const Job& job) {
  if (job.count != 2) return kUsage;
  Destination destination;
  const int err = FindDestination(RootOf(job.view), job.words[0], &destination);
  if (err != 0) return FailWith(FailedAt::kDestination, err, job.words[0]);
  ReplyDestination(static_cast<uint8_t>(destination.standing), destination.name);
  return PlaceMain(job.handles, destination,
                   Is(job.words[1], "follow") ? Parents::kFollow : Parents::kRefuse);
}

int Changes(const Job& job, std::vector<Change>* changes) {
  const std::set<std::string> ignored(job.words, job.words + job.count);
  std::string failed;
  const int err = FindChanges(job.handles, job.view.root.get(), job.view.lower.get(), job.userxattr,
                              ignored, changes, &failed);
  if (err != 0) FailWith(FailedAt::kRead, err, failed);
  return err;
}

int DiffJob(const Job& job) {
  std::vector<Change> changes;
  if (Changes(job, &changes) != 0) return 1;
  std::string all;
  for (const Change& change : changes) {
    all += change.kind;
    all += change.path;
    all += '\0';
  }
  for (size_t at = 0; at < all.size();) {
    const ssize_t wrote = write(STDOUT_FILENO, all.data() + at, all.size() - at);
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) return FailWith(FailedAt::kOutput, errno, "");
    at += static_cast<size_t>(wrote);
  }
  ReplyDone(0, 0);
  return 0;
}

int LayerJob(const Job& job) {
  std::vector<Change> changes;
  if (Changes(job, &changes) != 0) return 1;
  TarWriter tar(STDOUT_FILENO);
  EntryWriter entries(&job.handles, &tar);
  for (const auto& [kind, path] : changes) {
    if (kind == 'D') {
      const size_t name = path.rfind('/') == std::string::npos ? 0 : path.rfind('/') + 1;
      entries.Whiteout(path.substr(0, name), path.substr(name));
      continue;
    }
    const Fd handle = OpenBelow(job.view.root.get(), path, O_PATH | O_NOFOLLOW);
    struct stat st;
    // It went meanwhile: a container that was not paused.
    if (!handle.valid() && errno == ENOENT) continue;
    if (!handle.valid() || fstat(handle.get(), &st) != 0)
      return FailWith(FailedAt::kRead, errno, path);
    const int err = entries.Write(handle.get(), st, path);
    if (err != 0)
      return FailWith(tar.error() != 0 ? FailedAt::kOutput : FailedAt::kRead, err, path);
  }
  tar.End();
  if (tar.error() != 0) return FailWith(FailedAt::kOutput, tar.error(), "");
  ReplyDone(entries.left_out(), 0);
  return 0;
}

int Run(const char* name, const Job& job) {
  if (Is(name, "pack")) return PackJob(job);
  if (Is(name, "place")) return PlaceJob(job);
  if (Is(name, "diff")) return DiffJob(job);
  if (Is(name, "layer")) return LayerJob(job);
  return kUsage;
}

}  // namespace

int FilesMain(int argc, char** argv) {
  if (argc < 6) return kUsage;
  const pid_t parent = static_cast<pid_t>(atoi(argv[3]));
  Mapping mapping;
  ViewRequest request;
  const int words = ParseView(argc - 5, argv + 5, &request);
  if (words == 0 || !ParseMapping(argv[4], &mapping)) return kUsage;
  // What enters a container is never a file that somebody inside could write (CVE-2019-5736).
  const bool enters = request.kind == ViewKind::kLive || request.kind == ViewKind::kLiveRoot;
  if (enters && ExecuteSealed(argv) != 0) return kUsage;
  Handles handles;
  if (!Prepare(parent, kProcess + 1) || !handles.Open()) return kUsage;
  prctl(PR_SET_NAME, "tsrun:files");
  if (!Is(argv[2], "place")) ReplyOn(kReplies);
  View view;
  const int err = OpenView(request, mapping, handles, parent, &view);
  if (err != 0) {
    ReplyFailure(FailedAt::kView, err, "");
    return 1;
  }
  const int used = 5 + words;
  return Run(argv[2], {handles, view, request.userxattr, argc - used, argv + used});
}

}  // namespace tsrun
