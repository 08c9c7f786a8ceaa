/* A kernel that C cannot write: it throws. */

#include <cstdint>
#include <stdexcept>

#include "kernels/workers/status.h"

extern "C" rtk_status rtk_test_throw(void *user, uint64_t calls) {
    if (user) throw std::runtime_error("thrown on purpose");
    throw calls;
}
