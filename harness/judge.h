#ifndef RTK_JUDGE_H
#define RTK_JUDGE_H

#include "harness/actors.h"
#include "harness/resources.h"

/* The value oracles, after the join. Each emits findings for the claims that
 * it refutes. */

/* Calls that failed, and processes that died.
 * MT-Unsafe race:team. */
void rtk_judge_status(rtk_team *team);

/* The independent truth, for the outputs of each actor ("truth").
 * MT-Unsafe race:team. */
void rtk_judge_truth(rtk_team *team);

/* Equal bits, between the calls of an actor and with a serial call made now
 * ("bits"); that call uses the task's instance, or one is opened.
 * MT-Unsafe race:team. */
void rtk_judge_bits(rtk_team *team);

/* Canaries round the arrays ("canary").
 * MT-Unsafe race:team. */
void rtk_judge_canaries(rtk_team *team);

/* Threads and descriptors over the baseline, as far as claimed ("resources").
 * MT-Unsafe race:process. */
void rtk_judge_resources(const rtk_trial *trial, rtk_resources before);

/* Count what the claims speak of; the rest is 0. MT-Safe. */
rtk_resources rtk_resources_claimed(const rtk_trial *trial);

/* Whether the claims say anything about them. MT-Safe. */
bool rtk_judges_resources(const rtk_trial *trial);

#endif
