"""Rows 8, 13 and 14: data larger than memory, starts, and what is written to the disk."""

import glob
import os
import pathlib
import time

from bench import machine, process, servers, tools
from bench.results import ratio_at_least, value_at_most

_VALUE_BYTES = 200
_ENTRY_BYTES = 16 + _VALUE_BYTES


def larger_than_memory(run):
    """Data of ten times maxmemory, Zipf 0.99 reads of 200-byte values: against memcached's extstore, and redis with allkeys-lfu.

    A read that misses is set again, as an application does that has it from elsewhere: those are the backend's. Memory: all are given
    the same limit (maxmemory, -m); what each process takes besides is in its RSS, which is a line of the result.
    """
    megabytes = 64
    keys = int(megabytes * 1024 * 1024 * 10 / _ENTRY_BYTES * run.scale)
    limit = f"{megabytes}mb"
    ours = servers.swytch("--persistent", "--maxmemory", limit)
    ext = servers.memcached("-m", str(megabytes), "-t", "2", extstore_bytes=4 << 30)
    lfu = servers.redis("--maxmemory", limit, "--maxmemory-policy", "allkeys-lfu", name="redis allkeys-lfu")
    with ours, ext, lfu:
        wires = {ours: "resp", ext: "memcached", lfu: "resp"}
        for server, wire in wires.items():
            tools.fill(server, keys, _VALUE_BYTES, wire=wire)
        for pipeline in (1, 16):
            got = {server: [] for server in wires}
            load = dict(keys=keys, order="zipf:0.99", value=_VALUE_BYTES, fill_misses=True, clients=50, pipeline=pipeline)
            for number in range(-1, run.rounds):
                for server, wire in wires.items():
                    # The first round lets the caches find what is hot; it is not counted.
                    seconds = (4 if number >= 0 else 8) * run.scale
                    result = tools.java("load", port=server.port, wire=wire, seconds=seconds, warm=1 * run.scale, seed=number + 2, **load)
                    if number >= 0:
                        got[server].append(result)
            for peer, goal in ((ext, ratio_at_least(1.0)), (lfu, None)):
                case = f"P{pipeline}, beside {peer.name}"
                for metric, unit, value, bound in (
                    ("reads", "gets/s", lambda x: x["gets"] / x["seconds"], goal),
                    ("backend misses", "%", lambda x: 100 * x["misses"] / x["gets"], value_at_most(0)),
                    ("p99 of reads", "us", lambda x: x["get_p99_us"], None),
                ):
                    run.results.add(8, case, metric, unit, [value(x) for x in got[ours]], peer.name, [value(x) for x in got[peer]], bound)
        for peer in (ext, lfu):
            mib = [[process.rss_bytes(server.pid) / 2**20] for server in (ours, peer)]
            run.results.add(8, f"memory, beside {peer.name}", "RSS", "MiB", mib[0], peer.name, mib[1])


def start(run):
    """From the start of the process to its first PONG, not the first start of this build, memory and persistent mode."""
    homes = run.args.jdk or _jdks()
    for home in homes:
        version = machine.java_version(home)
        for mode, flags in (("memory", ()), ("persistent", ("--persistent",))):
            server = servers.swytch(*flags, jdk=home)
            with server:
                if flags:
                    tools.fill(server, int(100_000 * run.scale), 200)
                seconds = []
                for _ in range(run.rounds):
                    server.stop()
                    seconds.append(server.start())
            run.results.add(13, f"JDK {version}, {mode}", "start to PONG", "s", seconds, goal=value_at_most(0.6))
    server = servers.swytch("--persistent", "--maxmemory", "100mb")
    with server:
        keys = int(2_000_000 * run.scale)
        tools.fill(server, keys, _VALUE_BYTES)
        seconds = []
        for _ in range(run.rounds):
            tools.java("load", port=server.port, keys=keys, ops=keys // 10, get=0, value=_VALUE_BYTES, clients=8, pipeline=32)
            server.kill()
            seconds.append(server.start())
        if server.call("DBSIZE") != keys:
            raise RuntimeError("keys are missing after kill -9")
    ours = seconds
    with servers.redis("--appendonly", "yes", "--appendfsync", "everysec", name="redis AOF") as server:
        tools.fill(server, keys, _VALUE_BYTES)
        seconds = []
        for _ in range(run.rounds):
            tools.java("load", port=server.port, keys=keys, ops=keys // 10, get=0, value=_VALUE_BYTES, clients=8, pipeline=32)
            server.kill()
            seconds.append(server.start())
    run.results.add(13, f"{keys} keys, after kill -9", "restart to PONG", "s", ours, "redis AOF", seconds)


def _jdks():
    """JAVA_HOME, and the first JDK of each release that stands in /usr/lib/jvm; of those, what Swytch names: 17 and 25."""
    found = {}
    for home in [os.environ.get("JAVA_HOME"), *sorted(glob.glob("/usr/lib/jvm/*"))]:
        if home and pathlib.Path(home, "bin", "java").exists():
            found.setdefault(machine.java_version(home).split(".")[0], home)
    return [found[release] for release in ("17", "25") if release in found] or [None]


def written(run):
    """Bytes written to the disk per byte set, key and value: 200-byte values of 5 million keys in random order, and Zipf 0.99 overwrites.

    Counted until the process has written nothing for three seconds, so that drain and compaction are in it.
    """
    keys = int(5_000_000 * run.scale)
    with servers.swytch("--persistent", "--maxmemory", "100mb") as server:
        for case, order, goal in (("random SETs", "uniform", 4), ("Zipf 0.99 overwrites", "zipf:0.99", 1.5)):
            before = process.written_bytes(server.pid)
            tools.java("load", port=server.port, keys=keys, ops=keys, order=order, get=0, value=_VALUE_BYTES, clients=8, pipeline=32)
            amplification = (_when_quiet(server) - before) / (keys * _ENTRY_BYTES)
            run.results.add(14, case, "written / set", "B/B", [amplification], goal=value_at_most(goal))


def _when_quiet(server):
    """The written bytes when they have stood still for three seconds; they may take two minutes to."""
    last, since = process.written_bytes(server.pid), time.monotonic()
    for _ in range(240):
        time.sleep(0.5)
        now = process.written_bytes(server.pid)
        if now - last > 65_536:
            last, since = now, time.monotonic()
        elif time.monotonic() - since > 3:
            return now
    return last
