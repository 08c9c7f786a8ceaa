"""Rounds and looks in turn, until each arm of each cell has its answer."""

from . import judge

# What is measured again to be sure of it.
CONFIRMING = ((20, 0.003), (30, 0.003), (60, 0.004))


def decided(answer, wanted):
    return answer.answer != "cannot tell" if wanted is None else answer.answer == wanted


def look(rounds, suspects, one_round, seed, looks=judge.LOOKS, wanted=None):
    """{arm: {key: Answer}} of `suspects`, {arm: cells}. A cell is looked at in an arm
    until it has an answer (`wanted`: that one), and measured until it has it in all.
    `one_round(rounds, cells)` may take cells that fail out of its list."""
    found = {arm: {} for arm in suspects}
    left = {c.key: c for cells in suspects.values() for c in cells}
    for number, alpha in looks:
        running = list(left.values())
        while running and rounds.done.get(running[0].key, 0) < number:
            one_round(rounds, running)
        left = {c.key: c for c in running}
        for arm, cells in suspects.items():
            mine = [c for c in cells if c.key in left and not (
                c.key in found[arm] and decided(found[arm][c.key], wanted))]
            if mine:
                found[arm].update(judge.judge(
                    mine, {c.key: rounds.pairs[c.key, arm] for c in mine}, number,
                    alpha, seed))
        left = {key: c for key, c in left.items() if any(
            c in cells and not decided(found[arm][key], wanted)
            for arm, cells in suspects.items())}
    return found
