// Who carries a step out, and which steps may fail: the one list, for the monitor and for init.
// src/plan/plan.ts has the same as types.
#ifndef TSRUN_PLAN_ACTORS_H_
#define TSRUN_PLAN_ACTORS_H_

#include <type_traits>
#include <variant>

#include "plan/plan.h"

namespace tsrun {

template <class T, class... Any>
constexpr bool kIsOneOf = (std::is_same_v<T, Any> || ...);

// The monitor's, before the clone and after it; all others are init's.
template <class T>
constexpr bool kForMonitor =
    kIsOneOf<T, CgroupCreate, CgroupEnable, CgroupEnter, CgroupScope, CgroupAttach, CgroupWrite,
             CgroupDevices, OpenTree, TakeFile, Join, Anchor, Clone, IdMapStep, NetDevice, Veth,
             Macvlan, Pasta, Forward, RaiseRlimit, OomScoreAdj>;

template <class T, class = void>
constexpr bool kHasDemand = false;
template <class T>
constexpr bool kHasDemand<T, std::void_t<decltype(std::declval<T>().demand)>> = true;

// Whether a failure of the step is reported and survived.
template <class T>
constexpr bool MayFail(const T& step) {
  if constexpr (kHasDemand<T>) {
    return step.demand == Demand::kBestEffort;
  } else {
    return false;
  }
}

}  // namespace tsrun

#endif  // TSRUN_PLAN_ACTORS_H_
