"""Environment of a run; set before any library is loaded that reads it."""

import os

# Helpers that look for work for long after a call use the next arm's CPU. Within
# a sample call follows call, so that a shorter look changes nothing there.
SHORT_LOOK = {"OPENBLAS_THREAD_TIMEOUT": "20", "KMP_BLOCKTIME": "1"}
# What holds a peer back to another CPU's instructions or caches.
HOLDS_BACK = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE", "MKL_ENABLE_INSTRUCTIONS",
              "BLIS_ARCH_TYPE")


def set_all():
    """Says in lines what was set and what was taken out."""
    os.environ.update(SHORT_LOOK)
    dropped = [name for name in HOLDS_BACK if os.environ.pop(name, None)]
    said = ["set for this run: " + " ".join(f"{k}={v}" for k, v in SHORT_LOOK.items()) +
            " (pools go to sleep soon after a call)"]
    return said + ([f"not passed on: {', '.join(dropped)}"] if dropped else [])
