// Paths inside the container, resolved by descriptor: openat2 below the root, never a string of the
// host.
#ifndef TSRUN_INIT_PATH_H_
#define TSRUN_INIT_PATH_H_

#include <sys/types.h>

#include <cstdint>

#include "init/context.h"

namespace tsrun {

// Opens `path` below the root; symbolic links stay inside it. Returns a descriptor or -1 and errno.
int OpenBelowRoot(const InitContext& ctx, const char* path, uint64_t flags);

// The last component of `path` and an O_PATH descriptor of its directory, made with its parents
// (0755) when missing. `name` must hold NAME_MAX + 1 bytes. Returns a descriptor or -1 and errno;
// EINVAL for the root itself.
int OpenParent(const InitContext& ctx, const char* path, char* name);

enum class TargetKind { kDirectory, kFile };
// An O_PATH descriptor of a mount target, made when missing: a directory with `mode`, its parents
// with 0755, a file with 0644. -1 and errno on failure.
int EnsureTarget(const InitContext& ctx, const char* path, TargetKind kind, mode_t mode = 0755);

}  // namespace tsrun

#endif  // TSRUN_INIT_PATH_H_
