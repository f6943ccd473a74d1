// session-keys give COMMAND...: puts a key into a new session keyring and runs the command under it.
// session-keys find: looks for that key as a program of the same session would, and prints what it found.
#define _GNU_SOURCE
#include <errno.h>
#include <linux/keyctl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static const char kName[] = "tsrun-test:secret";

int main(int argc, char **argv) {
  if (argc > 2 && strcmp(argv[1], "give") == 0) {
    if (syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) < 0) return 70;
    if (syscall(SYS_add_key, "user", kName, "geheim", 6, KEY_SPEC_SESSION_KEYRING) < 0) return 71;
    execvp(argv[2], argv + 2);
    return 72;
  }
  char payload[64] = "";
  long key = syscall(SYS_keyctl, KEYCTL_SEARCH, KEY_SPEC_SESSION_KEYRING, "user", kName, 0);
  if (key < 0) {
    printf("errno %s\n", strerrorname_np(errno));
    return 0;
  }
  long size = syscall(SYS_keyctl, KEYCTL_READ, key, payload, sizeof payload - 1, 0);
  printf("found %.*s\n", size > 0 ? (int)size : 0, payload);
  return 0;
}
