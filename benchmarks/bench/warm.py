"""Row 16: how soon the hit rate is back after a restart, with and without warm start."""

import threading
import time

from bench import servers, tools
from bench.results import value_at_most

_VALUE_BYTES = 200
_STEP_SECONDS = 0.25

# Of how many steps together the hit rate is taken.
_WINDOW = 2


class _Samples:
    """Hits and misses of L1 by time since the start of the process, asked for every quarter of a second by a thread of its own."""

    def __init__(self, server, began):
        self._server = server
        self._began = began
        self._rows = []
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self):
        while not self._stopping.wait(_STEP_SECONDS):
            info = self._server.info("tiering")
            self._rows.append(
                (time.perf_counter() - self._began, int(info["l1_hits"]), int(info["l1_misses"]), float(info.get("warm_share", 0)))
            )

    def stop(self):
        self._stopping.set()
        self._thread.join()

    def rates(self):
        """(seconds, hit rate of the last half a second, warm share) of each sample."""
        found = []
        for before, now in zip(self._rows, self._rows[_WINDOW:]):
            hits, misses = now[1] - before[1], now[2] - before[2]
            if hits + misses > 0:
                found.append((now[0], hits / (hits + misses), now[3]))
        return found


def _loaded(server, began, load, seconds):
    """Loads the server for so long. Returns the samples and what the load tool says."""
    samples = _Samples(server, began)
    try:
        result = tools.java("load", port=server.port, seconds=seconds, **load)
    finally:
        samples.stop()
    return samples.rates(), result


def _seconds_until(rates, wanted):
    """When the hit rate reached a rate and stayed there for a second; the whole time where it did not."""
    need = int(1 / _STEP_SECONDS)
    for i in range(len(rates)):
        if all(rate >= wanted for _, rate, _ in rates[i : i + need]):
            return rates[i][0]
    return rates[-1][0]


def restart(run):
    """5 million keys of 200 bytes, maxmemory 200mb, Zipf 0.99 reads at a fixed rate: stopped, and started anew with and without `--warm`.

    Seconds count from the start of the process, and the load begins with the first PONG. The files are in the system's page cache both times.
    """
    keys = int(5_000_000 * run.scale)
    limit = f"{int(200 * run.scale)}mb"
    load = dict(keys=keys, order="zipf:0.99", value=_VALUE_BYTES, clients=50, threads=1, rate=run.args.rate)
    got = {"yes": [], "no": []}
    before, p99, ratios = [], {"yes": [], "no": []}, {"yes": [], "no": []}
    old_p99 = []
    with servers.swytch("--persistent", "--maxmemory", limit) as server:
        tools.fill(server, keys, _VALUE_BYTES)
        tools.java("load", port=server.port, seconds=40 * run.scale, **dict(load, rate=None, pipeline=16, seed=99))
        for number in range(run.rounds):
            for warm in ("yes", "no"):
                rates, result = _loaded(server, time.perf_counter(), dict(load, seed=10 * number + 1), 10)
                old = sum(rate for _, rate, _ in rates[4:]) / len(rates[4:])
                before.append(100 * old)
                old_p99.append(result["get_p99_us"])
                server.stop()
                began = time.perf_counter()
                server.start("--warm", warm)
                rates, result = _loaded(server, began, dict(load, seed=10 * number + 2), 10)
                p99[warm].append(result["get_p99_us"])
                ratios[warm].append(100 * rates[0][1])
                if run.args.show:
                    for seconds, rate, share in rates:
                        print(f"# warm {warm} {seconds:6.2f} s: hit rate {rate:.4f} of {old:.4f}, warm {share:.3f}")
                if rates[-1][1] < 0.95 * old:
                    more, _ = _loaded(server, began, dict(load, seed=10 * number + 3), 50)
                    rates += more
                got[warm].append(_seconds_until(rates, 0.95 * old))
                # Whatever the round was, the next begins with a cache that knows what is hot.
                tools.java("load", port=server.port, seconds=20 * run.scale, **dict(load, rate=None, pipeline=16, seed=10 * number + 4))
    case = f"{keys} keys, {run.args.rate} gets/s"
    run.results.add(16, case, "hit rate before", "%", before)
    run.results.add(16, case, "p99 before", "us", old_p99)
    run.results.add(16, case, "hit rate in the first second", "%", ratios["yes"], "--warm no", ratios["no"])
    run.results.add(16, case, "start to 95 % of it", "s", got["yes"], "--warm no", got["no"], value_at_most(10))
    run.results.add(16, case, "p99 of the first 10 s", "us", p99["yes"], "--warm no", p99["no"])
