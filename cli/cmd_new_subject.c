/* racetrack new-subject: a folder that builds at once, for somebody's own
 * function to be put in. The files are those of starter/ in the home, with the
 * name in place of "starter"; they are checked and built like any source. */
#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/home.h"
#include "cli/options.h"

enum { FILES = 3, NAME_MOST = 40 };

static const char *const files[FILES] = {"starter_subject.c", "CMakeLists.txt",
                                         "README.md"};
static const char word[] = "starter";

/* A file on its way to its place. */
typedef struct piece {
    char from[RTK_HOME_PATH], beside[RTK_HOME_PATH], to[RTK_HOME_PATH];
    bool made, placed;
} piece;

static bool fits(const char *name) {
    size_t n = strlen(name);
    if (!n || n > NAME_MOST || !isalpha((unsigned char)name[0])) return false;
    for (size_t i = 0; i < n; i++)
        if (!isalnum((unsigned char)name[i]) && name[i] != '_') return false;
    return true;
}

/* Copy with the name for the word; false: read or write failed. */
static bool copy(FILE *from, FILE *to, const char *name) {
    char line[4096];
    while (fgets(line, sizeof line, from)) {
        const char *rest = line;
        for (const char *at; (at = strstr(rest, word));
             rest = at + strlen(word))
            fprintf(to, "%.*s%s", (int)(at - rest), rest, name);
        fputs(rest, to);
    }
    return !ferror(from) && fflush(to) == 0 && !ferror(to) &&
           fsync(fileno(to)) == 0;
}

static int cannot(const char *what, const char *path) {
    return rtk_fail(RTK_EXIT_NOT_MEASURED, "%s cannot be %s: %s", path, what,
                    strerror(errno));
}

static int make(piece *p, const char *name) {
    FILE *from = fopen(p->from, "r");
    if (!from) return cannot("read", p->from);
    FILE *to = fopen(p->beside, "wx");
    p->made = to != NULL;
    bool done = to && copy(from, to, name);
    int code = done ? 0 : cannot("written", p->beside);
    fclose(from);
    if (to && fclose(to) != 0 && !code) code = cannot("written", p->beside);
    return code;
}

/* A name that is taken meanwhile is not overwritten either. */
static int place(piece *p) {
    if (link(p->beside, p->to) != 0)
        return errno == EEXIST
                   ? rtk_fail(RTK_EXIT_USAGE,
                              "%s is there already and is left as it is; take "
                              "another name or --dir",
                              p->to)
                   : cannot("written", p->to);
    p->placed = true;
    return 0;
}

static void plan(piece pieces[FILES], const char *dir, const char *name) {
    for (size_t i = 0; i < FILES; i++) {
        char inside[64], file[128];
        snprintf(inside, sizeof inside, "starter/%s", files[i]);
        rtk_home_path(inside, pieces[i].from);
        const char *tail = strncmp(files[i], word, strlen(word)) == 0
                               ? files[i] + strlen(word)
                               : files[i];
        snprintf(file, sizeof file, "%s%s", tail == files[i] ? "" : name, tail);
        snprintf(pieces[i].to, RTK_HOME_PATH, "%.4000s/%s", dir, file);
        snprintf(pieces[i].beside, RTK_HOME_PATH, "%.4000s/.%s.%d.tmp", dir,
                 file, (int)getpid());
    }
}

/* All files or none. */
static int write_all(const char *dir, const char *name) {
    piece pieces[FILES] = {0};
    int code = 0;
    plan(pieces, dir, name);
    for (size_t i = 0; !code && i < FILES; i++) code = make(&pieces[i], name);
    for (size_t i = 0; !code && i < FILES; i++) code = place(&pieces[i]);
    for (size_t i = 0; i < FILES; i++) {
        if (pieces[i].made) unlink(pieces[i].beside);
        if (code && pieces[i].placed) unlink(pieces[i].to);
    }
    return code;
}

int rtk_cmd_new_subject(rtk_options *options) {
    if (options->words.n != 1)
        return rtk_fail(RTK_EXIT_USAGE,
                        "racetrack new-subject takes one name, as in racetrack "
                        "new-subject mylib");
    const char *name = options->words.name[0];
    if (!fits(name))
        return rtk_fail(RTK_EXIT_USAGE,
                        "\"%s\" cannot name a subject: it takes a letter, then "
                        "letters, digits and _, at most %d in all",
                        name, NAME_MOST);
    const char *dir = options->dir ? options->dir : name;
    bool made = mkdir(dir, 0777) == 0;
    if (!made && errno != EEXIST) return cannot("made", dir);
    int code = write_all(dir, name);
    if (code) {
        if (made) rmdir(dir);
        return code;
    }
    printf("%s/%s_subject.c is written, with a defect to find. Next:\n\n"
           "    cd %s\n"
           "    cmake -B build\n"
           "    cmake --build build\n"
           "    racetrack stress --plugin build/plugins/%s --budget 20s\n",
           dir, name, dir, name);
    return RTK_EXIT_AS_CLAIMED;
}
