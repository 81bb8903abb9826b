"""The load generators: redis-benchmark, and the Java tool of this folder."""

import contextlib
import csv
import io
import json
import subprocess

from bench import machine, process

_SECONDS_MAX = 600


class Load:
    """What one load gave: `ops_per_second`, `cpu_us` of the server per operation, `p99_ms`, `max_ms`."""

    def __init__(self, rate, cpu_us, p99_ms, max_ms):
        self.ops_per_second = rate
        self.cpu_us = cpu_us
        self.p99_ms = p99_ms
        self.max_ms = max_ms


def redis_benchmark(server, what, requests, pipeline=1, clients=50, keys=1_000_000, size=32):
    """Runs redis-benchmark.

    what: name of a built-in test (`set`), or the words of a command in a tuple. One thread drives the load: with more,
    redis-benchmark looks at its end every 250 ms only, and was no faster beside a server on two cores.
    """
    command = ["redis-benchmark", "-h", "127.0.0.1", "-p", server.port, "-n", requests, "-c", clients, "-P", pipeline]
    command += ["-r", keys, "-d", size, "--csv"]
    command += ["-t", what] if isinstance(what, str) else list(what)
    before = process.cpu_seconds(server.pid)
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=_SECONDS_MAX)
    cpu = process.cpu_seconds(server.pid) - before
    rows = [row for row in csv.reader(io.StringIO(done.stdout)) if len(row) == 8 and row[0] != "test"]
    if not rows:
        raise RuntimeError(f"redis-benchmark {what} on {server.name}: {(done.stderr or done.stdout).strip()[-300:]}")
    last = rows[-1]
    return Load(float(last[1]), cpu / requests * 1e6, float(last[6]), float(last[7]))


def _java(tool, options):
    command = [machine.java(), "-Xmx1g", "-XX:+UseSerialGC", "-cp", machine.CLASSES, "io.swytch.bench.Main", tool]
    for name, value in options.items():
        name = "--" + name.replace("_", "-")
        if value is True:
            command.append(name)
        elif value is not None and value is not False:
            command += [name, value]
    return [str(word) for word in command]


def java(tool, **options):
    """Runs a tool of benchmarks/java to its end and returns the JSON object that it prints."""
    done = subprocess.run(_java(tool, options), capture_output=True, text=True, timeout=_SECONDS_MAX)
    if done.returncode != 0:
        raise RuntimeError(f"{tool}: {done.stderr.strip()[-500:]}")
    return json.loads(done.stdout)


@contextlib.contextmanager
def java_beside(tool, **options):
    """Runs a tool while the body of the `with` runs, and ends it then."""
    running = subprocess.Popen(_java(tool, options), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    try:
        yield running
        if running.poll() is not None:
            raise RuntimeError(f"{tool} ended early: {running.stderr.read().strip()[-500:]}")
    finally:
        running.terminate()
        running.wait()
        running.stderr.close()


def fill(server, keys, value, **options):
    """Sets all keys `key:000000000000` and on, pipelined. value: bytes of each value."""
    return java("load", port=server.port, keys=keys, ops=keys, order="sequential", get=0, value=value, clients=4, pipeline=64, **options)
