// Takes everything from the resolver that answering questions does not need.
#ifndef TSRUN_RESOLVE_CONFINE_H_
#define TSRUN_RESOLVE_CONFINE_H_

namespace tsrun {

// `directory` becomes its root, which has the file of names and nothing else; nobody's ids, where
// it is root's, or no privileges in a user namespace of its own, where it is an ordinary user's; a
// filter of system calls: sockets of IPv4 and IPv6, and files to be read. 0 or an errno, and the
// process must not go on.
int ConfineResolver(int directory);

// How the filter has files opened.
extern const int kReadNames;

}  // namespace tsrun

#endif  // TSRUN_RESOLVE_CONFINE_H_
