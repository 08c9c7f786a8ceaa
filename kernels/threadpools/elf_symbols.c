#include "kernels/threadpools/elf_symbols.h"

#include <string.h>

/* DT_GNU_HASH: four words, the filter, the buckets, the chains. */
typedef struct gnu_table {
    uint32_t buckets, first, filters, shift;
    const uintptr_t *filter; /* words of the width of an address */
    const uint32_t *bucket, *chain;
} gnu_table;

enum { ADDRESS_BITS = 8 * sizeof(uintptr_t) };

/* glibc puts addresses there, others offsets. */
static const void *at(uintptr_t base, uintptr_t value) {
    /* NOLINTNEXTLINE(performance-no-int-to-ptr): the loader's own numbers */
    return (const void *)(value < base ? value + base : value);
}

bool rtk_elf_open(rtk_elf *elf, uintptr_t base, const ElfW(Dyn) * dynamic) {
    rtk_elf e = {0};
    if (!dynamic) return false;
    for (const ElfW(Dyn) *d = dynamic; d->d_tag != DT_NULL; d++) {
        switch (d->d_tag) {
        case DT_SYMTAB: e.symbols = at(base, d->d_un.d_ptr); break;
        case DT_STRTAB: e.names = at(base, d->d_un.d_ptr); break;
        case DT_STRSZ: e.names_size = d->d_un.d_val; break;
        case DT_GNU_HASH: e.gnu_hash = at(base, d->d_un.d_ptr); break;
        case DT_HASH: e.hash = at(base, d->d_un.d_ptr); break;
        default: break;
        }
    }
    *elf = e;
    return e.symbols && e.names && (e.gnu_hash || e.hash);
}

static gnu_table table(const rtk_elf *elf) {
    const uint32_t *t = elf->gnu_hash;
    gnu_table g = {
        .buckets = t[0], .first = t[1], .filters = t[2], .shift = t[3]};
    g.filter = (const void *)(t + 4);
    g.bucket = (const void *)(g.filter + g.filters);
    g.chain = g.bucket + g.buckets;
    return g;
}

static const char *name_of(const rtk_elf *elf, size_t i) {
    return elf->names + elf->symbols[i].st_name;
}

/* What can be called or read from outside, and is here. */
static bool is_own(const rtk_elf *elf, size_t i) {
    const ElfW(Sym) *s = &elf->symbols[i];
    unsigned type = s->st_info & 0xf, binding = s->st_info >> 4;
    return s->st_shndx != SHN_UNDEF &&
           (binding == STB_GLOBAL || binding == STB_WEAK) &&
           (type == STT_FUNC || type == STT_GNU_IFUNC || type == STT_OBJECT ||
            type == STT_NOTYPE);
}

static bool is(const rtk_elf *elf, size_t i, const char *name) {
    return is_own(elf, i) && strcmp(name_of(elf, i), name) == 0;
}

static bool in_gnu(const rtk_elf *elf, const char *name) {
    gnu_table g = table(elf);
    uint32_t h = 5381;
    for (const char *c = name; *c; c++) h = h * 33 + (unsigned char)*c;
    uintptr_t bits = g.filter[(h / ADDRESS_BITS) % g.filters];
    if (!(bits >> (h % ADDRESS_BITS) & bits >> ((h >> g.shift) % ADDRESS_BITS) &
          1))
        return false;
    size_t i = g.buckets ? g.bucket[h % g.buckets] : 0;
    if (i < g.first) return false;
    for (;; i++) {
        uint32_t link = g.chain[i - g.first];
        if ((link | 1) == (h | 1) && is(elf, i, name)) return true;
        if (link & 1) return false;
    }
}

bool rtk_elf_defines(const rtk_elf *elf, const char *name) {
    if (elf->gnu_hash) return in_gnu(elf, name);
    for (size_t i = 1; i < elf->hash[1]; i++)
        if (is(elf, i, name)) return true;
    return false;
}

bool rtk_elf_mentions(const rtk_elf *elf, const char *text) {
    return memmem(elf->names, elf->names_size, text, strlen(text)) != NULL;
}

/* The number of the last symbol and one: the longest chain ends there. */
static size_t end_of(const rtk_elf *elf) {
    size_t last = 0;
    if (!elf->gnu_hash) return elf->hash[1];
    gnu_table g = table(elf);
    for (size_t b = 0; b < g.buckets; b++)
        if (g.bucket[b] > last) last = g.bucket[b];
    if (last < g.first) return 0;
    while (!(g.chain[last - g.first] & 1)) last++;
    return last + 1;
}

void rtk_elf_each(const rtk_elf *elf, const char *text,
                  void (*with)(void *arg, const char *name), void *arg) {
    if (!rtk_elf_mentions(elf, text)) return;
    size_t end = end_of(elf);
    for (size_t i = 1; i < end; i++)
        if (is_own(elf, i) && strstr(name_of(elf, i), text))
            with(arg, name_of(elf, i));
}
