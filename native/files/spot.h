// Where entries of an archive are made: below the destination, whatever links there are on the way.
#ifndef TSRUN_FILES_SPOT_H_
#define TSRUN_FILES_SPOT_H_

#include <cstdint>
#include <set>
#include <string>

#include "files/destination.h"
#include "sys/fd.h"

namespace tsrun {

// What to make of symbolic links among the parents of an entry.
enum class Parents : uint8_t {
  kRefuse,  // they were not there when the archive was made
  kFollow,  // inside the destination; those that the archive itself brought are refused
};

// Where one entry is made: under its own name, or beside what it will replace at once.
struct Spot {
  Fd parent;
  std::string name;
  std::string made_as;
};

// Gives the entry its own name, in place of what has it. 0, or errno: then it is removed.
int Settle(Spot* spot);

class Spots {
 public:
  Spots(const Destination& destination, Parents parents)
      : destination_(destination), parents_(parents) {}

  // Not valid: errno says why.
  Fd OpenDirectory(const std::string& path) const;
  // Opens the directory that holds `path`; what an archive implies without saying is made. 0, or
  // the errno of a parent.
  int Locate(const std::string& path, Spot* spot);
  // Decides under which name something that is no directory is made. 0, or errno; EISDIR: a
  // directory has the name.
  int Reserve(Spot* spot);

  // Links that this archive brought lead nowhere.
  void AddLink(const std::string& path) { links_.insert(path); }
  void ForgetLink(const std::string& path) { links_.erase(path); }
  bool IsLink(const std::string& path) const { return links_.count(path) != 0; }

 private:
  const Destination& destination_;
  const Parents parents_;
  std::set<std::string> links_;
  unsigned counter_ = 0;
};

}  // namespace tsrun

#endif  // TSRUN_FILES_SPOT_H_
