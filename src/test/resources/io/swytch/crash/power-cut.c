/*
 * Preloaded into a server, it writes down what a power cut could take back. For files below the folder SWYTCH_CUT_DATA it notes each write with what
 * was there before, each force with its begin and end, and each change of a folder's names; files stay reachable under their inode's number in the
 * folder SWYTCH_CUT_NOTES, where the notes lie too: "notes", one line each, and "before", the bytes that were overwritten.
 * SWYTCH_CUT_BOOT names a file that is read instead of the kernel's boot id: after a power cut that is another.
 *
 * Lines: time in nanoseconds, kind, and
 *   W inode offset length size-before place-in-before bytes-in-before    a write; T, with length 0 and the new size as offset: a cut or lengthened file
 *   B inode number · E inode number result    begin and end of a force
 *   C inode path · U inode path · L inode path · R inode path new-path inode-overwritten
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int notes = -1, before = -1;
static long beforeBytes, forces;
static const char *data, *room;

__attribute__((constructor)) static void begin(void) {
    char path[PATH_MAX];
    data = getenv("SWYTCH_CUT_DATA");
    room = getenv("SWYTCH_CUT_NOTES");
    if (data == NULL || room == NULL) {
        data = NULL;
        return;
    }
    snprintf(path, sizeof path, "%s/notes", room);
    notes = syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    snprintf(path, sizeof path, "%s/before", room);
    before = syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

__attribute__((format(printf, 1, 2))) static void note(const char *format, ...) {
    char line[3 * PATH_MAX];
    struct timespec now;
    va_list args;
    clock_gettime(CLOCK_MONOTONIC, &now);
    int length = snprintf(line, sizeof line, "%lld ", now.tv_sec * 1000000000LL + now.tv_nsec);
    va_start(args, format);
    length += vsnprintf(line + length, sizeof line - length - 1, format, args);
    va_end(args);
    line[length++] = '\n';
    syscall(SYS_write, notes, line, length);
}

static int concerns(const char *path) {
    return data != NULL && path != NULL && strncmp(path, data, strlen(data)) == 0;
}

/* Whether the open file lies below the folder; if so, with what stat says. */
static int concernsOpen(int fd, struct stat *found) {
    char link[64], path[PATH_MAX];
    int saved = errno;
    if (data == NULL) {
        return 0;
    }
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    int yes = 0;
    if (length > 0) {
        path[length] = 0;
        yes = concerns(path) && fstat(fd, found) == 0;
    }
    errno = saved;
    return yes;
}

/* Keeps the file reachable whatever becomes of its names. Returns its inode, or 0. */
static unsigned long keep(const char *path) {
    char kept[PATH_MAX];
    struct stat found;
    int saved = errno;
    unsigned long inode = 0;
    if (lstat(path, &found) == 0 && S_ISREG(found.st_mode)) {
        inode = found.st_ino;
        snprintf(kept, sizeof kept, "%s/%lu", room, inode);
        syscall(SYS_linkat, AT_FDCWD, path, AT_FDCWD, kept, 0);
    }
    errno = saved;
    return inode;
}

/* Saves what lies where something is about to be written. Called with the lock. */
static long save(int fd, long offset, long length, long size, long *place) {
    static char bytes[1 << 16];
    char own[64];
    *place = beforeBytes;
    long end = offset + length < size ? offset + length : size;
    if (offset >= end) {
        return 0;
    }
    /* The file may be open for writing only. */
    snprintf(own, sizeof own, "/proc/self/fd/%d", fd);
    int in = syscall(SYS_openat, AT_FDCWD, own, O_RDONLY | O_CLOEXEC, 0);
    long saved = 0;
    while (in >= 0 && offset + saved < end) {
        long want = end - offset - saved;
        long got = syscall(SYS_pread64, in, bytes, want < (long)sizeof bytes ? want : (long)sizeof bytes, offset + saved);
        if (got <= 0) {
            break;
        }
        syscall(SYS_write, before, bytes, got);
        saved += got;
    }
    if (in >= 0) {
        syscall(SYS_close, in);
    }
    beforeBytes += saved;
    return saved;
}

static ssize_t noted(int fd, const void *bytes, size_t count, off_t at, int positioned) {
    struct stat found;
    if (!concernsOpen(fd, &found)) {
        return positioned ? syscall(SYS_pwrite64, fd, bytes, count, at) : syscall(SYS_write, fd, bytes, count);
    }
    pthread_mutex_lock(&lock);
    fstat(fd, &found);
    long offset = positioned ? at : (fcntl(fd, F_GETFL) & O_APPEND) ? found.st_size : lseek(fd, 0, SEEK_CUR);
    long place;
    long saved = save(fd, offset, count, found.st_size, &place);
    ssize_t result = positioned ? syscall(SYS_pwrite64, fd, bytes, count, at) : syscall(SYS_write, fd, bytes, count);
    int failure = errno;
    if (result > 0) {
        note("W %lu %ld %ld %ld %ld %ld", found.st_ino, offset, (long)result, (long)found.st_size, place, saved);
    }
    pthread_mutex_unlock(&lock);
    errno = failure;
    return result;
}

ssize_t write(int fd, const void *bytes, size_t count) {
    return noted(fd, bytes, count, 0, 0);
}

ssize_t pwrite(int fd, const void *bytes, size_t count, off_t at) {
    return noted(fd, bytes, count, at, 1);
}

