#ifndef RTK_PLANTED_H
#define RTK_PLANTED_H

/* Faults planted in our own kernels, to see that the detectors find them there
 * as well. RTK_PLANT(id) is 0, and the compiler leaves out what hangs on it,
 * but in the one source file of the plug-in that plants `id`: that is compiled
 * with -DRTK_PLANT_ID=RTK_PLANT_id. What each should be found by stands in
 * stress/faults/kernel_faults.def. */
enum {
    RTK_PLANT_none,
    RTK_PLANT_crew_publish, /* a job is published without release */
    RTK_PLANT_crew_report,  /* its parts are reported without release */
    RTK_PLANT_fft_planner,  /* plans are made without the planner's lock */
    RTK_PLANT_fft_fork,     /* the planner's lock stays taken in a child */
    RTK_PLANT_fft_scratch,  /* all callers work in one static scratch */
    RTK_PLANT_fft_lease,    /* a hit of the cache is not counted as a user */
    RTK_PLANT_fft_publish,  /* a line is published before it is made */
    RTK_PLANT_fft_overlap,  /* a part transforms the next one's first line */
    RTK_PLANT_kdtree_hint,  /* searches leave their leaf for the next */
    RTK_PLANT_kdtree_query, /* all searches keep their query in one place */
    RTK_PLANT_linalg_info,  /* a failure is told of the one before, too */
    RTK_PLANT_linalg_query, /* the size of work spaces is asked for once */
    RTK_PLANT_linalg_room,  /* all workers work in one room */
    RTK_PLANT_qmc_arrival,  /* sums are added in order of arrival */
    RTK_PLANT_qmc_state,    /* all draw from one place in the sequence */
    RTK_PLANT_sum_pairs     /* two blocks are added to one partial sum */
};

#ifndef RTK_PLANT_ID
#define RTK_PLANT_ID RTK_PLANT_none
#endif
#define RTK_PLANT(id) (RTK_PLANT_ID == RTK_PLANT_##id)

#endif
