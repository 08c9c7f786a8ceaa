#include "bench/peers/peers_tables.h"

#include <stdio.h>
#include <string.h>

#include "kernels/workers/workers.h"

enum { COLUMNS_MAX = 16 };

static bool crowded(const rtk_arm *a) {
    return a->side->workers > rtk_cpus_usable();
}

char *rtk_case_text(const rtk_arm *a, char text[160]) {
    const rtk_side *s = a->side;
    snprintf(text, 160, "%s, %u worker%s%s%s%s%s%s", s->title, s->workers,
             s->workers == 1 ? "" : "s", s->policy ? ", " : "",
             s->policy ? s->policy : "", s->rhythm ? ", " : "",
             s->rhythm ? s->rhythm : "", crowded(a) ? " (oversubscribed)" : "");
    return text;
}

/* Whether no arm before is of the same case. */
static bool opens_case(const rtk_result *r, size_t i) {
    for (size_t j = 0; j < i; j++)
        if (rtk_same_case(&r->arms[i], &r->arms[j])) return false;
    return true;
}

static void head(const rtk_result *r) {
    size_t dropped = 0;
    for (size_t i = 0; i < r->n; i++) dropped += r->arms[i].dropped;
    printf("%s: %zu rounds, %u usable CPUs, load average %.1f before and %.1f "
           "after;\n%zu of %zu samples dropped or taken again, as one of their "
           "threads waited for a core\n",
           r->stage->name, r->rounds, rtk_cpus_usable(), r->load[0], r->load[1],
           dropped, r->n * r->rounds);
    if (r->stage->foreign)
        printf("beside a foreign busy process; new "
               "processes every round\n");
}

/* ---- In full ---------------------------------------------------------------
 */

static void print_arm(const rtk_result *r, const rtk_arm *a,
                      const rtk_arm *ours) {
    if (a->opened.status) {
        printf("  %-26s left out: %s\n", a->side->peer, a->opened.sentence);
        return;
    }
    rtk_spread ns = rtk_arm_ns(r, a), ratio = rtk_arm_ratio(r, a, ours);
    if (!ns.n) return;
    printf("  %-26s %9.3f [%.3f, %.3f] %9.3f", a->side->peer, ns.median / 1e3,
           ns.low / 1e3, ns.high / 1e3, ns.p10 / 1e3);
    if (ratio.n && a != ours)
        printf("  %8.2f [%.2f, %.2f]", ratio.median, ratio.low, ratio.high);
    if (a->loops && a->side->workers > 1)
        printf("  shared %.0f %%", 100 * (double)a->shared / (double)a->loops);
    if (a->dropped) printf("  %zu dropped", a->dropped);
    putchar('\n');
}

static void print_text(const rtk_result *r) {
    char text[160];
    for (size_t i = 0; i < r->n; i++) {
        const rtk_arm *a = &r->arms[i];
        if (!opens_case(r, i)) continue;
        const rtk_arm *ours = rtk_arm_beside(r, a, RTK_KIND_OURS, NULL);
        printf("\n%s: %s\n  %-26s %9s [quartiles] %9s  %8s [quartiles]\n",
               r->stage->name, rtk_case_text(a, text), "", "us", "p10",
               "times ours");
        for (size_t j = i; j < r->n; j++)
            if (rtk_same_case(a, &r->arms[j])) print_arm(r, &r->arms[j], ours);
    }
    putchar('\n');
}

/* ---- Markdown --------------------------------------------------------------
 */

typedef struct columns {
    const char *peer[COLUMNS_MAX];
    size_t n;
} columns;

static columns columns_of(const rtk_result *r) {
    columns c = {.n = 0};
    for (size_t i = 0; i < r->n; i++) {
        size_t j = 0;
        const rtk_side *s = r->arms[i].side;
        while (j < c.n && strcmp(c.peer[j], s->peer) != 0) j++;
        if (j == c.n && j < COLUMNS_MAX && s->kind != RTK_KIND_OURS)
            c.peer[c.n++] = s->peer;
    }
    return c;
}

