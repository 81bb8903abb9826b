"""What Linux knows of a process: its CPU time, its memory, the bytes it caused to be written."""

import os

_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid):
    """User and system time of all threads of a process so far, those that ended included."""
    with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
        # The name stands in parentheses and may hold blanks; what follows the last one is plain.
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS_PER_SECOND


def rss_bytes(pid):
    """Memory of the process that is in RAM now."""
    with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as file:
        for line in file:
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
    raise RuntimeError(f"process {pid} has no VmRSS; it has ended")


def written_bytes(pid):
    """Bytes that the process caused to go to a disk: page cache that it dirtied included, tmpfs not."""
    with open(f"/proc/{pid}/io", encoding="ascii") as file:
        for line in file:
            if line.startswith("write_bytes:"):
                return int(line.split()[1])
    raise RuntimeError(f"/proc/{pid}/io has no write_bytes")
