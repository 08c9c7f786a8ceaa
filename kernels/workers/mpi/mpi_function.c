/* A wrong address would be called, so a name alone is not believed: both sides
 * compute a print of the module's layout, of its notes (the build id is one)
 * and of the code at the place itself, and call only where the prints are the
 * same. */

#include "kernels/workers/mpi/mpi_function.h"

#include <link.h>
#include <stdbool.h>
#include <string.h>

enum { CODE = 256 };

/* FNV-1a. */
#define PRINT_START UINT64_C(0xCBF29CE484222325)
#define PRINT_PRIME UINT64_C(0x100000001B3)

static uint64_t print_on(uint64_t print, const void *data, size_t size) {
    const unsigned char *byte = data;
    for (size_t i = 0; i < size; i++) print = (print ^ byte[i]) * PRINT_PRIME;
    return print;
}

static const char *base_name(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static const void *at(const struct dl_phdr_info *module, uint64_t offset) {
    /* NOLINTNEXTLINE(performance-no-int-to-ptr): the loader tells a number */
    return (const void *)(uintptr_t)(module->dlpi_addr + offset);
}

/* The segment of code that holds `offset`, or NULL. */
static const ElfW(Phdr) *
    code_at(const struct dl_phdr_info *module, uint64_t offset) {
    for (size_t i = 0; i < module->dlpi_phnum; i++) {
        const ElfW(Phdr) *p = &module->dlpi_phdr[i];
        bool code = p->p_type == PT_LOAD && (p->p_flags & PF_X);
        if (code && offset - p->p_vaddr < p->p_memsz) return p;
    }
    return NULL;
}

/* Notes may be in the file alone. */
static bool loaded(const struct dl_phdr_info *module, const ElfW(Phdr) * note) {
    for (size_t i = 0; i < module->dlpi_phnum; i++) {
        const ElfW(Phdr) *p = &module->dlpi_phdr[i];
        uint64_t from = note->p_vaddr - p->p_vaddr;
        if (p->p_type == PT_LOAD && from < p->p_filesz &&
            note->p_filesz <= p->p_filesz - from)
            return true;
    }
    return false;
}

static uint64_t print_of(const struct dl_phdr_info *module, uint64_t offset,
                         const ElfW(Phdr) * code) {
    size_t table = module->dlpi_phnum * sizeof *module->dlpi_phdr;
    uint64_t print = print_on(PRINT_START, module->dlpi_phdr, table);
    for (size_t i = 0; i < module->dlpi_phnum; i++) {
        const ElfW(Phdr) *p = &module->dlpi_phdr[i];
        if (p->p_type == PT_NOTE && loaded(module, p))
            print = print_on(print, at(module, p->p_vaddr), p->p_filesz);
    }
    size_t left = code->p_memsz - (offset - code->p_vaddr);
    return print_on(print, at(module, offset), left < CODE ? left : CODE);
}

/* ---- Where it is here, to a name ------------------------------------------
 */

typedef struct naming {
    uint64_t address;
    rtk_mpi_function *name;
} naming;

static int name_if_here(struct dl_phdr_info *module, size_t size, void *arg) {
    naming *n = arg;
    (void)size;
    uint64_t offset = n->address - module->dlpi_addr;
    const ElfW(Phdr) *code = code_at(module, offset);
    const char *name = base_name(module->dlpi_name);
    size_t length = strlen(name);
    if (!code || length >= sizeof n->name->module) return 0;
    memset(n->name, 0, sizeof *n->name);
    memcpy(n->name->module, name, length);
    n->name->offset = offset;
    n->name->print = print_of(module, offset, code);
    return 1;
}

rtk_status rtk_mpi_function_name(rtk_apply_fn fn, rtk_mpi_function *name) {
    naming n = {.address = (uintptr_t)fn, .name = name};
    return dl_iterate_phdr(name_if_here, &n) ? RTK_OK : RTK_EUNSUPPORTED;
}

/* ---- A name, to where it is here ------------------------------------------
 */

typedef struct finding {
    const rtk_mpi_function *name;
    rtk_apply_fn fn;
} finding;

static int find_if_here(struct dl_phdr_info *module, size_t size, void *arg) {
    finding *f = arg;
    (void)size;
    const ElfW(Phdr) *code = code_at(module, f->name->offset);
    if (!code || strcmp(base_name(module->dlpi_name), f->name->module))
        return 0;
    if (print_of(module, f->name->offset, code) != f->name->print) return 0;
    f->fn = (rtk_apply_fn)(uintptr_t)at(module, f->name->offset);
    return 1;
}

rtk_status rtk_mpi_function_find(const rtk_mpi_function *name,
                                 rtk_apply_fn *fn) {
    finding f = {.name = name};
    if (!memchr(name->module, 0, sizeof name->module)) return RTK_EUNSUPPORTED;
    if (!dl_iterate_phdr(find_if_here, &f)) return RTK_EUNSUPPORTED;
    *fn = f.fn;
    return RTK_OK;
}
