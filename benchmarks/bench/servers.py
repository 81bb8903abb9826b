"""Starts servers on free ports in temporary folders, and ends them by their process id."""

import contextlib
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time

from bench import machine

_START_SECONDS_MAX = 60
_STOP_SECONDS_MAX = 20


def free_port():
    """A TCP port of the loopback that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """A running server: `name`, `port`, `pid` and its folder `dir`. Use it in a `with`: the end stops it and removes the folder."""

    def __init__(self, name, command, port, folder, ping, env=None):
        self.name = name
        self.port = port
        self.dir = folder
        self._command = [str(word) for word in command]
        self._ping = ping
        self._env = env
        self._process = None

    @property
    def pid(self):
        return self._process.pid

    def start(self, *flags):
        """Starts the process, with `flags` besides its own, and waits for its first answer. Returns the seconds that took."""
        with open(self.dir / "log", "ab") as log:
            began = time.perf_counter()
            self._process = subprocess.Popen([*self._command, *flags], cwd=self.dir, stdout=log, stderr=log, env=self._env)
        while time.perf_counter() < began + _START_SECONDS_MAX:
            if self._process.poll() is not None:
                raise RuntimeError(f"{self.name} ended with {self._process.returncode}: {self._last_words()}")
            with contextlib.suppress(OSError):
                with socket.create_connection(("127.0.0.1", self.port), 1) as client:
                    client.sendall(self._ping[0])
                    if client.recv(64).startswith(self._ping[1]):
                        return time.perf_counter() - began
            time.sleep(0.002)
        raise RuntimeError(f"{self.name} did not answer within {_START_SECONDS_MAX} s: {self._last_words()}")

    def stop(self):
        """Ends the process in order; kills it where it does not end."""
        if self._process is None or self._process.poll() is not None:
            return
        self._process.terminate()
        try:
            self._process.wait(_STOP_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self):
        """Kills the process as a crash would."""
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()

    def _last_words(self):
        return " | ".join((self.dir / "log").read_text(errors="replace").strip().splitlines()[-5:])

    def call(self, *words):
        """Sends one command and returns its reply: text, a number, a list, or None. Errors are raised."""
        with socket.create_connection(("127.0.0.1", self.port), 60) as client, client.makefile("rb") as replies:
            parts = [str(word).encode() for word in words]
            client.sendall(b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%s\r\n" % (len(part), part) for part in parts))
            return _reply(replies)

    def info(self, section):
        """The fields of a section of INFO."""
        lines = self.call("INFO", section).splitlines()
        return dict(line.split(":", 1) for line in lines if ":" in line)

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.stop()
        shutil.rmtree(self.dir, ignore_errors=True)


def _reply(replies):
    line = replies.readline().rstrip(b"\r\n")
    kind, rest = line[:1], line[1:]
    if kind == b"+":
        return rest.decode()
    if kind == b":":
        return int(rest)
    if kind == b"$":
        return None if rest == b"-1" else replies.read(int(rest) + 2)[:-2].decode(errors="replace")
    if kind == b"*":
        return [_reply(replies) for _ in range(int(rest))]
    raise RuntimeError(f"the server replied {line.decode(errors='replace') or 'nothing'}")


_RESP_PING = (b"*1\r\n$4\r\nPING\r\n", b"+PONG")


def _folder(name):
    return pathlib.Path(tempfile.mkdtemp(prefix=f"bench-{name}-"))


def swytch(*flags, name="swytch", jdk=None):
    """Swytch as it is packaged, on the loopback. `--persistent` keeps its data in the server's temporary folder."""
    port, folder = free_port(), _folder("swytch")
    command = [machine.PACKAGE / "bin" / "swytch", "redis", "--port", port, *flags]
    if "--persistent" in flags:
        command += ["--data-dir", folder / "data"]
    env = dict(os.environ, JAVA_HOME=jdk) if jdk else None
    return Server(name, command, port, folder, _RESP_PING, env)


def redis(*flags, name="redis"):
    """A redis-server on the loopback, that saves nothing unless the flags say so."""
    port, folder = free_port(), _folder("redis")
    command = ["redis-server", "--bind", "127.0.0.1", "--port", port, "--dir", folder, "--save", "", *flags]
    return Server(name, command, port, folder, _RESP_PING)


def floor(binary):
    """The server that does nothing but read and answer; `binary` as of machine.build_floor."""
    port, folder = free_port(), _folder("floor")
    return Server("floor", [binary, port], port, folder, _RESP_PING)


def memcached(*flags, extstore_bytes=0):
    """A memcached on the loopback; with `extstore_bytes`, values go to a file of as many bytes in its folder."""
    port, folder = free_port(), _folder("memcached")
    command = ["memcached", "-l", "127.0.0.1", "-p", port, "-U", "0", "-c", "4096", *flags]
    if os.getuid() == 0:
        command += ["-u", "root"]
    if extstore_bytes:
        # By default only items of 512 bytes and more leave memory, and row 8's have 200.
        command += ["-o", f"ext_path={folder}/extstore:{extstore_bytes >> 20}m,ext_item_size=100"]
    return Server("memcached", command, port, folder, (b"version\r\n", b"VERSION"))
