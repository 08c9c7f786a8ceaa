/* The split depends on the problem and the CPUs, the parts on the problem
 * alone: a part is so many matrices in a row as make some 20 us of work. All
 * memory to work in is one block, made before the loop: a room for each worker.
 * A part takes a room that is free, of which there is always one, as no more
 * parts run at once than there are workers. */

#include "kernels/linalg/batch.h"

#include <limits.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>

#include "kernels/linalg/blas_scope.h"
#include "kernels/linalg/blas_seats.h"
#include "kernels/workers/executors.h"
#include "kernels/workers/planted.h"

static const double part_ns = 20000;

/* ---- Checks ----------------------------------------------------------------
 */

size_t rtk_room_take(rtk_room *room, size_t count, size_t bytes) {
    size_t at = room->bytes, more;
    room->too_large |= __builtin_mul_overflow(count, bytes, &more) ||
                       more > PTRDIFF_MAX / 4 || room->bytes > PTRDIFF_MAX / 4;
    if (room->too_large) return 0;
    more = (more + RTK_ROOM_ALIGN - 1) / RTK_ROOM_ALIGN * RTK_ROOM_ALIGN;
    room->bytes += more;
    return at;
}

size_t rtk_batch_length(const rtk_batch *b, size_t i, size_t axis) {
    return b->arrays[i]->shape[b->rank + axis];
}

bool rtk_batch_fits(const rtk_batch *b, size_t i, rtk_number number,
                    size_t rows, size_t columns) {
    return !b->arrays[i] ||
           (b->arrays[i]->number == number &&
            rtk_batch_length(b, i, 0) == rows &&
            (b->axes[i] == 1 || rtk_batch_length(b, i, 1) == columns));
}

static bool known(rtk_number number) {
    rtk_number real = rtk_number_real(number);
    return real == RTK_FLOAT || real == RTK_DOUBLE;
}

static rtk_status check(const rtk_batch *b, size_t i) {
    const rtk_array *a = b->arrays[i];
    if (!a) return RTK_OK;
    rtk_status s = rtk_array_check(a);
    if (s || a->rank != b->rank + b->axes[i]) return RTK_EINVAL;
    for (size_t d = 0; d < b->rank; d++)
        if (a->shape[d] != b->arrays[0]->shape[d]) return RTK_EINVAL;
    if (!known(a->number)) return RTK_EUNSUPPORTED;
    for (size_t d = b->rank; d < a->rank; d++)
        if (a->shape[d] > INT_MAX) return RTK_EUNSUPPORTED;
    return RTK_OK;
}

static bool same(const rtk_array *a, const rtk_array *b) {
    bool equal =
        a->data == b->data && a->rank == b->rank && a->number == b->number;
    for (size_t d = 0; equal && d < a->rank; d++)
        equal = a->shape[d] == b->shape[d] && a->stride[d] == b->stride[d];
    return equal;
}

/* No output meets an input but itself, nor another output. */
static bool apart(const rtk_batch *b) {
    for (size_t o = b->n_inputs; o < b->n_arrays; o++)
        for (size_t i = 0; b->arrays[o] && i < o; i++)
            if (b->arrays[i] && rtk_array_overlap(b->arrays[o], b->arrays[i]) &&
                (i >= b->n_inputs || !same(b->arrays[o], b->arrays[i])))
                return false;
    return true;
}

rtk_status rtk_batch_open(rtk_batch *b, const rtk_linalg_options *options) {
    static const rtk_linalg_options defaults = RTK_LINALG_OPTIONS;
    b->options = options ? *options : defaults;
    if (b->options.size < sizeof b->options || b->options.blas_threads < 0 ||
        !b->arrays[0] || b->arrays[0]->size < sizeof *b->arrays[0] ||
        b->arrays[0]->rank < b->axes[0] ||
        b->arrays[0]->rank > RTK_ARRAY_RANK_MAX)
        return RTK_EINVAL;
    b->rank = b->arrays[0]->rank - b->axes[0];
    rtk_status s = RTK_OK;
    for (size_t i = 0; !s && i < b->n_arrays; i++) s = check(b, i);
    if (!s && !apart(b)) s = RTK_EINVAL;
    b->count = 1;
    for (size_t d = 0; !s && d < b->rank; d++)
        b->count *= b->arrays[0]->shape[d];
    return s;
}

