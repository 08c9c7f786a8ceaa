#ifndef RTK_EXPORT_H
#define RTK_EXPORT_H

#include <stdio.h>

#include "stress/again.h"

/* Write the trial of a finding as a C program that needs nothing of racetrack
 * but the plug-in: the contract, the constants of the trial, and a body that
 * repeats it and tells how often it failed.
 *
 *   path      of the file
 *   source    NULL, or the C file of the plug-in, to be part of the program
 *             instead of being loaded
 *   sentence  out on failure
 *
 * Returns RTK_OK; RTK_EINVAL when there is no such source; RTK_EUNSUPPORTED
 * when such a program could not show the finding: processes, forks, ends of
 * processes, and oracles that look at more than values, inputs, statuses,
 * crashes, hangs and races; RTK_EIO. MT-Safe. */
RTK_CHECKED rtk_status rtk_export(const rtk_again *again, const char *path,
                                  const char *source,
                                  char sentence[RTK_SENTENCE]);

#endif
