#include "harness/resources.h"

#include <dirent.h>
#include <time.h>

static unsigned entries(const char *folder) {
    DIR *d = opendir(folder);
    if (!d) return 0;
    unsigned n = 0;
    while (readdir(d)) n++;
    closedir(d);
    return n - 2; /* . and .. */
}

unsigned rtk_resources_descriptors(void) {
    /* One of them is the folder itself. */
    return entries("/proc/self/fd") - 1;
}

rtk_resources rtk_resources_now(void) {
    return (rtk_resources){.threads = entries("/proc/self/task"),
                           .descriptors = rtk_resources_descriptors()};
}

rtk_resources rtk_resources_settled(unsigned threads) {
    rtk_resources now = rtk_resources_now();
    /* A thread that was joined or detached needs a moment to be gone. */
    for (int tries = 0; now.threads > threads && tries < 200; tries++) {
        nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
        now = rtk_resources_now();
    }
    return now;
}
