/*
 * Preloaded into a server, it makes calls fail with EIO as a broken disk does, or take long. The file that SWYTCH_FAULT names says which: a line
 * "fsync PART" or "write PART" concerns files whose path contains PART, in which * stands for anything; "slow PART MILLIS" makes each write to them
 * take longer. While there is no such file, all is well.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

static int fails(const char *call, int fd) {
    const char *control = getenv("SWYTCH_FAULT");
    char line[256], name[32], part[200], pattern[210], link[64], path[4096];
    int saved = errno, millis = 0, slow;
    if (control == NULL || access(control, R_OK) != 0) {
        errno = saved;
        return 0;
    }
    FILE *file = fopen(control, "re");
    char *got = file == NULL ? NULL : fgets(line, sizeof line, file);
    if (file != NULL) {
        fclose(file);
    }
    errno = saved;
    if (got == NULL || sscanf(line, "%31s %199s %d", name, part, &millis) < 2) {
        return 0;
    }
    slow = strcmp(name, "slow") == 0;
    if (strcmp(slow ? "write" : name, call) != 0) {
        return 0;
    }
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    errno = saved;
    if (length < 0) {
        return 0;
    }
    path[length] = 0;
    snprintf(pattern, sizeof pattern, "*%s*", part);
    if (fnmatch(pattern, path, 0) != 0) {
        return 0;
    }
    if (slow) {
        struct timespec wait = {millis / 1000, millis % 1000 * 1000000L};
        nanosleep(&wait, NULL);
        errno = saved;
        return 0;
    }
    errno = EIO;
    return 1;
}

#define REAL(type, name) ((type)dlsym(RTLD_NEXT, name))

int fsync(int fd) {
    return fails("fsync", fd) ? -1 : REAL(int (*)(int), "fsync")(fd);
}

int fdatasync(int fd) {
    return fails("fsync", fd) ? -1 : REAL(int (*)(int), "fdatasync")(fd);
}

ssize_t write(int fd, const void *bytes, size_t count) {
    return fails("write", fd) ? -1 : REAL(ssize_t (*)(int, const void *, size_t), "write")(fd, bytes, count);
}

ssize_t pwrite(int fd, const void *bytes, size_t count, off_t at) {
    return fails("write", fd) ? -1 : REAL(ssize_t (*)(int, const void *, size_t, off_t), "pwrite")(fd, bytes, count, at);
}

ssize_t pwrite64(int fd, const void *bytes, size_t count, off64_t at) {
    return fails("write", fd) ? -1 : REAL(ssize_t (*)(int, const void *, size_t, off64_t), "pwrite64")(fd, bytes, count, at);
}
