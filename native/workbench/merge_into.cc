#include "workbench/merge_into.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <vector>

#include "workbench/names.h"

namespace tsrun {
namespace {

int MoveChild(Tree* tree, const std::string& from, const std::string& to, const std::string& name) {
  Place source;
  source.parent_path = from;
  source.name = name;
  Place target;
  target.parent_path = to;
  target.name = name;
  if (const int err = tree->Open(from, &source.parent)) return err;
  if (const int err = tree->Open(to, &target.parent)) return err;
  const std::string source_path = source.Path();
  const std::string target_path = target.Path();
  struct stat st;
  bool hides_lower = false;
  if (fstatat(target.parent, name.c_str(), &st, AT_SYMLINK_NOFOLLOW) == 0) {
    const auto source_directory = tree->directories().find(source_path);
    const auto target_directory = tree->directories().find(target_path);
    const bool both = source_directory != tree->directories().end() &&
                      target_directory != tree->directories().end();
    if (both) {
      if (source_directory->second.origin == Origin::kEntry) {
        target_directory->second.origin = Origin::kEntry;
        target_directory->second.meta = source_directory->second.meta;
      }
      return MergeInto(tree, source_path, target_path);
    }
    if (IsWhiteout(source.parent, name.c_str())) {
      tree->whiteouts().erase(source_path);
      if (unlinkat(source.parent, name.c_str(), 0) != 0) return errno;
      return tree->Whiteout(target);
    }
    if (const int err = tree->Clear(target, &hides_lower)) return err;
  } else if (errno != ENOENT) {
    return errno;
  }
  if (renameat(source.parent, name.c_str(), target.parent, name.c_str()) != 0) return errno;
  tree->Renamed(source_path, target_path);
  const bool is_directory = tree->directories().find(target_path) != tree->directories().end();
  return hides_lower && is_directory ? tree->MarkOpaque(target_path) : 0;
}

}  // namespace

int MergeInto(Tree* tree, const std::string& from, const std::string& to) {
  int fd = -1;
  if (const int err = tree->Open(from, &fd)) return err;
  std::vector<std::string> names;
  if (const int err = NamesIn(fd, &names)) return err;
  for (const std::string& name : names) {
    tree->Trim();
    if (const int err = MoveChild(tree, from, to, name)) return err;
  }
  if (tree->directories()[from].opaque) {
    if (const int err = tree->MarkOpaque(to)) return err;
  }
  bool whiteout = false;
  Place place;
  if (const int err = tree->Find(from, &place)) return err;
  return tree->Clear(place, &whiteout);
}

}  // namespace tsrun
