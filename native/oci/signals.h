// Signals by name or number, signal(7).
#ifndef TSRUN_OCI_SIGNALS_H_
#define TSRUN_OCI_SIGNALS_H_

#include <string>

namespace tsrun::oci {

// "9", "KILL", "SIGKILL", "sigkill", "RTMIN+3", "RTMAX-1"; -1: no signal.
int ParseSignal(const std::string& text);

}  // namespace tsrun::oci

#endif  // TSRUN_OCI_SIGNALS_H_
