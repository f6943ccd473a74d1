#include "workbench/sync_store.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstring>
#include <string>

#include "sys/fd.h"

namespace tsrun {

// sync STORE RECORD TEXT
int SyncStoreMain(int argc, char** argv) {
  if (argc != 5) return 64;
  prctl(PR_SET_NAME, "tsrun:sync");
  for (const int ignored : {SIGINT, SIGQUIT, SIGHUP, SIGPIPE}) signal(ignored, SIG_IGN);
  const Fd store(open(argv[2], O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  // Since 5.8 it also fails when a page could not be written since the descriptor was opened.
  if (!store.valid() || syncfs(store.get()) != 0) return 1;
  const std::string part = std::string(argv[3]) + "." + std::to_string(getpid());
  const Fd record(open(part.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  const auto length = static_cast<ssize_t>(strlen(argv[4]));
  const bool written = record.valid() && write(record.get(), argv[4], strlen(argv[4])) == length;
  if (written && rename(part.c_str(), argv[3]) == 0) return 0;
  unlink(part.c_str());
  return 1;
}

}  // namespace tsrun
