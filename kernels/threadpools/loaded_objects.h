#ifndef RTK_LOADED_OBJECTS_H
#define RTK_LOADED_OBJECTS_H

/* The objects that the dynamic loader has in this process. Internal to
 * kernels/threadpools. */

#include "kernels/threadpools/elf_symbols.h"
#include "kernels/workers/status.h"

/* How often objects were loaded and unloaded. */
typedef struct rtk_loader_counts {
    unsigned long long adds, subs;
} rtk_loader_counts;

/* An object that cannot be unloaded while its handle is open. */
typedef struct rtk_object {
    const char *name;           /* the loader's; "" for the main program */
    uintptr_t base, begin, end; /* what it is moved by; where its memory is */
    void *handle;               /* of dlopen() */
    rtk_elf elf;
} rtk_object;

/* MT-Safe. */
rtk_loader_counts rtk_loader_counts_now(void);

/* Call `with` for each object that has symbols; the object is valid during the
 * call. Not to be called with a lock that a library's constructor may want:
 * the loader's own lock is taken, but never while `with` runs.
 *
 *   counts  out, on success only: of the moment of the listing
 *
 * Returns RTK_OK, RTK_ENOMEM, or the first that `with` returns but RTK_OK.
 * MT-Safe. */
RTK_CHECKED rtk_status
rtk_objects_each(rtk_status (*with)(void *arg, const rtk_object *object),
                 void *arg, rtk_loader_counts *counts);

/* Another handle for `object`, which keeps it loaded until dlclose(); NULL if
 * it is gone. MT-Safe. */
void *rtk_object_pin(const char *name, uintptr_t base);

/* The address of `name` in the object itself, or NULL. MT-Safe. */
void *rtk_object_symbol(const rtk_object *object, const char *name);

#endif
