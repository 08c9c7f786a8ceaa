#include "harness/perturb/algorithm.h"

const rtk_algorithm rtk_algorithm_none = {
    .name = "none",
    .summary = "no perturbation: what the machine does by itself",
};
