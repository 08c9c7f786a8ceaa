#include "kernels/workers/test/unit.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "kernels/workers/cgroup_quota.h"
#include "kernels/workers/workers.h"

enum { PATH = 512 };

static char root[PATH];

static int new_root(void **state) {
    (void)state;
    snprintf(root, sizeof root, "/tmp/usable_cpus_XXXXXX");
    return mkdtemp(root) ? 0 : -1;
}

static int remove_root(void **state) {
    char command[2 * PATH];
    (void)state;
    snprintf(command, sizeof command, "rm -rf '%s'", root);
    return system(command);
}

static void put(const char *path, const char *text) {
    char full[2 * PATH];
    snprintf(full, sizeof full, "%s%s", root, path);
    for (char *slash = strchr(full + 1, '/'); slash;
         slash = strchr(slash + 1, '/')) {
        *slash = 0;
        assert_true(!mkdir(full, 0700) || errno == EEXIST);
        *slash = '/';
    }
    FILE *file = fopen(full, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void without_a_cgroup_there_is_no_quota(void **state) {
    (void)state;
    assert_int_equal(0, rtk_cgroup_cpus(root));
}

static void a_quota_is_rounded_up(void **state) {
    (void)state;
    put("/proc/self/cgroup", "0::/\n");
    put("/sys/fs/cgroup/cpu.max", "150000 100000\n");
    assert_int_equal(2, rtk_cgroup_cpus(root));
    put("/sys/fs/cgroup/cpu.max", "200000 100000\n");
    assert_int_equal(2, rtk_cgroup_cpus(root));
    put("/sys/fs/cgroup/cpu.max", "1000 100000\n");
    assert_int_equal(1, rtk_cgroup_cpus(root));
}

static void max_is_no_quota(void **state) {
    (void)state;
    put("/proc/self/cgroup", "0::/\n");
    put("/sys/fs/cgroup/cpu.max", "max 100000\n");
    assert_int_equal(0, rtk_cgroup_cpus(root));
}

static void the_least_quota_on_the_way_up_counts(void **state) {
    (void)state;
    put("/proc/self/cgroup", "0::/a/b\n");
    put("/sys/fs/cgroup/a/b/cpu.max", "800000 100000\n");
    put("/sys/fs/cgroup/a/cpu.max", "300000 100000\n");
    put("/sys/fs/cgroup/cpu.max", "max 100000\n");
    assert_int_equal(3, rtk_cgroup_cpus(root));
}

static void a_path_that_is_the_hosts_ends_at_the_mount(void **state) {
    (void)state;
    put("/proc/self/cgroup", "0::/not/seen/here\n");
    put("/sys/fs/cgroup/cpu.max", "500000 100000\n");
    assert_int_equal(5, rtk_cgroup_cpus(root));
}

static void version_one_is_read_from_its_cpu_controller(void **state) {
    (void)state;
    put("/proc/self/cgroup",
        "4:memory:/m\n3:cpuset:/s\n2:cpuacct,cpu:/job\n0::/\n");
    put("/sys/fs/cgroup/cpu/job/cpu.cfs_quota_us", "250000\n");
    put("/sys/fs/cgroup/cpu/job/cpu.cfs_period_us", "100000\n");
    put("/sys/fs/cgroup/cpu/cpu.cfs_quota_us", "-1\n");
    put("/sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n");
    assert_int_equal(3, rtk_cgroup_cpus(root));
}

static void other_controllers_of_version_one_do_not_count(void **state) {
    (void)state;
    put("/proc/self/cgroup", "2:cpuset:/job\n1:cpuacct:/job\n");
    put("/sys/fs/cgroup/cpu/job/cpu.cfs_quota_us", "100000\n");
    put("/sys/fs/cgroup/cpu/job/cpu.cfs_period_us", "100000\n");
    assert_int_equal(0, rtk_cgroup_cpus(root));
}

static void rubbish_is_no_quota(void **state) {
    static const char *const text[] = {
        "5 0\n",       "",      "\n",       "max\n",        "0 100000\n",
        "-1 100000\n", "x 7\n", "100000\n", "100000 max\n", "100000 -1\n"};
    (void)state;
    put("/proc/self/cgroup", "rubbish\n:\n0:\n0::/\n\n");
    for (size_t i = 0; i < sizeof text / sizeof *text; i++) {
        put("/sys/fs/cgroup/cpu.max", text[i]);
        assert_int_equal(0, rtk_cgroup_cpus(root));
    }
}

static void a_quota_beyond_all_counts_is_none(void **state) {
    (void)state;
    put("/proc/self/cgroup", "0::/\n");
    put("/sys/fs/cgroup/cpu.max", "99999999999999999999999 100000\n");
    assert_int_equal(0, rtk_cgroup_cpus(root));
    put("/sys/fs/cgroup/cpu.max", "9223372036854775807 1\n");
    assert_int_equal(0, rtk_cgroup_cpus(root));
}

/* A folder where a file should be: root may read everything else. */
static void what_cannot_be_read_is_no_quota(void **state) {
    (void)state;
    put("/proc/self/cgroup", "0::/a\n");
    put("/sys/fs/cgroup/a/cpu.max/in_the_way", "");
    assert_int_equal(0, rtk_cgroup_cpus(root));
    put("/sys/fs/cgroup/cpu.max", "200000 100000\n");
    assert_int_equal(2, rtk_cgroup_cpus(root));
}

static void half_a_quota_of_version_one_is_none(void **state) {
    (void)state;
    put("/proc/self/cgroup", "1:cpu:/\n");
    put("/sys/fs/cgroup/cpu/cpu.cfs_quota_us", "100000\n");
    assert_int_equal(0, rtk_cgroup_cpus(root));
    put("/sys/fs/cgroup/cpu/cpu.cfs_period_us", "50000\n");
    assert_int_equal(2, rtk_cgroup_cpus(root));
}

#define HYBRID                                                                 \
    "30 20 0:1 / /sys/fs/cgroup ro shared:4 - tmpfs tmpfs rw\n"                \
    "31 30 0:2 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup "               \
    "rw,cpuacct,cpu\n"                                                         \
    "32 30 0:3 / /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset\n"         \
    "33 30 0:4 / /sys/fs/cgroup/unified rw shared:1 master:2 - cgroup2 "       \
    "cgroup2 rw\n"

static void in_a_hybrid_hierarchy_both_versions_count(void **state) {
    (void)state;
    put("/proc/self/mountinfo", HYBRID);
    put("/proc/self/cgroup", "3:cpuset:/s\n2:cpu,cpuacct:/job/part\n0::/u\n");
    assert_int_equal(0, rtk_cgroup_cpus(root));
    put("/sys/fs/cgroup/cpu,cpuacct/job/cpu.cfs_quota_us", "350000\n");
    put("/sys/fs/cgroup/cpu,cpuacct/job/cpu.cfs_period_us", "100000\n");
    assert_int_equal(4, rtk_cgroup_cpus(root));
    put("/sys/fs/cgroup/unified/u/cpu.max", "150000 100000\n");
    assert_int_equal(2, rtk_cgroup_cpus(root));
    /* Where nothing of the kind is mounted. */
    put("/sys/fs/cgroup/cpuset/job/cpu.max", "1 100000\n");
    assert_int_equal(2, rtk_cgroup_cpus(root));
}

/* As in a container that sees its own group as the root. */
static void the_upper_part_of_a_path_may_not_be_seen(void **state) {
    (void)state;
    put("/proc/self/mountinfo",
        "1 0 0:9 /box/a1 /cg rw - cgroup2 none rw,nsdelegate\n");
    put("/proc/self/cgroup", "0::/box/a1/job\n");
    put("/cg/job/cpu.max", "300000 100000\n");
    put("/cg/box/a1/job/cpu.max", "100000 100000\n");
    assert_int_equal(3, rtk_cgroup_cpus(root));
    put("/cg/cpu.max", "200000 100000\n");
    assert_int_equal(2, rtk_cgroup_cpus(root));
    /* A name that only begins like the root is another. */
    put("/proc/self/cgroup", "0::/box/a1bc\n");
    put("/cg/bc/cpu.max", "100000 100000\n");
    assert_int_equal(2, rtk_cgroup_cpus(root));
}

static void mounts_that_cannot_be_understood_are_passed_over(void **state) {
    (void)state;
    put("/proc/self/mountinfo",
        "\n - \n1 2 3\n1 0 0:9 / - cgroup2 x\n - cgroup2 x y\n"
        "1 0 0:9 / /cg rw - cgroup2 none rw\n");
    put("/proc/self/cgroup", "0::/\n");
    put("/cg/cpu.max", "700000 100000\n");
    assert_int_equal(7, rtk_cgroup_cpus(root));
}

/* ---- The real ones --------------------------------------------------------
 */

/* A group of this machine's own, in the hierarchy of a controller of version 1,
 * or skip. */
static void new_group(const char *controller, char *path, size_t size) {
    snprintf(path, size, "/sys/fs/cgroup/%s/racetrack_test_%d", controller,
             (int)getpid());
    if (!mkdir(path, 0700)) return;
    print_message("skipped: no group of controller %s can be made here: %s\n",
                  controller, strerror(errno));
    skip();
}

static int write_to(const char *group, const char *name, const char *text) {
    char path[2 * PATH];
    snprintf(path, sizeof path, "%s/%s", group, name);
    FILE *file = fopen(path, "we");
    int bad = !file || fputs(text, file) < 0;
    if (file) bad |= fclose(file);
    return bad;
}

/* Usable CPUs of a child that has joined `group`, or 250. */
static int cpus_in(void *group) {
    char self[32];
    snprintf(self, sizeof self, "%d", (int)getpid());
    if (write_to(group, "cgroup.procs", self)) return 250;
    unsetenv("RACETRACK_CPUS");
    unsigned cpus = rtk_cpus_usable();
    return cpus < 250 ? (int)cpus : 249;
}

static void the_quota_of_this_machines_kernel_counts(void **state) {
    char group[PATH];
    (void)state;
    new_group("cpu", group, sizeof group);
    int bad = write_to(group, "cpu.cfs_period_us", "100000") ||
              write_to(group, "cpu.cfs_quota_us", "50000");
    int half = unit_fork(cpus_in, group);
    bad |= write_to(group, "cpu.cfs_quota_us", "-1");
    int none = unit_fork(cpus_in, group);
    rmdir(group);
    assert_int_equal(0, bad);
    assert_int_equal(1, half);
    unsetenv("RACETRACK_CPUS");
    assert_int_equal(rtk_cpus_usable(), none);
}

/* The kernel takes a cpuset off the affinity mask. */
static void the_cpuset_of_this_machines_kernel_counts(void **state) {
    char group[PATH], cpu[32];
    (void)state;
    new_group("cpuset", group, sizeof group);
    snprintf(cpu, sizeof cpu, "%d", sched_getcpu());
    int bad = write_to(group, "cpuset.cpus", cpu) ||
              write_to(group, "cpuset.mems", "0");
    int one = unit_fork(cpus_in, group);
    rmdir(group);
    assert_int_equal(0, bad);
    assert_int_equal(1, one);
}

static void the_quota_is_read_once_and_the_mask_each_time(void **state) {
    (void)state;
    unsetenv("RACETRACK_CPUS");
    cpu_set_t all, one;
    assert_int_equal(0, sched_getaffinity(0, sizeof all, &all));
    unsigned before = rtk_cpus_usable();
    CPU_ZERO(&one);
    CPU_SET((size_t)sched_getcpu(), &one);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(0, sched_setaffinity(0, sizeof one, &one));
        unsigned narrow = rtk_cpus_usable();
        assert_int_equal(0, sched_setaffinity(0, sizeof all, &all));
        assert_int_equal(1, narrow);
        assert_int_equal(before, rtk_cpus_usable());
    }
}

static void the_affinity_mask_counts(void **state) {
    cpu_set_t before, one;
    (void)state;
    assert_int_equal(0, sched_getaffinity(0, sizeof before, &before));
    assert_true(rtk_cpus_usable() <= (unsigned)CPU_COUNT(&before));
    CPU_ZERO(&one);
    for (size_t cpu = 0; !CPU_COUNT(&one); cpu++)
        if (CPU_ISSET(cpu, &before)) CPU_SET(cpu, &one);
    assert_int_equal(0, sched_setaffinity(0, sizeof one, &one));
    unsigned usable = rtk_cpus_usable();
    assert_int_equal(0, sched_setaffinity(0, sizeof before, &before));
    assert_int_equal(1, usable);
}

static void the_override_lowers_and_never_raises(void **state) {
    (void)state;
    unsetenv("RACETRACK_CPUS");
    unsigned cpus = rtk_cpus_usable();
    assert_true(cpus >= 1);
    setenv("RACETRACK_CPUS", "1", 1);
    assert_int_equal(1, rtk_cpus_usable());
    setenv("RACETRACK_CPUS", "999999", 1);
    assert_int_equal(cpus, rtk_cpus_usable());
    unsetenv("RACETRACK_CPUS");
}

static void digits_alone_are_an_override(void **state) {
    static const char *const none[] = {"",
                                       "0",
                                       "-1",
                                       "1x",
                                       "x",
                                       "1.5",
                                       " 1",
                                       "1 ",
                                       "+1",
                                       "1\n",
                                       "0x1",
                                       "1e0",
                                       "one",
                                       "1,1",
                                       "1-1",
                                       "000",
                                       "\t1",
                                       "\xC2\xB9",
                                       "99999999999999999999",
                                       "18446744073709551617"};
    static const char *const one[] = {"1", "01", "0000000000000000000000001"};
    (void)state;
    unsetenv("RACETRACK_CPUS");
    unsigned cpus = rtk_cpus_usable();
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        setenv("RACETRACK_CPUS", none[i], 1);
        assert_int_equal(cpus, rtk_cpus_usable());
    }
    for (size_t i = 0; i < sizeof one / sizeof *one; i++) {
        setenv("RACETRACK_CPUS", one[i], 1);
        assert_int_equal(1, rtk_cpus_usable());
    }
    unsetenv("RACETRACK_CPUS");
}

