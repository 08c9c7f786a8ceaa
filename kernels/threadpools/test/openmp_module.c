/* Loops of a real OpenMP runtime, for the tests of the control over it; built
 * once with each. omp.h is not for this folder, so what is called is declared
 * here. */

#include <stddef.h>

int omp_get_num_threads(void);

#define EXPORT __attribute__((visibility("default")))

/* Run body(arg) in every thread of a team of `threads`, 0 for as many as the
 * runtime takes of itself. Returns how many there were. */
EXPORT int module_parallel(int threads, void (*body)(void *), void *arg);

/* How many threads a loop of the runtime has, which is called here. */
EXPORT int module_team(void);

int module_parallel(int threads, void (*body)(void *), void *arg) {
    int team = 0;
    if (threads > 0) {
#pragma omp parallel num_threads(threads)
        {
#pragma omp single
            team = omp_get_num_threads();
            if (body) body(arg);
        }
    } else {
#pragma omp parallel
        {
#pragma omp single
            team = omp_get_num_threads();
            if (body) body(arg);
        }
    }
    return team;
}

int module_team(void) {
    return module_parallel(0, NULL, NULL);
}
