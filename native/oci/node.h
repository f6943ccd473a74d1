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

// The same in a child, whose exit code it waits for. A Node that cannot be started is reported.
int RunNode(const Log& log, const std::vector<std::string>& arguments);

// Runs the hooks of one kind of a container in a child and waits for their end. They warn on
// standard error where they fail, as the spec wants of poststart and poststop.
void RunHooks(const char* kind, const std::string& container_path);

}  // namespace tsrun::oci

#endif  // TSRUN_OCI_NODE_H_
