/* An instance keeps a table in a file, which a call reads block by block. A
 * fork doubles the descriptor, not the place in the file where it stands: that
 * is moved by all processes. The twin says where to read each time. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "stress/faults/fault_common.h"

/* The file goes on behind the last block: a wrong place is no end of file. */
enum { BLOCK = 30, BLOCKS = RTK_TWIN_COUNT / BLOCK, IN_FILE = 2 * BLOCKS };

static double factor(size_t i) {
    return (double)(i + 1);
}

static bool fill_file(FILE *file) {
    for (size_t i = 0; i < (size_t)IN_FILE * BLOCK; i++) {
        double f = factor(i);
        if (fwrite(&f, sizeof f, 1, file) != 1) return false;
    }
    return fflush(file) == 0;
}

static rtk_status start(void *self, const rtk_args *args,
                        const rtk_views *views, int64_t workers,
                        void **instance) {
    FILE *file = tmpfile();
    (void)self, (void)args, (void)views, (void)workers;
    if (!file) return RTK_EIO;
    if (!fill_file(file)) {
        fclose(file);
        return RTK_EIO;
    }
    *instance = file;
    return RTK_OK;
}

static void stop(void *self, void *instance) {
    (void)self;
    fclose(instance);
}

static bool read_block(int file, size_t b, double table[BLOCK]) {
    size_t bytes = BLOCK * sizeof *table;
    if (!RTK_PLANT(file_offset))
        return pread(file, table, bytes, (off_t)(b * bytes)) == (ssize_t)bytes;
    if (b == 0) lseek(file, 0, SEEK_SET);
    return read(file, table, bytes) == (ssize_t)bytes;
}

static rtk_status run(void *self, void *instance, const rtk_views *views,
                      rtk_call *call) {
    double table[BLOCK];
    (void)self;
    call->message = "the file cannot be read";
    for (size_t b = 0; b < BLOCKS; b++) {
        if (!read_block(fileno(instance), b, table)) return RTK_EIO;
        for (size_t i = 0; i < BLOCK; i++)
            rtk_twin_y(views)[b * BLOCK + i] =
                table[i] * rtk_twin_x(views)[b * BLOCK + i];
    }
    return RTK_OK;
}

static rtk_status check(void *self, const rtk_args *args,
                        const rtk_views *views, const rtk_call *call,
                        rtk_truth *truth) {
    (void)self, (void)args, (void)call;
    for (size_t i = 0; i < RTK_TWIN_COUNT; i++) {
        double expected = factor(i) * rtk_twin_x(views)[i];
        if (rtk_twin_y(views)[i] == expected) continue;
        truth->error = 1;
        snprintf(truth->text, sizeof truth->text, "y[%zu] is %.17g, not %.17g",
                 i, rtk_twin_y(views)[i], expected);
    }
    return RTK_OK;
}

RTK_TWIN(file_offset, .run = run, .open = start, .close = stop, .check = check,
         .mt_object = "instance", .promised = RTK_FORK_SAFE_IDLE)
