#include "bench/peers/kernel_peers/neighbours_arms.h"

#include <memory>
#include <new>
#include <vector>

#include <nanoflann.hpp>

#include "kernels/workers/workers.h"

namespace {

enum { QUERIES_A_PART = 256 };

struct rows {
    const double *data;
    size_t n, d;
    [[nodiscard]] size_t kdtree_get_point_count() const { return n; }
    [[nodiscard]] double kdtree_get_pt(size_t i, size_t j) const {
        return data[i * d + j];
    }
    template <class Box> bool kdtree_get_bbox(Box &) const { return false; }
};

/* The dimension is a constant, as its manual advises. */
template <int D>
using tree = nanoflann::KDTreeSingleIndexAdaptor<
    nanoflann::L2_Simple_Adaptor<double, rows>, rows, D, uint32_t>;

struct nanoflann_arm {
    rtk_peer_arm arm;
    rtk_neighbours_spec spec;
    rows points;
    const double *queries;
    double *distances;
    rtk_pool *pool;
    std::shared_ptr<void> index;
};

nanoflann::KDTreeSingleIndexAdaptorParams params(unsigned workers) {
#if NANOFLANN_VERSION >= 0x150
    return {10, nanoflann::KDTreeSingleIndexAdaptorFlags::None, workers};
#else
    (void)workers;
    return {10};
#endif
}

template <int D> std::shared_ptr<void> built(const nanoflann_arm &a) {
    auto t = std::make_shared<tree<D>>(D, a.points, params(a.spec.workers));
#if NANOFLANN_VERSION < 0x150
    t->buildIndex();
#endif
    return t;
}

template <int D> rtk_status ask(void *arg, size_t part) {
    const auto &a = *static_cast<const nanoflann_arm *>(arg);
    const auto &t = *static_cast<const tree<D> *>(a.index.get());
    size_t k = a.spec.k, from = part * QUERIES_A_PART;
    size_t to = std::min<size_t>(from + QUERIES_A_PART, a.spec.queries);
    std::vector<uint32_t> found(k);
    for (size_t i = from; i < to; i++)
        t.knnSearch(a.queries + i * D, k, found.data(), a.distances + i * k);
    return RTK_OK;
}

template <int D> int one_call(nanoflann_arm &a) {
    size_t parts = (a.spec.queries + QUERIES_A_PART - 1) / QUERIES_A_PART;
    rtk_status s = RTK_OK;
    if (a.spec.is_build)
        a.index = built<D>(a);
    else if (a.pool)
        s = rtk_parallel_for(rtk_pool_executor(a.pool), a.spec.workers, parts,
                             ask<D>, &a, nullptr);
    else
        for (size_t i = 0; i < parts && !s; i++) s = ask<D>(&a, i);
    return s;
}

int call(rtk_peer_arm *arm) {
    auto &a = *reinterpret_cast<nanoflann_arm *>(arm);
    return a.spec.d == 3 ? one_call<3>(a) : one_call<8>(a);
}

void drop(rtk_peer_arm *arm) {
    auto *a = reinterpret_cast<nanoflann_arm *>(arm);
    rtk_pool_free(a->pool);
    delete a;
}

bool prepare(nanoflann_arm &a) {
    double start = rtk_peer_now_ns();
    if (!a.spec.is_build && !a.index)
        a.index = a.spec.d == 3 ? built<3>(a) : built<8>(a);
    a.arm.plan_ns = rtk_peer_now_ns() - start;
    rtk_pool_options options = {};
    options.size = sizeof options;
    options.threads = a.spec.workers;
    options.always_share = 1;
    return a.spec.workers == 1 || !rtk_pool_new_with(&a.pool, &options);
}

} // namespace

unsigned rtk_nanoflann_version() {
    return NANOFLANN_VERSION;
}

rtk_peer_arm *rtk_nanoflann_arm(const rtk_neighbours_spec *spec,
                                const double *points, const double *queries,
                                double *distances,
                                const rtk_peer_arm *like) try {
    if (spec->d != 3 && spec->d != 8) return nullptr;
    auto a = std::make_unique<nanoflann_arm>();
    a->arm.call = call;
    a->arm.drop = drop;
    a->spec = *spec;
    a->points = {points, spec->n, spec->d};
    a->queries = queries;
    a->distances = distances;
    if (like) a->index = reinterpret_cast<const nanoflann_arm *>(like)->index;
    return prepare(*a) ? &a.release()->arm : nullptr;
} catch (const std::bad_alloc &) {
    return nullptr;
}
