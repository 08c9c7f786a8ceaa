"""What other tools would have said of the same samples: their rules, by their
documentation and at their defaults, done anew. Each takes lists of wall times of base
and head, in the order in which they were taken, and says whether head is slower."""

import math

import numpy as np

from .. import unpaired

FEW, SOME, MANY = 9, 10, 100


def google_compare(base, head):
    """Google Benchmark's compare.py: Mann-Whitney's U of 9 repetitions, p < 0.05, and
    it paints what is slower."""
    base, head = base[:FEW], head[:FEW]
    return unpaired.mann_whitney(base, head).p < 0.05 and \
        np.median(head) > np.median(base)


def asv(base, head):
    """asv compare and continuous: U test p < 0.002, and more than 10 % by medians."""
    base, head = base[:SOME], head[:SOME]
    return unpaired.mann_whitney(base, head).p < 0.002 and \
        np.median(head) > 1.1 * np.median(base)


def criterion(base, head):
    """criterion: Welch's t by permutation p < 0.05, and the bootstrap interval (95 %)
    of the change of the mean beyond its noise threshold of 1 %."""
    base, head = base[:MANY], head[:MANY]
    rng = np.random.default_rng(1)
    both, n = np.concatenate([base, head]), len(base)

    def t(x, y):
        error = np.sqrt(x.var(axis=-1, ddof=1) / x.shape[-1] +
                        y.var(axis=-1, ddof=1) / y.shape[-1])
        return (y.mean(axis=-1) - x.mean(axis=-1)) / np.where(error > 0, error, 1e-30)

    shuffled = rng.permuted(np.tile(both, (1000, 1)), axis=1)
    far = np.abs(t(shuffled[:, :n], shuffled[:, n:])) >= abs(t(base, head))
    draw = [x[rng.integers(len(x), size=(1000, len(x)))].mean(axis=1)
            for x in (base, head)]
    low = np.quantile(draw[1] / draw[0] - 1, 0.025)
    return bool(far.mean() < 0.05 and low > 0.01)


def nanobench(base, head):
    """nanobench compare: the sign interval (95 %) of the median of paired ratios, of
    30 pairs, does not hold 1."""
    ratios = np.sort(np.log(head[:30]) - np.log(base[:30]))
    n = len(ratios)
    tail, k = 0.5 ** n, 0
    while tail <= 0.025:
        k += 1
        tail += math.comb(n, k) * 0.5 ** n
    return bool(k and ratios[k - 1] > 0)


def hyperfine(base, head):
    """hyperfine: ratio of the means of 10 runs by more than its propagated standard
    deviation."""
    base, head = base[:SOME], head[:SOME]
    ratio = head.mean() / base.mean()
    spread = ratio * math.hypot(base.std(ddof=1) / base.mean(),
                                head.std(ddof=1) / head.mean())
    return bool(ratio - spread > 1)


def threshold(base, head):
    """A fixed threshold: the mean of 9 is more than 5 % above."""
    return bool(head[:FEW].mean() > 1.05 * base[:FEW].mean())


RULES = {"Google Benchmark compare.py": google_compare, "asv": asv,
         "criterion": criterion, "nanobench compare": nanobench,
         "hyperfine, mean and deviation": hyperfine,
         "mean of 9, threshold of 5 %": threshold}


def alarms(pairs):
    """{rule: whether it calls this arm slower}. Tools measure without turns and
    pairs; here they are given ours, which is to their advantage."""
    base = np.asarray(pairs.wall_base, float).ravel()
    head = np.asarray(pairs.wall, float).ravel()
    return {name: bool(rule(base, head)) for name, rule in RULES.items()}
