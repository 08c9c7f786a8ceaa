#include "harness/lane.h"

#include <dlfcn.h>
#include <malloc.h>
#include <stdio.h>
#include <unistd.h>

static char program[1024];

void rtk_lane_prepare(void) {
    if (program[0]) return;
    ssize_t n = readlink("/proc/self/exe", program, sizeof program - 1);
    program[n > 0 ? n : 0] = 0;
}

void rtk_lane_settle(void) {}

void rtk_lane_declare_read(const void *data, size_t bytes, uintptr_t code) {
    (void)data, (void)bytes, (void)code;
}

void rtk_lane_declare_write(void *data, size_t bytes, uintptr_t code) {
    (void)data, (void)bytes, (void)code;
}

bool rtk_lane_locate(uintptr_t pc, char *path, size_t room, uintptr_t *offset) {
    Dl_info at;
    if (!dladdr((void *)pc, &at) || !at.dli_fname) return false;
    /* The program itself is named as it was called. */
    const char *name = at.dli_fname[0] == '/' ? at.dli_fname : program;
    snprintf(path, room, "%s", name);
    *offset = pc - (uintptr_t)at.dli_fbase;
    return true;
}

void rtk_lane_leave(void) {}

const char *rtk_lane_oracle(void) {
    return NULL;
}

bool rtk_lane_forks_threaded(void) {
    return true;
}

/* The heap of all arenas, and what is mapped beside it. */
uint64_t rtk_lane_allocated(void) {
    struct mallinfo2 m = mallinfo2();
    return m.uordblks + m.hblkhd;
}
