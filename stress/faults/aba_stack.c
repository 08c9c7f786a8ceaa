/* Work spaces lie in a lock-free stack of indices. Who pops reads the top and
 * what lies below it, and swaps the top if it is still the same; but the same
 * top may have been popped and pushed back meanwhile, with another below. A
 * number that counts the changes, beside the index, tells the two apart. */
#include <stdatomic.h>
#include <stdlib.h>

#include "stress/faults/fault_common.h"

/* Index 0 is the end of the stack. */
enum { SPACES = 200, PANEL = 30 };

typedef struct stack {
    _Atomic uint64_t top; /* an index, and the number of changes << 32 */
    struct {
        _Atomic uint32_t below;
        double work[RTK_TWIN_COUNT]; /* of who popped it */
    } space[SPACES + 1];
} stack;

/* The top that follows `before` with `index` on it. */
static uint64_t next(uint64_t before, uint32_t index) {
    uint64_t change = UINT64_C(1) << 32;
    return RTK_PLANT(aba_stack) ? index
                                : ((before & ~(change - 1)) + change) | index;
}

static uint32_t pop(stack *s) {
    uint64_t top = atomic_load_explicit(&s->top, memory_order_acquire);
    for (;;) {
        uint32_t index = (uint32_t)top;
        if (!index) return 0;
        uint32_t below =
            atomic_load_explicit(&s->space[index].below, memory_order_relaxed);
        /* Acquires what the last owner did: pairs with push(). */
        if (atomic_compare_exchange_weak_explicit(
                &s->top, &top, next(top, below), memory_order_acquire,
                memory_order_acquire))
            return index;
    }
}

static void push(stack *s, uint32_t index) {
    uint64_t top = atomic_load_explicit(&s->top, memory_order_relaxed);
    do {
        atomic_store_explicit(&s->space[index].below, (uint32_t)top,
                              memory_order_relaxed);
        /* Pairs with the acquires in pop(). */
    } while (!atomic_compare_exchange_weak_explicit(
        &s->top, &top, next(top, index), memory_order_release,
        memory_order_relaxed));
}

static rtk_status start(void *self, const rtk_args *args,
                        const rtk_views *views, int64_t workers,
                        void **instance) {
    stack *s = calloc(1, sizeof *s);
    (void)self, (void)args, (void)views, (void)workers;
    if (!s) return RTK_ENOMEM;
    for (uint32_t i = 1; i <= SPACES; i++) push(s, i);
    *instance = s;
    return RTK_OK;
}

/* Two spaces, as a kernel with an input and an output panel takes them; that of
 * the input is given back as soon as it was read, long before the result is
 * there. */
static rtk_status run(void *self, void *instance, const rtk_views *views,
                      rtk_call *call) {
    stack *s = instance;
    (void)self;
    uint32_t in = pop(s), out = in ? pop(s) : 0;
    call->message = "there are no more work spaces";
    if (!out) return RTK_EFAILED;
    double *work = s->space[in].work, *result = s->space[out].work;
    for (size_t i = 0; i < PANEL; i++) work[i] = rtk_twin_x(views)[i];
    for (size_t i = 0; i < PANEL; i++) result[i] = work[i];
    push(s, in);
    rtk_twin_work(result, views);
    push(s, out);
    return RTK_OK;
}

RTK_TWIN(aba_stack, .run = run, .open = start, .close = rtk_twin_free)
