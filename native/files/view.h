// The root that a job works below: the host's, a running container's, or the tree that a
// container's layers make.
#ifndef TSRUN_FILES_VIEW_H_
#define TSRUN_FILES_VIEW_H_

#include <sys/types.h>

#include <string>
#include <vector>

#include "files/handle.h"
#include "sys/fd.h"
#include "workbench/mapping.h"

namespace tsrun {

// Descriptor of a running container's PID 1, a pidfd.
constexpr int kProcess = 5;

enum class ViewKind {
  kHost,      // what the caller sees
  kLive,      // what PID 1 sees, with everything that is mounted
  kLiveRoot,  // its root filesystem alone: what is below mounts, not what they hold
  kMerged,    // layers and writable layer, put together here
  kChanges,   // the writable layer, and beside it what the layers show without it
};

// Files of the host that a container which does not run would have in its tree.
struct ViewMount {
  std::string source;
  std::string subpath;
  std::string target;
  bool writable = false;
  bool ids_inside = false;  // its owners are ids of the container's user namespace
};

struct ViewRequest {
  ViewKind kind = ViewKind::kHost;
  // kLive, kLiveRoot
  bool joins_user = false;
  bool joins_mount = false;
  pid_t process = 0;
  // kMerged, kChanges
  bool writable = false;
  bool userxattr = false;
  std::string upper;
  std::string work;
  std::vector<std::string> layers;  // topmost first
  std::vector<ViewMount> mounts;    // kMerged; outermost first
};

// "host", "live PID user|- mount|-", "live-root PID user|- mount|-", "merged ro|rw trusted|user
// UPPER WORK LAYER... [mounts [SOURCE SUBPATH TARGET ro|rw inside|outside]...]", "changes
// trusted|user UPPER LAYER...", then "--". Gives the number of words taken, 0 when it is anything
// else.
int ParseView(int count, char** words, ViewRequest* request);

struct View {
  Fd root;
  // kChanges: what the layers show.
  Fd lower;
};

// Opens it and confines the process to it, in the user namespace whose ids its files have. 0 or an
// errno.
int OpenView(const ViewRequest& request, const Mapping& mapping, const Handles& handles,
             pid_t parent, View* view);

}  // namespace tsrun

#endif  // TSRUN_FILES_VIEW_H_
