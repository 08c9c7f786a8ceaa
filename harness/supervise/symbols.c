#include "harness/supervise/symbols.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Names under which distributions install it; the newest first. */
static const char *const programs[] = {"llvm-symbolizer-19", "llvm-symbolizer"};

/* What stands before the names of entry points that the perturbation moved. */
#define RENAMED "__rtk_real_tsan_"

/* The symbolizer's process, and what it said before. One thread's. */
static struct {
    pid_t process;
    FILE *ask, *answer;
    json_t *cache; /* "module+offset": frames */
    int missing;
} tool;

static void become(int in, int out) {
    dup2(in, STDIN_FILENO);
    dup2(out, STDOUT_FILENO);
    /* A mapping that is no file is no news. */
    int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (nowhere >= 0) dup2(nowhere, STDERR_FILENO);
    setenv("DEBUGINFOD_URLS", "", 1);
    for (size_t i = 0; i < sizeof programs / sizeof *programs; i++)
        execlp(programs[i], programs[i], "--demangle", (char *)NULL);
    _exit(127);
}

static int start(void) {
    int to[2], from[2];
    if (tool.process || tool.missing) return !tool.missing;
    tool.missing = 1;
    if (pipe2(to, O_CLOEXEC) != 0) return 0;
    if (pipe2(from, O_CLOEXEC) != 0) {
        close(to[0]), close(to[1]);
        return 0;
    }
    tool.process = fork();
    if (tool.process == 0) become(to[0], from[1]);
    close(to[0]), close(from[1]);
    tool.ask = fdopen(to[1], "w");
    tool.answer = fdopen(from[0], "r");
    tool.missing = tool.process < 0 || !tool.ask || !tool.answer;
    return !tool.missing;
}

/* "file:line:column" without the numbers, and the line. */
static long split_line(char *place) {
    long line = 0;
    for (int i = 0; i < 2; i++) {
        char *colon = strrchr(place, ':');
        if (!colon) break;
        line = strtol(colon + 1, NULL, 10);
        *colon = 0;
    }
    return line;
}

/* A file of our own tree comes as "./harness/x.c". */
static const char *plain(const char *file) {
    return strncmp(file, "./", 2) == 0 ? file + 2 : file;
}

static json_t *frame(const char *module, json_int_t offset,
                     const char *function, const char *file, long line) {
    return json_pack("{ss? ss? so ss sI}", "function", function, "file", file,
                     "line", line > 0 ? json_integer(line) : json_null(),
                     "module", module, "offset", offset);
}

/* Read pairs of lines, function and place, up to an empty one; of a variable
 * there is a line with its address and size between them. */
static json_t *read_frames(const char *module, json_int_t offset, bool data) {
    char function[1024], place[2048];
    json_t *frames = json_array();
    while (fgets(function, sizeof function, tool.answer) &&
           function[0] != '\n' &&
           (!data || fgets(place, sizeof place, tool.answer)) &&
           fgets(place, sizeof place, tool.answer)) {
        function[strcspn(function, "\n")] = 0;
        /* The run time's own, under the name that the runner gave it. */
        if (strncmp(function, RENAMED, sizeof RENAMED - 1) == 0)
            memmove(function, function + sizeof RENAMED - 1,
                    strlen(function) - sizeof RENAMED + 2);
        place[strcspn(place, "\n")] = 0;
        long line = split_line(place);
        json_array_append_new(
            frames,
            frame(module, offset, strcmp(function, "??") ? function : NULL,
                  strcmp(place, "??") ? plain(place) : NULL, line));
    }
    return frames;
}

/* The frames of one address; borrowed from the cache. */
static json_t *lookup(const char *module, json_int_t offset, bool data) {
    char key[1200];
    snprintf(key, sizeof key, "%s%s+%llx", data ? "data " : "", module,
             (unsigned long long)offset);
    if (!tool.cache) tool.cache = json_object();
    json_t *frames = json_object_get(tool.cache, key);
    if (frames) return frames;
    if (start() &&
        fprintf(tool.ask, "%s\"%s\" 0x%llx\n", data ? "DATA " : "", module,
                (unsigned long long)offset) > 0 &&
        fflush(tool.ask) == 0)
        frames = read_frames(module, offset, data);
    if (!json_array_size(frames)) {
        json_decref(frames);
        frames = json_pack("[o]", frame(module, offset, NULL, NULL, 0));
    }
    json_object_set_new(tool.cache, key, frames);
    return frames;
}

json_t *rtk_symbols_resolve(const json_t *stacks) {
    json_t *resolved = json_array();
    size_t i, j;
    json_t *stack, *raw;
    json_array_foreach(stacks, i, stack) {
        json_t *frames = json_array();
        json_array_foreach(json_object_get(stack, "frames"), j, raw) {
            const char *module = json_string_value(json_array_get(raw, 0));
            if (module)
                json_array_extend(
                    frames,
                    lookup(module, json_integer_value(json_array_get(raw, 1)),
                           json_is_true(json_array_get(raw, 2))));
        }
        json_array_append_new(resolved,
                              json_pack("{sO so}", "title",
                                        json_object_get(stack, "title"),
                                        "frames", frames));
    }
    return resolved;
}

void rtk_symbols_close(void) {
    if (tool.ask) fclose(tool.ask);
    if (tool.answer) fclose(tool.answer);
    if (tool.process > 0) waitpid(tool.process, NULL, 0);
    json_decref(tool.cache);
    memset(&tool, 0, sizeof tool);
}
