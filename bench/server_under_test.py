"""Starts servers for the bench scripts and reads what the kernel says about them."""

import os
import re
import select
import shutil
import signal
import subprocess
import tempfile
import time

READY = re.compile(r"intermute ready on (http://\S+)")
START_SECONDS_MAX = 30.0
STOP_SECONDS_MAX = 30.0


class Server:
    """One server process on a free port.

    Without `db` it gets a new database file in a folder of its own, removed when it stops.
    """

    def __init__(self, program, work_folder, settings=(), db=None):
        self._folder = None
        if db is None:
            self._folder = tempfile.mkdtemp(prefix="bench-", dir=work_folder)
            db = os.path.join(self._folder, "bench.db")
        command = [program, "serve", "--port", "0", "--db", db]
        if not any(one.startswith("auth.keys_file=") for one in settings):
            command += ["--set", f"auth.keys_file={db}.keys.yaml"]
        for setting in settings:
            command += ["--set", setting]
        self._log = tempfile.TemporaryFile(mode="w+")
        begin = time.monotonic()
        self._process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=self._log, text=True, bufsize=1)
        self.pid = self._process.pid
        try:
            self.url = self._wait_until_ready(begin + START_SECONDS_MAX)
        except Exception:
            self.stop()
            raise
        self.start_ms = (time.monotonic() - begin) * 1000

    def _wait_until_ready(self, deadline):
        while time.monotonic() < deadline:
            readable, _, _ = select.select([self._process.stdout], [], [], 0.1)
            line = self._process.stdout.readline() if readable else None
            if line == "":
                raise RuntimeError("the server ended before it was ready:\n" + self._log_tail())
            ready = READY.search(line or "")
            if ready:
                return ready.group(1)
        raise RuntimeError("the server was not ready in time:\n" + self._log_tail())

    def _log_tail(self):
        self._log.seek(0)
        return self._log.read()[-2000:]

    def stop(self):
        """Ends the server as an operator would, and its folder with it."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(STOP_SECONDS_MAX)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._process.stdout.close()
        self._log.close()
        if self._folder:
            shutil.rmtree(self._folder, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.stop()

    def rss_mib(self):
        with open(f"/proc/{self.pid}/status", encoding="ascii") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmRSS")) / 1024

    def cpu_seconds(self):
        """Processor time of all threads, in nanosecond steps (clock ticks are too coarse)."""
        tasks = f"/proc/{self.pid}/task"
        total = 0
        for task in os.listdir(tasks):
            with open(f"{tasks}/{task}/schedstat", encoding="ascii") as schedstat:
                total += int(schedstat.read().split()[0])
        return total / 1e9


def first_line(command):
    try:
        output = subprocess.run(
            command, capture_output=True, text=True, check=True, timeout=10).stdout
    except (OSError, subprocess.SubprocessError):
        return "unknown"
    return output.splitlines()[0] if output else "unknown"


def describe_machine(work_folder, program):
    """Returns pairs of what and value that a reader needs to judge the figures."""
    with open("/proc/cpuinfo", encoding="utf-8") as cpuinfo:
        models = [line.split(":")[1].strip() for line in cpuinfo if line.startswith("model name")]
    with open("/proc/meminfo", encoding="ascii") as meminfo:
        memory_gib = int(meminfo.readline().split()[1]) / 1024 / 1024
    return [
        ("cores", f"{os.cpu_count()} ({models[0] if models else 'unknown model'})"),
        ("memory", f"{memory_gib:.0f} GiB"),
        ("kernel", f"{os.uname().sysname} {os.uname().release}"),
        ("file system of the database", first_line(["stat", "-f", "-c", "%T", work_folder])),
        ("compiler", first_line(["g++", "--version"])),
        ("server", first_line([program, "--version"])),
        ("load average at the start", f"{os.getloadavg()[0]:.2f}"),
    ]
