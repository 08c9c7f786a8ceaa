#include "cli/home.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

void rtk_home_path(const char *name, char path[RTK_HOME_PATH]) {
    char home[RTK_HOME_PATH - 104];
    ssize_t n = readlink("/proc/self/exe", home, sizeof home - 1);
    home[n > 0 ? n : 0] = 0;
    /* Off with "/bin/racetrack". */
    for (int i = 0; i < 2; i++) {
        char *slash = strrchr(home, '/');
        if (slash) *slash = 0;
    }
    snprintf(path, RTK_HOME_PATH, "%s/%.100s", home, name);
}
