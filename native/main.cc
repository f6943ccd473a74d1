// The helper executable: one static binary, eight jobs.
//
//   tsrun-init monitor     parent of one container's PID 1, started by the addon
//   tsrun-init anchor      holds what containers of an ordinary user share, while one lives
//   tsrun-init probe       looks how a container is, a child of its monitor
//   tsrun-init workbench   works on a container's files while no container runs
//   tsrun-init files       copies a container's files out and in, compares them with its image
//   tsrun-init forward     passes on connections to a container's ports at ::1
//   tsrun-init resolve     answers what containers of a network ask for names
//   tsrun-init sync        has the store written to the disk, and says so
#include <cstdio>
#include <cstring>

#include "files/files.h"
#include "forward/forward.h"
#include "monitor/anchor.h"
#include "monitor/health.h"
#include "monitor/monitor.h"
#include "resolve/resolver.h"
#include "workbench/sync_store.h"
#include "workbench/workbench.h"

int main(int argc, char** argv) {
  if (argc >= 2 && strcmp(argv[1], "monitor") == 0) return tsrun::MonitorMain(argc, argv);
  if (argc >= 2 && strcmp(argv[1], "anchor") == 0) return tsrun::AnchorMain(argc, argv);
  if (argc >= 2 && strcmp(argv[1], "probe") == 0) return tsrun::ProbeMain(argc, argv);
  if (argc >= 2 && strcmp(argv[1], "workbench") == 0) return tsrun::WorkbenchMain(argc, argv);
  if (argc >= 2 && strcmp(argv[1], "files") == 0) return tsrun::FilesMain(argc, argv);
  if (argc >= 2 && strcmp(argv[1], "forward") == 0) return tsrun::ForwardMain(argc, argv);
  if (argc >= 2 && strcmp(argv[1], "resolve") == 0) return tsrun::ResolveMain(argc, argv);
  if (argc >= 2 && strcmp(argv[1], "sync") == 0) return tsrun::SyncStoreMain(argc, argv);
  fputs("tsrun-init is started by tsrun; it has no use of its own\n", stderr);
  return 64;
}
