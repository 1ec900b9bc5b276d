/* Writes down what a process writes to SQLite's files, and when that is synced, so that a test can
 * tell what a power cut at any moment would have left. Preloaded; POWER_JOURNAL names the journal,
 * POWER_FILE the database. Record: file (0 database, 1 write-ahead log), kind, offset, length. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

enum { WRITTEN, SYNCED, CUT };

struct record { uint32_t file, kind; uint64_t offset, length; };

static int file_of(int fd) {
    char link[64], path[4096];
    const char *database = getenv("POWER_FILE");
    if (!database) return -1;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return -1;
    path[length] = 0;
    size_t known = strlen(database);
    if (strncmp(path, database, known)) return -1;
    return path[known] == 0 ? 0 : strcmp(path + known, "-wal") ? -1 : 1;
}

static void note(int fd, uint32_t kind, uint64_t offset, uint64_t length, const void *data) {
    static int journal = -1;
    int file = file_of(fd);
    if (file < 0) return;
    if (journal < 0) journal = open(getenv("POWER_JOURNAL"), O_WRONLY | O_APPEND | O_CREAT, 0600);
    struct record record = {file, kind, offset, length};
    struct iovec parts[2] = {{&record, sizeof record}, {(void *)data, data ? length : 0}};
    if (writev(journal, parts, 2) < 0) abort();
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

ssize_t pwrite64(int fd, const void *data, size_t length, off64_t offset) {
    note(fd, WRITTEN, offset, length, data);
    return REAL(pwrite64)(fd, data, length, offset);
}

ssize_t pwrite(int fd, const void *data, size_t length, off_t offset) {
    note(fd, WRITTEN, offset, length, data);
    return REAL(pwrite)(fd, data, length, offset);
}

int ftruncate64(int fd, off64_t length) {
    note(fd, CUT, length, 0, NULL);
    return REAL(ftruncate64)(fd, length);
}

int ftruncate(int fd, off_t length) {
    note(fd, CUT, length, 0, NULL);
    return REAL(ftruncate)(fd, length);
}

int fdatasync(int fd) {
    int done = REAL(fdatasync)(fd);
    if (!done) note(fd, SYNCED, 0, 0, NULL);
    return done;
}

int fsync(int fd) {
    int done = REAL(fsync)(fd);
    if (!done) note(fd, SYNCED, 0, 0, NULL);
    return done;
}
