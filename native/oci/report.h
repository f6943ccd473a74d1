// How a failure of tsrun-oci reaches its caller: three lines on standard error, and one line in the
// file of --log, which is where conmon and containerd's shim look for the reason.
#ifndef TSRUN_OCI_REPORT_H_
#define TSRUN_OCI_REPORT_H_

#include <string>

namespace tsrun::oci {

struct Failure {
  std::string what;
  std::string why;
  std::string hint;  // or empty
};

enum class LogFormat { kText, kJson };

struct Log {
  std::string file;  // empty: none
  LogFormat format = LogFormat::kText;
};

// Prints and logs once. Returns the exit code, which clients expect to be 1.
int Report(const Log& log, const Failure& failure);

// "ENOENT (No such file or directory)" is what TypeScript says; here the text alone.
std::string ErrnoText(int err);

// A string as JSON writes it, with its quotes.
std::string JsonString(const std::string& text);

}  // namespace tsrun::oci

#endif  // TSRUN_OCI_REPORT_H_
