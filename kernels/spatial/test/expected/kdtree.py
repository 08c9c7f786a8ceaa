"""SciPy's KDTree: nearest, within a radius, pairs, counts."""

import numpy
from scipy.spatial import KDTree


def trees():
    random = numpy.random.default_rng(20)
    for d, p, boxed in ((1, 2, 0), (2, 1, 0), (3, 2, 0), (3, 2, 1),
                        (4, 3, 0), (5, numpy.inf, 1), (8, 2, 0), (12, 1, 0)):
        points = random.random((60, d))
        queries = 3 * random.random((12, d)) - 1
        box = numpy.where(numpy.arange(d) % 2, 0, 1.5) if boxed else numpy.zeros(d)
        yield points, queries, p, box


def cases():
    for points, queries, p, box in trees():
        n, d = points.shape
        tree = KDTree(points, boxsize=box if box.any() else None)
        bound = 0.9 * d ** (1 / p)
        distance, index = tree.query(queries, k=7, p=p,
                                     distance_upper_bound=bound)
        radius = 0.45 * d ** (1 / p)
        rows = tree.query_ball_point(queries, radius, p=p, return_sorted=True)
        pairs = tree.query_pairs(radius / 2, p=p, output_type="ndarray")
        radii = radius * numpy.array([0.3, 0.1, 1])
        yield {"n": n, "d": d, "m": len(queries), "p": numpy.array([p]),
               "box": box, "points": points, "queries": queries, "k": 7,
               "bound": numpy.array([bound]), "distance": distance,
               "index": index, "radius": numpy.array([radius]),
               "length": numpy.array([len(row) for row in rows]),
               "row": numpy.array([i for row in rows for i in row]),
               "pairs": pairs[numpy.lexsort(pairs.T[::-1])], "radii": radii,
               "counts": tree.count_neighbors(tree, radii, p=p)}
