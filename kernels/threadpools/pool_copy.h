#ifndef RTK_POOL_COPY_H
#define RTK_POOL_COPY_H

/* What this module keeps of a library's copy. Internal to kernels/threadpools.
 *
 * A copy is a library that was found; its setting is what holds the count.
 * Several copies may obey one setting: an OpenBLAS made with OpenMP obeys its
 * OpenMP runtime's. All of it is guarded by the module's lock
 * (pool_registry.h), but what is said to be of a thread. */

#include "kernels/threadpools/custom_pool.h"
#include "kernels/threadpools/loaded_objects.h"
#include "kernels/threadpools/pool_limits.h"

/* Any function of a library; cast to its own type to be called. */
typedef void rtk_function(void);

typedef struct rtk_setting rtk_setting;
typedef struct rtk_entry rtk_entry;

/* How a setting is read and set, for the calling thread where it is a
 * thread's. */
typedef struct rtk_setting_ways {
    int (*get)(const rtk_setting *setting);
    rtk_status (*set)(const rtk_setting *setting, int threads);
    /* What back() takes to undo all sets. NULL: the count, by set(). */
    int (*mark)(const rtk_setting *setting);
    void (*back)(const rtk_setting *setting, int mark);
} rtk_setting_ways;

/* The open scopes on a setting: one for a process, one for each thread that has
 * any for a thread's setting. `mark`, `before` and `applied` count while
 * `held`: a child keeps them when the scopes were another thread's. */
typedef struct rtk_hold {
    rtk_setting *setting;
    rtk_entry *oldest, *newest;
    bool held;
    int mark;              /* restores what was before the first */
    int before;            /* the count before the first */
    int applied;           /* read back after it was last set */
    struct rtk_hold *next; /* of this thread */
} rtk_hold;

struct rtk_setting {
    const rtk_setting_ways *ways;
    rtk_function *get, *set;
    const rtk_custom_pool *custom;
    void *custom_copy;
    const void *key; /* tells settings apart: an address in the library */
    rtk_pool_scope scope;
    int most; /* which it takes; 0 unknown */
    unsigned references;
    rtk_hold hold; /* of the process */
    rtk_setting *next;
};

/* A scope's part in a hold, in the memory of the scope. */
struct rtk_entry {
    rtk_setting *setting;
    rtk_hold *hold;
    int asked;  /* the least of its limits */
    int wanted; /* the same, not above what may be had without growing */
    unsigned flags;
    uint64_t owner; /* rtk_thread_number() */
    int before, effective;
    bool foreign;
    rtk_entry *older, *newer;
};

enum { FUNCTIONS = 8, WORDS = 128, CONFIG = 384 };

typedef struct rtk_family rtk_family;

typedef struct rtk_copy {
    const rtk_family *family;
    const rtk_custom_pool *custom;
    const void *key;      /* tells copies apart: an address in the library */
    rtk_setting *setting; /* NULL: none */
    rtk_setting *spare;   /* what it is to be, if there is none of its key */
    rtk_function *function[FUNCTIONS]; /* as the family numbers them */
    void *custom_copy;
    void *handle;
    unsigned references;
    uint64_t id;
    rtk_pool_api user_api;
    rtk_pool_scope scope;
    rtk_pool_meaning meaning;
    bool controllable, planner_ready;
    int max_threads;
    int planned; /* FFTW: what its planner was last told */
    const char *internal_api, *layer, *why; /* constants */
    uintptr_t base;
    char *path;
    char prefix[WORDS], suffix[WORDS], file_prefix[WORDS], version[WORDS];
    char architecture[WORDS], flavour[WORDS], config[CONFIG];
    struct rtk_copy *next;
} rtk_copy;

/* Where a family puts what it finds in an object. */
typedef struct rtk_finds {
    const rtk_object *object;
    rtk_copy *copies; /* newest first */
    bool is_main;
    rtk_status status; /* the first error */
} rtk_finds;

/* A kind of library. */
struct rtk_family {
    const char *internal_api;
    rtk_pool_api user_api;
    /* Add the copies in finds->object, without calling the library. */
    void (*probe)(const rtk_family *family, rtk_finds *finds);
    /* Ask a new copy for what never changes, and complete it. With the lock:
     * some of this is not thread-safe in the library. */
    void (*describe)(rtk_copy *copy);
};

/* All that are built in, in the order in which they are tried. */
extern const rtk_family rtk_openmp_family, rtk_openblas_family, rtk_blis_family,
    rtk_mkl_family, rtk_flexiblas_family, rtk_fftw_family,
    rtk_hidden_blas_family;

/* Add a copy to `finds`: pinned, without functions; NULL when it cannot be, and
 * finds->status says why. MT-Safe. */
rtk_copy *rtk_finds_add(rtk_finds *finds, const rtk_family *family,
                        const void *key);

/* Release a copy's memory and its pin. Not with the lock. NULL is allowed.
 * MT-Safe. */
void rtk_copy_free(rtk_copy *copy);

/* The function `prefix``stem``suffix` of the object, or NULL. MT-Safe. */
rtk_function *rtk_finds_function(const rtk_finds *finds, const char *prefix,
                                 const char *stem, const char *suffix);

/* Copy a string that may be NULL and may be too long. MT-Safe. */
void rtk_word_set(char *word, size_t room, const char *text);

/* Say how a new copy is set; its scope and most threads go with it.
 * MT-Unsafe race:copy. */
void rtk_copy_obeys(rtk_copy *copy, const rtk_setting_ways *ways,
                    rtk_function *get, rtk_function *set);

/* For int get(void) and void set(int). */
extern const rtk_setting_ways rtk_plain_ways;

/* How custom libraries are set. */
extern const rtk_setting_ways rtk_custom_ways;

/* Add the copies of all custom libraries in finds->object, or, if it is NULL,
 * of those that are no object. MT-Safe. */
void rtk_custom_probe(rtk_finds *finds);

/* Open, describe and close a copy of a custom library. With the lock.
 * MT-Unsafe race:copy. */
void rtk_custom_describe(rtk_copy *copy);
void rtk_custom_close(rtk_copy *copy);

/* How many custom libraries there are. MT-Safe. */
size_t rtk_custom_count(void);

#endif
