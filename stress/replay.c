#include "stress/replay.h"

rtk_status rtk_replay_run(rtk_again *again, unsigned times,
                          rtk_replay *result) {
    rtk_status s = RTK_OK;
    *result = (rtk_replay){0};
    while (!s && result->times < times) {
        bool seen = false;
        s = rtk_again_try(again, again->request, &seen);
        if (s) break;
        result->seen += seen;
        result->times++;
    }
    return s;
}
