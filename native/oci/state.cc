// tsrun-oci state ID
#include <unistd.h>

#include "oci/container.h"
#include "oci/verbs.h"

namespace tsrun::oci {

int State(const CommandLine& line) {
  Container container;
  Failure failure;
  if (OpenContainer(line, line.arguments[0], &container, &failure) != Open::kOk)
    return Report(line.log, failure);
  const Status status = StatusOf(&container);
  const StateFile& state = container.state;
  std::string json = "{\n";
  if (!container.has_state) {
    // What `create` is at: it has not got to the point where there is more to say.
    json += "  \"ociVersion\": \"" TSRUN_OCI_VERSION "\",\n  \"id\": " + JsonString(container.id) +
            ",\n";
  }
  json += state.json_before;
  // The spec wants the pid of a created or running container; others print 0 for one that is gone.
  json += "  \"pid\": " + std::to_string(status == Status::kStopped ? 0 : state.pid) + ",\n";
  json += std::string("  \"status\": \"") + StatusName(status) + "\"";
  json += container.has_state ? ",\n" + state.json_after : "\n";
  json += "}\n";
  size_t at = 0;
  while (at < json.size()) {
    const ssize_t put = write(STDOUT_FILENO, json.data() + at, json.size() - at);
    if (put <= 0) return 1;
    at += static_cast<size_t>(put);
  }
  return 0;
}

}  // namespace tsrun::oci
