// Work on a container's files while no container runs, inside the container's kind of user
// namespace.
#ifndef TSRUN_WORKBENCH_WORKBENCH_H_
#define TSRUN_WORKBENCH_WORKBENCH_H_

namespace tsrun {

int WorkbenchMain(int argc, char** argv);

}  // namespace tsrun

#endif  // TSRUN_WORKBENCH_WORKBENCH_H_
