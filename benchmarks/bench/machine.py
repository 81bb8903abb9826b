"""Where the repository lies, and the lines that say on which machine and of which build a result is."""

import datetime
import os
import pathlib
import re
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "target" / "swytch"
CLASSES = ROOT / "target" / "benchmarks" / "classes"


def today():
    """The date of a result's name, UTC."""
    return datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d")


def _output(command):
    """First line that a command prints on either stream, or 'missing'."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=30, cwd=ROOT)
    except FileNotFoundError:
        return "missing"
    lines = (done.stdout + done.stderr).strip().splitlines()
    return lines[0] if lines else "says nothing"


def _field(path, name):
    """The first `name : value` of a file of /proc."""
    with open(path, encoding="utf-8") as file:
        for line in file:
            if line.startswith(name):
                return line.split(":", 1)[1].strip()
    return "unknown"


def java(home=None):
    """The java of a JDK's folder, of JAVA_HOME, or on PATH."""
    home = home or os.environ.get("JAVA_HOME")
    return os.path.join(home, "bin", "java") if home else "java"


def java_version(home=None):
    """What that java calls itself: `17.0.15`."""
    found = re.search(r'"([^"]+)"', _output([java(home), "-version"]))
    return found.group(1) if found else "unknown"


def commit():
    """The commit that is checked out; `+` behind it says that files were changed since."""
    changed = subprocess.run(
        ["git", "status", "--porcelain", "--untracked-files=no", "src", "pom.xml"], cwd=ROOT, capture_output=True, text=True
    )
    return _output(["git", "rev-parse", "--short=12", "HEAD"]) + ("+" if changed.stdout.strip() else "")


def header():
    """Comment lines of a result: date, machine, JDK, commit, peers."""
    memory = int(_field("/proc/meminfo", "MemTotal").split()[0]) // 1024
    return [
        f"# date: {datetime.datetime.now(datetime.timezone.utc).strftime('%Y-%m-%d %H:%M UTC')}",
        f"# machine: {_field('/proc/cpuinfo', 'model name')}, {os.cpu_count()} cores, {memory} MiB",
        f"# kernel: {os.uname().sysname} {os.uname().release}",
        f"# JDK: {java_version()}",
        f"# Swytch: commit {commit()}",
        f"# redis-server: {_output(['redis-server', '--version'])}",
        f"# memcached: {_output(['memcached', '--version'])}",
    ]


def _newest(folder, suffix):
    return max((file.stat().st_mtime for file in folder.rglob(f"*{suffix}")), default=0)


def build_server():
    """Builds target/swytch where it is missing or older than its sources. `MVN` names another Maven command, such as `mvn -o`."""
    # The jar inside the package has the date of the sources' release, not that of the build.
    jar = ROOT / "target" / "swytch.jar"
    sources = max(_newest(ROOT / "src" / "main", ""), (ROOT / "pom.xml").stat().st_mtime)
    if PACKAGE.exists() and jar.exists() and jar.stat().st_mtime >= sources:
        return
    command = os.environ.get("MVN", "mvn").split() + ["-B", "-q", "-DskipTests", "package"]
    print("building target/swytch:", " ".join(command), file=sys.stderr)
    subprocess.run(command, cwd=ROOT, check=True, stdout=sys.stderr)


def build_floor():
    """Compiles the server that does nothing. Returns its path, or None where there is no C compiler."""
    binary = ROOT / "target" / "benchmarks" / "floor"
    if shutil.which("cc") is None:
        return None
    binary.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(["cc", "-O2", "-Wall", "-Wextra", "-Werror", "-o", binary, ROOT / "benchmarks" / "floor.c"], check=True)
    return binary


def build_tools():
    """Compiles the Java tools of this folder where they changed. They need nothing but a JDK."""
    sources = ROOT / "benchmarks" / "java"
    if _newest(CLASSES, ".class") >= _newest(sources, ".java") > 0:
        return
    CLASSES.mkdir(parents=True, exist_ok=True)
    compiler = os.path.join(os.path.dirname(java()), "javac")
    files = [str(file) for file in sorted(sources.rglob("*.java"))]
    subprocess.run([compiler, "--release", "17", "-d", str(CLASSES), *files], check=True)
