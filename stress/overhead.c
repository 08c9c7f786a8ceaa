#include "stress/overhead.h"

#include <stdlib.h>
#include <string.h>

enum { ROUNDS = 15, BATCH = 60, SILENCE_MS = 30000 };

static const char bare_request[] = "{\"repeat\": 60}";
static const char trial_request[] =
    "{\"subject\": \"reduce.sum\", \"scenario\": \"private_data\","
    " \"args\": {\"n\": 16}, \"actors\": 2, \"calls\": 2, \"workers\": 1,"
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

static void tell(rtk_session *session, double ratio[ROUNDS], double trials) {
    json_t *ratios = json_array();
    for (int i = 0; i < ROUNDS; i++)
        json_array_append_new(ratios, json_real(ratio[i]));
    qsort(ratio, ROUNDS, sizeof *ratio, by_size);
    double low = ratio[ROUNDS / 4], median = ratio[ROUNDS / 2];
    double high = ratio[ROUNDS - 1 - ROUNDS / 4];
    printf("%.0f trials/s of the smallest subject: %.2f (%.2f to %.2f) of "
           "bare fork-and-wait\n",
           trials, median, low, high);
    rtk_records_write(session->records,
                      json_pack("{ss ss ss ss si sb so sf sf sf}", "record",
                                "peer", "group", "overhead", "case",
                                "smallest trial", "peer", "bare fork and wait",
                                "workers", 2, "oversubscribed", 0, "ratios",
                                ratios, "median", median, "low", low, "high",
                                high));
}

rtk_status rtk_overhead_run(rtk_session *session, const rtk_plan *plan) {
    char sentence[RTK_SENTENCE];
    rtk_lane_servers servers;
    double ratio[ROUNDS], bare, trial, sum = 0;
    rtk_status s = rtk_lane_open(&servers, plan->runners, plan->plugin,
                                 "native", sentence);
    if (s) return s;
    json_t *bare_json = json_loads(bare_request, 0, NULL);
    json_t *trial_json = json_loads(trial_request, 0, NULL);
    for (int i = 0; !s && i < ROUNDS; i++) {
        s = timed(&servers.warm, bare_json, &bare);
        if (!s) s = timed(&servers.warm, trial_json, &trial);
        if (s) break;
        ratio[i] = bare / trial;
        sum += trial;
    }
    json_decref(bare_json);
    json_decref(trial_json);
    rtk_lane_close(&servers);
    if (!s) tell(session, ratio, ROUNDS * BATCH / sum);
    return s;
}
