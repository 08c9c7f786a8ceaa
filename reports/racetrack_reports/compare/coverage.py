"""Do the intervals hold what they say? Simulated rounds with no difference between
the arms, and how often the interval holds none."""

import numpy as np

from .. import paired

ROUNDS, SAMPLES, LEVEL = 30, 4, 0.99
LOW, HIGH = 0.98, 0.997
CARRIED = 0.3  # nine rows of ten measured on a shared machine carry over less


def carry(rng, rounds, rho):
    """Noise of which each round shares a part with the one before."""
    fresh = rng.normal(0, np.sqrt(1 - rho * rho), rounds)
    row = [rng.normal()]
    for step in fresh[1:]:
        row.append(rho * row[-1] + step)
    return np.array(row)


def skewed(rng, shape):
    return rng.lognormal(-3.5, 1, shape)


def bimodal(rng, shape):
    return rng.normal(0, 0.01, shape) + 0.15 * (rng.random(shape) < 0.3)


def autocorrelated(rng, shape):
    return 0.03 * carry(rng, shape[0], CARRIED)[:, None] + \
        rng.exponential(0.01, shape)


NOISE = {"skewed": skewed, "bimodal": bimodal, "autocorrelated": autocorrelated}


def times(noise, rng):
    """Rounds of one arm and the other, with what the machine did to both."""
    shared = rng.exponential(0.05, ROUNDS)[:, None]
    return [np.exp(shared + noise(rng, (ROUNDS, SAMPLES))) for _ in range(2)]


def simulate(simulations, seed=1):
    """{noise: {channel: share of intervals that hold the truth}}."""
    found = {}
    for name, noise in NOISE.items():
        rng, held = np.random.default_rng(seed), np.zeros(2)
        for number in range(simulations):
            base, head = times(noise, rng)
            shifts = np.log(np.median(head, axis=1) / np.median(base, axis=1))
            least = np.log(np.min(head, axis=1) / np.min(base, axis=1))
            for i, e in enumerate((
                    paired.low_widened(
                        paired.low_quantile(base, head, LEVEL, 1000, number), least),
                    paired.widened(paired.hodges_lehmann(shifts, LEVEL), shifts))):
                held[i] += e.low <= 0 <= e.high
        found[name] = dict(zip(("low tenth", "Hodges-Lehmann"),
                               (float(x) for x in held / simulations)),
                           simulations=simulations)
    return found


def promises(covered):
    """(sentence, kept, broken) of each."""
    for noise, row in covered.items():
        n = row["simulations"]
        doubt = 3 * np.sqrt(0.01 * 0.99 / n)
        for channel in ("low tenth", "Hodges-Lehmann"):
            share = row[channel]
            yield (f"intervals of 99 %, {noise} noise, {channel}: {100 * share:.1f} % "
                   f"of {n} hold (asked: 98 to 99.7 %)", LOW <= share <= HIGH,
                   share < LOW - doubt)
