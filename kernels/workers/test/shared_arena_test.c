/* The allocator of shared memory. */

#include "kernels/workers/test/unit.h"

#include <stdlib.h>

#include "kernels/workers/processes/shared_arena.h"

enum { BLOCKS = 200, STEPS = 20000, MIB = 1 << 20 };

typedef struct block {
    unsigned char *at;
    size_t bytes;
    unsigned char mark;
} block;

static bool whole(const block *b) {
    for (size_t i = 0; i < b->bytes; i++)
        if (b->at[i] != b->mark) return false;
    return true;
}

/* A model of what was taken, checked against what is there. */
static void blocks_never_overlap_and_all_comes_back(void **state) {
    (void)state;
    static block blocks[BLOCKS];
    unsigned seed = 7, refused = 0;
    rtk_arena *arena = NULL;
    assert_int_equal(RTK_OK, rtk_arena_new(&arena, (size_t)8 * MIB));
    for (int step = 0; step < STEPS; step++) {
        block *b = &blocks[rand_r(&seed) % BLOCKS];
        if (b->at) {
            assert_true(whole(b));
            rtk_arena_give_back(arena, b->at);
            b->at = NULL;
            continue;
        }
        size_t align = (size_t)1 << (rand_r(&seed) % 14);
        void *memory = NULL;
        b->bytes = (size_t)(rand_r(&seed) % (step % 50 ? 20000 : 2 * MIB));
        b->mark = (unsigned char)step;
        if (rtk_arena_take(arena, b->bytes, align, &memory)) {
            refused++;
            continue;
        }
        b->at = memory;
        assert_int_equal(0, (uintptr_t)memory % align);
        assert_int_equal(0, (uintptr_t)memory % 64);
        assert_true(rtk_arena_holds(arena, memory, b->bytes));
        memset(memory, b->mark, b->bytes);
    }
    for (int i = 0; i < BLOCKS; i++) rtk_arena_give_back(arena, blocks[i].at);
    void *all = NULL;
    assert_int_equal(RTK_OK, rtk_arena_take(arena, (size_t)8 * MIB, 0, &all));
    rtk_arena_free(arena, true);
    print_message("%u of %d steps were refused\n", refused, STEPS);
}

static void what_was_not_taken_is_not_given_back(void **state) {
    (void)state;
    int other = 0;
    void *memory = NULL, *rest = NULL;
    rtk_arena *arena = NULL;
    assert_int_equal(RTK_OK, rtk_arena_new(&arena, MIB));
    assert_int_equal(RTK_OK, rtk_arena_take(arena, MIB, 0, &memory));
    rtk_arena_give_back(arena, NULL);
    rtk_arena_give_back(arena, &other);
    rtk_arena_give_back(arena, (char *)memory + 64);
    assert_int_equal(RTK_ENOMEM, rtk_arena_take(arena, 1, 0, &rest));
    rtk_arena_give_back(arena, memory);
    rtk_arena_give_back(arena, memory);
    assert_int_equal(RTK_OK, rtk_arena_take(arena, MIB, 0, &memory));
    rtk_arena_free(arena, true);
    rtk_arena_free(NULL, true);
}

static void the_range_has_two_ends(void **state) {
    (void)state;
    void *memory = NULL;
    rtk_arena *arena = NULL;
    assert_int_equal(RTK_OK, rtk_arena_new(&arena, MIB));
    assert_int_equal(RTK_OK, rtk_arena_take(arena, MIB, 0, &memory));
    const char *at = memory;
    assert_true(rtk_arena_holds(arena, at, MIB));
    assert_true(rtk_arena_holds(arena, at + MIB - 1, 1));
    assert_false(rtk_arena_holds(arena, at, MIB + 1));
    assert_false(rtk_arena_holds(arena, at + MIB, 1));
    assert_false(rtk_arena_holds(arena, at - 1, 1));
    assert_false(rtk_arena_holds(arena, at + 1, SIZE_MAX));
    assert_false(rtk_arena_holds(arena, NULL, 1));
    rtk_arena_free(arena, true);
}

static void a_large_range_costs_nothing_until_it_is_touched(void **state) {
    (void)state;
    void *memory = NULL;
    rtk_arena *arena = NULL;
    assert_int_equal(RTK_OK, rtk_arena_new(&arena, 0));
    if (rtk_arena_take(arena, (size_t)32 << 30, 0, &memory)) {
        print_message("skipped: this machine reserves less than 32 GiB\n");
        rtk_arena_free(arena, true);
        skip();
    }
    ((char *)memory)[((size_t)32 << 30) - 1] = 1;
    rtk_arena_give_back(arena, memory);
    rtk_arena_free(arena, true);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_never_overlap_and_all_comes_back),
        cmocka_unit_test(what_was_not_taken_is_not_given_back),
        cmocka_unit_test(the_range_has_two_ends),
        cmocka_unit_test(a_large_range_costs_nothing_until_it_is_touched),
    };
    return RTK_RUN(tests);
}
