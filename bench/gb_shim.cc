#include "bench/gb_shim.h"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <new>
#include <set>
#include <sstream>
#include <string>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>
#include <vector>

/* The library holds cases, runs them and writes JSON; nothing else of it is
 * used. One run is RunSpecifiedBenchmarks() with a filter that fits one name,
 * and a reporter that keeps what it is given. */

using Run = benchmark::BenchmarkReporter::Run;
namespace {
class Registered;
}

struct rtk_gb_notes {
    std::map<std::string, benchmark::Counter> counters;
    size_t dropped = 0;
    std::string label, error;
};

namespace {

struct Entry {
    rtk_gb_case table{};
    std::string name, full;
    Registered *registered = nullptr;
    rtk_gb_notes notes; /* of the run that is going on */
};

struct Kept {
    size_t index;
    Run run;
};

bool alive; /* an rtk_gb exists */

/* Printable ASCII: the library's JSON writer copies the rest as it is. */
std::string clean(const char *text) {
    std::string out = text ? text : "";
    for (char &c : out)
        if (c < 0x20 || c > 0x7e) c = '?';
    return out;
}

template <size_t N> void copy(char (&to)[N], const std::string &from) {
    std::snprintf(to, N, "%s", from.c_str());
}

/* A pattern that fits `name` alone. The library matches POSIX extended
 * expressions, in which ']' and '}' stand for themselves and may not be
 * escaped. */
std::string exactly(const std::string &name) {
    std::string out = "^";
    for (const char c : name) {
        if (std::strchr("^$\\.*+?()[{|", c)) out += '\\';
        out += c;
    }
    return out + "$";
}

/* Release 1.8 renamed the fields of a run that went wrong. */
template <class R>
auto failure(const R &run, int) -> decltype(run.error_occurred, std::string()) {
    return run.error_occurred ? run.error_message : "";
}
template <class R>
auto failure(const R &run, long) -> decltype(run.skip_message, std::string()) {
    return run.skip_message;
}

class Keeper : public benchmark::BenchmarkReporter {
  public:
    explicit Keeper(std::vector<Run> &to) : runs(to) {}
    bool ReportContext(const Context &) override { return true; }
    void ReportRuns(const std::vector<Run> &some) override {
        runs.insert(runs.end(), some.begin(), some.end());
    }

  private:
    std::vector<Run> &runs;
};

/* One step of a run; what is thrown becomes the run's error. */
template <class Step> void guarded(rtk_gb_notes &notes, Step step) {
    try {
        const rtk_status s = step();
        if (s) rtk_gb_error(&notes, rtk_status_text(s));
    } catch (const std::exception &e) {
        rtk_gb_error(&notes, e.what());
    } catch (...) {
        rtk_gb_error(&notes, "something that is no exception was thrown");
    }
}

void time_kernel(benchmark::State &state, Entry &e) {
    auto calls = state.max_iterations;
    /* The first test starts the clock, the second stops it. */
    while (state.KeepRunningBatch(calls)) {
        guarded(e.notes, [&] {
            return e.table.kernel(e.table.user, static_cast<uint64_t>(calls));
        });
        if (!e.notes.error.empty()) state.SkipWithError(e.notes.error.c_str());
    }
}

void body(benchmark::State &state, Entry &e) {
    const rtk_gb_case &t = e.table;
    rtk_gb_notes &notes = e.notes;
    notes = rtk_gb_notes();
    if (t.setup) guarded(notes, [&] { return t.setup(t.user, &notes); });
    if (notes.error.empty()) time_kernel(state, e);
    if (notes.error.empty() && t.check)
        guarded(notes, [&] { return t.check(t.user, &notes); });
    if (t.teardown)
        guarded(notes, [&] {
            t.teardown(t.user);
            return RTK_OK;
        });
    if (!notes.error.empty()) state.SkipWithError(notes.error.c_str());
    state.counters.insert(notes.counters.begin(), notes.counters.end());
    state.SetLabel(notes.label.c_str());
}

/* A case as the library sees it. */
class Registered : public benchmark::internal::Benchmark {
  public:
    Registered(const char *name, Entry &of) : Benchmark(name), entry(of) {}
    void Run(benchmark::State &state) override { body(state, entry); }

