#include "init/attributes.h"

#include <cerrno>

namespace tsrun {

int ChangeAttributes(InitContext& ctx, int mount, const std::vector<AttributeChange>& changes) {
  for (ctx.item = 0; ctx.item < changes.size(); ++ctx.item) {
    const AttributeChange& change = changes[ctx.item];
    struct mount_attr attr = {};
    attr.attr_set = change.set;
    attr.attr_clr = change.clear;
    const unsigned reach = change.reach == Reach::kTree ? AT_RECURSIVE : 0;
    if (sys::MountSetattr(mount, reach, &attr) != 0) return Failed(ctx, Op::kMountSetattr);
  }
  ctx.item = UINT32_MAX;
  return 0;
}

int SetPropagation(InitContext& ctx, int mount, PropagationKind propagation, Reach reach) {
  static const uint64_t kTypes[] = {1u << 18, 1u << 19, 1u << 20,
                                    1u << 17};  // as MS_PRIVATE, MS_SLAVE, ...
  struct mount_attr attr = {};
  attr.propagation = kTypes[static_cast<int>(propagation)];
  const unsigned depth = reach == Reach::kTree ? AT_RECURSIVE : 0;
  if (sys::MountSetattr(mount, depth, &attr) != 0) return Failed(ctx, Op::kSetPropagation);
  return 0;
}

}  // namespace tsrun
