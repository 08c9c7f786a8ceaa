/* Numbers of threads: set while others compute, and asked for. */

#include <stdio.h>
#include <string.h>

#include "kernels/libraries/blas/blas.h"

enum { TEXT_ROOM = 256, MOST = 8 };
enum { STRING, NUMBER, WIDE, ARCHITECTURE };

/* ---- Setting ------------------------------------------------------------- */

static void describe_number(const rtk_blas_form *form, const rtk_blas_shape *s,
                            rtk_views *views) {
    (void)form, (void)s;
    views->n = 1;
    rtk_describe(views, 0, "threads", RTK_INT32, RTK_OUT, 1, 0);
}

/* In turn: no two calls in a row set the same. */
static rtk_status set(const rtk_blas_op *op, const rtk_blas_shape *s,
                      const rtk_views *views, rtk_call *call) {
    (void)s;
    int turn = 1 + (int)((call->seed + call->round) % MOST);
    int threads = op->form->variant ? op->form->variant : turn;
    *(int32_t *)rtk_view_at(views, 0)->data = 0;
    return rtk_blas_set_threads(threads) ? RTK_OK : RTK_EUNSUPPORTED;
}

#define SETTER(op, function, threads)                                          \
    {                                                                          \
        .name = op, .symbol = {function}, .variant = threads,                  \
        .describe = describe_number, .run = set                                \
    }
#define SETTERS(function)                                                      \
    SETTER("set_threads", function, 0), SETTER("set_one", function, 1),        \
        SETTER("set_most", function, MOST)

/* A library has one of them. */
const rtk_blas_form rtk_blas_setters[] = {SETTERS("openblas_set_num_threads"),
                                          SETTERS("bli_thread_set_num_threads"),
                                          SETTERS("MKL_Set_Num_Threads"),
                                          {.name = NULL}};

/* ---- Asking -------------------------------------------------------------- */

static void describe_text(const rtk_blas_form *form, const rtk_blas_shape *s,
                          rtk_views *views) {
    (void)form, (void)s;
    views->n = 1;
    rtk_describe(views, 0, "text", RTK_BYTES, RTK_OUT, TEXT_ROOM, 0);
}

static void ask(int variant, const rtk_function f[2], char text[TEXT_ROOM]) {
    memset(text, 0, TEXT_ROOM);
    /* A form is tried only where its functions are. */
    if (!f[0] || (variant == ARCHITECTURE && !f[1])) return;
    if (variant == NUMBER)
        snprintf(text, TEXT_ROOM, "%d", ((int (*)(void))f[0])());
    else if (variant == WIDE)
        snprintf(text, TEXT_ROOM, "%lld",
                 (long long)((int64_t(*)(void))f[0])());
    else if (variant == ARCHITECTURE)
        snprintf(text, TEXT_ROOM, "%s",
                 ((const char *(*)(int))f[1])(((int (*)(void))f[0])()));
    else
        snprintf(text, TEXT_ROOM, "%s", ((const char *(*)(void))f[0])());
}

static rtk_status asked(const rtk_blas_op *op, const rtk_blas_shape *s,
                        const rtk_views *views, rtk_call *call) {
    (void)s, (void)call;
    ask(op->form->variant, op->f, rtk_view_at(views, 0)->data);
    return RTK_OK;
}

/* What is answered now that nobody else asks. */
static rtk_status check(const rtk_blas_form *form, const rtk_blas_shape *s,
                        const rtk_views *views, rtk_truth *truth) {
    char alone[TEXT_ROOM];
    rtk_function f[2] = {NULL, NULL};
    (void)s;
    for (size_t i = 0; i < 2 && form->symbol[i]; i++)
        f[i] = rtk_library_function(rtk_blas_library(), form->symbol[i]);
    rtk_blas_settle();
    ask(form->variant, f, alone);
    const char *text = rtk_view_at(views, 0)->data;
    truth->error = memcmp(text, alone, TEXT_ROOM) != 0;
    snprintf(truth->text, sizeof truth->text, "said \"%.60s\", alone \"%.60s\"",
             text, alone);
    return RTK_OK;
}

#define FORM(op, first, second, number)                                        \
    {                                                                          \
        .name = op, .symbol = {first, second}, .variant = number,              \
        .describe = describe_text, .run = asked, .check = check                \
    }

const rtk_blas_form rtk_blas_queries[] = {
    FORM("config", "openblas_get_config", NULL, STRING),
    FORM("core", "openblas_get_corename", NULL, STRING),
    FORM("parallel", "openblas_get_parallel", NULL, NUMBER),
    FORM("processors", "openblas_get_num_procs", NULL, NUMBER),
    FORM("get_threads", "openblas_get_num_threads", NULL, NUMBER),
    FORM("version", "bli_info_get_version_str", NULL, STRING),
    FORM("architecture", "bli_arch_query_id", "bli_arch_string", ARCHITECTURE),
    FORM("get_threads", "bli_thread_get_num_threads", NULL, WIDE),
    {.name = NULL}};
