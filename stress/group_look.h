#ifndef RTK_GROUP_LOOK_H
#define RTK_GROUP_LOOK_H

/* What the threads of a trial are doing, seen from outside: from the kernel's
 * own words in /proc, so the trial need not cooperate. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum { RTK_GROUP_MAX = 64 };

/* The processes of a trial: of the group, and all that descend from it. */
typedef struct rtk_group {
    pid_t process[RTK_GROUP_MAX];
    size_t n;
    bool whole; /* there were no more */
} rtk_group;

/* Find them. `thorough` also finds processes that have lost their parent, by
 * a look at all of the machine's.
 * MT-Safe. */
void rtk_group_find(rtk_group *group, pid_t leader, bool thorough);

/* One look at a trial. */
typedef struct rtk_group_look {
    /* Every thread waits for another, without an end: for a futex (so mutex,
     * condition, semaphore, barrier, join), for a child, or at a pipe. */
    bool blocked;
    bool alarm;            /* a timer of the process may still wake one */
    unsigned threads;      /* that are blocked */
    uint64_t trace;        /* equal in two looks: none has run between them */
    int pipe_reader, pipe; /* process and descriptor of one at a pipe; or -1 */
} rtk_group_look;

/* Look. It ends with the first thread that is not blocked, which costs a trial
 * in good health a few tens of µs. MT-Safe. */
rtk_group_look rtk_group_look_at(const rtk_group *group);

/* Whether no process outside the group has the pipe that is read open.
 * MT-Safe. */
bool rtk_group_owns_pipe(const rtk_group *group, const rtk_group_look *look);

/* CPU time that the group has used, in ms; of processes that have ended, what
 * their parents have waited for. MT-Safe. */
uint64_t rtk_group_cpu_ms(const rtk_group *group);

/* Whether the thread `thread` of the process that it belongs to is ready to
 * run or runs, and its CPU time in ms. MT-Safe. */
bool rtk_thread_runs(pid_t thread, uint64_t *cpu_ms);

/* Whether some thread of the group wants to run nearly all of the time, which
 * it need not get on a machine that is busy: by 20 looks, 10 ms apart. MT-Safe.
 */
bool rtk_group_wants_cpu(const rtk_group *group);

#endif
