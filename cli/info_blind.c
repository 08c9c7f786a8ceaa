/* Finding the program, and why a probe could not get into it. */

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "cli/info.h"

static bool runs(const char *path, const char **why) {
    struct stat s;
    if (stat(path, &s)) {
        *why = strerror(errno);
    } else if (S_ISDIR(s.st_mode)) {
        *why = "it is a folder";
    } else if (access(path, X_OK)) {
        *why = "it may not be executed";
    } else {
        return true;
    }
    return false;
}

bool rtk_info_find(const char *name, char path[4096], const char **why) {
    const char *folders = getenv("PATH");
    if (strchr(name, '/')) {
        snprintf(path, 4096, "%s", name);
        return runs(path, why);
    }
    if (!folders) folders = "/usr/bin:/bin";
    while (*name && *folders) {
        size_t n = strcspn(folders, ":");
        snprintf(path, 4096, "%.*s%s%s", (int)n, folders, n ? "/" : "./", name);
        if (runs(path, why)) return true;
        folders += n + (folders[n] == ':');
    }
    *why = "it is in no folder of PATH";
    return false;
}

/* Reads an interpreter's path from "#! /bin/sh -e". */
static bool script(int file, char interpreter[4096]) {
    char line[256] = "";
    ssize_t n = pread(file, line, sizeof line - 1, 0);
    if (n < 3 || line[0] != '#' || line[1] != '!') return false;
    const char *from = line + 2 + strspn(line + 2, " \t");
    size_t length = strcspn(from, " \t\n");
    snprintf(interpreter, 4096, "%.*s", (int)length, from);
    return length > 0;
}

static bool has_loader(int file, const Elf64_Ehdr *head) {
    for (size_t i = 0; i < head->e_phnum; i++) {
        Elf64_Phdr part;
        off_t at = (off_t)(head->e_phoff + i * head->e_phentsize);
        if (pread(file, &part, sizeof part, at) != sizeof part) return false;
        if (part.p_type == PT_INTERP) return true;
    }
    return false;
}

static bool privileged(int file) {
    struct stat s;
    if (fstat(file, &s)) return false;
    return ((s.st_mode & S_ISUID) && s.st_uid != getuid()) ||
           ((s.st_mode & S_ISGID) && s.st_gid != getgid()) ||
           (getuid() && fgetxattr(file, "security.capability", NULL, 0) > 0);
}

static const char *blind_file(int file) {
    Elf64_Ehdr own, head;
    int self = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    if (self < 0 || pread(self, &own, sizeof own, 0) != sizeof own)
        memset(&own, 0, sizeof own);
    if (self >= 0) close(self);
    if (pread(file, &head, sizeof head, 0) < (ssize_t)EI_NIDENT ||
        memcmp(head.e_ident, ELFMAG, SELFMAG) != 0)
        return "it is not a program for this machine";
    if (head.e_ident[EI_CLASS] != own.e_ident[EI_CLASS] ||
        head.e_machine != own.e_machine)
        return "it is built for another kind of machine, into which this "
               "machine's probe cannot be loaded";
    if (!has_loader(file, &head))
        return "it is statically linked, and a probe gets into a program only "
               "through the dynamic loader";
    if (privileged(file))
        return "it runs with another user's rights (setuid, setgid or file "
               "capabilities), and the dynamic loader preloads nothing then";
    return NULL;
}

/* An interpreter may be a script itself; the kernel gives up at the fifth. */
static const char *blind(const char *path, unsigned depth) {
    char interpreter[4096];
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return "its file cannot be read";
    bool by_other = depth < 5 && script(file, interpreter);
    const char *why = by_other ? NULL : blind_file(file);
    close(file);
    return by_other ? blind(interpreter, depth + 1) : why;
}

const char *rtk_info_blind(const char *path) {
    return blind(path, 0);
}
