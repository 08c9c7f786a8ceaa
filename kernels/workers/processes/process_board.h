#ifndef RTK_PROCESS_BOARD_H
#define RTK_PROCESS_BOARD_H

/* The shared memory through which a pool of processes speaks. Internal to
 * workers.
 *
 * Who there is. The caller's process forks a keeper, the keeper forks a server,
 * the server forks the workers; none of these has a second thread. The server
 * reaps workers and forks others for them. The keeper does that for the server,
 * and the server becomes the keeper when that dies, so that whoever is killed,
 * somebody is left who can fork safely and who has seen the dead off.
 *
 * How a loop runs: in rounds. The caller writes the job, sets the ticket to the
 * round and the parts that are left to claim, and rings the bells of the
 * workers that shall take part. A worker says that it is engaged in the round,
 * claims parts by counting the ticket down, and says that it rests when nothing
 * is left. The round is over when the ticket is used up and no living worker is
 * engaged in it. Then whatever part is not done was lost with its worker, and
 * the next round is for those.
 *
 * Why nothing is lost or counted twice, whoever is killed and when. A part has
 * one state word, which says free, claimed and by whom, or done and with what
 * status. Nothing else is counted: what came of a loop is read off these words
 * after it. A worker marks a part before it calls it and after. Killed between
 * its claim and the first mark, the part is still free; between the marks, it
 * is the part that the worker died in, and is tried again or given up; after
 * them it is done. A worker counts as dead once it was reaped: nothing of it
 * runs then.
 *
 * Why a late worker does no harm. Everything of the job is read after a claim
 * has succeeded, and a round cannot end before that worker rests. */

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "kernels/workers/workers.h"

enum {
    PROCESS_LINE = 64,
    /* Twice as many as there are workers at most: one that died keeps its seat
     * until the round is over. */
    PROCESS_SEATS = 2 * RTK_WORKERS_MAX,
    PROCESS_LOOK_NS = 50000 /* before sleeping, where there is a CPU to */
};

/* What a seat holds. */
enum { SEAT_EMPTY, SEAT_ALIVE, SEAT_DEAD };

/* What is known of a part. */
enum { PART_FREE, PART_CLAIMED, PART_DONE };

/* A worker's place. */
typedef struct rtk_process_seat {
    /* The round to take part in; written by the caller. */
    _Alignas(PROCESS_LINE) _Atomic uint32_t bell;
    _Atomic uint32_t asleep; /* 1: the worker sleeps on this word */
    _Atomic uint32_t retire; /* 1: end when at rest; by the server */
    /* Written by the worker: 2 * round + 1 engaged, 2 * round at rest; the part
     * it is in and since when, on the monotonic clock, 0 = in none. */
    _Alignas(PROCESS_LINE) _Atomic uint64_t at;
    _Atomic uint64_t part, since_ns;
    /* Written by the server and, for it, by the keeper; the caller empties a
     * seat of the dead. */
    _Alignas(PROCESS_LINE) _Atomic uint32_t holds;
    _Atomic int32_t pid;   /* 0: runs nothing yet */
    _Atomic int32_t ended; /* as waitpid() says */
    /* Written by the caller: to be killed, for the part it hangs in. */
    _Atomic uint32_t doomed;
    _Atomic uint64_t doomed_part;
} rtk_process_seat;

/* What a claimed part needs. Written by the caller between rounds. */
typedef struct rtk_process_job {
    rtk_part run;
    void *arg;
    const rtk_cancel *cancel; /* in the arena, or NULL */
    _Atomic uint64_t *states; /* of all parts */
    size_t first, count;      /* parts of this round */
    uint32_t fp_modes;
    bool timed;
} rtk_process_job;

/* The whole of it. */
typedef struct rtk_process_board {
    _Alignas(PROCESS_LINE) _Atomic uint64_t ticket; /* round << 32 | left */
    /* Hints, of the caller. */
    _Alignas(PROCESS_LINE) _Atomic uint32_t seats; /* asked for in this loop */
    _Atomic uint32_t take;      /* parts at a time; 0: shrinking runs */
    _Atomic uint32_t brisk;     /* 1: a CPU for each */
    _Atomic uint32_t cancelled; /* the round that shall stop */
    _Atomic uint32_t wanted;    /* workers of the pool */
    /* News for the caller, a count it sleeps on. */
    _Alignas(PROCESS_LINE) _Atomic uint32_t news;
    _Atomic uint32_t waiting; /* 1: it may sleep */
    /* Written by the server. */
    _Alignas(PROCESS_LINE) _Atomic uint32_t used; /* seats ever used */
    _Atomic uint32_t starved; /* forks that failed while nobody was there */
    _Atomic int32_t server, keeper;
    _Atomic uint64_t deaths;
    rtk_process_job job;
    rtk_process_seat seat[PROCESS_SEATS];
} rtk_process_board;

