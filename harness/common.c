#include "harness/common.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

rtk_status rtk_common_new(rtk_common *common) {
    int fd = memfd_create("racetrack-memory", MFD_CLOEXEC);
    if (fd < 0) return RTK_ENOMEM;
    *common = (rtk_common){.fd = fd};
    return RTK_OK;
}

void rtk_common_join(rtk_common *common, int fd) {
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    *common = (rtk_common){.fd = fd, .joined = true};
}

void rtk_common_close(rtk_common *common) {
    if (common->fd >= 0) close(common->fd);
    common->fd = -1;
}

/* Whether the file reaches up to `end`. */
static bool reaches(const rtk_common *common, size_t end) {
    struct stat now;
    if (!common->joined) return ftruncate(common->fd, (off_t)end) == 0;
    return fstat(common->fd, &now) == 0 && (size_t)now.st_size >= end;
}

void *rtk_common_map(rtk_common *common, void *at, size_t bytes) {
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t pages = (bytes + page - 1) / page * page;
    size_t start = common->used;
    common->used += pages;
    if (!reaches(common, common->used)) return NULL;
    void *map =
        mmap(at, pages, PROT_READ | PROT_WRITE,
             MAP_SHARED | (at ? MAP_FIXED : 0), common->fd, (off_t)start);
    return map == MAP_FAILED ? NULL : map;
}
