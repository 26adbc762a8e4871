"""What the end-to-end tests share: the server process, an HTTP client, raw sockets."""

import ctypes
import http.client
import json
import os
import pathlib
import re
import select
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = os.path.abspath(os.environ.get("INTERMUTE_BIN", ROOT / "build/release/bin/intermute"))
FAULTS_BINARY = os.environ.get("INTERMUTE_FAULTS_BIN")
SANITIZED = os.environ.get("INTERMUTE_SANITIZED") == "1"
NIGHTLY = os.environ.get("INTERMUTE_NIGHTLY") == "1"

PATIENCE = 60 if SANITIZED else 20  # seconds; a ceiling for a loaded machine, never a measure
READY_LINE = re.compile(r"^intermute ready on http://127\.0\.0\.1:(\d+)\s*$", re.MULTILINE)
SANITIZER_REPORT = re.compile(r"ERROR: \w+Sanitizer|runtime error:")
SNAKE_CASE = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
SECONDS_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
NANO_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{0,8}[1-9])?Z")
BODY_MAX = 1 << 20
HEADER_MAX = 16 << 10
PROBLEM_MEMBERS = {"type", "title", "status", "detail", "instance", "code", "error", "request_id"}


def wait_for(probe, what, seconds=PATIENCE, pause=0.01):
    """The first true answer of `probe`; fails with `what` when none comes in time."""
    end = time.monotonic() + seconds
    while True:
        answer = probe()
        if answer:
            return answer
        assert time.monotonic() < end, f"waited {seconds} s in vain: {what}"
        time.sleep(pause)


def _die_with_parent():
    """In the child: a test run that is killed takes its servers along."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


def clean_environment(directory, extra=None):
    """The caller's environment without anything that could configure a server."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("INTERMUTE_", "XDG_"))}
    return {**kept, "HOME": str(directory), "PYTHONDONTWRITEBYTECODE": "1", **(extra or {})}


def run_cli(*args, directory, seconds=PATIENCE, env=None):
    """Runs the program to its end; the completed process has stdout and stderr as text."""
    return subprocess.run([BINARY, *args], cwd=directory, env=clean_environment(directory, env),
                          stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          errors="replace", timeout=seconds, preexec_fn=_die_with_parent)


