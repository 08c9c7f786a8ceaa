#include "stress/shrink.h"

#include <math.h>
#include <stdarg.h>
#include <string.h>

#include "harness/clock.h"
#include "stress/record_text.h"

enum {
    MEASURED = 10, /* findings that tell the rate, before and after */
    TRIALS = 60,   /* of a step, at most */
    BISECTIONS = 8
};

/* A step is judged by Wald's sequential test: does the finding still show at
 * its rate of the beginning, or only at a third of it? The odds of keeping what
 * shows at a third, and of dropping what shows as before. The rate to hold is
 * that of the beginning throughout, so many steps cannot wear it away. */
static const double third = 1 / 3.0, wrongly_kept = 0.02, wrongly_dropped = 0.1;
/* What is seen each time is not taken for certain. */
static const double surest = 0.9;

/* Part of the budget that is for the steps; the rest measures the result. */
static const double steps_share = 0.85;

/* A trial that is being shrunk. */
typedef struct shrinker {
    rtk_again *again;
    rtk_shrunk *out;
    const json_t *params; /* of the subject */
    FILE *to;
    uint64_t end_ns;
    double rate; /* at the beginning */
    rtk_status status;
    bool late, kept; /* kept: something, in this pass */
} shrinker;

static bool over(shrinker *s) {
    s->late |= rtk_clock_ns() >= s->end_ns;
    return s->status || s->late;
}

static bool once(shrinker *s, json_t *request) {
    bool seen = false;
    s->status = rtk_again_try(s->again, request, &seen);
    return seen;
}

/* Measure the rate: until so many have been seen, or twice as many tried. */
static void measure(shrinker *s, unsigned *seen, unsigned *times) {
    *seen = *times = 0;
    while (*seen < MEASURED && *times < 2 * MEASURED && !over(s)) {
        bool one = once(s, s->out->request);
        if (s->status) break;
        *seen += one;
        ++*times;
    }
}

/* Whether `request` shows the finding about as often as before. */
static bool holds(shrinker *s, json_t *request, unsigned *seen,
                  unsigned *times) {
    double keep = log((1 - wrongly_dropped) / wrongly_kept);
    double drop = log(wrongly_dropped / (1 - wrongly_kept));
    double odds = 0, as_before = s->rate, less = s->rate * third;
    *seen = *times = 0;
    while (odds > drop && odds < keep && *times < TRIALS && !over(s)) {
        bool one = once(s, request);
        if (s->status) break;
        odds += one ? log(as_before / less) : log((1 - as_before) / (1 - less));
        *seen += one;
        ++*times;
    }
    return !s->status && odds >= keep;
}

