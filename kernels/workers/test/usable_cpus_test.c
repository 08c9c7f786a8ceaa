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
    (void)state;
    put("/proc/self/cgroup", "rubbish\n:\n0:\n0::/\n\n");
    put("/sys/fs/cgroup/cpu.max", "5 0\n");
    assert_int_equal(0, rtk_cgroup_cpus(root));
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

static void an_override_that_is_no_positive_number_is_ignored(void **state) {
    static const char *const text[] = {
        "", "0", "-1", "1x", "x", "1.5", "99999999999999999999"};
    (void)state;
    unsetenv("RACETRACK_CPUS");
    unsigned cpus = rtk_cpus_usable();
    for (size_t i = 0; i < sizeof text / sizeof *text; i++) {
        setenv("RACETRACK_CPUS", text[i], 1);
        assert_int_equal(cpus, rtk_cpus_usable());
    }
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
        cmocka_unit_test(the_affinity_mask_counts),
        cmocka_unit_test(the_override_lowers_and_never_raises),
        cmocka_unit_test(an_override_that_is_no_positive_number_is_ignored),
    };
    return RTK_RUN(tests);
}
