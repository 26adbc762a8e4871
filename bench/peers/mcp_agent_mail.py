#!/usr/bin/env python3
"""Measures sending with mcp-agent-mail (PyPI) and prints one line of JSON per number of clients.

    python3 bench/peers/mcp_agent_mail.py --seconds 10

The first run makes a virtual environment below --venv and installs requirements.txt into it. Each
side has a server of its own on a free port of 127.0.0.1, its storage in a folder that is removed
afterwards; the load comes from the Python client `mcp`. Exits 1 when what is stored is not what
was accepted, 77 with a reason when the peer cannot be installed or does not start here.
"""

import argparse
import asyncio
import contextlib
import datetime
import hashlib
import json
import math
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
REQUIREMENTS = HERE / "requirements.txt"
VENV = HERE.parents[1] / "build" / "peers" / "mcp-agent-mail"
STAMP = "intermute-peer"
STATUS_CHECK_FAILED, STATUS_NOT_RUN, STATUS_SKIPPED = 1, 2, 77

INSTALL_SECONDS_MAX = 900
START_SECONDS_MAX = 60.0
STOP_SECONDS_MAX = 10.0
ANSWER_SECONDS_MAX = 75.0  # Longer than the peer waits for a lock, so that its error is seen.
FAILURES_MAX = 10  # Of one client, which then gives up.
PROJECT = "bench"
NOTE = ("SQLite with synchronous=NORMAL and a Git commit for each message, neither synced to disk "
        "before the answer; the client is Python too and shares the cores")


class Skipped(Exception):
    """Why the peer cannot be measured here."""


def last_line(text):
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    errors = [line for line in lines if line.upper().startswith("ERROR")]
    return (errors or lines or ["no output"])[-1]


# --- the environment ----------------------------------------------------------------------------

def run_step(command, what):
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              check=False, timeout=INSTALL_SECONDS_MAX)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Skipped(f"{what}: {error}") from error
    if done.returncode != 0:
        raise Skipped(f"{what}: {last_line(done.stdout)}")


def prepare(venv):
    """Returns the Python of an environment with exactly the pinned versions.

    A stamp says with which list it was made. A folder without one is not touched.
    """
    python, stamp = venv / "bin" / "python", venv / STAMP
    wanted = hashlib.sha256(REQUIREMENTS.read_bytes() + sys.version.encode()).hexdigest()
    if stamp.exists() and stamp.read_text(encoding="ascii") == wanted:
        return python
    if venv.exists() and any(venv.iterdir()) and not stamp.exists():
        raise RuntimeError(f"{venv} is not empty and was not made by this script")
    if not shutil.which("git"):
        raise Skipped("no program git, which mcp-agent-mail needs (Debian: git)")
    print(f"installing mcp-agent-mail into {venv}", file=sys.stderr, flush=True)
    venv.mkdir(parents=True, exist_ok=True)
    stamp.write_text("", encoding="ascii")
    run_step([sys.executable, "-m", "venv", str(venv)],
             "cannot make a virtual environment (Debian: python3-venv)")
    run_step([str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
              "--only-binary", ":all:", "-r", str(REQUIREMENTS)],
             "cannot install mcp-agent-mail")
    stamp.write_text(wanted, encoding="ascii")
    return python


# --- the server ---------------------------------------------------------------------------------

