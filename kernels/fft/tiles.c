/* Tiles for any CPU, and which ones this one takes. Under ThreadSanitizer the
 * plain ones: it sees neither wide accesses nor those past the caches. */

#define MOVES rtk_tile_moves_plain
#include "kernels/fft/tile_moves.inc"

const rtk_tile_moves *rtk_tile_moves_for(size_t bytes) {
    size_t size = bytes == 4 ? 0 : bytes == 8 ? 1 : bytes == 16 ? 2 : 3;
    bool wide = !RTK_PLAIN_ONLY && __builtin_cpu_supports("avx2");
    return wide ? &rtk_tile_moves_avx2[size] : &rtk_tile_moves_plain[size];
}
