// A disk that fails or hangs when it is told to: a library that is loaded in front of the C library and stands between
// a program and its calls of write, fsync and fdatasync. What else the program does is not touched.
//
//   BAD_DISK_FOLDER   only files in this folder, and the folder itself, are bad
//   BAD_DISK_ORDERS   a file of orders, looked at for each call: lines of CALL WORD DEED. CALL is write or sync, WORD
//                     stands in the path of the file, DEED is one of
//                       hang     the call begins when the order is gone
//                       slow     it begins after 800 ms
//                       EIO      it fails, and nothing is done
//                       ENOSPC   it fails, and nothing is done
//                       lose     it fails with EIO, and the file is again as long as at its last good sync
//   BAD_DISK_CALLS    a file that gets a line for each sync: its path, then what came of it: good, EIO, ENOSPC or lose
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { FILES_MAX = 256, TEXT_MAX = 4096 };

typedef ssize_t Write(int, const void*, size_t);
typedef int Sync(int);

// How long each file was when it was last synced.
static struct {
  ino_t file;
  off_t size;
} synced[FILES_MAX];
static int synced_count;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

static void* next_of(const char* name) { return dlsym(RTLD_NEXT, name); }

static off_t* synced_size(ino_t file) {
  for (int i = 0; i < synced_count; ++i) {
    if (synced[i].file == file) return &synced[i].size;
  }
  if (synced_count == FILES_MAX) abort();
  synced[synced_count].file = file;
  return &synced[synced_count++].size;
}

// The path of a file of the folder, or 0.
static int path_of(int fd, char path[PATH_MAX]) {
  const char* folder = getenv("BAD_DISK_FOLDER");
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  const ssize_t size = readlink(link, path, PATH_MAX - 1);
  if (folder == NULL || size < 0) return 0;
  path[size] = '\0';
  return strncmp(path, folder, strlen(folder)) == 0;
}

// What is to be done in a call; "good" without an order.
static void deed_of(const char* call, const char* path, char deed[16]) {
  char text[TEXT_MAX] = "";
  strcpy(deed, "good");
  const char* orders = getenv("BAD_DISK_ORDERS");
  const int fd = orders == NULL ? -1 : open(orders, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return;
  const ssize_t size = read(fd, text, sizeof text - 1);
  close(fd);
  text[size < 0 ? 0 : size] = '\0';
  char* rest = NULL;
  for (char* line = strtok_r(text, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest)) {
    char of[16];
    char word[64];
    char what[16];
    if (sscanf(line, "%15s %63s %15s", of, word, what) != 3) abort();
    if (strcmp(of, call) == 0 && strstr(path, word) != NULL) strcpy(deed, what);
  }
}

// The same once it is not to hang, or has waited.
static void await_deed(const char* call, const char* path, char deed[16]) {
  const struct timespec pause = {0, 2000000};
  for (deed_of(call, path, deed); strcmp(deed, "hang") == 0; deed_of(call, path, deed)) nanosleep(&pause, NULL);
  if (strcmp(deed, "slow") != 0) return;
  const struct timespec slowness = {0, 800000000};
  nanosleep(&slowness, NULL);
  strcpy(deed, "good");
}

static void tell(const char* path, const char* deed) {
  const char* calls = getenv("BAD_DISK_CALLS");
  char line[PATH_MAX + 32];
  const int size = snprintf(line, sizeof line, "%s %s\n", path, deed);
  const int fd = calls == NULL ? -1 : open(calls, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (fd < 0) return;
  if (((Write*)next_of("write"))(fd, line, (size_t)size) != size) abort();
  close(fd);
}

static int is_failure(const char* deed) {
  if (strcmp(deed, "good") == 0) return 0;
  errno = strcmp(deed, "ENOSPC") == 0 ? ENOSPC : EIO;
  return 1;
}

ssize_t write(int fd, const void* bytes, size_t count) {
  char path[PATH_MAX];
  char deed[16];
  if (path_of(fd, path)) {
    await_deed("write", path, deed);
    if (is_failure(deed)) return -1;
  }
  return ((Write*)next_of("write"))(fd, bytes, count);
}

static int sync_by(const char* name, int fd) {
  char path[PATH_MAX];
  char deed[16];
  struct stat facts;
  if (!path_of(fd, path)) return ((Sync*)next_of(name))(fd);
  await_deed("sync", path, deed);
  fstat(fd, &facts);
  int result = -1;
  if (strcmp(deed, "good") == 0) result = ((Sync*)next_of(name))(fd);
  pthread_mutex_lock(&mutex);
  if (result == 0) *synced_size(facts.st_ino) = facts.st_size;
  if (strcmp(deed, "lose") == 0 && ftruncate(fd, *synced_size(facts.st_ino)) != 0) abort();
  tell(path, deed);
  pthread_mutex_unlock(&mutex);
  return is_failure(deed) ? -1 : result;
}

int fsync(int fd) { return sync_by("fsync", fd); }
int fdatasync(int fd) { return sync_by("fdatasync", fd); }
