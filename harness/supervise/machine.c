#include "harness/supervise/machine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "kernels/workers/workers.h"

/* The processor's name, from the first line of /proc/cpuinfo that has it. */
static void cpu_name(char *name, size_t room) {
    char text[512];
    FILE *info = fopen("/proc/cpuinfo", "re");
    snprintf(name, room, "unknown");
    while (info && fgets(text, sizeof text, info)) {
        const char *colon = strchr(text, ':');
        if (strncmp(text, "model name", 10) != 0 || !colon) continue;
        snprintf(name, room, "%.*s", (int)strcspn(colon + 2, "\n"), colon + 2);
        break;
    }
    if (info) fclose(info);
}

json_t *rtk_machine_card(void) {
    char cpu[256], kernel[256];
    struct utsname system;
    double load[3] = {0};
    cpu_name(cpu, sizeof cpu);
    uname(&system);
    snprintf(kernel, sizeof kernel, "%s %s %s", system.sysname, system.release,
             system.machine);
    if (getloadavg(load, 3) < 0) memset(load, 0, sizeof load);
    json_int_t memory =
        (json_int_t)sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGESIZE);
    return json_pack("{ss si si sI ss s[fff]}", "cpu", cpu, "cpus_usable",
                     (int)rtk_cpus_usable(), "cpus_online",
                     (int)sysconf(_SC_NPROCESSORS_ONLN), "memory_bytes", memory,
                     "kernel", kernel, "load", load[0], load[1], load[2]);
}
