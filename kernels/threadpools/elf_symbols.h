#ifndef RTK_ELF_SYMBOLS_H
#define RTK_ELF_SYMBOLS_H

/* The dynamic symbols of a loaded object itself. dlsym() also looks into what
 * the object depends on, and a program that takes the address of a library's
 * function can pass for its owner. Internal to kernels/threadpools. */

#include <link.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Tables inside the object, which must stay loaded. Filled by rtk_elf_open(),
 * read-only after. */
typedef struct rtk_elf {
    const ElfW(Sym) * symbols;
    const char *names;
    size_t names_size;
    const uint32_t *gnu_hash, *hash; /* one may be NULL */
} rtk_elf;

/* Find the tables of the object at `base` with the dynamic section `dynamic`;
 * false if it has none. MT-Safe. */
bool rtk_elf_open(rtk_elf *elf, uintptr_t base, const ElfW(Dyn) * dynamic);

/* Whether the object itself has the function or variable `name`. MT-Safe. */
bool rtk_elf_defines(const rtk_elf *elf, const char *name);

/* Whether the object has or needs a name that contains `text`. MT-Safe. */
bool rtk_elf_mentions(const rtk_elf *elf, const char *text);

/* Call `with` for each name with `text` in it that the object itself has.
 * MT-Safe. */
void rtk_elf_each(const rtk_elf *elf, const char *text,
                  void (*with)(void *arg, const char *name), void *arg);

#endif
