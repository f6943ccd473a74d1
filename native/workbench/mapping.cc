#include "workbench/mapping.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string_view>

namespace tsrun {
namespace {

bool TakeNumber(const char** at, uint32_t* value) {
  if (**at < '0' || **at > '9') return false;
  char* end = nullptr;
  errno = 0;
  const unsigned long long number = strtoull(*at, &end, 10);
  if (errno != 0 || number > UINT32_MAX) return false;
  *value = static_cast<uint32_t>(number);
  *at = end;
  return true;
}

bool Take(const char** at, char expected) {
  if (**at != expected) return false;
  ++*at;
  return true;
}

bool TakeLines(const char** at, std::vector<IdMapLine>* lines) {
  do {
    IdMapLine line;
    if (!TakeNumber(at, &line.container) || !Take(at, '-') || !TakeNumber(at, &line.host) ||
        !Take(at, '-') || !TakeNumber(at, &line.size)) {
      return false;
    }
    lines->push_back(line);
  } while (Take(at, ','));
  return true;
}

}  // namespace

bool ParseMapping(const char* text, Mapping* mapping) {
  if (strcmp(text, "host") == 0) return true;
  mapping->host = false;
  const char* colon = strchr(text, ':');
  if (colon == nullptr) return false;
  const std::string_view writer(text, static_cast<size_t>(colon - text));
  if (writer == "direct") {
    mapping->writer = IdMapWriter::kDirect;
  } else if (writer == "newidmap") {
    mapping->writer = IdMapWriter::kNewidmap;
  } else if (writer == "single") {
    mapping->writer = IdMapWriter::kSingle;
  } else {
    return false;
  }
  const char* at = colon + 1;
  return TakeLines(&at, &mapping->uids) && Take(&at, ':') && TakeLines(&at, &mapping->gids) &&
         *at == '\0';
}

}  // namespace tsrun
