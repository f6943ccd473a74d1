// tsrun-oci: the OCI runtime's command line. Answers start, state, kill and delete itself, in a
// few system calls; everything else, and every line it does not understand, is Node's.
#include <cstring>

#include "oci/command_line.h"
#include "oci/node.h"
#include "oci/verbs.h"

namespace {

using tsrun::oci::CommandLine;

struct Verb {
  const char* name;
  size_t most_arguments;
  int (*run)(const CommandLine& line);
};
constexpr Verb kVerbs[] = {
    {"state", 1, tsrun::oci::State},
    {"start", 1, tsrun::oci::Start},
    {"kill", 2, tsrun::oci::Kill},
    {"delete", 1, tsrun::oci::Delete},
};

}  // namespace

int main(int argc, char** argv) {
  CommandLine line;
  if (tsrun::oci::ParseCommandLine(argc, argv, &line)) {
    for (const Verb& verb : kVerbs) {
      const size_t count = line.arguments.size();
      if (line.verb == verb.name && count >= 1 && count <= verb.most_arguments)
        return verb.run(line);
    }
  }
  return tsrun::oci::Report(line.log, tsrun::oci::ExecuteNode({argv + 1, argv + argc}));
}
