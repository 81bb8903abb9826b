"""Rows 1 to 6: throughput and CPU per operation by redis-benchmark, round by round against redis-server."""

from bench import machine, servers
from bench.results import ratio_at_least, ratio_at_most
from bench.tools import fill, redis_benchmark

# Enough for one to three seconds of load; CPU time is counted in hundredths of a second.
_REQUESTS = {1: 200_000, 16: 1_000_000, 64: 2_000_000}
_KEYS = 1_000_000
# Both hold all keys, so that eviction is not part of these rows.
_ROOMY = ("--maxmemory", "2gb")
_AOF = ("--appendonly", "yes", "--appendfsync", "everysec")


class Case:
    """A load: its name, what redis-benchmark is told, and how its requests relate to those of a plain SET."""

    def __init__(self, name, what=None, weight=1, **load):
        self.name = name
        self.what = what or name.lower()
        self.weight = weight
        self.load = load

    def requests(self, pipeline, run):
        return max(2_000, int(_REQUESTS[pipeline] / self.weight * run.scale))


_PLAIN = [Case("SET"), Case("GET"), Case("INCR")]


def _compare(run, row, cases, ours, theirs, goals, warm=2):
    """Loads both in turn, each idle while the other is loaded, and adds ops/s and CPU of every case.

    goals: pipeline -> (goal of ops/s, goal of CPU); None for no goal
    """
    for pipeline in goals:
        # With this very pipeline: the ways that others take through the code are compiled for others.
        for case in cases * warm:
            for server in (ours, theirs):
                redis_benchmark(server, case.what, case.requests(pipeline, run), pipeline, **case.load)
        for case in cases:
            a, b = [], []
            for _ in range(run.rounds):
                for server, loads in ((ours, a), (theirs, b)):
                    count = case.requests(pipeline, run)
                    loads.append(redis_benchmark(server, case.what, count, pipeline, **case.load))
            rate_goal, cpu_goal = goals[pipeline]
            name = f"{case.name} P{pipeline}"
            for metric, unit, field, goal in (
                ("throughput", "ops/s", "ops_per_second", rate_goal),
                ("CPU per op", "us", "cpu_us", cpu_goal),
                ("p99", "ms", "p99_ms", None),
            ):
                run.results.add(
                    row, name, metric, unit, [getattr(x, field) for x in a], theirs.name, [getattr(x, field) for x in b], goal
                )


def memory_pipeline_1(run):
    """SET, GET, INCR in memory mode, one event loop, no pipeline."""
    _memory(run, 1, _PLAIN, {1: (ratio_at_least(1.0), ratio_at_most(1.0))})
    with servers.redis() as theirs:
        _floor(run, 1, theirs)


def _floor(run, row, theirs):
    """What client and kernel leave room for: a server that does nothing, without a pipeline, beside the peer."""
    binary = machine.build_floor()
    if binary is None:
        run.results.note(f"row {row}: no C compiler, so no floor")
        return
    with servers.floor(binary) as nothing:
        # Under a row of its own: in the plots it would be taken for Swytch.
        _compare(run, f"floor of {row}", [Case("SET of a server that does nothing", "set")], nothing, theirs, {1: (None, None)})


def memory_pipeline_16(run):
    """The same with a pipeline of 16."""
    _memory(run, 2, _PLAIN, {16: (ratio_at_least(1.4), ratio_at_most(0.7))})


def memory_pipeline_64(run):
    """The same with a pipeline of 64 and two event loops."""
    _memory(run, 3, _PLAIN, {64: (ratio_at_least(1.9), ratio_at_most(0.6))}, loops=2)


def longer_commands(run):
    """Commands with several keys, and values of 10 KB."""
    random_key = "key:__rand_int__"
    cases = [
        Case("MSET of 10", "mset", weight=4),
        Case("GETRANGE", ("GETRANGE", random_key, "4", "19")),
        Case("SETEX", ("SETEX", random_key, "1000", "v" * 32)),
        Case("MGET of 100", ("MGET", *[random_key] * 100), weight=20),
    ]
    goals = {1: (None, ratio_at_most(1.0)), 16: (None, ratio_at_most(1.0))}
    _memory(run, 4, cases, goals)
    with servers.swytch("--threads", "1", *_ROOMY) as ours, servers.redis() as theirs:
        for server in (ours, theirs):
            fill(server, 20_000, 10_240)
        cases = [Case("GET of 10 KB", ("GET", random_key), weight=2, keys=20_000)]
        _compare(run, 4, cases, ours, theirs, goals)


def _memory(run, row, cases, goals, loops=1):
    with servers.swytch("--threads", loops, *_ROOMY) as ours, servers.redis() as theirs:
        for server in (ours, theirs):
            fill(server, _KEYS, 32)
        _compare(run, row, cases, ours, theirs, goals)


def persistent(run):
    """SET and INCR with a journal synced every 10 ms, against an append-only file synced every second."""
    goals = {
        1: (ratio_at_least(1.2), ratio_at_most(1.0)),
        16: (ratio_at_least(1.5), ratio_at_most(1.0)),
        64: (ratio_at_least(1.8), ratio_at_most(1.0)),
    }
    with servers.swytch("--threads", "1", "--persistent", "--sync", "10ms", *_ROOMY) as ours, servers.redis(*_AOF, name="redis AOF") as theirs:
        _compare(run, 5, [Case("SET"), Case("INCR")], ours, theirs, goals)
    with servers.redis(*_AOF, name="redis AOF") as theirs:
        _floor(run, 5, theirs)


def hot_reads(run):
    """GET of keys that are in memory: persistent mode against memory mode."""
    goals = {1: (ratio_at_least(0.95), ratio_at_most(1.05)), 16: (ratio_at_least(0.95), ratio_at_most(1.05))}
    with (
        servers.swytch("--threads", "1", "--persistent", *_ROOMY) as ours,
        servers.swytch("--threads", "1", *_ROOMY, name="memory mode") as theirs,
    ):
        for server in (ours, theirs):
            fill(server, 100_000, 32)
        _compare(run, 6, [Case("GET", keys=100_000)], ours, theirs, goals)