  private:
    Entry &entry;
};

/* Drop what JSON cannot say, and the parts of the name that differ from file to
 * file. */
size_t settle(Run &run) {
    const size_t before = run.counters.size();
    for (auto i = run.counters.begin(); i != run.counters.end();)
        i = std::isfinite(i->second.value) ? std::next(i)
                                           : run.counters.erase(i);
    run.run_name.iterations.clear();
    run.run_name.repetitions.clear();
    return before - run.counters.size();
}

void flatten(const Run &run, rtk_gb_result &flat) {
    copy(flat.error, failure(run, 0));
    flat.failed = flat.error[0] != 0;
    copy(flat.label, run.report_label);
    flat.calls = static_cast<uint64_t>(run.iterations);
    flat.real_s = flat.failed ? 0 : run.real_accumulated_time;
    flat.cpu_s = flat.failed ? 0 : run.cpu_accumulated_time;
    for (const auto &c : run.counters) {
        copy(flat.counters[flat.n_counters].name, c.first);
        flat.counters[flat.n_counters++].value = c.second.value;
    }
}

/* The flags that a person's environment may have set, as they must be. */
void overrule(const std::string &program) {
    static std::string name;
    name = program;
    std::string words[] = {name,
                           "--benchmark_dry_run=false",
                           "--benchmark_list_tests=false",
                           "--benchmark_enable_random_interleaving=false",
                           "--benchmark_repetitions=1",
                           "--benchmark_report_aggregates_only=false",
                           "--benchmark_display_aggregates_only=false",
                           "--benchmark_out=",
                           "--benchmark_perf_counters=",
                           "--v=0"};
    std::vector<char *> argv;
    for (std::string &w : words) argv.push_back(w.data());
    argv[0] = name.data(); /* kept by the library */
    int argc = static_cast<int>(argv.size());
    argv.push_back(nullptr);
    benchmark::Initialize(&argc, argv.data());
}

/* Call `step`, which may throw, and say how it went. */
template <class Step> rtk_status answered(Step step) {
    try {
        return step();
    } catch (const std::bad_alloc &) {
        return RTK_ENOMEM;
    } catch (...) {
        return RTK_EFAILED;
    }
}

rtk_status write_all(int fd, const std::string &text) {
    size_t done = 0;
    while (done < text.size()) {
        const ssize_t n = write(fd, text.data() + done, text.size() - done);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return RTK_EIO;
        done += static_cast<size_t>(n);
    }
    return RTK_OK;
}

/* What open() would have given the file. */
mode_t usual_mode() {
    const mode_t mask = umask(0);
    umask(mask);
    return 0666 & ~mask;
}

rtk_status replace(const char *path, const std::string &text) {
    std::string beside = std::string(path) + ".XXXXXX";
    const int fd = mkstemp(beside.data());
    if (fd < 0) return RTK_EIO;
    rtk_status s = write_all(fd, text);
    if (!s && fchmod(fd, usual_mode()) != 0) s = RTK_EIO;
    int saved = errno;
    if (close(fd) != 0 && !s) {
        saved = errno;
        s = RTK_EIO;
    }
    errno = saved;
    if (!s && rename(beside.c_str(), path) != 0) s = RTK_EIO;
    saved = errno;
    if (s) unlink(beside.c_str());
    errno = saved;
    return s;
}

} // namespace

struct rtk_gb {
    std::vector<std::unique_ptr<Entry>> entries;
    std::vector<Kept> kept;
    std::map<std::string, std::string> context;
};

namespace {

/* The runs of one case, numbered as its repetitions. */
std::vector<Run> repetitions(const rtk_gb &gb, size_t index) {
    std::vector<Run> runs;
    for (const Kept &k : gb.kept)
        if (k.index == index) runs.push_back(k.run);
    for (size_t i = 0; i < runs.size(); i++) {
        runs[i].family_index = static_cast<int64_t>(index);
        runs[i].per_family_instance_index = 0;
        runs[i].repetition_index = static_cast<int64_t>(i);
        runs[i].repetitions = static_cast<int64_t>(runs.size());
    }
    return runs;
}

/* The library's context only grows, and takes a key once. */
void add_context(const rtk_gb &gb) {
    static std::set<std::string> known;
    for (const auto &c : gb.context)
        if (known.insert(c.first).second)
            benchmark::AddCustomContext(c.first, c.second);
}

rtk_status run_one(rtk_gb &gb, size_t index, uint64_t calls, rtk_gb_keep keep,
                   rtk_gb_result &flat) {
    Entry &e = *gb.entries[index];
    e.registered->Iterations(static_cast<benchmark::IterationCount>(calls))
        ->Repetitions(1);
    std::vector<Run> runs;
    Keeper keeper(runs);
    const std::string name = e.name + "/iterations:" + std::to_string(calls) +
                             "/repeats:1/process_time/real_time";
    benchmark::RunSpecifiedBenchmarks(&keeper, exactly(name));
    if (runs.size() != 1) return RTK_EFAILED;
    Run &run = runs[0];
    flat.dropped_counters = e.notes.dropped + settle(run);
    flatten(run, flat);
    if (keep == RTK_GB_KEEP) gb.kept.push_back({index, run});
    return RTK_OK;
}

rtk_status add(rtk_gb &gb, const rtk_gb_case &one) {
    auto e = std::make_unique<Entry>();
    std::memcpy(&e->table, &one, std::min(one.size, sizeof e->table));
    const std::string base = clean(one.name);
    std::vector<std::string> names;
    std::vector<int64_t> values;
    e->name = base;
    for (size_t i = 0; i < one.n_args; i++) {
        names.push_back(clean(one.args[i].name));
        values.push_back(one.args[i].value);
        e->name += "/" + names[i] + ":" + std::to_string(values[i]);
    }
    e->full = e->name + "/process_time/real_time";
    for (const auto &other : gb.entries)
        if (other->name == e->name) return RTK_EINVAL;
    Entry *entry = e.get();
    gb.entries.push_back(std::move(e));
    /* The library owns it, but the analyzer takes a function of a system header
     * for one that keeps nothing. */
    entry->registered = new Registered(base.c_str(), *entry);
    benchmark::internal::RegisterBenchmarkInternal(
        entry->registered); // NOLINT(clang-analyzer-cplusplus.NewDeleteLeaks)
    if (!names.empty()) entry->registered->ArgNames(names)->Args(values);
    entry->registered->MeasureProcessCPUTime()->UseRealTime();
    return RTK_OK;
}

} // namespace

