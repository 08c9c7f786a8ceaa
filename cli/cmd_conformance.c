#include "cli/run.h"
int rtk_cmd_conformance(rtk_options *options) {
    (void)options;
    return 0;
}
