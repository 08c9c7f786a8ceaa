#ifndef RTK_HOME_H
#define RTK_HOME_H

/* The folder of this racetrack: bin/ with the programs, plugins/, reports/,
 * starter/, known_findings.json, and venv/ if there is one. A build tree is
 * laid out like lib/racetrack of an installed one, and either may be moved:
 * nothing holds its path but the place of the running program. */

enum { RTK_HOME_PATH = 4200 };

/* Write the path of `name` in that folder ("plugins/reference"), whether it is
 * there or not; "" for the folder itself. MT-Safe. */
void rtk_home_path(const char *name, char path[RTK_HOME_PATH]);

#endif
