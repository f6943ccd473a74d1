// The resolver of a network's names. Containers ask it at the gateway's address; it answers from a
// file that commands of tsrun write, and asks servers of the host for the rest. It stands on the
// host's side: a container that is on internal networks alone hears of nobody else.
//
// It reads what hostile programs send: decide.cc does, and has no system call.
#include "resolve/resolver.h"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

#include "resolve/confine.h"
#include "resolve/connection.h"
#include "resolve/inquiry.h"
#include "resolve/listen.h"
#include "sys/clock.h"
#include "sys/inside.h"
#include "sys/syscalls.h"

namespace tsrun {
namespace {

constexpr int kUsage = 64, kFailed = 71;
constexpr size_t kMaxFile = 16 * 1024 * 1024;
// At once, of all containers and of one: nobody is to take the place of the others.
constexpr size_t kMaxInquiries = 256, kMaxInquiriesEach = 64;
constexpr size_t kMaxConnections = 64, kMaxConnectionsEach = 8;
// Packets that are read before others have their turn.
constexpr int kTurn = 16;

enum class Of : uint64_t { kNames, kUdp, kTcp, kConnection, kInquiry };

// What epoll tells of: the kind, its place, and which one had that place then.
uint64_t TagOf(Of of, size_t place, uint32_t generation = 0) {
  return static_cast<uint64_t>(of) << 56 | static_cast<uint64_t>(place) << 32 | generation;
}

class Resolver {
 public:
  Resolver(std::vector<Listener> listeners, Fd epoll, Fd changes)
      : listeners_(std::move(listeners)), epoll_(std::move(epoll)), changes_(std::move(changes)) {}

  // False: the file of names has gone.
  bool Load();
  bool Begin();
  int Run();

 private:
  bool OnChanges();
  void OnPackets(const Listener& listener);
  void Accept(const Listener& listener);
  void OnConnection(size_t place, uint32_t generation, uint64_t now);
  void OnInquiry(size_t place, uint32_t generation, uint64_t now);
  void OnTime(uint64_t now);
  int Wait() const;

  const Client* FindClient(const Address& address);
  // False: nothing is to be said now.
  bool Ask(const Client& client, const Asker& asker, const uint8_t* query, size_t size,
           size_t* reply_size);
  bool Inquire(const Client& client, const Asker& asker, const Question& question,
               const std::vector<Address>& servers);
  bool IsAskedAlready(const Asker& asker, const Question& question) const;
  void Answer(size_t place, size_t size);
  void Refer(size_t place, uint64_t now);
  void Tell(const Asker& asker, size_t size);
  bool Watch(int fd, uint64_t tag);

