#include "sys/confine.h"

#include <grp.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstddef>
#include <iterator>

namespace tsrun {
namespace {

constexpr uid_t kNobody = 65534;

#if defined(__x86_64__)
constexpr uint32_t kArchitecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr uint32_t kArchitecture = AUDIT_ARCH_AARCH64;
#else
#error "the filter does not know this architecture"
#endif

constexpr unsigned kMalloc[] = {SYS_brk,     SYS_mmap,  SYS_munmap,    SYS_mremap,
                                SYS_madvise, SYS_futex, SYS_exit_group};

constexpr uint16_t kLoad = BPF_LD | BPF_W | BPF_ABS, kEqual = BPF_JMP | BPF_JEQ | BPF_K,
                   kReturn = BPF_RET | BPF_K;
// Jumps are of at most 255 instructions, and none of these is longer than four.
constexpr size_t kMaxFilter = 256;

class Program {
 public:
  void Add(uint16_t code, uint8_t yes, uint8_t no, uint32_t k) {
    if (size_ < kMaxFilter) filter_[size_] = {code, yes, no, k};
    ++size_;
  }

  void Allow(const unsigned* numbers, size_t count) {
    for (size_t i = 0; i < count; ++i) {
      Add(kEqual, 0, 1, numbers[i]);
      Add(kReturn, 0, 0, SECCOMP_RET_ALLOW);
    }
  }

  void Allow(const ArgumentRule& rule) {
    Add(kEqual, 0, 4, rule.number);
    Add(kLoad, 0, 0,
        static_cast<uint32_t>(offsetof(struct seccomp_data, args) + 8 * rule.argument));
    Add(kEqual, 0, 1, rule.value);
    Add(kReturn, 0, 0, SECCOMP_RET_ALLOW);
    LoadNumber();
  }

  void LoadNumber() { Add(kLoad, 0, 0, offsetof(struct seccomp_data, nr)); }

  bool Install() {
    if (size_ > kMaxFilter) return false;
    struct sock_fprog program = {static_cast<unsigned short>(size_), filter_};
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
  }

 private:
  struct sock_filter filter_[kMaxFilter];
  size_t size_ = 0;
};

}  // namespace

bool BecomeNobody() {
  return setgroups(0, nullptr) == 0 && setresgid(kNobody, kNobody, kNobody) == 0 &&
         setresuid(kNobody, kNobody, kNobody) == 0;
}

bool Filter(const unsigned* allowed, size_t count, const ArgumentRule* rules, size_t rule_count) {
  prctl(PR_SET_DUMPABLE, 0);
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return false;
  Program program;
  program.Add(kLoad, 0, 0, offsetof(struct seccomp_data, arch));
  program.Add(kEqual, 1, 0, kArchitecture);
  program.Add(kReturn, 0, 0, SECCOMP_RET_KILL_PROCESS);
  program.LoadNumber();
  program.Allow(allowed, count);
  program.Allow(kMalloc, std::size(kMalloc));
  for (size_t i = 0; i < rule_count; ++i) program.Allow(rules[i]);
  program.Add(kReturn, 0, 0, SECCOMP_RET_KILL_PROCESS);
  return program.Install();
}

}  // namespace tsrun
