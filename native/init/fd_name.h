// A descriptor as a path.
#ifndef TSRUN_INIT_FD_NAME_H_
#define TSRUN_INIT_FD_NAME_H_

namespace tsrun {

// A descriptor's number: with /proc/self/fd as the working directory that is a path, short and with
// no character that overlay's option parser gives a meaning, whatever the store is called.
struct FdName {
  char text[12];
};

inline FdName NameOf(int fd) {
  FdName name = {};
  char digits[12];
  int count = 0;
  unsigned value = static_cast<unsigned>(fd);
  do {
    digits[count++] = static_cast<char>('0' + value % 10);
    value /= 10;
  } while (value != 0);
  for (int i = 0; i < count; ++i) name.text[i] = digits[count - 1 - i];
  return name;
}

}  // namespace tsrun

#endif  // TSRUN_INIT_FD_NAME_H_
