/* What is known, as text and as JSON. */

#include "kernels/threadpools/test/known_libraries.h"

#include <stdlib.h>

static char *json(const char *text) {
    char *out = NULL;
    size_t size = 0;
    FILE *to = open_memstream(&out, &size);
    assert_non_null(to);
    rtk_json_string(text, to);
    assert_int_equal(0, fclose(to));
    return out;
}

static void strings_are_escaped(void **state) {
    static const struct {
        const char *text, *json;
    } forms[] = {
        {NULL, "null"},
        {"", "\"\""},
        {"plain /path", "\"plain /path\""},
        {"a\"b\\c", "\"a\\\"b\\\\c\""},
        {"\b\f\n\r\t", "\"\\b\\f\\n\\r\\t\""},
        {"\x01\x1f\x7f", "\"\\u0001\\u001f\\u007f\""},
        /* UTF-8 of two, three and four bytes. */
        {"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80",
         "\"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\""},
        /* Cut off, too long, a surrogate, above U+10FFFF, a stray byte. */
        {"\xc3", "\"\xef\xbf\xbd\""},
        {"\xe2\x82", "\"\xef\xbf\xbd\xef\xbf\xbd\""},
        {"\xf0\x9f\x98", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""},
        {"\xc0\xaf", "\"\xef\xbf\xbd\xef\xbf\xbd\""},
        {"\xed\xa0\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""},
        {"\xf4\x90\x80\x80",
         "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""},
        {"a\xff"
         "b",
         "\"a\xef\xbf\xbd"
         "b\""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        char *got = json(forms[i].text);
        assert_string_equal(forms[i].json, got);
        free(got);
    }
}

static char *written(const rtk_pools *pools,
                     rtk_status (*write)(const rtk_pools *, FILE *)) {
    char *out = NULL;
    size_t size = 0;
    FILE *to = open_memstream(&out, &size);
    assert_non_null(to);
    assert_int_equal(RTK_OK, write(pools, to));
    assert_int_equal(0, fclose(to));
    return out;
}

static void assert_has(const char *text, const char *part) {
    if (!strstr(text, part)) fail_msg("no %s in %s", part, text);
}

static void nothing_is_an_empty_list(void **state) {
    (void)state;
    rtk_pools *pools = known_pools();
    char *out = written(pools, rtk_pools_write_json);
    assert_string_equal("[]\n", out);
    free(out);
    out = written(pools, rtk_pools_write_text);
    assert_string_equal("", out);
    free(out);
    rtk_pools_free(pools);
}

static void a_library_has_the_keys_of_threadpoolctl_and_ours(void **state) {
    static const char *const parts[] = {"[{\"id\": ",
                                        "\"user_api\": \"blas\"",
                                        "\"internal_api\": \"openblas\"",
                                        "\"num_threads\": 5",
                                        "\"prefix\": \"scipy\"",
                                        "/scipy.so\"",
                                        "\"filepath\": \"/",
                                        "\"version\": \"0.3.99.dev\"",
                                        "\"threading_layer\": \"pthreads\"",
                                        "\"architecture\": null",
                                        "\"symbol_prefix\": \"scipy_\"",
                                        "\"symbol_suffix\": \"64_\"",
                                        "\"max_threads\": 8",
                                        "\"scope\": \"process\"",
                                        "\"meaning\": \"shared pool\"",
                                        "\"controllable\": true",
                                        "\"why\": null",
                                        "\"coupled_with\": null",
                                        "\"limits\": 0",
                                        "\"flavour\": null",
                                        "\"config\": \"OpenBLAS 0.3.99.dev ",
                                        "}]\n"};
    (void)state;
    void *handle = known_load("scipy");
    rtk_pools *pools = known_pools();
    char *out = written(pools, rtk_pools_write_json);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        assert_has(out, parts[i]);
    free(out);
    out = written(pools, rtk_pools_write_text);
    assert_has(out, "blas: openblas  version: 0.3.99.dev  threads: 5  most: 8");
    assert_has(out, "symbol prefix: scipy_");
    assert_null(strstr(out, "warning"));
    free(out);
    rtk_pools_free(pools);
    dlclose(handle);
}

static void several_and_lost_libraries_are_warned_of(void **state) {
    (void)state;
    void *handles[] = {known_load("scipy"), known_load("hidden"),
                       known_load("readonly")};
    rtk_pools *pools = known_pools();
    char *out = written(pools, rtk_pools_write_text);
    assert_has(out, "warning: 2 BLAS are loaded (");
    assert_has(out, "warning: 1 BLAS cannot be limited (");
    assert_has(out, "not controllable: ");
    assert_null(strstr(out, "OpenMP runtimes"));
    free(out);
    rtk_pools_free(pools);
    for (int i = 0; i < 3; i++) dlclose(handles[i]);
}

static void a_full_disk_is_an_error(void **state) {
    (void)state;
    FILE *full = fopen("/dev/full", "w");
    if (!full) {
        print_message("skipped: there is no /dev/full here\n");
        skip();
        return;
    }
    rtk_pools *pools = known_pools();
    assert_int_equal(RTK_EIO, rtk_pools_write_json(pools, full));
    fclose(full);
    rtk_pools_free(pools);
}

static void every_value_has_its_word(void **state) {
    (void)state;
    assert_string_equal("fft", rtk_pool_api_text(RTK_POOL_FFT));
    assert_string_equal("thread", rtk_pool_scope_text(RTK_POOL_THREAD));
    assert_string_equal("team", rtk_pool_meaning_text(RTK_POOL_TEAM));
    /* NOLINTBEGIN(*EnumCastOutOfRange): what has no word */
    assert_string_equal("unknown", rtk_pool_api_text((rtk_pool_api)99));
    assert_string_equal("unknown", rtk_pool_scope_text((rtk_pool_scope)99));
    assert_string_equal("unknown", rtk_pool_meaning_text((rtk_pool_meaning)99));
    /* NOLINTEND(*EnumCastOutOfRange) */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(strings_are_escaped),
        cmocka_unit_test(nothing_is_an_empty_list),
        cmocka_unit_test(a_library_has_the_keys_of_threadpoolctl_and_ours),
        cmocka_unit_test(several_and_lost_libraries_are_warned_of),
        cmocka_unit_test(a_full_disk_is_an_error),
        cmocka_unit_test(every_value_has_its_word),
    };
    return RTK_RUN(tests);
}
