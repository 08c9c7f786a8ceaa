#include "stress/overhead.h"

#include <stdlib.h>
#include <string.h>

enum { ROUNDS = 15, BATCH = 60, SILENCE_MS = 30000 };

static const char bare_request[] = "{\"repeat\": 60}";
static const char trial_request[] =
    "{\"subject\": \"reduce.sum\", \"scenario\": \"private_data\","
    " \"args\": {\"n\": 16}, \"calls\": 2, \"workers\": 1, \"plain\": true,"
    " \"perturb\": \"none\", \"oracles\": [\"truth\", \"bits\", \"status\","
    " \"inputs\", \"canary\", \"crash\", \"hang\"],"
    " \"repeat\": 60, \"budget_ms\": 60000}";

/* Seconds that the runner takes for a request. */
static rtk_status timed(rtk_server *server, const json_t *request,
                        double *seconds) {
    rtk_status s = rtk_server_send(server, request);
    *seconds = 0;
    for (bool done = false; !s && !done;) {
        json_t *line;
        s = rtk_server_next(server, SILENCE_MS, &line);
        if (s) break;
        const char *raw = json_string_value(json_object_get(line, "raw"));
        done = raw && strcmp(raw, "done") == 0;
        if (done)
            *seconds = (double)json_integer_value(
                           json_object_get(line, "elapsed_us")) /
                       1e6;
        json_decref(line);
    }
    return s;
}

static int by_size(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void tell(rtk_session *session, const char *lane, unsigned actors,
                 double ratio[ROUNDS], double trials) {
    char name[64];
    json_t *ratios = json_array();
    for (int i = 0; i < ROUNDS; i++)
        json_array_append_new(ratios, json_real(ratio[i]));
    qsort(ratio, ROUNDS, sizeof *ratio, by_size);
    double low = ratio[ROUNDS / 4], median = ratio[ROUNDS / 2];
    double high = ratio[ROUNDS - 1 - ROUNDS / 4];
    snprintf(name, sizeof name, "smallest trial, %s, %u actor%s", lane, actors,
             actors == 1 ? "" : "s");
    printf("%s: %.0f/s, %.2f (%.2f to %.2f) of bare fork-and-wait\n", name,
           trials, median, low, high);
    rtk_records_write(session->records,
                      json_pack("{ss ss ss ss si sb so sf sf sf}", "record",
                                "peer", "group", "overhead", "case", name,
                                "peer", "bare fork and wait", "workers", actors,
                                "oversubscribed", 0, "ratios", ratios, "median",
                                median, "low", low, "high", high));
}

static rtk_status compare(rtk_session *session, const char *lane,
                          rtk_server *server, unsigned actors) {
    double ratio[ROUNDS], bare, trial, sum = 0;
    rtk_status s = RTK_OK;
    json_t *nothing = json_loads(bare_request, 0, NULL);
    json_t *smallest = json_loads(trial_request, 0, NULL);
    json_object_set_new(smallest, "actors", json_integer(actors));
    for (int i = 0; !s && i < ROUNDS; i++) {
        s = timed(server, nothing, &bare);
        if (!s) s = timed(server, smallest, &trial);
        if (s) break;
        ratio[i] = bare / trial;
        sum += trial;
    }
    json_decref(nothing);
    json_decref(smallest);
    if (!s) tell(session, lane, actors, ratio, ROUNDS * BATCH / sum);
    return s;
}

static rtk_status run_lane(rtk_session *session, const rtk_plan *plan,
                           const char *lane) {
    char sentence[RTK_SENTENCE];
    rtk_lane_servers servers;
    rtk_status s =
        rtk_lane_open(&servers, plan->runners, plan->plugin, lane, sentence);
    if (s) {
        if (s != RTK_ECANCELLED)
            printf("smallest trial, %s: could not run: %s\n", lane, sentence);
        return s == RTK_ECANCELLED ? s : RTK_OK;
    }
    for (unsigned actors = 1; !s && actors <= 2; actors++)
        s = compare(session, lane, &servers.warm, actors);
    rtk_lane_close(&servers);
    return s;
}

rtk_status rtk_overhead_run(rtk_session *session, const rtk_plan *plan) {
    static const char *const lanes[] = {"native", "tsan", "asan"};
    rtk_status s = RTK_OK;
    for (size_t i = 0; !s && i < 3; i++)
        if (rtk_names_allow(&plan->lanes, lanes[i]))
            s = run_lane(session, plan, lanes[i]);
    return s;
}
