#include "stress/lane_servers.h"

#include <string.h>

#include "stress/record_text.h"

enum { HELLO_MS = 60000 };

static rtk_status start(const rtk_lane_servers *l, bool cold,
                        rtk_server *server) {
    char *argv[] = {(char *)(uintptr_t)l->runner,
                    "--plugin",
                    (char *)(uintptr_t)l->plugin,
                    "--lane",
                    (char *)(uintptr_t)l->lane,
                    cold ? "--cold" : NULL,
                    NULL};
    return rtk_server_start(server, argv);
}

/* The first line of a server. */
static rtk_status greet(rtk_server *server, const rtk_lane_servers *l,
                        json_t **hello, char sentence[RTK_SENTENCE]) {
    rtk_status s = rtk_server_next(server, HELLO_MS, hello);
    if (s == RTK_ECANCELLED) return s;
    if (s) {
        int how = rtk_server_stop(server);
        snprintf(sentence, RTK_SENTENCE,
                 how == 127 ? "the %s lane is not built: %s cannot be started"
                            : "the %s lane's process ended while it loaded "
                              "the plug-in %s",
                 l->lane, how == 127 ? l->runner : l->plugin);
        return how == 127 ? RTK_EIO : RTK_EINVAL;
    }
    if (json_is_true(json_object_get(*hello, "loaded"))) return RTK_OK;
    snprintf(sentence, RTK_SENTENCE, "%s", rtk_text(*hello, "sentence"));
    json_decref(*hello);
    return RTK_EINVAL;
}

/* Why a sanitizer's lane proves nothing: the plug-in names what it does not see
 * into, or is not built for it. */
static void doubt(rtk_lane_servers *l, const char *lane) {
    size_t i;
    const json_t *library;
    snprintf(l->why, sizeof l->why, "%s", rtk_text(l->hello, "sentence"));
    json_array_foreach(json_object_get(l->hello, "libraries"), i, library) {
        if (strcmp(rtk_text(library, "name"), "not seen") != 0) continue;
        snprintf(l->why, sizeof l->why, "the %s lane does not see into %s",
                 lane, rtk_text(library, "value"));
    }
}

rtk_status rtk_lane_open(rtk_lane_servers *servers, const char *runners,
                         const char *plugin, const char *lane,
                         char sentence[RTK_SENTENCE]) {
    rtk_lane_servers l = {.plugin = plugin, .lane = lane};
    bool native = strcmp(lane, "native") == 0;
    snprintf(l.runner, sizeof l.runner, "%s/racetrack-runner%s%s", runners,
             native ? "" : "-", native ? "" : lane);
    rtk_status s = start(&l, false, &l.warm);
    if (s) {
        snprintf(sentence, RTK_SENTENCE, "%s cannot be started", l.runner);
        return RTK_EIO;
    }
    s = greet(&l.warm, &l, &l.hello, sentence);
    if (s) {
        rtk_server_stop(&l.warm);
        return s;
    }
    if (!json_is_true(json_object_get(l.hello, "instrumented")))
        doubt(&l, lane);
    *servers = l;
    return RTK_OK;
}

void rtk_lane_close(rtk_lane_servers *servers) {
    rtk_server_stop(&servers->warm);
    rtk_server_stop(&servers->cold);
    json_decref(servers->hello);
    memset(servers, 0, sizeof *servers);
}

rtk_status rtk_lane_server(rtk_lane_servers *l, bool cold,
                           rtk_server **server) {
    *server = cold ? &l->cold : &l->warm;
    if ((*server)->process > 0) return RTK_OK;
    char sentence[RTK_SENTENCE];
    json_t *hello = NULL;
    rtk_status s = start(l, cold, *server);
    if (!s) s = greet(*server, l, &hello, sentence);
    if (!s) json_decref(hello);
    return s;
}
