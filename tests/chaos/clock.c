// A clock that a test can set. Preloaded into an instance, it moves the wall clock ahead by the number of seconds in the file
// named by DATELINE_TEST_CLOCK (64 bits, native byte order; changed in place). The monotonic clock is unchanged.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <threads.h>
#include <time.h>
#include <unistd.h>

// How often a wait checks whether the clock was set.
#define LOOK_NS 50000000LL

static const volatile int64_t *set;

__attribute__((constructor)) static void open_clock(void) {
  const char *name = getenv("DATELINE_TEST_CLOCK");
  int file = name ? open(name, O_RDONLY | O_CLOEXEC) : -1;
  void *map = file < 0 ? MAP_FAILED : mmap(NULL, sizeof *set, PROT_READ, MAP_SHARED, file, 0);
  if (map == MAP_FAILED) abort();
  set = map;
}

static int64_t ahead(void) { return set ? *set : 0; }

int clock_gettime(clockid_t clock, struct timespec *now) {
  int failed = (int)syscall(SYS_clock_gettime, clock, now);
  if (!failed && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) now->tv_sec += ahead();
  return failed;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
  struct timespec exact;
  (void)zone;
  if (clock_gettime(CLOCK_REALTIME, &exact)) return -1;
  now->tv_sec = exact.tv_sec;
  now->tv_usec = exact.tv_nsec / 1000;
  return 0;
}

time_t time(time_t *seconds) {
  struct timespec now = {0};
  clock_gettime(CLOCK_REALTIME, &now);
  if (seconds) *seconds = now.tv_sec;
  return now.tv_sec;
}

int timespec_get(struct timespec *now, int base) { return base == TIME_UTC && !clock_gettime(CLOCK_REALTIME, now) ? base : 0; }

// Waits like the kernel: until the clock, set or not, shows that time. If it was set back, the wait is longer.
int cnd_timedwait(cnd_t *restrict condition, mtx_t *restrict mutex, const struct timespec *restrict until) {
  int (*wait)(cnd_t *, mtx_t *, const struct timespec *) = (int (*)(cnd_t *, mtx_t *, const struct timespec *))dlsym(RTLD_NEXT, "cnd_timedwait");
  for (;;) {
    struct timespec now, look;
    clock_gettime(CLOCK_REALTIME, &now);
    long long left = (until->tv_sec - now.tv_sec) * 1000000000LL + until->tv_nsec - now.tv_nsec;
    syscall(SYS_clock_gettime, CLOCK_REALTIME, &look);
    if (left > LOOK_NS) left = LOOK_NS;
    if (left < 0) left = 0;
    look.tv_nsec += left;
    if (look.tv_nsec >= 1000000000) {
      look.tv_sec++;
      look.tv_nsec -= 1000000000;
    }
    int ended = wait(condition, mutex, &look);
    if (ended != thrd_timedout || left < LOOK_NS) return ended;
  }
}
