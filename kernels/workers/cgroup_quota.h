#ifndef RTK_CGROUP_QUOTA_H
#define RTK_CGROUP_QUOTA_H

/* The CPU quota of this process's control group, as whole CPUs. Internal to
 * workers. */

#ifdef __cplusplus
extern "C" {
#endif

/* CPUs that the cgroup's quota allows: the smallest quota/period, rounded up,
 * of the process's group and the groups above it, in version 1 or 2.
 *
 *   root  prefix of /proc and /sys; "" for the real ones
 *
 * Returns 1 or more, or 0 when there is no quota or none can be read.
 * MT-Safe. */
unsigned rtk_cgroup_cpus(const char *root);

#ifdef __cplusplus
}
#endif

#endif
