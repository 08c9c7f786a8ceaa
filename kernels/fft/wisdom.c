/* Wisdom of three precisions, kept apart from FFTW but while it plans by
 * measuring; and as one text: FFTW gives each as one expression in parentheses,
 * whose first words say which precision it is of. */

#include <fftw3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kernels/fft/planner.h"
#include "kernels/fft/planning.h"

enum { PRECISIONS = 3, TEXT_MOST = 1 << 26 };

static const struct {
    char *(*get)(void);
    int (*add)(const char *);
    void (*forget)(void);
} fftw[PRECISIONS] = {
    [RTK_FLOAT] = {fftwf_export_wisdom_to_string,
                   fftwf_import_wisdom_from_string, fftwf_forget_wisdom},
    [RTK_DOUBLE] = {fftw_export_wisdom_to_string,
                    fftw_import_wisdom_from_string, fftw_forget_wisdom},
    [RTK_LONG_DOUBLE] = {fftwl_export_wisdom_to_string,
                         fftwl_import_wisdom_from_string, fftwl_forget_wisdom},
};

/* What was learned by measuring, and what FFTW knew besides while that is taken
 * out; NULL: nothing. Guarded by the planner's lock. */
static char *kept[PRECISIONS], *besides[PRECISIONS];

void rtk_wisdom_take_out(rtk_number real) {
    besides[real] = fftw[real].get();
    if (kept[real]) (void)fftw[real].add(kept[real]);
}

void rtk_wisdom_put_away(rtk_number real) {
    char *all = fftw[real].get();
    /* Without memory for it, what was kept before stays. */
    if (all) {
        free(kept[real]);
        kept[real] = all;
    }
    fftw[real].forget();
    if (besides[real]) (void)fftw[real].add(besides[real]);
    free(besides[real]);
    besides[real] = NULL;
}

/* ---- Text ------------------------------------------------------------------
 */

/* Lengths add up, for the room and then in it. */
static char *join(char *const part[PRECISIONS]) {
    size_t length[PRECISIONS], sum = 1;
    for (size_t i = 0; i < PRECISIONS; i++) sum += length[i] = strlen(part[i]);
    char *text = malloc(sum), *at = text;
    if (!text) return NULL;
    for (size_t i = 0; i < PRECISIONS; at += length[i++])
        memcpy(at, part[i], length[i]);
    *at = '\0';
    return text;
}

rtk_status rtk_fft_wisdom_export(char **text) {
    char *part[PRECISIONS];
    rtk_planner_lock();
    for (unsigned i = 0; i < PRECISIONS; i++) {
        rtk_wisdom_take_out((rtk_number)i);
        part[i] = fftw[i].get();
        rtk_wisdom_put_away((rtk_number)i);
    }
    rtk_planner_unlock();
    char *joined = part[0] && part[1] && part[2] ? join(part) : NULL;
    for (unsigned i = 0; i < PRECISIONS; i++) free(part[i]);
    if (!joined) return RTK_ENOMEM;
    *text = joined;
    return RTK_OK;
}

/* The end of the expression that begins at `text`; NULL: it has none. */
static const char *end_of(const char *text) {
    size_t depth = 0;
    for (const char *c = text; *c; c++) {
        depth += *c == '(';
        if (*c == ')' && --depth == 0) return c + 1;
    }
    return NULL;
}

static int take(const char *expression) {
    int taken = 0;
    rtk_planner_lock();
    for (unsigned i = 0; !taken && i < PRECISIONS; i++) {
        rtk_wisdom_take_out((rtk_number)i);
        taken = fftw[i].add(expression);
        rtk_wisdom_put_away((rtk_number)i);
    }
    rtk_planner_unlock();
    return taken;
}

rtk_status rtk_fft_wisdom_import(const char *text) {
    rtk_status s = RTK_OK;
    if (!text) return RTK_EINVAL;
    for (text += strspn(text, " \t\r\n"); !s && *text;
         text += strspn(text, " \t\r\n")) {
        const char *end = *text == '(' ? end_of(text) : NULL;
        if (!end) return RTK_EINVAL;
        char *expression = strndup(text, (size_t)(end - text));
        if (!expression) return RTK_ENOMEM;
        if (!take(expression)) s = RTK_EINVAL;
        free(expression);
        text = end;
    }
    return s;
}

void rtk_fft_wisdom_forget(void) {
    rtk_planner_lock();
    for (unsigned i = 0; i < PRECISIONS; i++) {
        free(kept[i]);
        kept[i] = NULL;
    }
    rtk_planner_unlock();
}

/* ---- Files -----------------------------------------------------------------
 */

static rtk_status write_text(const char *path, const char *text) {
    FILE *file = fopen(path, "we");
    if (!file) return RTK_EIO;
    bool fine =
        fputs(text, file) >= 0 && fflush(file) == 0 && fsync(fileno(file)) == 0;
    fine = fclose(file) == 0 && fine;
    return fine ? RTK_OK : RTK_EIO;
}

rtk_status rtk_fft_wisdom_save(const char *path) {
    char *text = NULL, *beside = NULL;
    if (!path) return RTK_EINVAL;
    rtk_status s = rtk_fft_wisdom_export(&text);
    if (!s && asprintf(&beside, "%s.%ld.new", path, (long)getpid()) < 0) {
        beside = NULL;
        s = RTK_ENOMEM;
    }
    if (!s) s = write_text(beside, text);
    if (!s && rename(beside, path) != 0) s = RTK_EIO;
    if (s && beside) (void)unlink(beside);
    free(beside);
    free(text);
    return s;
}

static rtk_status read_text(FILE *file, char **text) {
    size_t have = 0, room = 0;
    char *all = NULL;
    do {
        room = room ? 2 * room : 1 << 16;
        char *more = room <= TEXT_MOST ? realloc(all, room) : NULL;
        if (!more) {
            free(all);
            return room <= TEXT_MOST ? RTK_ENOMEM : RTK_EINVAL;
        }
        all = more;
        have += fread(all + have, 1, room - 1 - have, file);
    } while (have == room - 1);
    all[have] = '\0';
    if (ferror(file)) {
        free(all);
        return RTK_EIO;
    }
    *text = all;
    return RTK_OK;
}

rtk_status rtk_fft_wisdom_load(const char *path) {
    if (!path) return RTK_EINVAL;
    FILE *file = fopen(path, "re");
    if (!file) return RTK_EIO;
    char *text = NULL;
    rtk_status s = read_text(file, &text);
    if (fclose(file) != 0 && !s) s = RTK_EIO;
    if (!s) s = rtk_fft_wisdom_import(text);
    free(text);
    return s;
}