/* ---- Parts -----------------------------------------------------------------
 */

/* Index `index` of the leading axes; the first needs no division. */
void rtk_batch_locate(const rtk_batch *b, size_t index, rtk_grid *grid) {
    const rtk_array *first = b->arrays[0];
    if (!first) return;
    for (size_t i = 0; i < b->n_arrays; i++)
        if (b->arrays[i]) grid[i].data = b->arrays[i]->data;
    for (size_t d = b->rank; d-- > 0;) {
        size_t length = first->shape[d];
        size_t at = d ? index % length : index;
        if (d) index /= length;
        for (size_t i = 0; i < b->n_arrays; i++)
            if (b->arrays[i] && grid[i].data)
                grid[i].data += (ptrdiff_t)at * b->arrays[i]->stride[d];
    }
}

rtk_grid rtk_batch_grid(const rtk_batch *b, size_t i) {
    const rtk_array *a = b->arrays[i];
    bool matrix = b->axes[i] == 2;
    return (rtk_grid){.rows = a->shape[b->rank],
                      .columns = matrix ? a->shape[b->rank + 1] : 1,
                      .down = a->stride[b->rank],
                      .across = matrix ? a->stride[b->rank + 1] : 0,
                      .number = a->number};
}

void rtk_batch_work(rtk_batch *b, rtk_split_operation operation, size_t m,
                    size_t n, size_t k) {
    bool complex = rtk_number_is_complex(b->arrays[0]->number);
    b->work = (rtk_split_work){operation, (double)m, (double)n, (double)k,
                               complex ? 4 : 1};
}

/* The room that is taken; each flag says of one. Acquire what the last one to
 * use it left there, which the release in give() pairs with. */
static unsigned take(const rtk_batch *b) {
    unsigned i = 0;
    if (RTK_PLANT(linalg_room)) return 0;
    while (atomic_exchange_explicit(&b->taken[i], 1, memory_order_acquire))
        i = (i + 1) % b->split.workers;
    return i;
}

static void give(const rtk_batch *b, unsigned i) {
    atomic_store_explicit(&b->taken[i], 0, memory_order_release);
}

static void tell(const rtk_batch *b, size_t index, int info) {
    if (!b->options.info) return;
    b->options.info[index] = info;
    if (RTK_PLANT(linalg_info) && info && index > 0)
        b->options.info[index - 1] = info;
}

static rtk_status part(void *arg, size_t p) {
    const rtk_batch *b = arg;
    rtk_grid grid[RTK_BATCH_ARRAYS];
    size_t from = p * b->each;
    size_t all = b->count * b->slices;
    size_t to = all - from < b->each ? all : from + b->each;
    rtk_status s = rtk_blas_enter();
    if (s) return s;
    unsigned room = take(b);
    for (size_t i = 0; i < b->n_arrays; i++)
        if (b->arrays[i]) grid[i] = rtk_batch_grid(b, i);
    bool ranges = b->range && b->slices == 1;
    if (ranges) b->range(b, from, to, grid);
    for (size_t i = from; ranges && i < to; i++) tell(b, i, 0);
    for (size_t i = from; !ranges && i < to; i++) {
        rtk_batch_locate(b, i / b->slices, grid);
        int info = b->entry(b, i, grid, b->block + room * b->room.bytes);
        if (i % b->slices == 0) tell(b, i / b->slices, info);
    }
    give(b, room);
    rtk_blas_leave();
    return RTK_OK;
}