ssize_t pwrite64(int fd, const void *bytes, size_t count, off64_t at) {
    return noted(fd, bytes, count, at, 1);
}

static int resized(int fd, off_t length) {
    struct stat found;
    if (!concernsOpen(fd, &found)) {
        return syscall(SYS_ftruncate, fd, length);
    }
    pthread_mutex_lock(&lock);
    fstat(fd, &found);
    long place;
    long saved = save(fd, length, LONG_MAX / 2, found.st_size, &place);
    int result = syscall(SYS_ftruncate, fd, length);
    int failure = errno;
    if (result == 0) {
        note("T %lu %ld 0 %ld %ld %ld", found.st_ino, (long)length, (long)found.st_size, place, saved);
    }
    pthread_mutex_unlock(&lock);
    errno = failure;
    return result;
}

int ftruncate(int fd, off_t length) {
    return resized(fd, length);
}

int ftruncate64(int fd, off64_t length) {
    return resized(fd, length);
}

static int forced(int fd, long call) {
    struct stat found;
    if (!concernsOpen(fd, &found)) {
        return syscall(call, fd);
    }
    pthread_mutex_lock(&lock);
    long number = ++forces;
    note("B %lu %ld", found.st_ino, number);
    pthread_mutex_unlock(&lock);
    int result = syscall(call, fd);
    int failure = errno;
    pthread_mutex_lock(&lock);
    note("E %lu %ld %d", found.st_ino, number, result);
    pthread_mutex_unlock(&lock);
    errno = failure;
    return result;
}

int fsync(int fd) {
    return forced(fd, SYS_fsync);
}

int fdatasync(int fd) {
    return forced(fd, SYS_fdatasync);
}

static int opened(int folder, const char *path, int flags, mode_t mode) {
    const char *boot = getenv("SWYTCH_CUT_BOOT");
    if (boot != NULL && path != NULL && strcmp(path, "/proc/sys/kernel/random/boot_id") == 0) {
        path = boot;
    }
    if (!concerns(path) || (flags & (O_WRONLY | O_RDWR)) == 0) {
        return syscall(SYS_openat, folder, path, flags, mode);
    }
    pthread_mutex_lock(&lock);
    struct stat found;
    int wasThere = lstat(path, &found) == 0;
    long place = 0, saved = 0;
    if (wasThere) {
        keep(path);
        if ((flags & O_TRUNC) && found.st_size > 0) {
            int in = syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);
            saved = save(in, 0, found.st_size, found.st_size, &place);
            syscall(SYS_close, in);
        }
    }
    int fd = syscall(SYS_openat, folder, path, flags, mode);
    int failure = errno;
    if (fd >= 0 && !wasThere) {
        note("C %lu %s", keep(path), path);
    } else if (fd >= 0 && (flags & O_TRUNC) && found.st_size > 0) {
        note("T %lu 0 0 %ld %ld %ld", found.st_ino, (long)found.st_size, place, saved);
    }
    pthread_mutex_unlock(&lock);
    errno = failure;
    return fd;
}

#define MODE(flags) \
    mode_t mode = 0; \
    if ((flags) & (O_CREAT | O_TMPFILE)) { \
        va_list args; \
        va_start(args, flags); \
        mode = va_arg(args, mode_t); \
        va_end(args); \
    }

int open(const char *path, int flags, ...) {
    MODE(flags)
    return opened(AT_FDCWD, path, flags, mode);
}

int open64(const char *path, int flags, ...) {
    MODE(flags)
    return opened(AT_FDCWD, path, flags, mode);
}

int openat(int folder, const char *path, int flags, ...) {
    MODE(flags)
    return opened(folder, path, flags, mode);
}

int openat64(int folder, const char *path, int flags, ...) {
    MODE(flags)
    return opened(folder, path, flags, mode);
}

int rename(const char *from, const char *to) {
    if (!concerns(from)) {
        return syscall(SYS_renameat, AT_FDCWD, from, AT_FDCWD, to);
    }
    pthread_mutex_lock(&lock);
    unsigned long moved = keep(from), overwritten = keep(to);
    int result = syscall(SYS_renameat, AT_FDCWD, from, AT_FDCWD, to);
    int failure = errno;
    if (result == 0) {
        note("R %lu %s %s %lu", moved, from, to, overwritten);
    }
    pthread_mutex_unlock(&lock);
    errno = failure;
    return result;
}

int link(const char *from, const char *to) {
    if (!concerns(to)) {
        return syscall(SYS_linkat, AT_FDCWD, from, AT_FDCWD, to, 0);
    }
    pthread_mutex_lock(&lock);
    int result = syscall(SYS_linkat, AT_FDCWD, from, AT_FDCWD, to, 0);
    int failure = errno;
    if (result == 0) {
        note("L %lu %s", keep(to), to);
    }
    pthread_mutex_unlock(&lock);
    errno = failure;
    return result;
}

int unlink(const char *path) {
    if (!concerns(path)) {
        return syscall(SYS_unlinkat, AT_FDCWD, path, 0);
    }
    pthread_mutex_lock(&lock);
    unsigned long inode = keep(path);
    int result = syscall(SYS_unlinkat, AT_FDCWD, path, 0);
    int failure = errno;
    if (result == 0) {
        note("U %lu %s", inode, path);
    }
    pthread_mutex_unlock(&lock);
    errno = failure;
    return result;
}