  std::vector<Listener> listeners_;
  const Fd epoll_, changes_;
  Names names_;
  bool is_over_ = false;
  // Each has its place as long as it lives.
  struct Place {
    Inquiry* inquiry = nullptr;
    uint32_t generation = 0;
  } inquiries_[kMaxInquiries];
  Connection* connections_[kMaxConnections] = {};
  uint32_t generation_ = 0;
  uint8_t reply_[kMaxTcp];
};

bool Resolver::Load() {
  // By the very flags that the filter lets through.
  const Fd file(static_cast<int>(syscall(SYS_openat, AT_FDCWD, "names", kReadNames)));
  if (!file.valid()) return false;
  std::string text;
  ssize_t got;
  while ((got = read(file.get(), reply_, sizeof reply_)) > 0 && text.size() < kMaxFile)
    text.append(reinterpret_cast<const char*>(reply_), static_cast<size_t>(got));
  Names names;
  if (got == 0 && ReadNames(text, &names)) names_ = std::move(names);
  return true;
}

bool Resolver::Watch(int fd, uint64_t tag) {
  struct epoll_event event = {};
  event.events = EPOLLIN;
  event.data.u64 = tag;
  return epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) == 0;
}

bool Resolver::Begin() {
  if (!Watch(changes_.get(), TagOf(Of::kNames, 0))) return false;
  for (size_t i = 0; i < listeners_.size(); ++i) {
    if (!Watch(listeners_[i].udp.get(), TagOf(Of::kUdp, i)) ||
        !Watch(listeners_[i].tcp.get(), TagOf(Of::kTcp, i))) {
      return false;
    }
  }
  return true;
}

int Resolver::Run() {
  for (;;) {
    struct epoll_event events[32];
    const int count = epoll_wait(epoll_.get(), events, 32, Wait());
    if (count < 0 && errno != EINTR) return kFailed;
    // First: who has started meanwhile is in the file before it can ask.
    if (!OnChanges()) return 0;
    const uint64_t now = Nanoseconds();
    for (int i = 0; i < count; ++i) {
      const uint64_t tag = events[i].data.u64;
      const size_t place = tag >> 32 & 0xffffff;
      const uint32_t generation = static_cast<uint32_t>(tag);
      switch (static_cast<Of>(tag >> 56)) {
        case Of::kNames:
          break;
        case Of::kUdp:
          OnPackets(listeners_[place]);
          break;
        case Of::kTcp:
          Accept(listeners_[place]);
          break;
        case Of::kConnection:
          OnConnection(place, generation, now);
          break;
        case Of::kInquiry:
          OnInquiry(place, generation, now);
          break;
      }
      if (is_over_) return 0;
    }
    OnTime(now);
  }
}

bool Resolver::OnChanges() {
  alignas(struct inotify_event) char bytes[4096];
  bool is_changed = false;
  while (read(changes_.get(), bytes, sizeof bytes) > 0) is_changed = true;
  return !is_changed || Load();
}

// In milliseconds, for epoll_wait(2).
int Resolver::Wait() const {
  uint64_t first = UINT64_MAX;
  for (const Place& place : inquiries_)
    if (place.inquiry != nullptr) first = std::min(first, place.inquiry->deadline());
  for (const Connection* connection : connections_)
    if (connection != nullptr) first = std::min(first, connection->deadline);
  if (first == UINT64_MAX) return -1;
  const uint64_t now = Nanoseconds();
  return first <= now ? 0 : static_cast<int>((first - now) / 1000000 + 1);
}

// Nobody else hears anything. One that is not known may be in the file since a moment ago.
const Client* Resolver::FindClient(const Address& address) {
  const Client* client = names_.Find(address);
  if (client != nullptr) return client;
  is_over_ = !OnChanges();
  return names_.Find(address);
}

void Resolver::OnPackets(const Listener& listener) {
  for (int turn = 0; turn < kTurn; ++turn) {
    uint8_t query[kMaxQuestion];
    Asker asker;
    asker.socket = listener.udp.get();
    const ssize_t got = recvfrom(asker.socket, query, sizeof query, MSG_TRUNC, asker.address.get(),
                                 &asker.address.size);
    if (got < 0) return;
    const Client* client = FindClient(asker.address.address());
    if (client == nullptr || static_cast<size_t>(got) > sizeof query) continue;
    size_t size = 0;
    if (Ask(*client, asker, query, static_cast<size_t>(got), &size)) Tell(asker, size);
  }
}

void Resolver::Accept(const Listener& listener) {
  SocketAddress from;
  Fd socket(accept4(listener.tcp.get(), from.get(), &from.size, SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (!socket.valid()) return;
  const Address peer = from.address();
  if (FindClient(peer) == nullptr) return;
  size_t place = kMaxConnections, of_peer = 0;
  for (size_t i = 0; i < kMaxConnections; ++i) {
    if (connections_[i] == nullptr) place = i;
    if (connections_[i] != nullptr && connections_[i]->peer == peer) ++of_peer;
  }
  if (place == kMaxConnections || of_peer >= kMaxConnectionsEach) return;
  const uint32_t generation = ++generation_;
  auto* connection = new Connection(std::move(socket), peer, generation);
  connections_[place] = connection;
  if (connection->Begin(epoll_.get(), TagOf(Of::kConnection, place, generation)))
    OnConnection(place, generation, Nanoseconds());
}

void Resolver::OnConnection(size_t place, uint32_t generation, uint64_t now) {
  Connection* connection = connections_[place];
  if (connection == nullptr || connection->generation != generation) return;
  const uint64_t tag = TagOf(Of::kConnection, place, generation);
  Connection::Progress progress = connection->Go(epoll_.get(), tag, now);
  if (progress == Connection::Progress::kAsks) {
    Asker asker;
    asker.transport = Transport::kTcp;
    asker.connection = static_cast<uint32_t>(place);
    asker.generation = generation;
    size_t size = 0;
    const Client* client = FindClient(connection->peer);
    if (client == nullptr) {
      progress = Connection::Progress::kOver;
    } else if (Ask(*client, asker, connection->question(), connection->question_size(), &size)) {
      Tell(asker, size);
      return;
    }
  }
  if (progress != Connection::Progress::kOver) return;
  delete connection;
  connections_[place] = nullptr;
}

bool Resolver::Ask(const Client& client, const Asker& asker, const uint8_t* query, size_t size,
                   size_t* reply_size) {
  Question question;
  const Decision decision =
      Decide(names_, client, query, size, asker.transport, RandomNumber(), &question, reply_);
  if (decision.what == Decision::kDrop) return false;
  *reply_size = decision.size;
  if (decision.what == Decision::kReply) return true;
  if (Inquire(client, asker, question, *decision.servers)) return false;
  *reply_size = Refuse(question, Rcode::kServer, reply_);
  return true;
}

bool Resolver::IsAskedAlready(const Asker& asker, const Question& question) const {
  if (asker.transport == Transport::kTcp) return false;
  for (const Place& place : inquiries_) {
    if (place.inquiry == nullptr || !(place.inquiry->asker().address == asker.address)) continue;
    const Question& other = place.inquiry->question();
    if (other.id == question.id && other.section_size == question.section_size &&
        memcmp(other.section, question.section, question.section_size) == 0)
      return true;
  }
  return false;
}

// False: too much is asked already, or nobody can be.
bool Resolver::Inquire(const Client& client, const Asker& asker, const Question& question,
                       const std::vector<Address>& servers) {
  // Who has lost patience and asks again hears the answer to the first one.
  if (IsAskedAlready(asker, question)) return true;
  size_t free_place = kMaxInquiries, of_client = 0;
  for (size_t i = 0; i < kMaxInquiries; ++i) {
    const Inquiry* other = inquiries_[i].inquiry;
    if (other == nullptr) free_place = i;
    if (other != nullptr && other->client() == client.address) ++of_client;
  }
  if (free_place == kMaxInquiries || of_client >= kMaxInquiriesEach) return false;
  Place& place = inquiries_[free_place];
  place.generation = ++generation_;
  place.inquiry = new Inquiry(question, asker, client.address, servers);
  if (place.inquiry->Next(epoll_.get(), TagOf(Of::kInquiry, free_place, place.generation),
                          Nanoseconds())) {
    return true;
  }
  delete place.inquiry;
  place.inquiry = nullptr;
  return false;
}

void Resolver::OnInquiry(size_t place, uint32_t generation, uint64_t now) {
  Inquiry* inquiry = inquiries_[place].inquiry;
  if (inquiry == nullptr || inquiries_[place].generation != generation) return;
  size_t size = 0;
  const uint64_t tag = TagOf(Of::kInquiry, place, generation);
  const Inquiry::Progress progress = inquiry->Go(epoll_.get(), tag, reply_, &size);
  if (progress == Inquiry::Progress::kWaits) return;
  if (progress == Inquiry::Progress::kFailed) return Refer(place, now);
  const Rcode code = RcodeOf(reply_);
  const bool is_said = code == Rcode::kNoError || code == Rcode::kNoName;
  // Another one may know; what the last one says is the answer.
  if (!is_said && !inquiry->is_last()) return Refer(place, now);
  Answer(place, PassOn(inquiry->question(),
                       LimitOf(inquiry->asker().transport, inquiry->question()), reply_, size));
}

// Asks the next server, or gives up.
void Resolver::Refer(size_t place, uint64_t now) {
  Inquiry* inquiry = inquiries_[place].inquiry;
  const uint64_t tag = TagOf(Of::kInquiry, place, inquiries_[place].generation);
  if (inquiry->Next(epoll_.get(), tag, now)) return;
  Answer(place, Refuse(inquiry->question(), Rcode::kServer, reply_));
}

// What is in reply_.
void Resolver::Answer(size_t place, size_t size) {
  Inquiry* inquiry = inquiries_[place].inquiry;
  inquiries_[place].inquiry = nullptr;
  Tell(inquiry->asker(), size);
  delete inquiry;
}

void Resolver::Tell(const Asker& asker, size_t size) {
  if (asker.transport == Transport::kUdp) {
    sendto(asker.socket, reply_, size, MSG_NOSIGNAL, asker.address.get(), asker.address.size);
    return;
  }
  Connection* connection = connections_[asker.connection];
  if (connection == nullptr || connection->generation != asker.generation) return;
  const uint64_t tag = TagOf(Of::kConnection, asker.connection, asker.generation);
  if (connection->Reply(epoll_.get(), tag, reply_, size)) return;
  delete connection;
  connections_[asker.connection] = nullptr;
}

void Resolver::OnTime(uint64_t now) {
  for (size_t i = 0; i < kMaxInquiries; ++i)
    if (inquiries_[i].inquiry != nullptr && inquiries_[i].inquiry->deadline() <= now) Refer(i, now);
  for (Connection*& connection : connections_) {
    if (connection == nullptr || connection->deadline > now) continue;
    delete connection;
    connection = nullptr;
  }
}

struct Wanted {
  const std::vector<Address>* addresses;
  const char* bridge;
  std::vector<Listener>* listeners;
};

int ListenAll(void* data) {
  const auto* wanted = static_cast<Wanted*>(data);
  for (size_t i = 0; i < wanted->addresses->size(); ++i) {
    const int err = Listen((*wanted->addresses)[i], wanted->bridge, &(*wanted->listeners)[i]);
    if (err != 0) return err;
  }
  return 0;
}

int Fail(const char* call, int err) {
  dprintf(kResolveStarter, "%s %d", call, err);
  return kFailed;
}

int Serve(int directory, std::vector<Listener> listeners) {
  prctl(PR_SET_NAME, "tsrun:resolve");
  // It serves containers of other commands, and hears no signal that was meant for this one.
  setsid();
  Fd epoll(epoll_create1(EPOLL_CLOEXEC)), changes(inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
  if (!epoll.valid() || !changes.valid()) return Fail("open", errno);
  char path[32];
  snprintf(path, sizeof path, "/proc/self/fd/%d", directory);
  if (inotify_add_watch(changes.get(), path, IN_MOVED_TO | IN_DELETE | IN_ONLYDIR) < 0)
    return Fail("watch", errno);
  const int err = ConfineResolver(directory);
  if (err != 0) return Fail("confine", err);
  close(directory);
  auto* resolver = new Resolver(std::move(listeners), std::move(epoll), std::move(changes));
  if (!resolver->Load() || !resolver->Begin()) return Fail("read", errno);
  constexpr char kReady[] = "ready";
  if (write(kResolveStarter, kReady, sizeof kReady - 1) < 0) return kFailed;
  close(kResolveStarter);
  return resolver->Run();
}

}  // namespace

int ResolveMain(int argc, char** argv) {
  if (argc < 6) return kUsage;
  const bool is_there = strcmp(argv[4], "there") == 0;
  std::vector<Address> addresses(static_cast<size_t>(argc - 5));
  for (int i = 5; i < argc; ++i)
    if (!ReadAddress(argv[i], &addresses[static_cast<size_t>(i - 5)])) return kUsage;
  sys::CloseRange(is_there ? kResolveSpace + 1 : kResolveLock + 1, ~0u, 0);
  signal(SIGPIPE, SIG_IGN);
  signal(SIGHUP, SIG_IGN);
  const int directory = open(argv[2], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (directory < 0) return Fail("open", errno);
  std::vector<Listener> listeners(addresses.size());
  Wanted wanted = {&addresses, argv[3], &listeners};
  const int err =
      is_there ? RunInside(kResolveUsers, kResolveSpace, ListenAll, &wanted) : ListenAll(&wanted);
  if (err != 0) return Fail("bind", err);
  // Whoever started it goes on when this process has ended; the other one is nobody's child.
  const pid_t child = fork();
  if (child < 0) return Fail("fork", errno);
  if (child > 0) return 0;
  if (is_there) {
    close(kResolveUsers);
    close(kResolveSpace);
  }
  // The plan, which it has none of: addon/launch.cc.
  close(4);
  return Serve(directory, std::move(listeners));
}

}  // namespace tsrun
