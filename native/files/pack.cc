#include "files/pack.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <vector>

#include "files/entry_writer.h"
#include "workbench/names.h"
#include "workbench/wire.h"

#ifndef MQUEUE_MAGIC
#define MQUEUE_MAGIC 0x19800202
#endif

namespace tsrun {
namespace {

class Packer {
 public:
  Packer(const Handles& handles, TarWriter* tar) : handles_(handles), entries_(&handles, tar) {}

  int Entry(int handle, const std::string& name, dev_t parent_device);
  uint64_t left_out() const { return entries_.left_out(); }
  const std::string& at() const { return at_; }

 private:
  int Below(int handle, const std::string& name, dev_t device);

  const Handles& handles_;
  EntryWriter entries_;
  std::string at_;
};

int Packer::Entry(int handle, const std::string& name, dev_t parent_device) {
  at_ = name;
  if (name.size() > kMaxPath) return ENAMETOOLONG;
  struct stat st;
  if (fstat(handle, &st) != 0) return errno;
  if (!name.empty()) {
    const int err = entries_.Write(handle, st, name);
    if (err != 0) return err;
  }
  if (!S_ISDIR(st.st_mode)) return 0;
  if (st.st_dev != parent_device && IsOfKernel(handle)) return 0;
  return Below(handle, name, st.st_dev);
}

int Packer::Below(int handle, const std::string& name, dev_t device) {
  const Fd directory = handles_.Reopen(handle, O_RDONLY | O_DIRECTORY);
  if (!directory.valid()) return errno;
  std::vector<std::string> names;
  if (const int err = NamesIn(directory.get(), &names)) return err;
  std::sort(names.begin(), names.end());
  for (const std::string& child : names) {
    const std::string path = name.empty() ? child : name + "/" + child;
    const Fd next = HandleOf(directory.get(), child.c_str());
    if (!next.valid() && errno == ENOENT) continue;
    if (!next.valid()) {
      const int err = errno;
      at_ = path;
      return err;
    }
    if (const int err = Entry(next.get(), path, device)) return err;
  }
  return 0;
}

}  // namespace

bool IsOfKernel(int handle) {
  struct statfs fs;
  if (fstatfs(handle, &fs) != 0) return false;
  switch (static_cast<unsigned long>(fs.f_type)) {
    case PROC_SUPER_MAGIC:
    case SYSFS_MAGIC:
    case CGROUP_SUPER_MAGIC:
    case CGROUP2_SUPER_MAGIC:
    case DEVPTS_SUPER_MAGIC:
    case MQUEUE_MAGIC:
    case DEBUGFS_MAGIC:
    case TRACEFS_MAGIC:
    case SECURITYFS_MAGIC:
    case BPF_FS_MAGIC:
    case NSFS_MAGIC:
      return true;
    default:
      return false;
  }
}

int Pack(const Handles& handles, int handle, const std::string& name, TarWriter* tar,
         uint64_t* left_out, std::string* failed) {
  struct stat st;
  if (fstat(handle, &st) != 0) return errno;
  Packer packer(handles, tar);
  const int err = packer.Entry(handle, name, st.st_dev);
  *left_out = packer.left_out();
  if (err != 0) {
    *failed = packer.at();
    return err;
  }
  tar->End();
  return tar->error();
}

}  // namespace tsrun
