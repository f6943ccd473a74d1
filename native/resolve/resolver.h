// tsrun-init resolve: answers what containers of a network ask for names. One for a network, as
// long as the file of its names is there.
#ifndef TSRUN_RESOLVE_RESOLVER_H_
#define TSRUN_RESOLVE_RESOLVER_H_

namespace tsrun {

// Descriptors of the process that src/network/resolver.ts starts: where to say that it is ready, or
// which call failed and why; the locked file that says whether it lives; and, where the bridge is
// in the namespaces of others, those of the user and of the network.
constexpr int kResolveStarter = 3;
constexpr int kResolveLock = 5;
constexpr int kResolveUsers = 6;
constexpr int kResolveSpace = 7;

// tsrun-init resolve DIRECTORY BRIDGE here|there ADDRESS...
int ResolveMain(int argc, char** argv);

}  // namespace tsrun

#endif  // TSRUN_RESOLVE_RESOLVER_H_
