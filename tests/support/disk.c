/* Stands between a program under test and the C library (LD_PRELOAD), and does two things that a test asks for:

   PAIRPOST_FAULTS  names a file of three numbers of 64 bits, which the test and the program share: how many calls that write
                    the database were made, the first one that fails (0: none), and the last one that fails. A call that
                    fails does nothing and says EIO, as a broken disk does. It is SQLite's own way of testing: every call
                    fails once.
   PAIRPOST_TOUCHED names a file to which each path is appended that is opened for writing, made, renamed, removed or run.

   Built with cc by tests/support/disk.rs. It is C because a library of this kind cannot be written without unsafe code. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <unistd.h>

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

struct faults { uint64_t count, first, last; };

static struct faults *faults(void) {
    static struct faults *shared;
    static int looked;
    if (!looked) {
        looked = 1;
        const char *path = getenv("PAIRPOST_FAULTS");
        int fd = path ? REAL(open)(path, O_RDWR) : -1;
        if (fd >= 0) {
            void *at = mmap(NULL, sizeof(struct faults), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
            if (at != MAP_FAILED) shared = at;
            close(fd);
        }
    }
    return shared;
}

static int is_database(const char *path) { return strstr(path, "pairpost.db") != NULL; }

/* Counts a call that writes the database, and says whether it fails. */
static int fails(const char *path) {
    struct faults *shared = faults();
    if (!shared || !is_database(path)) return 0;
    uint64_t number = __atomic_add_fetch(&shared->count, 1, __ATOMIC_SEQ_CST);
    if (shared->first == 0 || number < shared->first || number > shared->last) return 0;
    errno = EIO;
    return 1;
}

static int fd_fails(int fd) {
    char link[64], path[4096];
    if (!faults()) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return 0;
    path[length] = 0;
    return fails(path);
}

static void touched(const char *what, const char *path) {
    const char *list = getenv("PAIRPOST_TOUCHED");
    if (!list || !path) return;
    int kept = errno, fd = REAL(open)(list, O_WRONLY | O_APPEND | O_CREAT, 0600);
    if (fd >= 0) {
        char line[8300];
        int length = snprintf(line, sizeof line, "%s %s\n", what, path);
        if (length > 0 && REAL(write)(fd, line, length < (int)sizeof line ? length : (int)sizeof line - 1) < 0) abort();
        close(fd);
    }
    errno = kept;
}

#define OPENING(name, ...)                                                        \
    va_list rest;                                                                 \
    va_start(rest, flags);                                                        \
    mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0;       \
    va_end(rest);                                                                 \
    if (flags & (O_WRONLY | O_RDWR | O_CREAT)) touched("open", path);             \
    if (flags & O_CREAT && fails(path)) return -1;                                \
    return REAL(name)(__VA_ARGS__, flags, mode);

int open(const char *path, int flags, ...) { OPENING(open, path) }
int open64(const char *path, int flags, ...) { OPENING(open64, path) }
int openat(int at, const char *path, int flags, ...) { OPENING(openat, at, path) }
int openat64(int at, const char *path, int flags, ...) { OPENING(openat64, at, path) }

ssize_t write(int fd, const void *bytes, size_t size) { return fd_fails(fd) ? -1 : REAL(write)(fd, bytes, size); }
ssize_t pwrite(int fd, const void *bytes, size_t size, off_t at) {
    return fd_fails(fd) ? -1 : REAL(pwrite)(fd, bytes, size, at);
}
ssize_t pwrite64(int fd, const void *bytes, size_t size, off64_t at) {
    return fd_fails(fd) ? -1 : REAL(pwrite64)(fd, bytes, size, at);
}
int fsync(int fd) { return fd_fails(fd) ? -1 : REAL(fsync)(fd); }
int fdatasync(int fd) { return fd_fails(fd) ? -1 : REAL(fdatasync)(fd); }
int ftruncate(int fd, off_t size) { return fd_fails(fd) ? -1 : REAL(ftruncate)(fd, size); }
int ftruncate64(int fd, off64_t size) { return fd_fails(fd) ? -1 : REAL(ftruncate64)(fd, size); }

int unlink(const char *path) {
    touched("unlink", path);
    return fails(path) ? -1 : REAL(unlink)(path);
}
int rename(const char *from, const char *to) {
    touched("rename", from);
    touched("rename", to);
    return REAL(rename)(from, to);
}
int mkdir(const char *path, mode_t mode) {
    touched("mkdir", path);
    return ((int (*)(const char *, mode_t))dlsym(RTLD_NEXT, "mkdir"))(path, mode);
}
int execvp(const char *path, char *const words[]) {
    touched("run", path);
    return REAL(execvp)(path, words);
}
int posix_spawnp(pid_t *pid, const char *path, const posix_spawn_file_actions_t *actions, const posix_spawnattr_t *attributes,
                 char *const words[], char *const environment[]) {
    touched("run", path);
    return REAL(posix_spawnp)(pid, path, actions, attributes, words, environment);
}
