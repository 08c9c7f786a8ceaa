#include "harness/oracles/process_state.h"

#include <locale.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* FNV-1a, 64 bits: Fowler, Noll, Vo. */
static uint64_t hash_variables(void) {
    uint64_t h = UINT64_C(14695981039346656037);
    for (char **v = environ; v && *v; v++)
        for (const char *c = *v;; c++) {
            h = (h ^ (unsigned char)*c) * UINT64_C(1099511628211);
            if (!*c) break;
        }
    return h;
}

void rtk_process_note(rtk_process_state *state) {
    const char *locale = setlocale(LC_ALL, NULL);
    memset(state, 0, sizeof *state);
    state->mask = umask(0);
    umask(state->mask);
    if (!getcwd(state->folder, sizeof state->folder)) state->folder[0] = 0;
    snprintf(state->locale, sizeof state->locale, "%s", locale ? locale : "");
    state->variables = hash_variables();
    for (int n = 1; n < NSIG; n++) sigaction(n, NULL, &state->action[n]);
}

static int changed_signal(const rtk_process_state *x,
                          const rtk_process_state *y) {
    for (int n = 1; n < NSIG; n++)
        if (x->action[n].sa_sigaction != y->action[n].sa_sigaction ||
            x->action[n].sa_flags != y->action[n].sa_flags)
            return n;
    return 0;
}

const char *rtk_process_change(const rtk_process_state *before,
                               const rtk_process_state *after, int *signal) {
    *signal = changed_signal(before, after);
    if (*signal) return "signal action changed";
    if (before->mask != after->mask) return "umask changed";
    if (strcmp(before->folder, after->folder) != 0)
        return "working directory changed";
    if (strcmp(before->locale, after->locale) != 0)
        return "locale of the process changed";
    if (before->variables != after->variables)
        return "environment variables changed";
    return NULL;
}

void rtk_process_next_keys(pthread_key_t key[RTK_KEYS]) {
    unsigned n = 0;
    while (n < RTK_KEYS && pthread_key_create(&key[n], NULL) == 0) n++;
    for (unsigned i = 0; i < n; i++) pthread_key_delete(key[i]);
    /* None is left: no key has this number. */
    for (; n < RTK_KEYS; n++) key[n] = (pthread_key_t)-1;
}

unsigned rtk_process_keys_taken(const pthread_key_t before[RTK_KEYS],
                                const pthread_key_t after[RTK_KEYS]) {
    unsigned taken = 0;
    for (unsigned i = 0; i < RTK_KEYS; i++) {
        bool there = before[i] == (pthread_key_t)-1;
        for (unsigned k = 0; k < RTK_KEYS; k++) there |= after[k] == before[i];
        taken += !there;
    }
    return taken;
}
