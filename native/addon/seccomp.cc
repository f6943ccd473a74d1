// Compiles seccomp filters with libseccomp. What to filter was decided in src/oci/seccomp.
#include <linux/seccomp.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "addon/module.h"
#include "sys/fd.h"

namespace tsrun {
namespace {

constexpr uint32_t kArguments = 6;  // of a system call

struct ReleaseFilter {
  void operator()(void* filter) const { seccomp_release(filter); }
};
using Filter = std::unique_ptr<void, ReleaseFilter>;

// Throws for a negative errno, which is how libseccomp reports.
void Check(Napi::Env env, int result, const std::string& call) {
  if (result < 0) throw ErrnoError(env, -result, call.c_str());
}

uint32_t U32(const Napi::Value& value) { return value.As<Napi::Number>().Uint32Value(); }

uint64_t U64(const Napi::Value& value) {
  bool lossless = false;
  return value.As<Napi::BigInt>().Uint64Value(&lossless);
}

// "SCMP_ARCH_X86_64" of the runtime-spec is "x86_64" to libseccomp; 0: it knows none of that name.
uint32_t ArchToken(const std::string& name) {
  const std::string prefix = "SCMP_ARCH_";
  if (name.compare(0, prefix.size(), prefix) != 0) return 0;
  std::string bare = name.substr(prefix.size());
  std::transform(bare.begin(), bare.end(), bare.begin(),
                 [](unsigned char c) { return static_cast<char>(tolower(c)); });
  return seccomp_arch_resolve_name(bare.c_str());
}

std::map<std::string, uint32_t> AddArchitectures(Napi::Env env, const Filter& filter,
                                                 const Napi::Array& names) {
  std::map<std::string, uint32_t> tokens;
  for (uint32_t i = 0; i < names.Length(); i++) {
    const std::string name = names.Get(i).As<Napi::String>();
    const uint32_t token = ArchToken(name);
    if (token == 0) throw Napi::Error::New(env, "libseccomp knows no architecture " + name);
    const int result = seccomp_arch_add(filter.get(), token);
    if (result != -EEXIST) Check(env, result, "seccomp_arch_add " + name);
    tokens[name] = token;
  }
  // Always in the filter, so always among the numbers.
  for (const char* name : {"SCMP_ARCH_X86_64", "SCMP_ARCH_AARCH64", "SCMP_ARCH_RISCV64"}) {
    if (ArchToken(name) == seccomp_arch_native()) tokens[name] = seccomp_arch_native();
  }
  return tokens;
}

std::vector<scmp_arg_cmp> Comparisons(const Napi::Array& args) {
  std::vector<scmp_arg_cmp> comparisons;
  for (uint32_t i = 0; i < args.Length(); i++) {
    const Napi::Object arg = args.Get(i).As<Napi::Object>();
    scmp_arg_cmp comparison{};
    comparison.arg = U32(arg.Get("index"));
    comparison.op = static_cast<scmp_compare>(U32(arg.Get("operator")));
    comparison.datum_a = U64(arg.Get("value"));
    comparison.datum_b = U64(arg.Get("valueTwo"));
    comparisons.push_back(comparison);
  }
  return comparisons;
}

// Reads what seccomp_export_bpf wrote.
Napi::Buffer<uint8_t> ReadProgram(Napi::Env env, const Fd& file) {
  struct stat info;
  if (fstat(file.get(), &info) != 0) throw ErrnoError(env, errno, "fstat");
  const auto size = static_cast<size_t>(info.st_size);
  auto program = Napi::Buffer<uint8_t>::New(env, size);
  for (size_t done = 0; done < size;) {
    const ssize_t count =
        pread(file.get(), program.Data() + done, size - done, static_cast<off_t>(done));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) throw ErrnoError(env, count < 0 ? errno : EIO, "pread");
    done += static_cast<size_t>(count);
  }
  return program;
}

// compileSeccomp({ defaultAction, architectures, rules: [{ names, action, args }] })
//   -> { program, highest: { SCMP_ARCH_X86_64: 449, ... }, unknown: [name, ...] }
Napi::Value CompileSeccomp(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const Napi::Object input = info[0].As<Napi::Object>();
  const Filter filter(seccomp_init(U32(input.Get("defaultAction"))));
  if (!filter) throw ErrnoError(env, EINVAL, "seccomp_init");
  // The launcher sets no_new_privs itself, or leaves it off because it was asked to.
  Check(env, seccomp_attr_set(filter.get(), SCMP_FLTATR_CTL_NNP, 0), "seccomp_attr_set");
  // A binary tree instead of a list: about 9 comparisons instead of 350 for each call. Optional.
  (void)seccomp_attr_set(filter.get(), SCMP_FLTATR_CTL_OPTIMIZE, 2);
  const auto architectures =
      AddArchitectures(env, filter, input.Get("architectures").As<Napi::Array>());

  std::map<std::string, int> highest;
  for (const auto& entry : architectures) highest[entry.first] = -1;
  const Napi::Array unknown = Napi::Array::New(env);
  const Napi::Array rules = input.Get("rules").As<Napi::Array>();
  for (uint32_t i = 0; i < rules.Length(); i++) {
    const Napi::HandleScope scope(env);
    const Napi::Object rule = rules.Get(i).As<Napi::Object>();
    const uint32_t action = U32(rule.Get("action"));
    const bool adds = rule.Get("adds").As<Napi::Boolean>();
    const auto comparisons = Comparisons(rule.Get("args").As<Napi::Array>());
    if (comparisons.size() > kArguments) throw ErrnoError(env, EINVAL, "seccomp_rule_add");
    const Napi::Array names = rule.Get("names").As<Napi::Array>();
    for (uint32_t n = 0; n < names.Length(); n++) {
      const std::string name = names.Get(n).As<Napi::String>();
      const int number = seccomp_syscall_resolve_name(name.c_str());
      if (number == __NR_SCMP_ERROR) {
        unknown.Set(unknown.Length(), name);
        continue;
      }
      for (const auto& [arch, token] : architectures) {
        highest[arch] =
            std::max(highest[arch], seccomp_syscall_resolve_name_arch(token, name.c_str()));
      }
      if (!adds) continue;
      Check(env,
            seccomp_rule_add_array(filter.get(), action, number,
                                   static_cast<unsigned>(comparisons.size()), comparisons.data()),
            "seccomp_rule_add " + name);
    }
  }

  const Fd file(memfd_create("tsrun-seccomp", MFD_CLOEXEC));
  if (!file.valid()) throw ErrnoError(env, errno, "memfd_create");
  Check(env, seccomp_export_bpf(filter.get(), file.get()), "seccomp_export_bpf");

  const Napi::Object numbers = Napi::Object::New(env);
  for (const auto& [arch, number] : highest) numbers.Set(arch, Napi::Number::New(env, number));
  const Napi::Object result = Napi::Object::New(env);
  result.Set("program", ReadProgram(env, file));
  result.Set("highest", numbers);
  result.Set("unknown", unknown);
  return result;
}

Napi::Value SeccompVersion(const Napi::CallbackInfo& info) {
  const scmp_version* version = seccomp_version();
  return Napi::String::New(info.Env(), std::to_string(version->major) + "." +
                                           std::to_string(version->minor) + "." +
                                           std::to_string(version->micro));
}

// seccompSupport([SCMP_ARCH_ name, ...]) -> { flags, architectures: [name, ...] }: what kernel and
// library take. Linux answers EFAULT for a filter that is no address, after it has looked at the
// flags: EINVAL means that it does not know one.
Napi::Value SeccompSupport(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  uint32_t flags = 0;
  for (uint32_t bit = 0; bit < 8; bit++) {
    uint32_t flag = 1U << bit;
    // WAIT_KILLABLE_RECV is for listeners, and refused without one.
    if (flag == SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV) flag |= SECCOMP_FILTER_FLAG_NEW_LISTENER;
    if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flag, nullptr) != 0 && errno == EFAULT) {
      flags |= 1U << bit;
    }
  }
  const Napi::Array names = info[0].As<Napi::Array>();
  const Napi::Array known = Napi::Array::New(env);
  for (uint32_t i = 0; i < names.Length(); i++) {
    const std::string name = names.Get(i).As<Napi::String>();
    if (ArchToken(name) != 0) known.Set(known.Length(), name);
  }
  const Napi::Object result = Napi::Object::New(env);
  result.Set("flags", flags);
  result.Set("architectures", known);
  return result;
}

}  // namespace

void RegisterSeccomp(Napi::Env env, Napi::Object exports) {
  exports.Set("compileSeccomp", Napi::Function::New(env, CompileSeccomp));
  exports.Set("seccompSupport", Napi::Function::New(env, SeccompSupport));
  exports.Set("seccompVersion", Napi::Function::New(env, SeccompVersion));
}

}  // namespace tsrun