static void print_row(const rtk_result *r, const rtk_arm *first,
                      const columns *c) {
    char text[160];
    const rtk_arm *ours = rtk_arm_beside(r, first, RTK_KIND_OURS, NULL);
    rtk_spread own = rtk_arm_ns(r, ours);
    printf("| %s: %s |", r->stage->name, rtk_case_text(first, text));
    if (own.n)
        printf(" %.3f |", own.median / 1e3);
    else
        printf(" - |");
    for (size_t i = 0; i < c->n; i++) {
        rtk_spread x = {0};
        for (size_t j = 0; j < r->n; j++)
            if (rtk_same_case(first, &r->arms[j]) &&
                strcmp(r->arms[j].side->peer, c->peer[i]) == 0)
                x = rtk_arm_ratio(r, &r->arms[j], ours);
        if (x.n)
            printf(" %.2f [%.2f, %.2f] |", x.median, x.low, x.high);
        else
            printf(" - |");
    }
    putchar('\n');
}

static void print_markdown(const rtk_result *r) {
    columns c = columns_of(r);
    printf("\n| case | racetrack, us |");
    for (size_t i = 0; i < c.n; i++) printf(" %s |", c.peer[i]);
    printf("\n|---|---|");
    for (size_t i = 0; i < c.n; i++) printf("---|");
    putchar('\n');
    for (size_t i = 0; i < r->n; i++)
        if (opens_case(r, i) &&
            rtk_arm_beside(r, &r->arms[i], RTK_KIND_OURS, NULL))
            print_row(r, &r->arms[i], &c);
    for (size_t i = 0; i < r->n; i++)
        if (r->arms[i].opened.status && opens_case(r, i))
            printf("\n%s is left out: %s\n", r->arms[i].side->peer,
                   r->arms[i].opened.sentence);
    putchar('\n');
}

void rtk_print_stage(const rtk_result *r, bool markdown) {
    head(r);
    if (!r->rounds) return;
    if (markdown)
        print_markdown(r);
    else
        print_text(r);
}

/* ---- Verdicts --------------------------------------------------------------
 */

static void print_verdict(const rtk_verdict *v, bool markdown) {
    char figure[80], limit[40] = "";
    if (v->figure.low < v->figure.high)
        snprintf(figure, sizeof figure, "%.3g [%.3g, %.3g]", v->figure.median,
                 v->figure.low, v->figure.high);
    else
        snprintf(figure, sizeof figure, "%.3g", v->figure.median);
    if (!v->information)
        snprintf(limit, sizeof limit, "at %s %g",
                 v->at_least ? "least" : "most", v->limit);
    printf(markdown ? "| %2$s%3$s | %1$s | %4$s | %5$s |\n"
                    : "%1$-5s  %2$s%3$s: %4$s %5$s\n",
           rtk_verdict_word(v), v->text,
           v->oversubscribed ? " (oversubscribed)" : "", figure, limit);
}

/* In Markdown one row for all cases of the claim that are borne out, as there
 * are many. */
static void print_fastest(const rtk_verdicts *all) {
    size_t n = 0, yes = 0;
    for (size_t i = 0; i < all->n; i++)
        if (strcmp(all->list[i].id, "fastest") == 0) {
            n++;
            yes += strcmp(rtk_verdict_word(&all->list[i]), "yes") == 0;
        }
    if (n)
        printf("| no slower than the fastest peer: %zu of %zu cases | yes | | "
               "|\n",
               yes, n);
}

void rtk_print_verdicts(const rtk_verdicts *verdicts, bool markdown) {
    if (!verdicts->n) return;
    if (markdown) {
        printf("| claim | holds | median [quartiles] | limit |\n"
               "|---|---|---|---|\n");
        print_fastest(verdicts);
    }
    for (size_t i = 0; i < verdicts->n; i++) {
        const rtk_verdict *v = &verdicts->list[i];
        bool counted = strcmp(v->id, "fastest") == 0 &&
                       strcmp(rtk_verdict_word(v), "yes") == 0;
        if (!markdown || !(counted || v->information))
            print_verdict(v, markdown);
    }
}
