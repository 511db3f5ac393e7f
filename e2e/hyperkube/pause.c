/* Process 1 of a pod and of a node: does nothing, but collects the children that others leave behind. */
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static void leave(int signal_number) {
  (void)signal_number;
  _exit(0);
}

static void collect(int signal_number) {
  (void)signal_number;
  while (waitpid(-1, NULL, WNOHANG) > 0) {
  }
}

int main(void) {
  signal(SIGCHLD, collect);
  signal(SIGINT, leave);
  signal(SIGTERM, leave);
  for (;;) pause();
}
