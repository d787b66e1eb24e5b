// Preloaded into a broker: while the file named by FAILING_SYNC_SWITCH exists, fsync and fdatasync of
// everything below the path it holds fail with EIO, as a dying disk fails them. Each refused call
// adds a line to FAILING_SYNC_LOG, so that a test sees whether the broker believes a second try.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int refuses(int descriptor) {
  const char* name = getenv("FAILING_SYNC_SWITCH");
  int opened = name ? open(name, O_RDONLY | O_CLOEXEC) : -1;
  if (opened < 0) return 0;
  char wanted[4096], link[64], path[4096];
  ssize_t wanted_length = read(opened, wanted, sizeof wanted);
  close(opened);
  snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (wanted_length <= 0 || length < wanted_length || memcmp(path, wanted, (size_t)wanted_length) != 0) return 0;
  path[length] = '\n';
  int log = open(getenv("FAILING_SYNC_LOG"), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (log >= 0 && write(log, path, (size_t)length + 1) < 0) abort();
  close(log);
  return 1;
}

static int call(const char* name, int descriptor) {
  if (refuses(descriptor)) {
    errno = EIO;
    return -1;
  }
  int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, name);
  return real(descriptor);
}

int fsync(int descriptor) { return call("fsync", descriptor); }
int fdatasync(int descriptor) { return call("fdatasync", descriptor); }
