#ifndef RTK_MPI_CREW_H
#define RTK_MPI_CREW_H

/* A test on several ranks: rank 0 is the test, the others serve, rightly or as
 * they are told. */

#include "kernels/workers/test/unit.h"

#include "kernels/workers/mpi/mpi_executor.h"

/* What a server does to its replies. */
typedef enum crew_twist {
    CREW_KEEPS,
    CREW_SWALLOWS,           /* the first */
    CREW_SWALLOWS_LAST_ITEM, /* of the first */
    CREW_REPEATS,            /* the first */
    CREW_REPEATS_ITEM, /* lays the first item's result in the second's place */
    CREW_SWAPS,        /* the first two */
    CREW_SWAPS_ITEMS,  /* the first two */
    CREW_SPEAKS_RUBBISH,
    CREW_CUTS,         /* the first short */
    CREW_INVENTS,      /* an item that is not there */
    CREW_ANSWERS_LATE, /* with the number of the job before */
} crew_twist;

/* What the others do between two rounds. */
typedef struct crew_order {
    int stop;
    crew_twist twist;
    int twisted;   /* rank that does it */
    int load;      /* 1: load the stranger */
    int tries_too; /* 1: applies a job itself */
} crew_order;

/* On rank 0: give `order`, and open an executor. MT-Unsafe race:crew. */
void crew_open(crew_order order);

/* The executor, as long as it is open. MT-Unsafe race:crew. */
const rtk_executor *crew_executor(void);

/* On rank 0: close. Returns 0 when all others served well and did as told, for
 * cmocka. MT-Unsafe race:crew. */
int crew_close(void **state);

/* crew_open() with nothing special, for cmocka: 0. MT-Unsafe race:crew. */
int crew_set_up(void **state);

/* The rank of this process. MT-Safe. */
int crew_rank(void);

/* Start MPI with that `level` of threads, run `tests` on rank 0 and serve it on
 * the others, end MPI.
 * Returns the program's exit code. MT-Unsafe race:crew. */
int crew_main(int argc, char **argv, int level, int (*tests)(void));

#endif
