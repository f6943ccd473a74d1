// What the three processes of a container tell one another. All sockets are SOCK_SEQPACKET: a
// packet is a message.
//
//   init                  monitor                      launcher (Node)
//                         (steps before the clone)
//                         kScope    ------------->   has systemd move it, or its child
//                                   <-------------   kAck
//                         clone3 ---> init waits
//                         (maps, room for rlimits)
//        <--- kGo, a: init's pid as the monitor sees it
//   (steps)
//   kLookup + root fd --->            ------------->   reads /etc/passwd through the fd
//        <--- answer      <---------- kAnswer
//   kConsole + master --->  kept, or ------------->
//   kRuntimeHooks ------->            ------------->   runs prestart and createRuntime hooks
//        <--- kAck        <------------------------
//   kReady, if reporting ->           ------------->   says what there is to say
//        <--- kAck
//   exec: socket closes --> kStarted  ------------->
//                         kExited     ------------->
//
//   kCloned comes from the monitor when the process is there. kStepDone, kNote and kStepFailed may
//   come from init or the monitor at any time before kStarted. After a failed exec init waits for
//   kAck, so that the launcher can look into the root while its mounts still stand. The launcher
//   may send kSignal, kFreeze and kThaw. If its side closes, the container is killed.
//
// Lifetime handover, for runtimes that leave PID 1 to their caller. With a step wait-start:
//
//   init                  monitor                      launcher
//   kCreated ----------->             ------------->   writes pid file and state
//        <--- kAck        <------------------------
//   (no parent death signal any more)
//   kHandedOver -------->             ------------->   ends; PID 1 waits in accept(2)
//   closes                ends
//
//   init                                               whoever starts it, on the listening socket
//                         <------------- connects
//                         <------------- kGo           end of file before it: init ends
//   (steps)
//   kStepFailed, with the root's fd ->                 after a failed exec; init waits for kAck or
//                                                      for the end of the connection
//   exec: the connection closes
//
// Without wait-start (exec --detach): init clears its parent death signal right before exec, and
// the monitor ends after kStarted in the place of waiting for the end.
//
// Who attaches to a running container speaks with the monitor on a socket of their own
// (monitor/attach.h): kAttached, then kOutput, kMissed, kExited one way, kInput, kInputEnd, kResize
// the other.
//
// src/native/messages.ts has the same numbers.
#ifndef TSRUN_SYS_MESSAGE_H_
#define TSRUN_SYS_MESSAGE_H_

#include <sys/socket.h>

#include <cstdint>
#include <type_traits>