class Server:
    """One server process on one database file; it can be stopped, killed and started again."""

    def __init__(self, *args, env=None, binary=None, database=None):
        self.args = args
        self.env = env
        self.binary = binary or BINARY
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="intermute-e2e-"))
        self.database = pathlib.Path(database) if database else self.directory / "x.db"
        self.process = None
        self.port = None
        self.ready_ms = None
        self._starts = 0

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.close()

    @property
    def pid(self):
        return self.process.pid

    @property
    def base(self):
        return f"http://127.0.0.1:{self.port}"

    @property
    def stdout(self):
        return self._captured("out")

    @property
    def stderr(self):
        return self._captured("err")

    def _captured(self, kind):
        file = self.directory / f"{self._starts}.{kind}"
        return file.read_text(errors="replace") if file.exists() else ""

    def log_tail(self, lines=60):
        """The end of what the newest process printed, for the report of a failure."""
        if not self._starts:
            return ""
        return "\n".join([f"--- server, start {self._starts}"]
                         + (self.stdout + self.stderr).splitlines()[-lines:])

    def launch(self):
        """Starts the process without waiting for it to be ready."""
        self._starts += 1
        self.port = None
        command = [self.binary, "serve", "--port", "0", "--db", str(self.database), *self.args]
        with open(self.directory / f"{self._starts}.out", "wb") as out, \
                open(self.directory / f"{self._starts}.err", "wb") as err:
            self._launched = time.monotonic()
            self.process = subprocess.Popen(
                command, cwd=self.directory, env=clean_environment(self.directory, self.env),
                stdin=subprocess.DEVNULL, stdout=out, stderr=err, preexec_fn=_die_with_parent)
        return self

    def wait_ready(self):
        def ready():
            found = READY_LINE.search(self.stdout)
            assert found or self.process.poll() is None, \
                f"the server ended with {self.process.returncode}\n{self.log_tail()}"
            return found

        self.port = int(wait_for(ready, "the ready line on stdout", pause=0.002).group(1))
        self.ready_ms = (time.monotonic() - self._launched) * 1000
        return self

    def start(self):
        try:
            return self.launch().wait_ready()
        except BaseException:
            self.close()
            raise

    def stop(self):
        """SIGTERM; the exit code, after looking for sanitizer reports."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(PATIENCE)
        report = SANITIZER_REPORT.search(self.stderr)
        assert not report, self.log_tail(400)
        return code

    def kill(self):
        """SIGKILL to this very process, then waits until it is gone."""
        if self.process.poll() is None:
            os.kill(self.pid, signal.SIGKILL)
        self.process.wait(PATIENCE)

    def restart(self):
        assert self.process.poll() is not None, "end the old process first"
        return self.launch().wait_ready()

    def close(self):
        """Ends the process if it runs and removes its folder."""
        try:
            if self.process:
                self.stop()
        finally:
            if self.process:
                self.kill()
            shutil.rmtree(self.directory, ignore_errors=True)

    def client(self):
        return Client(self.port)

    def raw(self, **options):
        return Raw(self.port, **options)

    def rss_kib(self):
        status = pathlib.Path(f"/proc/{self.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s*(\d+) kB", status).group(1))

    def cpu_seconds(self):
        fields = pathlib.Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Reply:
    """Status, headers and body of one answer."""

    def __init__(self, status, headers, body):
        self.status = status
        self.headers = {name.lower(): value for name, value in headers}
        self.body = body

    @property
    def json(self):
        return json.loads(self.body)

    def __repr__(self):
        return f"<{self.status} {self.headers} {self.body[:500]!r}>"


def encoded(body):
    """Bytes stay as they are, text becomes UTF-8, anything else JSON; None is no body."""
    if body is None or isinstance(body, bytes):
        return body
    return body.encode() if isinstance(body, str) else json.dumps(body).encode()


class Client:
    """A small keep-alive HTTP client; one thread uses it at a time."""

    def __init__(self, port, timeout=PATIENCE):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.connection.close()

    def call(self, method, path, body=None, headers=None):
        self.connection.request(method, path, body=encoded(body), headers=headers or {})
        answer = self.connection.getresponse()
        return Reply(answer.status, answer.getheaders(), answer.read())

    def get(self, path, **query):
        return self.call("GET", with_query(path, query))

    def post(self, path, body=None, **options):
        return self.call("POST", path, body, **options)

    def ok(self, method, path, body=None):
        """The JSON of an answer that must be 200."""
        reply = self.call(method, path, body)
        assert reply.status == 200, (method, path, reply)
        return reply.json if reply.body else None

    def register(self, **fields):
        return self.ok("POST", "/api/agents", fields)

    def send(self, sender, to, **fields):
        return self.ok("POST", "/api/messages", {"from": sender, "to": list(to), **fields})

    def counts(self, agent, project=""):
        return self.ok("GET", with_query(f"/api/inbox/{part(agent)}/counts", {"project": project}))

    def inbox(self, agent, since=0, **query):
        """Every message of an inbox after `since`, page by page."""
        found = []
        while True:
            page = self.ok("GET", with_query(f"/api/inbox/{part(agent)}",
                                             {**query, "since_cursor": since, "limit": 1000}))
            if not page["messages"]:
                return found
            found += page["messages"]
            since = page["cursor"]
            assert since == found[-1]["cursor"]


def part(text):
    """One percent-encoded path segment."""
    return urllib.parse.quote(text, safe="")


def with_query(path, query):
    kept = {name: value for name, value in query.items() if value is not None}
    return f"{path}?{urllib.parse.urlencode(kept)}" if kept else path


def request_bytes(method, path, body=None, headers=None, version="HTTP/1.1"):
    """One request as bytes; `Host` and `Content-Length` are added unless given (None: left out)."""
    lines = {"Host": "127.0.0.1", **(headers or {})}
    payload = encoded(body)
    if payload is not None and not {"Content-Length", "Transfer-Encoding"} & lines.keys():
        lines["Content-Length"] = len(payload)
    head = [f"{method} {path} {version}"]
    head += [f"{name}: {value}" for name, value in lines.items() if value is not None]
    return "\r\n".join(head).encode("latin-1") + b"\r\n\r\n" + (payload or b"")


def chunked(*pieces):
    """The pieces in chunked coding, with the last chunk."""
    return b"".join(b"%x\r\n%s\r\n" % (len(p), p) for p in pieces) + b"0\r\n\r\n"


class Raw:
    """A plain socket that writes any bytes and reads answers one by one."""

    def __init__(self, port, timeout=PATIENCE):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=timeout)
        self.buffer = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)
        return self

    def send_while_silent(self, pieces):
        """Sends piece after piece until all are out or the server has something to say."""
        for piece in pieces:
            if select.select([self.socket], [], [], 0)[0]:
                return
            try:
                self.socket.sendall(piece)
            except (BrokenPipeError, ConnectionResetError):
                return

    def _more(self):
        data = self.socket.recv(65536)
        self.buffer += data
        return bool(data)

    def _take(self, size):
        while len(self.buffer) < size:
            assert self._more(), f"closed inside an answer: {self.buffer[:500]!r}"
        taken, self.buffer = self.buffer[:size], self.buffer[size:]
        return taken

    def _line(self, end=b"\r\n"):
        while end not in self.buffer:
            assert self._more(), f"closed before an answer was whole: {self.buffer[:500]!r}"
        return self._take(self.buffer.index(end) + len(end))[:-len(end)]

    def read_response(self, to="GET"):
        """The next answer; `to` is the method it answers."""
        first, *lines = self._line(b"\r\n\r\n").decode("latin-1").split("\r\n")
        version, status = first.split(" ")[:2]
        assert version in ("HTTP/1.1", "HTTP/1.0"), first
        reply = Reply(int(status), [re.split(r":\s*", line, 1) for line in lines], b"")
        if to == "HEAD" or reply.status < 200 or reply.status in (204, 304):
            return reply
        if "chunked" in reply.headers.get("transfer-encoding", ""):
            while size := int(self._line().partition(b";")[0], 16):
                reply.body += self._take(size + 2)[:-2]
            self._line()
        elif "content-length" in reply.headers:
            reply.body = self._take(int(reply.headers["content-length"]))
        else:
            reply.body = self.read_until_close()
        return reply

    def exchange(self, data, to="GET"):
        return self.send(data).read_response(to)

    def read_until_close(self):
        """What still comes until the server closes (a reset counts as closing)."""
        try:
            while self._more():
                pass
        except ConnectionResetError:
            pass
        rest, self.buffer = self.buffer, b""
        return rest


def metric(text, name, **labels):
    """The sample of exactly these labels."""
    for line in text.splitlines():
        found = re.fullmatch(rf"{name}(?:\{{(.*)\}})? (\S+)", line)
        if found and dict(re.findall(r'(\w+)="([^"]*)"', found[1] or "")) == labels:
            return float(found[2])
    raise AssertionError(f"no sample {name} {labels}")


def assert_problem(reply, status, code=None, error=None):
    """`reply` is an error in the one shape all errors have."""
    assert reply.status == status, reply
    assert reply.headers["content-type"].split(";")[0] == "application/problem+json", reply
    problem = reply.json
    assert PROBLEM_MEMBERS <= problem.keys(), problem
    assert problem["status"] == status
    assert SNAKE_CASE.fullmatch(problem["code"]), problem
    for member in PROBLEM_MEMBERS - {"status"}:
        assert isinstance(problem[member], str) and problem[member], (member, problem)
    if code is not None:
        assert problem["code"] == code, problem
    if error is not None:
        assert problem["error"] == error, problem
    if status == 405:
        assert reply.headers["allow"], reply
    if status in (429, 503):
        assert int(reply.headers["retry-after"]) >= 0, reply
    return problem
