#ifndef RTK_TILES_H
#define RTK_TILES_H

/* Moving a tile of neighbouring strided lines to contiguous ones and back:
 * small transpositions. Internal to fft/. */

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Lines of a tile: 16 columns use whole cache lines of either precision. */
enum { RTK_TILE = 16 };

/* The shape of a tile, in elements. */
typedef struct rtk_tile {
    size_t n;       /* length of a line */
    size_t stride;  /* from element to element of a line in the array */
    size_t pitch;   /* from line to line in the scratch */
    size_t columns; /* lines, 1 .. RTK_TILE */
} rtk_tile;

/* Copy tile `tile` from `from` to `to`, which do not overlap. MT-Safe. */
typedef void rtk_tile_move(const rtk_tile *tile, void *to, const void *from);

/* Array to lines, elements of 16 bytes. MT-Safe. */
rtk_tile_move rtk_tile_gather16;
/* Lines to array, elements of 16 bytes. MT-Safe. */
rtk_tile_move rtk_tile_scatter16;
/* Array to lines, elements of 8 bytes. MT-Safe. */
rtk_tile_move rtk_tile_gather8;
/* Lines to array, elements of 8 bytes. MT-Safe. */
rtk_tile_move rtk_tile_scatter8;

#ifdef __cplusplus
}
#endif

#endif
