/* Small scenarios: what the actors left is one word, and a table says which
 * words are right, which are worth a look, which must never be seen, and which
 * must be seen lest nothing was tried. */
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

#include "harness/oracles/oracle.h"
#include "harness/report.h"

enum { TEXT = 96 };

/* What this trial came to, in memory of our own. */
static struct {
    bool seen;
    char text[TEXT], pattern[TEXT];
    rtk_grade grade;
} outcome;

static bool applies(const rtk_trial *t) {
    return t->subject->observe && t->subject->n_outcomes;
}

static const rtk_outcome *first_fit(const rtk_subject *s, const char *text) {
    for (size_t i = 0; i < s->n_outcomes; i++)
        if (fnmatch(s->outcomes[i].pattern, text, 0) == 0)
            return &s->outcomes[i];
    return NULL;
}

static void list_patterns(const rtk_subject *s, char *text, size_t room) {
    size_t used = 0;
    text[0] = 0;
    for (size_t i = 0; i < s->n_outcomes && used < room; i++)
        if (s->outcomes[i].grade != RTK_FORBIDDEN)
            used += (size_t)snprintf(text + used, room - used, "%s\"%s\"",
                                     used ? ", " : "", s->outcomes[i].pattern);
}

static void grade(const rtk_subject *s) {
    const rtk_outcome *fit = first_fit(s, outcome.text);
    outcome.seen = true;
    outcome.grade = fit ? fit->grade : RTK_FORBIDDEN;
    snprintf(outcome.pattern, TEXT, "%s", fit ? fit->pattern : "");
    if (outcome.grade != RTK_FORBIDDEN) return;
    char table[200];
    list_patterns(s, table, sizeof table);
    if (fit)
        rtk_finding("outcome", "forbidden outcome",
                    "the outcome \"%s\" is forbidden: %s; allowed are %s",
                    outcome.text, fit->reason ? fit->reason : "no reason given",
                    table);
    else
        rtk_finding("outcome", "outcome not in the table",
                    "the outcome \"%s\" is not in the table; allowed are %s",
                    outcome.text, table);
}

static bool judge(rtk_team *team) {
    const rtk_trial *t = team->actor[0].trial;
    const rtk_views *views[RTK_ACTORS_MAX];
    memset(&outcome, 0, sizeof outcome);
    for (unsigned i = 0; i < team->n; i++) {
        if (team->actor[i].status || team->actor[i].lost) return false;
        views[i] = &team->actor[i].task[0].arrays.views;
    }
    rtk_status s =
        t->subject->observe(t->subject->self, team->actor[0].task[0].instance,
                            views, team->n, outcome.text, TEXT);
    outcome.text[TEXT - 1] = 0;
    if (s) return false;
    grade(t->subject);
    return true;
}

static void tell(rtk_line *line) {
    static const char *const words[] = {"acceptable", "interesting",
                                        "forbidden", "required"};
    if (!outcome.seen) return;
    rtk_line_text(line, "outcome", outcome.text);
    rtk_line_text(line, "pattern", outcome.pattern);
    rtk_line_text(line, "grade", words[outcome.grade]);
}

const rtk_oracle rtk_outcome_oracle = {
    .name = "outcome",
    .summary =
        "what the actors came to stands in the subject's table, and what "
        "is required there was seen",
    .claim = "observe() and outcomes",
    .applies = applies,
    .judge = judge,
    .tell = tell,
};
