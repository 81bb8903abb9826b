"""Row 11: the hit ratio of reads, by traces of a folder or by made-up ones."""

from bench import servers, tools
from bench.results import value_at_least

# What issue 3 asks for, where its traces are replayed; other traces have no goal.
_GOALS = {
    "adaptsize-cdn": 0.405,
    "arc-oltp": 0.680,
    "arc-p3": 0.340,
    "corda-vault": 0.333,
    "cphy-w106": 0.920,
    "lirs-loop": 0.12,
    "lirs-multi2": 0.505,
    "lirs-sprite": 0.850,
    "mooncake-conversation": 0.260,
    "orm-busy": 0.887,
    "scarab-recs": 0.632,
    "tencent-ns1326": 0.170,
    "tencent-ns3300": 0.583,
}
# Small traces are replayed several times side by side, each in a key space of its own; block traces have their sizes divided.
_OPTIONS = {
    "lirs-loop": dict(copies=4),
    "lirs-sprite": dict(copies=5),
    "lirs-multi2": dict(copies=20),
    "tencent-ns1326": dict(size_div=16),
    "tencent-ns3300": dict(size_div=16),
}
_MADE_UP = ("zipf", "zipf-scan", "loop", "shift")
_PERCENT_OF_FOOTPRINT = 10


def traces(run):
    """Hit ratio of the reads where memory is 10 % of the trace's bytes, beside the best of redis-server's lru, lfu and random.

    One round: the order of requests decides, and it is the same each time.
    """
    folder = run.args.traces
    if folder:
        files = sorted(folder.glob("*.csv.gz"))
        if not files:
            raise RuntimeError(f"{folder} has no *.csv.gz")
        jobs = [(file.name.removesuffix(".csv.gz"), dict(trace=file)) for file in files]
    else:
        jobs = [(name, dict(made_up=name)) for name in _MADE_UP]
    with servers.swytch() as ours, servers.redis() as peer:
        for name, options in jobs:
            options = dict(options, **_OPTIONS.get(name, {}))
            got = _hit_ratio(ours, "allkeys-lfu", options, run)
            theirs = max(_hit_ratio(peer, policy, options, run) for policy in ("allkeys-lru", "allkeys-lfu", "allkeys-random"))
            goal = value_at_least(_GOALS[name]) if folder and name in _GOALS else None
            run.results.add(11, name, "hit ratio of reads", "", [got], "redis, its best policy", [theirs], goal)


def _hit_ratio(server, policy, options, run):
    server.call("CONFIG", "SET", "maxmemory", "0" if server.name == "redis" else "4gb")
    server.call("FLUSHALL")
    server.call("CONFIG", "SET", "maxmemory-policy", policy)
    limit = 100_000 if run.scale < 1 else None
    return tools.java("replay", port=server.port, percent=_PERCENT_OF_FOOTPRINT, limit=limit, **options)["hit_ratio"]