static void errno_is_left_alone(void **state) {
    (void)state;
    setenv("RACETRACK_CPUS", "99999999999999999999", 1);
    errno = 77;
    (void)rtk_cpus_usable();
    assert_int_equal(77, errno);
    unsetenv("RACETRACK_CPUS");
}

#define IN_ROOT(test)                                                          \
    cmocka_unit_test_setup_teardown(test, new_root, remove_root)

int main(void) {
    const struct CMUnitTest tests[] = {
        IN_ROOT(without_a_cgroup_there_is_no_quota),
        IN_ROOT(a_quota_is_rounded_up),
        IN_ROOT(max_is_no_quota),
        IN_ROOT(the_least_quota_on_the_way_up_counts),
        IN_ROOT(a_path_that_is_the_hosts_ends_at_the_mount),
        IN_ROOT(version_one_is_read_from_its_cpu_controller),
        IN_ROOT(other_controllers_of_version_one_do_not_count),
        IN_ROOT(rubbish_is_no_quota),
        IN_ROOT(a_quota_beyond_all_counts_is_none),
        IN_ROOT(what_cannot_be_read_is_no_quota),
        IN_ROOT(half_a_quota_of_version_one_is_none),
        IN_ROOT(in_a_hybrid_hierarchy_both_versions_count),
        IN_ROOT(the_upper_part_of_a_path_may_not_be_seen),
        IN_ROOT(mounts_that_cannot_be_understood_are_passed_over),
        cmocka_unit_test(the_quota_of_this_machines_kernel_counts),
        cmocka_unit_test(the_cpuset_of_this_machines_kernel_counts),
        cmocka_unit_test(the_quota_is_read_once_and_the_mask_each_time),
        cmocka_unit_test(the_affinity_mask_counts),
        cmocka_unit_test(the_override_lowers_and_never_raises),
        cmocka_unit_test(digits_alone_are_an_override),
        cmocka_unit_test(errno_is_left_alone),
    };
    return RTK_RUN(tests);
}
