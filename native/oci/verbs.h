// The verbs this program answers itself: each returns the exit code, and prints its own failure.
#ifndef TSRUN_OCI_VERBS_H_
#define TSRUN_OCI_VERBS_H_

#include "oci/command_line.h"

namespace tsrun::oci {

int State(const CommandLine& line);
int Start(const CommandLine& line);
int Kill(const CommandLine& line);
int Delete(const CommandLine& line);

}  // namespace tsrun::oci

#endif  // TSRUN_OCI_VERBS_H_
