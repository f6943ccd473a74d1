// Waits until everything written to a filesystem is on its disk, then says so.
#ifndef TSRUN_WORKBENCH_SYNC_STORE_H_
#define TSRUN_WORKBENCH_SYNC_STORE_H_

namespace tsrun {

int SyncStoreMain(int argc, char** argv);

}  // namespace tsrun

#endif  // TSRUN_WORKBENCH_SYNC_STORE_H_
