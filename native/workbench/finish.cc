#include "workbench/finish.h"

#include "workbench/reply.h"

namespace tsrun {

int Finish(Tree* tree, Skipped* skipped) {
  auto& directories = tree->directories();
  // Backwards, so that a parent is closed to us (mode 000 in a namespace) only after its children
  // were reached.
  for (auto at = directories.rbegin(); at != directories.rend(); ++at) {
    tree->Trim();
    int fd = -1;
    if (const int err = tree->Open(at->first, &fd)) {
      ReplyFailure(FailedAt::kFinish, err, at->first);
      return 1;
    }
    const MetadataResult result = SetMetadata(fd, at->second.meta, -1, skipped);
    if (result.err != 0) {
      ReplyFailure(result.at, result.err, at->first);
      return 1;
    }
    at->second.fd.Close();
  }
  return 0;
}

}  // namespace tsrun
