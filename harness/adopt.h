#ifndef RTK_ADOPT_H
#define RTK_ADOPT_H

#include "harness/plugin.h"

/* Copy the tables of a plug-in into structs of this host's size: fields that
 * the plug-in does not know yet are zero, those that the host does not know
 * are left behind. What no subject can do without is checked.
 *
 *   theirs    as racetrack_plugin() returned it
 *   sentence  out on failure: which subject lacks what
 *
 * Returns the copy, which lives as long as the process, or NULL.
 * MT-Unsafe race:plugins. */
const rtk_plugin *rtk_plugin_adopt(const rtk_plugin *theirs,
                                   char sentence[RTK_SENTENCE]);

#endif
