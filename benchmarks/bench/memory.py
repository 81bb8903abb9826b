"""Rows 10, 12 and 15: what an entry takes, what changing lengths cost, and what a request leaves to the collector."""

import time

from bench import process, servers, tools
from bench.results import ratio_at_most, value_at_most

_KEY_BYTES = 16


def per_entry(run):
    """Memory of an entry besides its key of 16 bytes and its value: by used_memory, and by the process's RSS."""
    for value in (8, 32, 100, 1_000):
        keys = int((1_000_000 if value < 1_000 else 300_000) * run.scale)
        for ttl in (None, 100_000):
            ours = [_growth(lambda: servers.swytch("--maxmemory", "1gb"), keys, value, ttl) for _ in range(min(run.rounds, 3))]
            theirs = [_growth(servers.redis, keys, value, ttl)] * len(ours)
            case = f"{value} B{' with TTL' if ttl else ''}"
            overhead = [[used / keys - _KEY_BYTES - value for used, _ in rounds] for rounds in (ours, theirs)]
            run.results.add(10, case, "overhead per entry", "B", overhead[0], "redis", overhead[1], value_at_most(32 if ttl else 28))
            growth = [[rss / used for used, rss in rounds] for rounds in (ours, theirs)]
            run.results.add(10, case, "RSS growth / used_memory growth", "", growth[0], "redis", growth[1], value_at_most(1.10))


def _growth(start, keys, value, ttl):
    """By how much used_memory and RSS of a new server grow with as many keys.

    What a server needs once, compiled code and buffers of connections, it has after overwriting a few keys: that is not the entries'.
    """
    with start() as server:
        load = dict(port=server.port, get=0, value=value, ttl=ttl, clients=4, pipeline=64)
        tools.java("load", keys=10, ops=500_000, prefix="few:", **load)
        before = _settled(server)
        tools.fill(server, keys, value, ttl=ttl)
        after = _settled(server)
        count = server.call("DBSIZE")
        if count != keys + 10:
            raise RuntimeError(f"{server.name} holds {count} of {keys + 10} keys: maxmemory is too small for this row")
        return after[0] - before[0], after[1] - before[1]


def _settled(server):
    """used_memory and RSS, when two looks in a row are within 0.1 %."""
    last = (0, 0)
    for _ in range(50):
        now = int(server.info("memory")["used_memory"]), process.rss_bytes(server.pid)
        if all(abs(a - b) <= a // 1_000 for a, b in zip(now, last)):
            return now
        last = now
        time.sleep(0.2)
    return last


_CHURN_OPERATIONS = 8_000_000


def churn(run):
    """Nine overwrites to a read in a full cache, with new lengths each time against equal ones: hit ratio, and the longest SET.

    The keys are twice what fits; reads that miss are filled. The longest SET is the server's own figure (INFO latencystats, which counts
    from the command's start to its end) and, beside it, that of a batch of 16 as a client saw it.
    """
    operations = int(_CHURN_OPERATIONS * run.scale)
    rounds = max(1, run.rounds // 2)
    ratios, server_max, client_max = {"key": [], "write": []}, [], []
    for number in range(rounds):
        for lengths in ratios:
            with servers.swytch("--maxmemory", "100mb") as server:
                server.call("CONFIG", "SET", "latency-tracking-info-percentiles", "50 99.9 100")
                load = dict(port=server.port, keys=700_000, order="zipf:0.9", value="100-400", lengths=lengths, clients=16, pipeline=16)
                tools.java("load", ops=operations // 8, get=0, seed=number + 100, **load)
                got = tools.java("load", ops=operations, get=0.1, fill_misses=True, seed=number, **load)
                ratios[lengths].append(got["hits"] / got["gets"] * 100)
                if lengths == "write":
                    client_max.append(got["set_max_us"] / 1e3)
                    stats = server.info("latencystats")["latency_percentiles_usec_set"]
                    server_max.append(float(stats.split("p100=")[1].split(",")[0]) / 1e3)
    loss = [a - b for a, b in zip(ratios["key"], ratios["write"])]
    run.results.add(12, "new lengths", "hit ratio", "%", ratios["write"], "equal lengths", ratios["key"])
    run.results.add(12, "new lengths", "hit ratio loss", "points", loss, goal=value_at_most(3))
    run.results.add(12, "new lengths", "longest SET, server's count", "ms", server_max, goal=value_at_most(5))
    run.results.add(12, "new lengths", "longest batch of 16, client's", "ms", client_max)


def allocation(run):
    """Bytes allocated on the Java heap per GET and SET in steady state.

    Between two looks into the running server, while the same 50 connections go on: what a connection costs at its start is not in it.
    A look itself, an INFO and a question to the Java machine, takes some kilobytes; two in a row say how many, and those are taken off.
    """
    seconds = 10 * run.scale
    with servers.swytch("--threads", "1", "--maxmemory", "1gb") as server:
        tools.fill(server, 1_000_000, 32)
        for command, share in (("SET", 0), ("GET", 1)):
            for pipeline in (1, 16):
                load = dict(port=server.port, get=share, keys=1_000_000, clients=50, pipeline=pipeline, seconds=600)
                loops, others = [], []
                with tools.java_beside("load", **load):
                    # Until the compiler is done with the ways of this command.
                    time.sleep(10 * run.scale)
                    for _ in range(run.rounds):
                        first = _look(server)
                        second = _look(server)
                        time.sleep(seconds)
                        third = _look(server)
                        operations = third.commands - second.commands - (second.commands - first.commands)
                        of_loops, of_others = (
                            (c - b - (b - a)) / operations
                            for a, b, c in zip(first.allocated, second.allocated, third.allocated)
                        )
                        loops.append(of_loops)
                        others.append(of_others)
                case = f"{command} P{pipeline}"
                run.results.add(15, case, "allocated per op, event loop", "B", loops, goal=value_at_most(0.05))
                run.results.add(15, case, "allocated per op, other threads", "B", others, goal=value_at_most(0.05))


class _Look:
    """Bytes that event loops and other threads have allocated so far, and `commands` that were run."""

    def __init__(self, allocated, commands):
        by_thread = allocated.items()
        self.allocated = (
            sum(count for name, count in by_thread if "-io-" in name),
            sum(count for name, count in by_thread if "-io-" not in name),
        )
        self.commands = commands


def _look(server):
    return _Look(tools.java("allocations", pid=server.pid), int(server.info("stats")["total_commands_processed"]))
