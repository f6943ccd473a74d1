// The command line as runc's: global flags, a verb, its flags and arguments in any order.
#ifndef TSRUN_OCI_COMMAND_LINE_H_
#define TSRUN_OCI_COMMAND_LINE_H_

#include <string>
#include <vector>

#include "oci/report.h"

namespace tsrun::oci {

struct CommandLine {
  Log log;
  std::string root;  // --root; empty: the default
  std::string verb;
  std::vector<std::string> arguments;  // of the verb, without its flags
  bool all = false;                    // kill --all
  bool force = false;                  // delete --force
};

// False: something here that this program does not know. Node parses it again and explains.
bool ParseCommandLine(int argc, char** argv, CommandLine* line);

}  // namespace tsrun::oci

#endif  // TSRUN_OCI_COMMAND_LINE_H_
