#include "monitor/output.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace tsrun {
namespace {

constexpr size_t kChunk = 16384;

bool HasBytes(int fd) {
  struct pollfd ready = {fd, POLLIN, 0};
  return poll(&ready, 1, 0) > 0 && (ready.revents & POLLIN) != 0;
}

}  // namespace

void Output::Start(Stream stream, Fd* from, int to, Loss loss) {
  stream_ = stream;
  from_ = from;
  to_ = to;
  loss_ = loss;
  struct stat st = {};
  if (to < 0 || fstat(to, &st) != 0) return;
  if (S_ISFIFO(st.st_mode)) {
    kind_ = Kind::kPipe;
  } else if (S_ISREG(st.st_mode)) {
    kind_ = Kind::kFile;
  } else {
    kind_ = Kind::kOther;
    PrepareBriefWrites();
  }
}

void Output::Forget() {
  kind_ = Kind::kNobody;
  to_ = -1;
  full_ = false;
  rest_.Discard();
}

void Output::ReceiverGone() {
  if (loss_ == Loss::kBreaksPipe) from_->Close();
  Forget();
}

bool Output::Pass(Witnesses& witnesses) {
  if (from_ == nullptr || !from_->valid()) return false;
  if (!rest_.empty()) return DrainRest();
  if (kind_ == Kind::kPipe) return PassThroughPipe(witnesses);
  const bool open = rest_.Fill(from_->get());
  const bool came = !rest_.empty();
  witnesses.Take(stream_, rest_.data(), rest_.size());
  if (!open) {
    from_->Close();
    return false;
  }
  if (kind_ == Kind::kNobody) rest_.Discard();
  return came && (rest_.empty() || DrainRest());
}

// tee(2) never sleeps when asked not to, whoever shares the pipe; write(2) would, and O_NONBLOCK
// would be a change for everybody who has it open.
bool Output::PassThroughPipe(Witnesses& witnesses) {
  full_ = false;
  const ssize_t came = tee(from_->get(), to_, kChunk, SPLICE_F_NONBLOCK);
  if (came < 0 && errno == EINTR) return true;
  if (came < 0 && errno == EAGAIN) {
    full_ = HasBytes(from_->get());
    return false;
  }
  if (came == 0) {
    from_->Close();
    return false;
  }
  if (came < 0) {
    ReceiverGone();
    return true;
  }
  // The same bytes once more, and no others: they are there, and we alone read them.
  char bytes[kChunk];
  for (ssize_t left = came; left > 0;) {
    const ssize_t got = read(from_->get(), bytes, static_cast<size_t>(left));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    witnesses.Take(stream_, bytes, static_cast<size_t>(got));
    left -= got;
  }
  return true;
}

bool Output::DrainRest() {
  if (!rest_.Drain(to_, kind_ == Kind::kFile ? kChunk : kAtOnce)) ReceiverGone();
  return rest_.empty() && from_->valid();
}

}  // namespace tsrun
