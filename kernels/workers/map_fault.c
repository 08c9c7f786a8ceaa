#include "kernels/workers/workers.h"

const char *rtk_map_fault_text(rtk_map_fault fault) {
    switch (fault) {
    case RTK_MAP_KEPT: return "kept";
    case RTK_MAP_DROPPED: return "dropped";
    case RTK_MAP_REPEATED: return "repeated";
    case RTK_MAP_INVENTED: return "invented";
    case RTK_MAP_REORDERED: return "reordered";
    case RTK_MAP_LATE: return "late";
    }
    return "unknown fault";
}
