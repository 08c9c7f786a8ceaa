#include "harness/pulse.h"

#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "harness/common.h"

static rtk_pulse_page *used;

static size_t bytes(size_t n) {
    return sizeof(rtk_pulse_page) + n * sizeof(rtk_pulse_beat);
}

rtk_status rtk_pulse_new(rtk_pulse_page **page, size_t n) {
    rtk_common space;
    if (rtk_common_new(&space)) return RTK_ENOMEM;
    void *map = rtk_common_map(&space, NULL, bytes(n));
    if (!map) {
        rtk_common_close(&space);
        return RTK_ENOMEM;
    }
    *page = map;
    (*page)->n = n;
    (*page)->fd = space.fd;
    return RTK_OK;
}

void rtk_pulse_free(rtk_pulse_page *page) {
    if (!page) return;
    close(page->fd);
    munmap(page, bytes(page->n));
}

/* Lines beyond the first that no actor has begun were never written. */
void rtk_pulse_reset(rtk_pulse_page *page) {
    for (size_t i = 0; i < page->n; i++) {
        rtk_pulse_beat *b = &page->beat[i];
        if (!atomic_load_explicit(&b->thread, memory_order_relaxed)) continue;
        atomic_store_explicit(&b->calls, 0, memory_order_relaxed);
        atomic_store_explicit(&b->over, false, memory_order_relaxed);
        atomic_store_explicit(&b->thread, 0, memory_order_relaxed);
    }
}

void rtk_pulse_use(rtk_pulse_page *page) {
    used = page;
}

int rtk_pulse_descriptor(void) {
    return used ? used->fd : -1;
}

void rtk_pulse_join(int fd) {
    struct stat now;
    if (fd < 0 || fstat(fd, &now) != 0) return;
    void *map = mmap(NULL, (size_t)now.st_size, PROT_READ | PROT_WRITE,
                     MAP_SHARED, fd, 0);
    close(fd);
    if (map != MAP_FAILED) used = map;
}

static rtk_pulse_beat *of(unsigned index) {
    return used && index < used->n ? &used->beat[index] : NULL;
}

void rtk_pulse_begin(unsigned index) {
    rtk_pulse_beat *b = of(index);
    if (b)
        atomic_store_explicit(&b->thread, (int)syscall(SYS_gettid),
                              memory_order_relaxed);
}

void rtk_pulse(unsigned index) {
    rtk_pulse_beat *b = of(index);
    if (!b) return;
    /* No other writer: load and store are enough. */
    uint64_t calls = atomic_load_explicit(&b->calls, memory_order_relaxed);
    atomic_store_explicit(&b->calls, calls + 1, memory_order_relaxed);
}

void rtk_pulse_end(unsigned index) {
    rtk_pulse_beat *b = of(index);
    if (b) atomic_store_explicit(&b->over, true, memory_order_relaxed);
}