/* ---- Running ---------------------------------------------------------------
 */

static double slice_ns(const rtk_batch *b) {
    return rtk_split_cost_ns(&b->work) / (double)b->slices;
}

static void set_each(rtk_batch *b) {
    double each = part_ns / slice_ns(b);
    b->each = each < 1 ? 1 : (size_t)each;
}

static rtk_status divide(rtk_batch *b) {
    unsigned cpus = 1;
    rtk_status s =
        rtk_workers_resolve(b->options.workers, RTK_WORKERS_MAX, &cpus);
    if (s) return s;
    /* Inside a part of another loop this one is not shared. */
    if (rtk_loop_in_part()) cpus = 1;
    b->cpus = cpus;
    b->slices = 1;
    b->split = rtk_split_choose(&b->work, b->count, cpus);
    if (b->options.blas_threads && b->work.operation != RTK_SPLIT_OWN) {
        b->split.workers = b->count < cpus ? (unsigned)b->count : cpus;
        b->split.blas_threads = b->options.blas_threads;
        b->split.scoped = 1;
    }
    set_each(b);
    return RTK_OK;
}

rtk_status rtk_batch_divide(rtk_batch *b, bool *may) {
    rtk_status s = divide(b);
    *may = b->options.blas_threads <= 1;
    return s;
}

void rtk_batch_avoid_blas(rtk_batch *b, size_t most) {
    b->split.blas_threads = 1;
    b->split.scoped = 0;
    if (b->count && b->count < b->cpus)
        b->slices = (b->cpus + b->count - 1) / b->count;
    if (b->slices > most) b->slices = most;
    size_t all = b->count * b->slices;
    b->split.workers = all && all < b->cpus ? (unsigned)all : b->cpus;
    set_each(b);
}

static rtk_status allocate(rtk_batch *b) {
    size_t bytes, flags = b->split.workers;
    if (b->room.too_large ||
        __builtin_mul_overflow(b->room.bytes, b->split.workers, &bytes) ||
        bytes > PTRDIFF_MAX / 2)
        return RTK_ENOMEM;
    flags = (flags + RTK_ROOM_ALIGN - 1) / RTK_ROOM_ALIGN * RTK_ROOM_ALIGN;
    b->block = aligned_alloc(RTK_ROOM_ALIGN, bytes + flags);
    if (!b->block) return RTK_ENOMEM;
    b->taken = (atomic_uchar *)(void *)(b->block + bytes);
    for (size_t i = 0; i < b->split.workers; i++) atomic_init(&b->taken[i], 0);
    return RTK_OK;
}

static rtk_status loop(rtk_batch *b) {
    rtk_loop done = {.size = sizeof done};
    rtk_work work = {.size = sizeof work,
                     .workers = b->split.workers,
                     .parts = (b->count * b->slices + b->each - 1) / b->each,
                     .run = part,
                     .arg = b};
    work.part_ns = (uint64_t)(slice_ns(b) * (double)b->each);
    rtk_status s = rtk_work_run(&work, &done);
    if (!s && b->options.effective) *b->options.effective = done.effective;
    if (!s && b->options.effective_blas)
        *b->options.effective_blas = b->split.blas_threads;
    return s;
}

rtk_status rtk_batch_run(rtk_batch *b) {
    rtk_status s = b->each ? RTK_OK : divide(b);
    if (!s && b->count == 0) {
        if (b->options.effective) *b->options.effective = 1;
        if (b->options.effective_blas) *b->options.effective_blas = 1;
        return RTK_OK;
    }
    if (!s) s = allocate(b);
    if (s) return s;
    if (b->split.scoped)
        s = rtk_blas_scope_enter(b->split.blas_threads,
                                 b->options.blas_threads > 0);
    bool entered = b->split.scoped && !s;
    if (!s) s = loop(b);
    if (entered) rtk_blas_scope_leave();
    free(b->block);
    return s;
}