void rtk_gb_count(rtk_gb_notes *notes, const char *name, double value,
                  unsigned flags) {
    static const std::pair<unsigned, benchmark::Counter::Flags> bits[] = {
        {RTK_GB_RATE, benchmark::Counter::kIsRate},
        {RTK_GB_TIMES_CALLS, benchmark::Counter::kIsIterationInvariant},
        {RTK_GB_PER_CALL, benchmark::Counter::kAvgIterations},
        {RTK_GB_INVERT, benchmark::Counter::kInvert}};
    unsigned word = 0;
    for (const auto &b : bits)
        if (flags & b.first) word |= static_cast<unsigned>(b.second);
    benchmark::Counter counter(value);
    static_assert(sizeof counter.flags == sizeof word, "an int's bits");
    std::memcpy(&counter.flags, &word, sizeof word);
    const std::string key = clean(name).substr(0, RTK_GB_NAME - 1);
    if (!std::isfinite(value) ||
        (notes->counters.size() == RTK_GB_COUNTERS_MAX &&
         !notes->counters.count(key)))
        notes->dropped++;
    else
        notes->counters[key] = counter;
}

void rtk_gb_label(rtk_gb_notes *notes, const char *text) {
    notes->label = clean(text);
}

void rtk_gb_error(rtk_gb_notes *notes, const char *text) {
    if (notes->error.empty())
        notes->error = text && *text ? clean(text) : "no reason was given";
}

rtk_status rtk_gb_new(rtk_gb **gb, const char *program) {
    if (alive) return RTK_EUNSUPPORTED;
    return answered([&] {
        auto made = std::make_unique<rtk_gb>();
        overrule(clean(program));
        *gb = made.release();
        alive = true;
        return RTK_OK;
    });
}

void rtk_gb_free(rtk_gb *gb) {
    if (!gb) return;
    benchmark::ClearRegisteredBenchmarks();
    delete gb;
    alive = false;
}

rtk_status rtk_gb_add(rtk_gb *gb, const rtk_gb_case *one, size_t *index) {
    if (one->size < sizeof *one || !one->name || !*one->name || !one->kernel ||
        one->n_args > RTK_GB_ARGS_MAX)
        return RTK_EINVAL;
    return answered([&] {
        const rtk_status s = add(*gb, *one);
        if (!s) *index = gb->entries.size() - 1;
        return s;
    });
}

const char *rtk_gb_name(const rtk_gb *gb, size_t index) {
    return index < gb->entries.size() ? gb->entries[index]->full.c_str()
                                      : nullptr;
}

rtk_status rtk_gb_run(rtk_gb *gb, size_t index, uint64_t calls,
                      rtk_gb_keep keep, rtk_gb_result *result) {
    if (index >= gb->entries.size() || !calls || calls > INT64_MAX ||
        result->size < sizeof *result)
        return RTK_EINVAL;
    *result = rtk_gb_result();
    result->size = sizeof *result;
    return answered([&] { return run_one(*gb, index, calls, keep, *result); });
}

rtk_status rtk_gb_drive(rtk_gb *gb, int argc, char **argv) {
    return answered([&] {
        static std::string name = "racetrack-bench";
        std::vector<char *> words(argv, argv + argc);
        words[0] = name.data();
        words.push_back(nullptr);
        add_context(*gb);
        benchmark::Initialize(&argc, words.data());
        if (benchmark::ReportUnrecognizedArguments(argc, words.data()))
            return RTK_EINVAL;
        return benchmark::RunSpecifiedBenchmarks() ? RTK_OK : RTK_EFAILED;
    });
}

rtk_status rtk_gb_context(rtk_gb *gb, const char *key, const char *value) {
    return answered([&] {
        gb->context[clean(key)] = clean(value);
        return RTK_OK;
    });
}

rtk_status rtk_gb_write(const rtk_gb *gb, const char *path) {
    return answered([&] {
        std::ostringstream text, errors;
        benchmark::JSONReporter json;
        json.SetOutputStream(&text);
        json.SetErrorStream(&errors);
        add_context(*gb);
        json.ReportContext(benchmark::BenchmarkReporter::Context());
        for (size_t i = 0; i < gb->entries.size(); i++) {
            const std::vector<Run> runs = repetitions(*gb, i);
            if (!runs.empty()) json.ReportRuns(runs);
        }
        json.Finalize();
        return replace(path, text.str());
    });
}
