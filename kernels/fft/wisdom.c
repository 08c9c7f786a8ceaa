/* Wisdom of three precisions in one text: FFTW gives each as one expression in
 * parentheses, whose first words say which precision it is of. */

#include <fftw3.h>
#include <stdlib.h>
#include <string.h>

#include "kernels/fft/planner.h"
#include "kernels/fft/planning.h"

/* Lengths add up, for the room and then in it. */
static char *join(char *const part[3]) {
    size_t length[3], sum = 1;
    for (size_t i = 0; i < 3; i++) sum += length[i] = strlen(part[i]);
    char *text = malloc(sum), *at = text;
    if (!text) return NULL;
    for (size_t i = 0; i < 3; at += length[i++]) memcpy(at, part[i], length[i]);
    *at = '\0';
    return text;
}

rtk_status rtk_fft_wisdom_export(char **text) {
    rtk_planner_lock();
    char *part[3] = {fftw_export_wisdom_to_string(),
                     fftwf_export_wisdom_to_string(),
                     fftwl_export_wisdom_to_string()};
    rtk_planner_unlock();
    char *joined = part[0] && part[1] && part[2] ? join(part) : NULL;
    free(part[0]);
    free(part[1]);
    free(part[2]);
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
    rtk_planner_lock();
    int taken = fftw_import_wisdom_from_string(expression) ||
                fftwf_import_wisdom_from_string(expression) ||
                fftwl_import_wisdom_from_string(expression);
    rtk_planner_unlock();
    return taken;
}

rtk_status rtk_fft_wisdom_import(const char *text) {
    rtk_status s = RTK_OK;
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
    fftw_forget_wisdom();
    fftwf_forget_wisdom();
    fftwl_forget_wisdom();
    rtk_planner_unlock();
}
