// What epoll(7) tells of.
#ifndef TSRUN_FORWARD_WATCHED_H_
#define TSRUN_FORWARD_WATCHED_H_

namespace tsrun {

class Connection;
struct Asker;

// A connection's socket, one of somebody who asked, or neither.
struct Watched {
  Connection* connection = nullptr;
  Asker* asker = nullptr;
};

}  // namespace tsrun

#endif  // TSRUN_FORWARD_WATCHED_H_