/* A part's state word: status, attempts that ended a worker, seat, state. */
typedef struct rtk_part_state {
    rtk_status status;
    unsigned attempts; /* up to 4095 */
    unsigned seat;
    unsigned state;
} rtk_part_state;

/* Whether to look before sleeping. Who looks in vain, as the one it waits for
 * is far from ready or waits for this very CPU, does without for a while, each
 * time for longer. Belongs to who waits. */
typedef struct rtk_process_patience {
    unsigned level, without;
} rtk_process_patience;

/* Whether to look this time. MT-Unsafe race:patience. */
static inline bool rtk_process_may_look(rtk_process_patience *patience) {
    if (!patience->without) return true;
    patience->without--;
    return false;
}

/* Say whether it was in time; returns that. MT-Unsafe race:patience. */
static inline bool rtk_process_looked(rtk_process_patience *patience,
                                      bool in_time) {
    enum { LEVELS = 8 };
    if (in_time)
        patience->level = 0;
    else if (patience->level < LEVELS)
        patience->level++;
    patience->without = in_time ? 0 : 1U << patience->level;
    return in_time;
}

/* To and from the word. MT-Safe. */
static inline uint64_t rtk_part_word(rtk_part_state s) {
    return (uint64_t)(uint32_t)s.status << 32 |
           (uint64_t)(s.attempts & 0xFFFU) << 16 | (s.seat & 0xFFFU) << 4 |
           s.state;
}

/* The other way round. MT-Safe. */
static inline rtk_part_state rtk_part_read(uint64_t word) {
    return (rtk_part_state){.status = (rtk_status)(word >> 32),
                            .attempts = word >> 16 & 0xFFFU,
                            .seat = word >> 4 & 0xFFFU,
                            .state = word & 0xFU};
}

/* Sleep while *word is `value`, at most `ns` (0: for ever), until a wake in any
 * process; it may also just return. Keeps errno. MT-Safe. */
void rtk_process_sleep(_Atomic uint32_t *word, uint32_t value, uint64_t ns);

/* Wake who sleeps on `word`, in any process. Keeps errno. MT-Safe. */
void rtk_process_wake(_Atomic uint32_t *word);

/* Wake the caller if it sleeps: something on the board has changed. MT-Safe. */
void rtk_process_tell(rtk_process_board *board);

/* Wake the worker of `seat` if it sleeps. MT-Safe. */
void rtk_process_rouse(rtk_process_seat *seat);

/* Mark a seat's worker as dead, `ended` as waitpid() says, and tell the caller.
 * MT-Safe. */
void rtk_process_bury(rtk_process_board *board, rtk_process_seat *seat,
                      int ended);

/* The monotonic clock, the same in all processes. MT-Safe. */
uint64_t rtk_process_now_ns(void);

/* What a worker does from its first moment to its last.
 *
 *   index   of its seat
 *   server  its parent; life: a descriptor that says that it lives
 *
 * MT-Unsafe: the process is its. */
_Noreturn void rtk_process_work(rtk_process_board *board, unsigned index,
                                pid_t server, int life);

/* What the keeper does, and, as its child, the server.
 *
 *   wire  end of a socket pair whose other end the caller's process `app`
 *         holds. It is sent one descriptor, which is at its end when all
 *         processes of the pool are gone. It asks for attention by a byte, and
 *         for the end by shutting the socket down.
 *   keep  whether other descriptors than 0 to 2 stay open
 *
 * MT-Unsafe: the process is its. */
_Noreturn void rtk_process_keep(rtk_process_board *board, int wire, pid_t app,
                                bool keep);

/* Registered with atexit() before the fork: a worker whose part calls exit()
 * leaves without the caller's handlers. MT-Safe. */
void rtk_process_exit_here(void);

#endif
