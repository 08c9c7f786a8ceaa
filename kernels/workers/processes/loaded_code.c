/* An object is known again by where its code lies and by a stamp of its name
 * and its notes, of which the build id is one: another library may be loaded
 * where one was unloaded. The loader counts what it loads and unloads, so that
 * an address is looked up once for as long as nothing changes. */

#include "kernels/workers/processes/loaded_code.h"

#include <link.h>
#include <stdint.h>
#include <stdlib.h>

typedef struct segment {
    uintptr_t from, to;
    uint64_t stamp;
} segment;

struct rtk_loaded_code {
    segment *segments;
    size_t n, room;
    rtk_status status; /* of the listing */
    /* The last question, its answer, and when it was asked. */
    uintptr_t asked;
    bool answer;
    unsigned long long adds, subs;
};

/* FNV-1a. */
static uint64_t mix(uint64_t stamp, const void *bytes, size_t n) {
    const unsigned char *b = bytes;
    for (size_t i = 0; i < n; i++) stamp = (stamp ^ b[i]) * 0x100000001B3U;
    return stamp;
}

/* Notes are read where a segment has loaded them. */
static bool loaded(const struct dl_phdr_info *o, const ElfW(Phdr) * note) {
    for (unsigned i = 0; i < o->dlpi_phnum; i++) {
        const ElfW(Phdr) *p = &o->dlpi_phdr[i];
        if (p->p_type == PT_LOAD && (p->p_flags & PF_R) &&
            note->p_vaddr >= p->p_vaddr &&
            note->p_vaddr + note->p_filesz <= p->p_vaddr + p->p_filesz)
            return true;
    }
    return false;
}

static uint64_t stamp(const struct dl_phdr_info *o) {
    uint64_t s = 0xCBF29CE484222325U;
    for (const char *c = o->dlpi_name; c && *c; c++) s = mix(s, c, 1);
    for (unsigned i = 0; i < o->dlpi_phnum; i++) {
        const ElfW(Phdr) *p = &o->dlpi_phdr[i];
        if (p->p_type == PT_NOTE && loaded(o, p))
            s = mix(s, (const void *)(o->dlpi_addr + p->p_vaddr), p->p_filesz);
    }
    return s;
}

static bool executable(const struct dl_phdr_info *o, unsigned i, segment *s) {
    const ElfW(Phdr) *p = &o->dlpi_phdr[i];
    if (p->p_type != PT_LOAD || !(p->p_flags & PF_X)) return false;
    s->from = o->dlpi_addr + p->p_vaddr;
    s->to = s->from + p->p_memsz;
    return true;
}

static bool append(rtk_loaded_code *c, segment s) {
    if (c->n == c->room) {
        size_t room = c->room ? 2 * c->room : 64;
        segment *more = realloc(c->segments, room * sizeof *more);
        if (!more) return false;
        c->segments = more;
        c->room = room;
    }
    c->segments[c->n++] = s;
    return true;
}

static int note(struct dl_phdr_info *o, size_t size, void *arg) {
    rtk_loaded_code *c = arg;
    segment s = {0};
    (void)size;
    for (unsigned i = 0; i < o->dlpi_phnum; i++) {
        if (!executable(o, i, &s)) continue;
        s.stamp = stamp(o);
        if (!append(c, s)) c->status = RTK_ENOMEM;
    }
    return c->status != RTK_OK;
}

rtk_status rtk_loaded_code_list(rtk_loaded_code **code) {
    rtk_loaded_code *c = calloc(1, sizeof *c);
    if (!c) return RTK_ENOMEM;
    dl_iterate_phdr(note, c);
    rtk_status s = c->status;
    if (s)
        rtk_loaded_code_free(c);
    else
        *code = c;
    return s;
}

static bool listed(const rtk_loaded_code *c, segment s) {
    for (size_t i = 0; i < c->n; i++)
        if (c->segments[i].from == s.from && c->segments[i].to == s.to)
            return c->segments[i].stamp == s.stamp;
    return false;
}

/* Stops at the object that holds the address. */
static int look(struct dl_phdr_info *o, size_t size, void *arg) {
    rtk_loaded_code *c = arg;
    segment s = {0};
    (void)size;
    for (unsigned i = 0; i < o->dlpi_phnum; i++) {
        if (!executable(o, i, &s) || c->asked < s.from || c->asked >= s.to)
            continue;
        s.stamp = stamp(o);
        c->answer = listed(c, s);
        return 1;
    }
    return 0;
}

static int count(struct dl_phdr_info *o, size_t size, void *arg) {
    rtk_loaded_code *c = arg;
    (void)size;
    c->adds = o->dlpi_adds;
    c->subs = o->dlpi_subs;
    return 1;
}

bool rtk_loaded_code_has(rtk_loaded_code *code, const void *address) {
    rtk_loaded_code now = {0};
    /* Counted first: what changes after that is looked at again. */
    dl_iterate_phdr(count, &now);
    if (code->asked == (uintptr_t)address && now.adds == code->adds &&
        now.subs == code->subs)
        return code->answer;
    code->asked = (uintptr_t)address;
    code->answer = false;
    dl_iterate_phdr(look, code);
    code->adds = now.adds;
    code->subs = now.subs;
    return code->answer;
}

void rtk_loaded_code_free(rtk_loaded_code *code) {
    if (!code) return;
    free(code->segments);
    free(code);
}
