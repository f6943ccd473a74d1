// What the layer will show together with the layers below it, by the rules of overlayfs: topmost
// entry wins, directories merge, whiteouts and opaque marks hide.
#ifndef TSRUN_WORKBENCH_MERGED_VIEW_H_
#define TSRUN_WORKBENCH_MERGED_VIEW_H_

#include <sys/stat.h>

#include <string>
#include <vector>

#include "sys/fd.h"
#include "workbench/tree.h"

namespace tsrun {

// An entry of the topmost lower layer that shows one.
struct LowerEntry {
  bool found = false;
  int parent = -1;  // borrowed from the view, until its next call
  struct stat st = {};
};

class MergedView {
 public:
  // `lower`: topmost first. Both outlive the view.
  MergedView(Tree* tree, const std::vector<Fd>& lower) : tree_(tree), lower_(lower) {}

  // What lower layers show as `name` in the directory `parent`, a canonical path.
  int Lower(const std::string& parent, const std::string& name, LowerEntry* entry);

  // Follows symlinks of all layers, inside the root. What is missing is taken for directories to be
  // made; ENOTDIR when a file stands in the way. Implied directories of this layer do not count:
  // they become what is below them.
  int Resolve(const std::string& path, std::string* canonical);

  // Forgets what was opened: the tree has been rearranged.
  void Reset() { levels_.clear(); }

 private:
  struct Level {
    std::string path;
    std::vector<Fd> directories;
  };
  int Enter(const std::string& path);
  int Descend(const std::string& path, const std::string& name);
  bool HiddenByOwn(const std::string& path);
  bool IsOpaque(int fd) const;

  Tree* tree_;
  const std::vector<Fd>& lower_;
  // From the root to the directory entered last.
  std::vector<Level> levels_;
};

// Reads a symlink of a lower layer.
int ReadLink(int parent, const char* name, std::string* target);

}  // namespace tsrun

#endif  // TSRUN_WORKBENCH_MERGED_VIEW_H_
