// Hands over to Node for what needs it.
#ifndef TSRUN_OCI_NODE_H_
#define TSRUN_OCI_NODE_H_

#include <string>
#include <vector>

#include "oci/report.h"

namespace tsrun::oci {

// Executes Node with the command's bundle and these arguments. Returns only when that fails, with
// what is wrong.
Failure ExecuteNode(const std::vector<std::string>& arguments);

// The same in a child, whose exit code it waits for. It reports its own error, as does a Node that
// cannot be started.
int RunNode(const Log& log, const std::vector<std::string>& arguments);

}  // namespace tsrun::oci

#endif  // TSRUN_OCI_NODE_H_
