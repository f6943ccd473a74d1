#include "workbench/settle.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cerrno>

#include "workbench/door.h"
#include "workbench/merge_into.h"
#include "workbench/merged_view.h"
#include "workbench/pending_links.h"
#include "workbench/reply.h"
#include "workbench/root_opaque.h"

namespace tsrun {
namespace {

std::string ParentOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? std::string() : path.substr(0, slash);
}

std::string NameOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? path : path.substr(slash + 1);
}

bool DependsOnLower(Tree* tree) {
  if (!tree->placeholders().empty() || !tree->whiteouts().empty() || tree->root_opaque())
    return true;
  for (const auto& [path, directory] : tree->directories()) {
    if (directory.origin == Origin::kImplied) return true;
  }
  return false;
}

int TakeMetadata(int parent, const char* name, Metadata* meta) {
  const Fd directory(openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!directory.valid()) return errno;
  return ReadMetadata(directory.get(), meta);
}

// An implied directory where lower layers have none: deleting below it deletes nothing and makes
// nothing.
int DropMarks(Tree* tree, const std::string& path) {
  Place place;
  if (const int err = tree->Find(path, &place)) return err;
  bool whiteout = false;
  return tree->Clear(place, &whiteout);
}

// The implied directory at `path` becomes what the lower layers have there: a directory gives its
// metadata; a symlink (lib -> usr/lib) takes the children to where it points, as unpacking one
// layer over the other would have done. Over a file, or over nothing, it stays a plain directory.
int SettleImplied(Tree* tree, MergedView* view, const std::string& path, bool* moved) {
  Directory& own = tree->directories()[path];
  const std::string parent = ParentOf(path);
  LowerEntry lower;
  if (const int err = view->Lower(parent, NameOf(path), &lower)) return err;
  if (lower.found && S_ISLNK(lower.st.st_mode)) {
    std::string target;
    if (const int err = ReadLink(lower.parent, NameOf(path).c_str(), &target)) return err;
    std::string canonical;
    const int err = view->Resolve(target[0] == '/' ? target : parent + "/" + target, &canonical);
    if (err == ENOTDIR && tree->HoldsOnlyMarks(path)) return DropMarks(tree, path);
    if (err != 0) return err;
    if (canonical == path || canonical.compare(0, path.size() + 1, path + "/") == 0) return ELOOP;
    *moved = true;
    if (const int failed = tree->EnsureDirectory(canonical)) return failed;
    return MergeInto(tree, path, canonical);
  }
  const bool is_directory = lower.found && S_ISDIR(lower.st.st_mode);
  if (!is_directory && tree->HoldsOnlyMarks(path)) return DropMarks(tree, path);
  if (lower.found && !is_directory) return ENOTDIR;
  own.origin = Origin::kEntry;
  return is_directory ? TakeMetadata(lower.parent, NameOf(path).c_str(), &own.meta) : 0;
}

int SettleAllImplied(Tree* tree, MergedView* view, const std::vector<Fd>& lower,
                     std::string* failed) {
  Directory& root = tree->directories()[""];
  if (root.origin == Origin::kImplied) {
    root.origin = Origin::kEntry;
    if (!lower.empty()) {
      if (const int err = TakeMetadata(lower[0].get(), ".", &root.meta)) return err;
    }
  }
  // Parents come before their children in the order of the map. A move may put new ones before:
  // then once more.
  for (bool again = true; again;) {
    again = false;
    auto& directories = tree->directories();
    for (auto at = directories.begin(); at != directories.end();) {
      if (at->second.origin != Origin::kImplied) {
        ++at;
        continue;
      }
      tree->Trim();
      const std::string path = at->first;
      bool moved = false;
      *failed = path;
      if (const int err = SettleImplied(tree, view, path, &moved)) return err;
      if (moved) {
        view->Reset();
        again = true;
      }
      at = directories.upper_bound(path);
    }
  }
  return 0;
}

// A whiteout of something no lower layer has would show: overlayfs lists the names of a directory
// that it does not merge as they are.
int PruneWhiteouts(Tree* tree, MergedView* view, std::string* failed) {
  for (const std::string& path : tree->whiteouts()) {
    tree->Trim();
    *failed = path;
    LowerEntry lower;
    if (const int err = view->Lower(ParentOf(path), NameOf(path), &lower)) return err;
    if (lower.found) continue;
    int parent = -1;
    if (const int err = tree->Open(ParentOf(path), &parent)) return err;
    if (unlinkat(parent, NameOf(path).c_str(), 0) != 0) return errno;
  }
  return 0;
}

}  // namespace

int Settle(Tree* tree, int door, Skipped* skipped) {
  if (!DependsOnLower(tree)) return 0;
  ReplyWantLower();
  std::vector<Fd> lower;
  if (const int err = ReceiveLower(door, &lower)) {
    ReplyFailure(FailedAt::kLower, err, "");
    return 1;
  }
  MergedView view(tree, lower);
  std::string failed;
  // Links first: a copied-up target may bring implied parents of its own.
  int err = SettleLinks(tree, &view, skipped, &failed);
  view.Reset();
  if (err == 0) err = SettleAllImplied(tree, &view, lower, &failed);
  view.Reset();
  if (err == 0) err = PruneWhiteouts(tree, &view, &failed);
  if (err == 0 && tree->root_opaque()) err = HideLowerRoot(tree, lower, &failed);
  if (err == 0) return 0;
  ReplyFailure(FailedAt::kSettle, err, failed);
  return 1;
}

}  // namespace tsrun
