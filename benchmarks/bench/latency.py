"""Rows 7 and 9: how long single requests take, with many clients, and beside others that keep the disk busy."""

import contextlib

from bench import servers, tools
from bench.results import ratio_at_most


def thousand_clients(run):
    """1,000 clients, nine reads to one write, no pipeline: each as fast as its replies come, and at a fixed rate."""
    keys, seconds = 1_000_000, 4 * run.scale
    load = dict(clients=1_000, keys=keys, get=0.9, value=100)
    with servers.swytch("--maxmemory", "1gb") as ours, servers.redis() as theirs:
        for server in (ours, theirs):
            tools.fill(server, keys, 100)
            tools.java("load", port=server.port, seconds=3 * run.scale, **load)
        # What neither server is near its end at; a queue that builds up shows in the tail.
        for case, rate, goal in (("closed loop", 0, ratio_at_most(1.0)), ("25,000 ops/s", 25_000, None)):
            a, b = [], []
            for number in range(run.rounds):
                for server, got in ((ours, a), (theirs, b)):
                    got.append(
                        tools.java("load", port=server.port, seconds=seconds, warm=1.5 * run.scale, rate=rate, seed=number, **load)
                    )
            for metric, unit, field, bound in (
                ("p99", "us", "all_p99_us", goal),
                ("p99.9", "us", "all_p999_us", goal),
                ("throughput", "ops/s", "ops_per_second", None),
            ):
                run.results.add(7, case, metric, unit, [x[field] for x in a], theirs.name, [x[field] for x in b], bound)


_COLD_KEYS = 3_000_000
_HOT_REQUESTS = {1: 20_000, 10: 80_000, 50: 100_000}


def hot_beside_cold(run):
    """p99 of a hot key's readers alone, beside 50 clients that read cold keys only, and beside drain and compaction.

    The fourth case is a control: as many other clients that read hot keys cost the hot ones something too, on few cores.
    """
    keys = int(_COLD_KEYS * run.scale)
    others = dict(clients=50, keys=keys, seconds=600, value=200)
    with servers.swytch("--persistent", "--maxmemory", "64mb") as server:
        tools.fill(server, keys, 200)
        server.call("SET", "hotkey", "x" * 32)
        beside = {
            "alone": None,
            "beside 50 cold readers": dict(order="sequential"),
            # Few clients, so that the disk works flat out and the event loops' queues stay short.
            "beside random writes": dict(get=0, order="uniform", clients=8, pipeline=8),
            "beside 50 hot readers": dict(keys=1_000),
        }
        _hot_p99(server, 50, 100_000)
        p99 = {(case, clients): [] for case in beside for clients in _HOT_REQUESTS}
        for _ in range(run.rounds):
            for case, load in beside.items():
                context = contextlib.nullcontext() if load is None else tools.java_beside("load", port=server.port, **dict(others, **load))
                with context:
                    if load is not None:
                        # The load's own start, and the first burst of its connections.
                        _hot_p99(server, 1, 2_000)
                    for clients, requests in _HOT_REQUESTS.items():
                        p99[case, clients].append(_hot_p99(server, clients, max(2_000, int(requests * run.scale))))
        for clients in _HOT_REQUESTS:
            for case in list(beside)[1:]:
                goal = None if "hot" in case else ratio_at_most(2.0)
                run.results.add(9, f"{clients} hot, {case}", "p99", "ms", p99[case, clients], "alone", p99["alone", clients], goal)


def _hot_p99(server, clients, requests):
    return tools.redis_benchmark(server, ("GET", "hotkey"), requests, clients=clients).p99_ms