def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class Server:
    """One server process with a new storage folder, removed when it stops."""

    def __init__(self, store):
        self.folder = tempfile.mkdtemp(prefix="agent-mail-", dir=os.path.abspath(store))
        self._log = os.path.join(self.folder, "log")
        self._process = None
        try:
            self.url = self._start()
        except BaseException:
            self.stop()
            raise

    def _environment(self):
        """What speaks for the peer: no log of tools, and nothing that asks another host."""
        return {
            "PATH": os.environ.get("PATH", os.defpath), "HOME": self.folder,
            "DATABASE_URL": f"sqlite+aiosqlite:///{self.folder}/storage.sqlite3",
            "STORAGE_ROOT": f"{self.folder}/archive",
            "TOOLS_LOG_ENABLED": "false", "LOG_RICH_ENABLED": "false",
            "FASTMCP_LOG_LEVEL": "ERROR", "LLM_ENABLED": "false",
            "LITELLM_LOCAL_MODEL_COST_MAP": "True", "HTTP_PATH": "/mcp/",
        }

    def _start(self):
        port = free_port()
        command = [sys.executable, "-I", "-m", "mcp_agent_mail.http", "--host", "127.0.0.1",
                   "--port", str(port), "--log-level", "warning"]
        with open(self._log, "w", encoding="utf-8") as log:
            self._process = subprocess.Popen(command, cwd=self.folder, env=self._environment(),
                                             stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        deadline = time.monotonic() + START_SECONDS_MAX
        while self._process.poll() is None and time.monotonic() < deadline:
            with contextlib.suppress(OSError, urllib.error.URLError):
                ready = f"http://127.0.0.1:{port}/health/readiness"
                with direct.open(ready, timeout=START_SECONDS_MAX) as answer:
                    if answer.status == 200:
                        return f"http://127.0.0.1:{port}/mcp/"
            time.sleep(0.1)
        log = pathlib.Path(self._log).read_text(encoding="utf-8", errors="replace")
        raise Skipped(f"the server did not start: {last_line(log)}")

    def stop(self):
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(STOP_SECONDS_MAX)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.stop()


# --- the load -----------------------------------------------------------------------------------

class Tally:
    """What one side's clients counted."""

    def __init__(self):
        self.latencies = []  # Seconds, of messages sent within the measured time.
        self.in_window = 0  # Of these, answers that came within it, too.
        self.ids = {}  # Recipient to the ids of all accepted messages, warm-up included.
        self.failures = []


async def call(session, tool, **arguments):
    """Returns the structured answer of a tool, or raises with the text of its error."""
    limit = datetime.timedelta(seconds=ANSWER_SECONDS_MAX)
    answer = await session.call_tool(tool, arguments, read_timeout_seconds=limit)
    if answer.isError:
        raise RuntimeError(" ".join(getattr(part, "text", "") for part in answer.content))
    return answer.structuredContent


@contextlib.asynccontextmanager
async def connected(url):
    from mcp import ClientSession
    from mcp.client.streamable_http import streamable_http_client

    async with streamable_http_client(url) as (reader, writer, _):
        async with ClientSession(reader, writer) as session:
            await session.initialize()
            yield session


async def register(session, name):
    await call(session, "register_agent", project_key=PROJECT, program="bench", model="none",
               name=name)


async def send_all(session, index, body, begin, end, tally):
    """Sends message after message from one agent to another until `end`."""
    sender, recipient = f"sender{index}", f"recipient{index}"
    accepted = tally.ids.setdefault(recipient, [])
    failures = 0
    # Ends: an answer is waited for ANSWER_SECONDS_MAX at most.
    while (sent := time.monotonic()) < end and failures < FAILURES_MAX:
        try:
            answer = await call(session, "send_message", project_key=PROJECT, sender_name=sender,
                                to=[recipient], subject=f"message {len(accepted)}", body_md=body)
            accepted.append(answer["deliveries"][0]["payload"]["id"])
        except Exception as error:  # Counted; whether it is stored shows at the end.
            tally.failures.append(last_line(str(error)))
            failures += 1
            continue
        answered = time.monotonic()
        if sent >= begin:
            tally.latencies.append(answered - sent)
            tally.in_window += answered <= end


async def read_back(session, body, tally):
    """Returns how many messages the inboxes hold, and how many of them are wrong.

    Wrong is one that was accepted and is missing or has another body, one that was not accepted,
    and one that is there twice.
    """
    stored = wrong = 0
    for recipient, accepted in tally.ids.items():
        inbox = await call(session, "fetch_inbox", project_key=PROJECT, agent_name=recipient,
                           limit=len(accepted) + len(tally.failures) + 100, include_bodies=True)
        messages = inbox["result"]
        intact = {one["id"] for one in messages if one["body_md"] == body}
        stored += len(messages)
        wrong += len(set(accepted) ^ intact) + len(messages) - len({one["id"] for one in messages})
    return stored, wrong


async def measure(url, clients, given):
    """Returns the tally of one side and what `read_back` says of it."""
    body = ("abcdefghijklmnopqrstuvwxyz" * (given.bytes // 26 + 1))[:given.bytes]
    tally = Tally()
    async with contextlib.AsyncExitStack() as stack:
        sessions = [await stack.enter_async_context(connected(url)) for _ in range(clients)]
        for index, session in enumerate(sessions):
            await register(session, f"sender{index}")
            await register(session, f"recipient{index}")
        begin = time.monotonic() + given.warmup
        end = begin + given.seconds
        await asyncio.gather(*(send_all(session, index, body, begin, end, tally)
                               for index, session in enumerate(sessions)))
        return tally, *await read_back(sessions[0], body, tally)


# --- the report ---------------------------------------------------------------------------------

def latency_us(ordered, quantile):
    """Returns the smallest latency that at least `quantile` of all do not exceed."""
    if not ordered:
        return 0.0
    return round(ordered[max(math.ceil(quantile * len(ordered)), 1) - 1] * 1e6, 3)


def versions():
    from importlib.metadata import version

    return version("mcp-agent-mail"), version("mcp")


def render(clients, given, folder, tally, stored, wrong):
    ordered = sorted(tally.latencies)
    peer, client = versions()
    report = {
        "peer": "mcp-agent-mail", "version": peer, "client": f"mcp {client}",
        "publishers": clients, "connections": clients, "body_bytes": given.bytes,
        "seconds": given.seconds, "rate": round(tally.in_window / given.seconds, 3),
        "latency_us": {name: latency_us(ordered, quantile) for name, quantile in
                       (("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("max", 1))},
        "accepted": sum(map(len, tally.ids.values())), "stored": stored,
        "wrong": wrong, "failed": len(tally.failures),
    }
    if tally.failures:
        report["first_failure"] = tally.failures[0].replace(folder, "STORE")
    report["note"] = NOTE
    return report


def run_sides(given):
    """Measures one client, then several; returns the exit status."""
    status = 0
    for clients in dict.fromkeys((1, given.publishers)):
        with Server(given.store) as server:
            tally, stored, wrong = asyncio.run(measure(server.url, clients, given))
        report = render(clients, given, server.folder, tally, stored, wrong)
        print(json.dumps(report), flush=True)
        if report["accepted"] != stored or wrong or not tally.latencies:
            status = STATUS_CHECK_FAILED
    return status


def parse(arguments):
    parser = argparse.ArgumentParser(
        description="Measures sending with mcp-agent-mail, one client and then several at once.",
        epilog="Exit status: 0 well, 1 stored and accepted differ or nothing was accepted, "
               "2 the run could not be made, 77 the peer cannot be had or does not start here.")
    parser.add_argument("--venv", type=pathlib.Path, default=VENV, metavar="FOLDER",
                        help="the virtual environment (default: build/peers/mcp-agent-mail)")
    parser.add_argument("--store", default=".", metavar="FOLDER",
                        help="where the temporary storage folder is made (default: .)")
    parser.add_argument("--publishers", type=int, default=4, metavar="N",
                        help="clients at once on the second side (default: 4)")
    parser.add_argument("--bytes", type=int, default=300, metavar="N",
                        help="size of a message body (default: 300)")
    parser.add_argument("--seconds", type=float, default=10, metavar="S",
                        help="measured time of each side (default: 10)")
    parser.add_argument("--warmup", type=float, default=2, metavar="S",
                        help="time before it, not measured (default: 2)")
    parser.add_argument("--installed", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    if not (1 <= given.publishers <= 64 and 1 <= given.bytes <= 1_000_000
            and 0.1 <= given.seconds <= 600 and 0 <= given.warmup <= 600):
        parser.error("--publishers is 1 to 64, --bytes 1 to 1000000, --seconds 0.1 to 600")
    return given


def main(arguments):
    given = parse(arguments)
    signal.signal(signal.SIGTERM, lambda *unused: sys.exit(128 + signal.SIGTERM))
    try:
        if not given.installed:
            python = str(prepare(given.venv.resolve()))
            # Isolated, since this file has the name of the package it starts.
            os.execv(python, [python, "-I", __file__, *arguments, "--installed"])
        os.makedirs(given.store, exist_ok=True)
        return run_sides(given)
    except Skipped as reason:
        print(f"skipped: {reason}", file=sys.stderr)
        return STATUS_SKIPPED
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        # Ends: groups of exceptions nest as deep as groups of tasks.
        while isinstance(error, BaseExceptionGroup):
            error = error.exceptions[0]
        print(f"mcp_agent_mail: {type(error).__name__}: {last_line(str(error))}", file=sys.stderr)
        return STATUS_NOT_RUN


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
