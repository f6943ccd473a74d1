// The layer as it grows: directories known by path, everything else written below a directory's
// descriptor.
//
// Paths are canonical: no component of them is a symlink of this layer. Directories stay 0700 root
// until the end, so that setgid bits and default access lists of the image never reach what is made
// below them while it is being made.
#ifndef TSRUN_WORKBENCH_TREE_H_
#define TSRUN_WORKBENCH_TREE_H_

#include <cstdint>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "sys/fd.h"
#include "workbench/metadata.h"

namespace tsrun {

// Where a directory's metadata comes from.
enum class Origin : uint8_t {
  kEntry,    // from its own entry, or final by default
  kImplied,  // a parent without an entry: from the lower layers, once they are there
};

struct Directory {
  Fd fd;
  Origin origin = Origin::kImplied;
  bool opaque = false;  // nothing of lower layers shows in it
  Metadata meta;
};

// A place in the tree: an open directory, its canonical path, and a name in it.
struct Place {
  int parent = -1;
  std::string parent_path;
  std::string name;
  std::string Path() const { return parent_path.empty() ? name : parent_path + "/" + name; }
};

class Tree {
 public:
  // `opaque_name` is the attribute overlayfs reads in this kind of mount.
  Tree(int root, const char* opaque_name);

  // Where `path` lies: symlinks among the parents are followed inside the root, missing parents are
  // made (implied).
  int Locate(std::string_view path, Place* place);
  // The same without making anything: ENOENT when a parent is missing.
  int Find(std::string_view path, Place* place);
  // The same for a mark (whiteout, opaque): ENODATA when a parent is deleted by this layer itself,
  // so that there is nothing left to mark.
  int LocateForMark(std::string_view path, Place* place);
  // The directory at `path` itself, symlinks followed, made when missing; for marks, as above.
  int LocateDirectory(std::string_view path, std::string* canonical, int* fd);
  // Makes the canonical path and its parents as implied directories.
  int EnsureDirectory(const std::string& canonical);
  // A descriptor of a known directory, kept by the tree.
  int Open(const std::string& canonical, int* fd);
  // Closes the descriptors opened longest ago. Between operations only: inside one they may be in
  // use.
  void Trim();

  // Makes a directory at `place`, or takes the one that is there; its metadata is set by Finish().
  int MakeDirectory(const Place& place, Origin origin, const Metadata& meta);
  // Removes whatever is at `place` and forgets it. `hid_lower` tells that it was no directory.
  int Clear(const Place& place, bool* hid_lower);
  // Hides what lower layers have in a known directory.
  int MarkOpaque(const std::string& canonical);
  int Whiteout(const Place& place);
  // True when nothing is below an implied directory but whiteouts: it adds nothing to what lower
  // layers have.
  bool HoldsOnlyMarks(const std::string& path);

  // Gives everything known below `from` the path `to`, after a rename.
  void Renamed(const std::string& from, const std::string& to);

  std::map<std::string, Directory, std::less<>>& directories() { return directories_; }
  std::set<std::string, std::less<>>& whiteouts() { return whiteouts_; }
  // Hard links whose target is in a lower layer: empty files hold their places, each with its index
  // in targets().
  std::map<std::string, size_t, std::less<>>& placeholders() { return placeholders_; }
  std::vector<std::string>& targets() { return targets_; }
  // A file of the archive, the `number`th, was made at `path`. Whoever wants the archive again
  // hears where it is when that is not `path` any more, and gets what it holds when it is removed.
  void Made(const Place& place, uint32_t number) { contents_[place.Path()] = number; }
  const char* opaque_name() const { return opaque_name_; }
  bool root_opaque() const { return directories_.find("")->second.opaque; }
  int root() const { return root_; }

 private:
  enum class Missing : uint8_t { kMake, kMakeForMark, kFail };
  int Walk(std::string_view path, Missing missing, std::string* canonical);
  int Split(std::string_view path, Missing missing, Place* place);
  void Forget(const std::string& path);
  int GiveContents(const std::string& path);

  const int root_;
  const char* const opaque_name_;
  // Ordered, so that all that lies below a path is one range.
  std::map<std::string, Directory, std::less<>> directories_;
  std::set<std::string, std::less<>> whiteouts_;
  std::map<std::string, size_t, std::less<>> placeholders_;
  std::vector<std::string> targets_;
  // Files with contents of the archive, by where they are.
  std::map<std::string, uint32_t, std::less<>> contents_;
  std::deque<std::string> open_order_;
};

bool IsWhiteout(int parent, const char* name);

}  // namespace tsrun

#endif  // TSRUN_WORKBENCH_TREE_H_
