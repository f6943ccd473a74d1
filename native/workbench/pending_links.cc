#include "workbench/pending_links.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "workbench/copy_up.h"

namespace tsrun {
namespace {

struct Source {
  std::string parent;
  std::string name;
};

int FindSource(MergedView* view, const std::string& target, Source* source, LowerEntry* lower) {
  const size_t slash = target.rfind('/');
  source->name = slash == std::string::npos ? target : target.substr(slash + 1);
  const std::string parent = slash == std::string::npos ? "" : target.substr(0, slash);
  if (const int err = view->Resolve(parent, &source->parent)) return err;
  if (const int err = view->Lower(source->parent, source->name, lower)) return err;
  if (!lower->found) return ENOENT;
  return S_ISDIR(lower->st.st_mode) ? EISDIR : 0;
}

// The same file in the merged tree: where the target was, unless this layer has put something else
// there.
int LinkTarget(Tree* tree, const Source& source, int from, const char* from_name) {
  if (const int err = tree->EnsureDirectory(source.parent)) return err;
  int parent = -1;
  if (const int err = tree->Open(source.parent, &parent)) return err;
  if (linkat(from, from_name, parent, source.name.c_str(), 0) == 0) return 0;
  return errno == EEXIST ? 0 : errno;
}

}  // namespace

int SettleLinks(Tree* tree, MergedView* view, Skipped* skipped, std::string* failed) {
  struct First {
    std::string path;
    bool made = false;
  };
  std::vector<First> first(tree->targets().size());
  const auto placeholders = tree->placeholders();
  tree->placeholders().clear();
  for (const auto& [path, index] : placeholders) {
    tree->Trim();
    *failed = path;
    Place place;
    if (const int err = tree->Find(path, &place)) return err;
    if (unlinkat(place.parent, place.name.c_str(), 0) != 0) return errno;
    if (first[index].made) {
      Place other;
      if (const int err = tree->Find(first[index].path, &other)) return err;
      if (linkat(other.parent, other.name.c_str(), place.parent, place.name.c_str(), 0) != 0)
        return errno;
      continue;
    }
    Source source;
    LowerEntry lower;
    if (const int err = FindSource(view, tree->targets()[index], &source, &lower)) return err;
    const int err =
        CopyUp(lower.parent, source.name.c_str(), place.parent, place.name.c_str(), skipped);
    if (err != 0) return err;
    if (const int linked = LinkTarget(tree, source, place.parent, place.name.c_str()))
      return linked;
    first[index] = {path, true};
  }
  return 0;
}

}  // namespace tsrun