/* Try a smaller trial; takes over `request`. True: it is the best now. */
static bool attempt(shrinker *s, json_t *request, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static bool attempt(shrinker *s, json_t *request, const char *format, ...) {
    char what[256];
    unsigned seen = 0, times = 0;
    va_list more;
    va_start(more, format);
    vsnprintf(what, sizeof what, format, more);
    va_end(more);
    bool kept = holds(s, request, &seen, &times);
    /* A step that the budget cut short was not judged. */
    if (kept || !over(s)) {
        fprintf(s->to, "  %-44s %-8s %u of %u\n", what,
                kept ? "kept" : "not kept", seen, times);
        fflush(s->to);
        json_array_append_new(s->out->steps,
                              json_pack("{ss sb si sI}", "what", what, "kept",
                                        kept, "seen", (int)seen, "trials",
                                        (json_int_t)times));
    }
    if (kept) {
        json_decref(s->out->request);
        s->out->request = json_incref(request);
        s->kept = true;
    }
    json_decref(request);
    return kept;
}

/* A copy of the best, to be changed. */
static json_t *copy(const shrinker *s) {
    return json_deep_copy(s->out->request);
}

static json_int_t number(const shrinker *s, const char *key) {
    return json_integer_value(json_object_get(s->out->request, key));
}

/* ---- The kinds of steps
 * ------------------------------------------------------- */

/* Try `value` for a number of the request. */
static bool lower(shrinker *s, const char *key, json_int_t value) {
    json_t *request = copy(s);
    json_int_t now = number(s, key);
    json_object_set_new(request, key, json_integer(value));
    return attempt(s, request, "%s %lld -> %lld", key, (long long)now,
                   (long long)value);
}

static void fewer_actors(shrinker *s) {
    json_int_t n = number(s, "actors");
    const json_int_t tried[] = {1, 2, 3, 4, n / 2, n - 1};
    json_int_t last = 0;
    for (size_t i = 0; i < sizeof tried / sizeof *tried && !over(s); i++) {
        if (tried[i] <= last || tried[i] >= n) continue;
        last = tried[i];
        if (lower(s, "actors", last)) return;
    }
}

/* Without `n` operations from number `i` on. */
static bool without(shrinker *s, size_t i, size_t n) {
    json_t *request = copy(s);
    json_t *list = json_object_get(request, "operations");
    char names[200] = "";
    for (size_t k = 0; k < n; k++) {
        size_t used = strlen(names);
        snprintf(names + used, sizeof names - used, "%s%s", k ? ", " : "",
                 json_string_value(json_array_get(list, i)));
        json_array_remove(list, i);
    }
    return attempt(s, request, "without the operation %s", names);
}

/* Singly, then in pairs: two may only go together. */
static void fewer_operations(shrinker *s) {
    for (size_t n = 1; n <= 2; n++)
        for (size_t i = 0; !over(s);) {
            size_t there =
                json_array_size(json_object_get(s->out->request, "operations"));
            if (i + n > there || there <= n) break;
            if (!without(s, i, n)) i++;
        }
}

static bool set_arg(shrinker *s, const char *name, json_int_t value) {
    json_t *request = copy(s);
    json_t *args = json_object_get(request, "args");
    const json_t *now = json_object_get(args, name);
    char before[32] = "drawn";
    if (now)
        snprintf(before, sizeof before, "%lld",
                 (long long)json_integer_value(now));
    if (!args) {
        args = json_object();
        json_object_set_new(request, "args", args);
    }
    json_object_set_new(args, name, json_integer(value));
    return attempt(s, request, "%s %s -> %lld", name, before, (long long)value);
}

/* The smallest of the values that a trial draws from, then the least there is,
 * then by halves between what fails and what does not. */
static void smaller_size(shrinker *s, const json_t *param) {
    const char *name = rtk_text(param, "name");
    const json_t *now =
        json_object_get(json_object_get(s->out->request, "args"), name);
    json_int_t least = json_integer_value(json_object_get(param, "least"));
    json_int_t high =
        json_integer_value(json_object_get(now ? NULL : param, "most"));
    if (now) high = json_integer_value(now);
    json_int_t low = least;
    if (high <= least) return;
    if (set_arg(s, name, least)) return;
    size_t i;
    const json_t *value;
    json_array_foreach(json_object_get(param, "stress"), i, value) {
        json_int_t v = json_integer_value(value);
        if (v <= low || v >= high || over(s)) continue;
        if (set_arg(s, name, v))
            high = v;
        else
            low = v;
    }
    bool words = json_is_array(json_object_get(param, "words"));
    for (int n = 0; !words && n < BISECTIONS && high - low > 1; n++) {
        json_int_t middle = low + (high - low) / 2;
        if (over(s)) break;
        if (set_arg(s, name, middle))
            high = middle;
        else
            low = middle;
    }
}

static void smaller_sizes(shrinker *s) {
    size_t i;
    const json_t *param;
    json_array_foreach(s->params, i, param) if (!over(s))
        smaller_size(s, param);
}

static void fewer_calls(shrinker *s) {
    json_int_t now = number(s, "calls");
    for (json_int_t n = 1; n < now && !over(s); n *= 2)
        if (lower(s, "calls", n)) return;
}

static void fewer_workers(shrinker *s) {
    json_int_t now = number(s, "workers");
    const json_t *given = json_object_get(s->out->request, "workers");
    if (!given || now == 1) return;
    if (lower(s, "workers", 1)) return;
    if ((now > 2 || now < 0) && !over(s)) lower(s, "workers", 2);
}

static void plain_conditions(shrinker *s) {
    json_t *there =
        json_deep_copy(json_object_get(s->out->request, "conditions"));
    const char *axis;
    json_t *value;
    json_object_foreach(there, axis, value) {
        if (over(s)) break;
        json_t *request = copy(s);
        json_object_del(json_object_get(request, "conditions"), axis);
        attempt(s, request, "condition %s=%s -> plain", axis,
                json_string_value(value));
    }
    json_decref(there);
}

static void no_perturbation(shrinker *s) {
    const char *now = rtk_text(s->out->request, "perturb");
    if (!*now || strcmp(now, "none") == 0) return;
    json_t *request = copy(s);
    json_object_set_new(request, "perturb", json_string("none"));
    attempt(s, request, "perturbation %s -> none", now);
}

/* ---- All steps
 * ---------------------------------------------------------------- */

static void (*const kinds[])(shrinker *s) = {
    fewer_actors,  fewer_operations, smaller_sizes,  fewer_calls,
    fewer_workers, plain_conditions, no_perturbation};

static const json_t *params_of(const rtk_again *again) {
    size_t i;
    const json_t *subject;
    json_array_foreach(json_object_get(again->servers.hello, "subjects"), i,
                       subject) if (strcmp(rtk_text(subject, "name"),
                                           rtk_text(again->trial, "subject")) ==
                                    0) return json_object_get(subject,
                                                              "params");
    return NULL;
}

/* Pass by pass, until one keeps nothing. */
static void passes(shrinker *s) {
    s->kept = true;
    while (s->kept && !over(s)) {
        s->kept = false;
        for (size_t i = 0; i < sizeof kinds / sizeof *kinds && !over(s); i++)
            kinds[i](s);
    }
    s->out->complete = !over(s) && !s->kept;
}

rtk_status rtk_shrink(rtk_again *again, double budget_s, FILE *to,
                      rtk_shrunk *shrunk) {
    uint64_t start = rtk_clock_ns();
    *shrunk = (rtk_shrunk){.request = json_deep_copy(again->request),
                           .steps = json_array()};
    shrinker s = {.again = again,
                  .out = shrunk,
                  .params = params_of(again),
                  .to = to,
                  .end_ns = start + (uint64_t)(budget_s * steps_share * 1e9)};
    unsigned seen, times;
    measure(&s, &seen, &times);
    fprintf(to, "at the beginning: seen in %u of %u trials\n", seen, times);
    shrunk->reproduced = seen > 0;
    shrunk->seen = seen;
    shrunk->times = times;
    if (!seen) return s.status;
    s.rate = (double)seen / times;
    if (s.rate > surest) s.rate = surest;
    passes(&s);
    if (s.status) return s.status;
    s.end_ns = start + (uint64_t)(budget_s * 1e9);
    s.late = false;
    measure(&s, &seen, &times);
    shrunk->seen = seen;
    shrunk->times = times;
    return s.status;
}

void rtk_shrunk_destroy(rtk_shrunk *shrunk) {
    json_decref(shrunk->request);
    json_decref(shrunk->steps);
    memset(shrunk, 0, sizeof *shrunk);
}
