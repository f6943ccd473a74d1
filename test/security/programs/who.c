// Prints the ids that a set-user-ID program gets.
#include <stdio.h>
#include <unistd.h>

int main(void) {
  printf("uid %d euid %d\n", getuid(), geteuid());
  return 0;
}
