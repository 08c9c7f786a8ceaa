/* Blocks of FOUR x FOUR elements are moved by loops of constant length, which
 * the compiler turns into vector transpositions; the rest goes one by one. */

#include "kernels/fft/tiles.h"

enum { FOUR = 4 };

typedef struct wide {
    double v[2];
} wide;

typedef struct narrow {
    float v[2];
} narrow;

#define RTK_DEFINE_MOVES(type, bytes)                                          \
    static inline void gather_##type(const rtk_tile *t, type *restrict to,     \
                                     const type *restrict from, size_t c,      \
                                     size_t columns) {                         \
        size_t j = 0;                                                          \
        if (columns == FOUR)                                                   \
            for (; j + FOUR <= t->n; j += FOUR)                                \
                for (size_t k = 0; k < FOUR; k++)                              \
                    for (size_t i = 0; i < FOUR; i++)                          \
                        to[(c + k) * t->pitch + j + i] =                       \
                            from[(j + i) * t->stride + c + k];                 \
        for (; j < t->n; j++)                                                  \
            for (size_t k = 0; k < columns; k++)                               \
                to[(c + k) * t->pitch + j] = from[j * t->stride + c + k];      \
    }                                                                          \
    static inline void scatter_##type(const rtk_tile *t, type *restrict to,    \
                                      const type *restrict from, size_t c,     \
                                      size_t columns) {                        \
        size_t j = 0;                                                          \
        if (columns == FOUR)                                                   \
            for (; j + FOUR <= t->n; j += FOUR)                                \
                for (size_t i = 0; i < FOUR; i++)                              \
                    for (size_t k = 0; k < FOUR; k++)                          \
                        to[(j + i) * t->stride + c + k] =                      \
                            from[(c + k) * t->pitch + j + i];                  \
        for (; j < t->n; j++)                                                  \
            for (size_t k = 0; k < columns; k++)                               \
                to[j * t->stride + c + k] = from[(c + k) * t->pitch + j];      \
    }                                                                          \
    void rtk_tile_gather##bytes(const rtk_tile *tile, void *to,                \
                                const void *from) {                            \
        for (size_t c = 0; c < tile->columns; c += FOUR) {                     \
            size_t left = tile->columns - c;                                   \
            gather_##type(tile, to, from, c, left < FOUR ? left : FOUR);       \
        }                                                                      \
    }                                                                          \
    void rtk_tile_scatter##bytes(const rtk_tile *tile, void *to,               \
                                 const void *from) {                           \
        for (size_t c = 0; c < tile->columns; c += FOUR) {                     \
            size_t left = tile->columns - c;                                   \
            scatter_##type(tile, to, from, c, left < FOUR ? left : FOUR);      \
        }                                                                      \
    }

RTK_DEFINE_MOVES(wide, 16)
RTK_DEFINE_MOVES(narrow, 8)