namespace tsrun {

enum class MessageType : uint32_t {
  // towards the launcher
  kStepDone = 1,       // step, a: nanoseconds, b: pid of PID 1 as the host sees it, or 0
  kStepFailed = 2,     // step, err, op, a: item; after a failed exec with the root's fd
  kLookup = 3,         // step; with the root's fd
  kConsole = 4,        // with the pty master's fd
  kStarted = 5,        // a: pid of PID 1 as the host sees it
  kExited = 6,         // a: wait status
  kNote = 7,           // like kStepFailed, for a best-effort step
  kBadPlan = 8,        // step, a: byte offset
  kReady = 9,          // reporting init waits for kAck: what comes next is the command's
  kScope = 10,         // step, a: the child's pid, or 0: itself; it waits for kAck: moved then
  kCloned = 11,        // a: pid of PID 1 as the host sees it; with its pidfd
  kRuntimeHooks = 12,  // step, a: that pid; init waits for kAck
  kCreated = 13,       // step, a: that pid; init waits for kAck
  kHandedOver = 14,    // a: that pid; the last of this connection
  kDetached = 18,      // the detach keys came: the container lives on; the last of this connection
  // towards who is attached
  kOutput = 15,      // step: 1 or 2, the stream; bytes follow
  kMissed = 16,      // a: bytes that this client was too slow for
  kInputTaken = 17,  // the last kInput is in the container
  kAttached = 19,    // the first word
  // towards the monitor
  kAnswer = 32,  // Answer follows
  kSignal = 33,  // a: signal number
  kFreeze = 34,
  kThaw = 35,
  kAck = 36,
  // from who is attached
  kInput = 38,     // bytes follow; the next one only after kInputTaken
  kInputEnd = 39,  // there will be no more
  kResize = 40,    // a: rows in the upper 16 of 32 bits, columns; from the launcher too
  // to init, from the monitor or from whoever starts a created container
  kGo = 37,
};

// The system call that failed, so that the launcher can name it.
enum class Op : uint32_t {
  kNone = 0,
  kMkdir = 1,
  kOpen = 2,
  kWrite = 3,
  kRead = 4,
  kReadBack = 5,  // the kernel took another value; err is 0
  kBpfLoad = 6,
  kBpfAttach = 7,
  kOpenTree = 8,
  kClone = 9,
  kIdMap = 10,
  kPrlimit = 11,
  kSetgroups = 12,
  kSetgid = 13,
  kSetuid = 14,
  kUnshare = 15,
  kSetns = 16,
  kMount = 17,
  kFsopen = 18,
  kFsconfig = 19,  // a: index of the parameter, or UINT32_MAX for the creation
  kFsmount = 20,
  kMoveMount = 21,
  kMountSetattr = 22,
  kResolve = 23,  // openat2 below the root
  kMknod = 24,
  kChown = 25,
  kChmod = 26,
  kSymlink = 27,
  kSocket = 28,
  kIoctl = 29,
  kPivotRoot = 30,
  kUmount = 31,
  kChdir = 32,
  kSethostname = 33,
  kSetdomainname = 34,
  kSetsid = 35,
  kPtmx = 36,
  kPrctl = 37,
  kSeccomp = 38,
  kCapset = 39,
  kGetcwd = 40,
  kCloseRange = 41,
  kExecve = 42,
  kFork = 43,
  kDup = 44,
  kNotDevice = 45,  // the path is not the device it should be
  kPeerGone = 46,
  kChroot = 47,
  kKeyctl = 48,
  kAccess = 49,
  kAccept = 50,
  kSendmsg = 51,
  kHookExec = 52,     // a: which hook
  kHookStatus = 53,   // err: its status
  kHookSignal = 54,   // err: the signal it was killed by
  kHookTimeout = 55,  // err: ETIMEDOUT
  kSchedSetattr = 56,
  kIoprioSet = 57,
  kSchedSetaffinity = 58,
  kPersonality = 59,
  kSetMempolicy = 60,
  kFspick = 61,
  kSetPropagation = 62,
  kSetIdMap = 63,
  kFindInterface = 64,
  kReadAddresses = 65,
  kMoveInterface = 66,
  kSetAddress = 67,
  kSetLinkUp = 68,
  kSetxattr = 69,
  kMakeInterface = 70,
  kAddRoute = 71,
  kProgramStatus = 72,  // err: what it ended with
  kBindSocket = 73,
  kWatchFile = 74,
};

struct Message {
  MessageType type;
  uint32_t step;
  int32_t err;
  Op op;
  uint64_t a;
  uint64_t b;
};
static_assert(std::is_trivially_copyable_v<Message> && sizeof(Message) == 32,
              "a message crosses sockets as bytes");

// The launcher's answer to kLookup, after a Message of type kAnswer: ids, then HOME.
constexpr uint32_t kMaxAnswerGroups = 2048;
constexpr uint32_t kMaxAnswerHome = 4096;
struct Answer {
  uint32_t uid;
  uint32_t gid;
  uint32_t group_count;
  uint32_t home_size;  // with its NUL; 0: no HOME
  uint32_t groups[kMaxAnswerGroups];
  char home[kMaxAnswerHome];
};
static_assert(std::is_trivially_copyable_v<Answer>, "an answer crosses sockets as bytes");

// Room for one descriptor beside a message.
struct RightsBuffer {
  alignas(struct cmsghdr) char bytes[CMSG_SPACE(sizeof(int))];
};

// Has `header` carry a descriptor, unix(7); `control` has to live until it is sent. Safe after
// clone.
void AttachDescriptor(struct msghdr* header, RightsBuffer* control, int fd);

// Sends a message, with a descriptor unless fd is -1. Returns 0 or errno. Safe after clone.
int SendMessage(int socket, const Message& message, int fd);

// Sends bytes as one packet (or one write, on a stream), with a descriptor unless fd is -1.
int SendPacket(int socket, const void* data, uint32_t size, int fd);

// Receives one packet into `buffer`; `fd` becomes -1 or a received descriptor (close-on-exec).
// Returns the size, 0 when the peer is gone, or -errno. Safe after clone.
int ReceivePacket(int socket, void* buffer, uint32_t size, int* fd);

}  // namespace tsrun

#endif  // TSRUN_SYS_MESSAGE_H_
