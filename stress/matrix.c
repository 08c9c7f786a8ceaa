/* The matrix of verdicts, as the terminal shows it. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "stress/campaign.h"
#include "stress/record_text.h"

static const char *const all_lanes[] = {"native", "tsan", "asan"};

/* The word of a verdict with its symbol, and its colour. */
static const char *shown(const json_t *verdict, const char **colour) {
    static const struct {
        const char *word, *shown, *colour;
    } table[] = {{"as claimed", "+ as claimed", "\033[32m"},
                 {"refuted", "X REFUTED", "\033[1;31m"},
                 {"inconclusive", "? inconclusive", "\033[33m"},
                 {"could not run", "- could not run", "\033[33m"},
                 {"not claimed", ". not claimed", "\033[2m"}};
    *colour = "";
    if (json_is_true(json_object_get(verdict, "known"))) return "k known";
    if (json_is_true(json_object_get(verdict, "seen_before")))
        return "s seen before";
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (strcmp(table[i].word, rtk_text(verdict, "verdict")) == 0) {
            *colour = table[i].colour;
            return table[i].shown;
        }
    return "";
}

static const json_t *verdict_for(const json_t *verdicts, const json_t *like,
                                 const char *lane) {
    size_t i;
    const json_t *v;
    json_array_foreach(
        verdicts, i,
        v) if (strcmp(rtk_text(v, "subject"), rtk_text(like, "subject")) == 0 &&
               strcmp(rtk_text(v, "scenario"), rtk_text(like, "scenario")) ==
                   0 &&
               strcmp(rtk_text(v, "lane"), lane) == 0) return v;
    return NULL;
}

/* Width of the first column. */
static int longest_subject(const json_t *verdicts) {
    size_t i, most = strlen("subject");
    const json_t *v;
    json_array_foreach(verdicts, i, v) {
        size_t n = strlen(rtk_text(v, "subject"));
        if (n > most) most = n;
    }
    return (int)(most < 40 ? most : 40);
}

static void print_row(const json_t *verdicts, const json_t *first, FILE *to,
                      bool colours, int width) {
    fprintf(to, "%-*s %-16s", width, rtk_text(first, "subject"),
            rtk_text(first, "scenario"));
    for (size_t k = 0; k < 3; k++) {
        const json_t *v = verdict_for(verdicts, first, all_lanes[k]);
        const char *colour = "", *word = v ? shown(v, &colour) : "";
        fprintf(to, " %s%-16s%s", colours ? colour : "", word,
                colours && colour[0] ? "\033[0m" : "");
    }
    fputc('\n', to);
}

void rtk_campaign_print(const rtk_campaign *campaign, FILE *to) {
    bool colours = isatty(fileno(to)) && !getenv("NO_COLOR");
    int width = longest_subject(campaign->verdicts);
    fprintf(to, "%-*s %-16s %-16s %-16s %s\n", width, "subject", "scenario",
            "native", "tsan", "asan");
    size_t i;
    const json_t *v;
    json_array_foreach(campaign->verdicts, i, v) {
        bool first = true;
        for (size_t k = 0; k < 3 && first; k++) {
            const json_t *same =
                verdict_for(campaign->verdicts, v, all_lanes[k]);
            if (same) {
                if (same == v)
                    print_row(campaign->verdicts, v, to, colours, width);
                first = false;
            }
        }
    }
}
