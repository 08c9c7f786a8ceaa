#include "harness/supervise/records.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "harness/clock.h"
#include "harness/supervise/machine.h"

/* Make `path` and the folders above it. */
static int make_folders(const char *path) {
    char part[4096];
    snprintf(part, sizeof part, "%s", path);
    for (char *c = part + 1; *c; c++) {
        if (*c != '/') continue;
        *c = 0;
        if (mkdir(part, 0777) != 0 && errno != EEXIST) return -1;
        *c = '/';
    }
    if (mkdir(part, 0777) != 0 && errno != EEXIST) return -1;
    struct stat at;
    if (stat(part, &at) != 0) return -1;
    if (S_ISDIR(at.st_mode)) return 0;
    errno = ENOTDIR;
    return -1;
}

static void keep_previous(const char *out, const char *path) {
    char previous[4200];
    snprintf(previous, sizeof previous, "%s/records.previous.jsonl", out);
    rename(path, previous);
}

rtk_status rtk_records_open(rtk_records *records, const char *out,
                            const char *file, char sentence[RTK_SENTENCE]) {
    rtk_records r = {.started_ns = rtk_clock_ns()};
    if (make_folders(out) != 0) {
        snprintf(sentence, RTK_SENTENCE,
                 "the output folder %s cannot be used: %s", out,
                 strerror(errno));
        return RTK_EIO;
    }
    int n = file ? snprintf(r.path, sizeof r.path, "%s", file)
                 : snprintf(r.path, sizeof r.path, "%s/records.jsonl", out);
    if (n >= (int)sizeof r.path) n = -1;
    if (!file) keep_previous(out, r.path);
    r.fd = n < 0
               ? -1
               : open(r.path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
    if (r.fd < 0) {
        snprintf(sentence, RTK_SENTENCE,
                 "records cannot be written to %.300s: %s", r.path,
                 strerror(errno));
        return RTK_EIO;
    }
    if (ftruncate(r.fd, 0) != 0) errno = 0; /* a device has no length */
    *records = r;
    return RTK_OK;
}

static rtk_status write_all(int fd, const char *text, size_t n) {
    while (n) {
        ssize_t done = write(fd, text, n);
        if (done < 0 && errno == EINTR) continue;
        if (done <= 0) return RTK_EIO;
        text += done;
        n -= (size_t)done;
    }
    return RTK_OK;
}

void rtk_records_write(rtk_records *records, json_t *record) {
    char *text = record ? json_dumps(record, JSON_COMPACT) : NULL;
    size_t n = text ? strlen(text) : 0;
    if (text) text[n] = '\n';
    if (!records->failed && text) {
        records->failed = write_all(records->fd, text, n + 1);
        if (records->failed) records->failed_errno = errno;
    }
    free(text);
    json_decref(record);
}

void rtk_records_begin(rtk_records *records, int argc, char **argv,
                       uint64_t seed, const char *plugin, json_t *lanes,
                       json_t *libraries, json_t *base) {
    json_t *command = json_array();
    for (int i = 0; i < argc; i++)
        json_array_append_new(command, json_string(argv[i]));
    char run[64], started[32];
    time_t now = time(NULL);
    struct tm utc;
    gmtime_r(&now, &utc);
    strftime(started, sizeof started, "%Y-%m-%dT%H:%M:%SZ", &utc);
    snprintf(run, sizeof run, "%s-%d", started, getpid());
    rtk_records_write(
        records,
        json_pack("{ss si ss so sI ss ss ss so so so so*}", "record", "run",
                  "schema", 1, "run", run, "command", command, "seed",
                  (json_int_t)seed, "started", started, "version", RTK_VERSION,
                  "plugin", plugin, "lanes", lanes, "machine",
                  rtk_machine_card(), "libraries", libraries, "base", base));
}

void rtk_records_end(rtk_records *records, bool complete, int exit_code,
                     const char *reason) {
    double elapsed = (double)(rtk_clock_ns() - records->started_ns) / 1e9;
    rtk_records_write(
        records, json_pack("{ss ss si ss? sf}", "record", "end", "status",
                           complete ? "complete" : "partial", "exit", exit_code,
                           "reason", reason, "elapsed_s", elapsed));
    close(records->fd);
}

json_t *rtk_records_find(const char *path, const char *type, const char *key,
                         const char *value) {
    FILE *file = fopen(path, "re");
    char *text = NULL;
    size_t room = 0;
    json_t *found = NULL;
    while (file && !found && getline(&text, &room, file) > 0) {
        json_t *record = json_loads(text, 0, NULL);
        const char *t = json_string_value(json_object_get(record, "record"));
        const char *v = json_string_value(json_object_get(record, key));
        if (t && strcmp(t, type) == 0 &&
            (!key[0] || (v && strcmp(v, value) == 0)))
            found = json_incref(record);
        json_decref(record);
    }
    free(text);
    if (file) fclose(file);
    return found;
}
