#ifndef RTK_TILES_H
#define RTK_TILES_H

/* Moving a tile of neighbouring strided lines to contiguous ones and back:
 * small transpositions. Internal to fft/. */

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Lines of a tile at most: 16 columns use whole cache lines of any number. */
enum { RTK_TILE = 16 };

/* The shape of a tile. In the array, element j of line c lies at
 * j * along + c * across bytes; in the scratch, at c * pitch + j elements. */
typedef struct rtk_tile {
    size_t n;       /* elements of a line to move */
    size_t columns; /* lines, 1 .. RTK_TILE */
    ptrdiff_t along, across;
    size_t pitch;
} rtk_tile;

/* Copy tile `tile` from `from` to `to`, which do not overlap. MT-Safe. */
typedef void rtk_tile_move(const rtk_tile *tile, void *to, const void *from);

/* How to move elements of one size. */
typedef struct rtk_tile_moves {
    rtk_tile_move *gather;  /* array to lines */
    rtk_tile_move *scatter; /* lines to array */
    rtk_tile_move *stream;  /* lines to array, past the caches, where columns
                               lie side by side in the array */
    /* As memcpy(), past the caches. */
    void (*past)(void *to, const void *from, size_t bytes);
    /* Call it when all is written, before others are told so. */
    void (*settle)(void);
} rtk_tile_moves;

/* The moves for elements of `bytes` bytes (4, 8, 16 or 32) that are best on
 * this CPU; all move the same. Lives for ever. MT-Safe. */
const rtk_tile_moves *rtk_tile_moves_for(size_t bytes);

/* As compiled for any CPU and for one with AVX2, by 4, 8, 16, 32 bytes. */
extern const rtk_tile_moves rtk_tile_moves_plain[4];
extern const rtk_tile_moves rtk_tile_moves_avx2[4];

#ifdef __cplusplus
}
#endif

#endif
