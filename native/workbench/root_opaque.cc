#include "workbench/root_opaque.h"

#include <fcntl.h>

#include <cerrno>
#include <set>

#include "workbench/names.h"

namespace tsrun {

int HideLowerRoot(Tree* tree, const std::vector<Fd>& lower, std::string* failed) {
  std::set<std::string> seen;
  for (const Fd& layer : lower) {
    const Fd directory(openat(layer.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!directory.valid()) return errno;
    std::vector<std::string> names;
    if (const int err = NamesIn(directory.get(), &names)) return err;
    for (const std::string& name : names) {
      // A whiteout up there hides what is further down already.
      if (!seen.insert(name).second || IsWhiteout(directory.get(), name.c_str())) continue;
      *failed = name;
      Place place;
      place.parent = tree->root();
      place.name = name;
      if (const int err = tree->Whiteout(place)) return err;
    }
  }
  return 0;
}

}  // namespace tsrun
