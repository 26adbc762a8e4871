"""Runs one case on a server of its own; README.md describes the steps."""

import asyncio
import collections
import concurrent.futures
import json
import re
import socket
import sqlite3
import stat
import threading
import time

import cases
import websockets
import yaml
from patterns import CaseError, Mismatch, fill, match
from sockets import HANDSHAKE
from support import (PATIENCE, PROBLEM_MEMBERS, ROOT, Raw, Server, encoded, request_bytes, run_cli,
                     wait_for)

FIXTURES = ROOT / "examples/fixtures"
REMOTE = "203.0.113.10"  # a caller that a proxy on this machine names as not local
HTTP_DATE = re.compile(r"[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT")

REFERENCE_EVENTS = {"message.created", "message.read", "message.ack", "reservation.expired"}

# The text of `error` where it is not the code. None: several are right, a case names its own.
ERROR_TEXTS = {
    "unauthorized": {"unauthorized"},
    "invalid_focus_state": {"invalid focus_state"},
    "invalid_transport": {"invalid transport"},
    "metadata_required": {"metadata map required"},
    "policy_required": {"policy or live_contact_policy required"},
    "active_session_conflict": {"session_id is in use by an active agent"},
    "agent_identity_mismatch": {"agent identity mismatch", "agent_identity_mismatch"},
    "route_not_found": {"404 page not found", "route_not_found"},
    "method_not_allowed": {"method not allowed", "method_not_allowed"},
    "invalid_session_id": None,
    "invalid_policy": None,
    "upgrade_required": None,
    "cross_origin": None,
}


class Failure(AssertionError):
    """A case that did not pass, with its report."""


def shortened(text, most=600):
    return text if len(text) <= most else text[:most] + " ..."


def ensure(condition, text):
    if not condition:
        raise Mismatch(text)


# ---- One exchange --------------------------------------------------------------------------------

def identity_headers(who):
    """The headers of `as`: `agent X`, `token X`, `key X`, `remote`, `upgrade`."""
    headers = {}
    for one in [who] if isinstance(who, str) else who:
        kind, _, value = one.partition(" ")
        if kind == "agent":
            headers["X-Agent-ID"] = value
        elif kind == "token":
            headers["X-Agent-Token"] = value
        elif kind == "key":
            headers.update({"Authorization": f"Bearer {value}", "X-Forwarded-For": REMOTE})
        elif kind == "remote":
            headers["X-Forwarded-For"] = REMOTE
        elif kind == "upgrade":
            headers.update(HANDSHAKE)
        else:
            raise CaseError(f"as {one!r}: nobody of that kind")
    return headers


def headers_of(step, names):
    who = identity_headers(fill(step.get("as", []), names))
    return {**who, **{name: value if value is None else str(value)
                      for name, value in fill(step.get("headers", {}), names).items()}}


def payload_of(step, names):
    """The bytes of the body, or None; `size` blows it up with blanks before its last byte."""
    if "bytes" in step:
        payload = fill(step["bytes"], names).encode("latin-1")
    elif "raw" in step:
        payload = encoded(fill(step["raw"], names))
    elif "body" in step:
        payload = json.dumps(fill(step["body"], names)).encode()
    else:
        return None
    if "size" in step:
        payload = payload[:-1] + b" " * (step["size"] - len(payload)) + payload[-1:]
        ensure(len(payload) == step["size"], "the body is longer than `size`")
    return payload


def check_json_form(reply, content_type):
    given = reply.headers.get("content-type")
    ensure(given == content_type, f"Content-Type is {given!r}, not {content_type!r}")
    ensure(reply.body.endswith(b"\n") and reply.body.count(b"\n") == 1,
           "a JSON body is one line that ends in one line feed")
    try:
        return json.loads(reply.body)
    except ValueError as error:
        raise Mismatch(f"the body is no JSON: {error}") from error


def check_advice(reply, code):
    """The headers that say what to do: Allow, WWW-Authenticate, Retry-After."""
    if reply.status == 405:
        ensure(reply.headers.get("allow"), "a 405 needs Allow")
    if reply.status == 401:
        scheme = reply.headers.get("www-authenticate", "")
        ensure(scheme.startswith("Bearer"), f"WWW-Authenticate is {scheme!r}")
    if reply.status in (429, 503) or code == "idempotency_in_progress":
        seconds = reply.headers.get("retry-after", "")
        ensure(re.fullmatch("[1-9][0-9]*", seconds), f"Retry-After is {seconds!r}")


def check_problem(reply, code, error):
    """The one form of every refusal; `code` is `a`, `a|b` or empty for any.

    With `error` the case itself says which text the member has to be.
    """
    problem = check_json_form(reply, "application/problem+json")
    missing = PROBLEM_MEMBERS - problem.keys()
    ensure(not missing, f"the problem lacks {sorted(missing)}")
    ensure(problem["status"] == reply.status, f"the member status is {problem['status']}")
    for member in sorted(PROBLEM_MEMBERS - {"status"}):
        ensure(isinstance(problem[member], str) and problem[member].strip(),
               f"the member {member} is {problem[member]!r}")
    ensure(re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", problem["code"]),
           f"the code {problem['code']!r} is not snake_case")
    ensure(not code or problem["code"] in code.split("|"),
           f"the code is {problem['code']!r}, not {code!r}")
    texts = ERROR_TEXTS.get(problem["code"], {problem["code"]})
    ensure(error or texts is None or problem["error"] in texts,
           f"the member error is {problem['error']!r}, not of {texts}")
    check_advice(reply, problem["code"])
    return problem


def check_body(reply, pattern, names, method):
    if pattern == "<empty>":
        ensure(reply.body == b"", f"the body should be empty: {reply.body[:200]!r}")
        if method != "HEAD":
            length = reply.headers.get("content-length")
            ensure(length == "0", f"Content-Length is {length!r}, not '0'")
            ensure("content-type" not in reply.headers, "an empty body has no Content-Type")
        return
    match(pattern, check_json_form(reply, "application/json"), names)


def refusal(step, names):
    """Status and code of `refused: 404 agent_not_found`, or of an `outcome` that is a refusal."""
    outcome = fill(step.get("refused", step.get("outcome", "")), names)
    status, _, code = str(outcome).partition(" ")
    return (int(status), code) if int(status or 0) >= 400 else None


def check_reply(step, reply, names, method):
    """Raises `Mismatch` unless the reply is what the step expects."""
    expect = step.get("expect", {})
    refused = refusal(step, names)
    wanted = step.get("outcome", expect.get("status", 200))
    status = refused[0] if refused else int(fill(wanted, names))
    ensure(reply.status == status, f"the status is {reply.status}, not {status}")
    for name, pattern in expect.get("headers", {}).items():
        given = reply.headers.get(name.lower())
        if pattern == "<absent>":
            ensure(given is None, f"the header {name} is there: {given!r}")
        elif pattern == "<date>":
            ensure(given and HTTP_DATE.fullmatch(given), f"the header {name} is {given!r}")
        else:
            match(pattern, given, names, f"header {name}")
    if refused and method != "HEAD":
        pattern = expect.get("body", {})
        problem = check_problem(reply, refused[1], error="error" in pattern)
        match(pattern, problem, names)
    elif "body" in expect:
        check_body(reply, expect["body"], names, method)


class UnixRaw(Raw):
    """As `Raw`, over a Unix socket."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(PATIENCE)
        self.socket.connect(str(path))
        self.buffer = b""


# ---- A case --------------------------------------------------------------------------------------

class Run:
    """One case under way: its server, its variables, its sockets, and what was said last."""

    def __init__(self, server):
        self.server = server
        self.names = {}
        self.sockets = {}
        self.thread = None
        self.loop = None  # runs on a thread of its own, so that pings and closes are answered
        self.said = []  # the last exchange or event, for the report
        self.trail = []  # the steps that lead to where the run is

    def close(self):
        if self.loop:
            self._wait(self._abort_all())
            self.loop.call_soon_threadsafe(self.loop.stop)
            self.thread.join()
            self.loop.close()

    async def _abort_all(self):
        for ws in self.sockets.values():
            ws.transport.abort()
            await ws.wait_closed()

    def _wait(self, awaitable):
        if not self.loop:
            self.loop = asyncio.new_event_loop()
            self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
            self.thread.start()
        done = asyncio.run_coroutine_threadsafe(asyncio.wait_for(awaitable, PATIENCE), self.loop)
        return done.result()

    def steps(self, steps):
        for number, step in enumerate(steps, start=1):
            self.trail.append(shortened(f"step {number}: {step!r}"))
            getattr(self, "do_" + cases.kind_of(step))(step)
            self.trail.pop()

    # -- Exchanges --

    def connection(self, step):
        if "over" in step:
            return UnixRaw(self.server.directory / step["over"])
        return self.server.raw()

    def call(self, step, names):
        """Sends the request of the step on a connection of its own; method and reply."""
        method, _, path = fill(step["send"], names).partition(" ")
        payload = payload_of(step, names)
        headers = {"Host": f"127.0.0.1:{self.server.port}", **headers_of(step, names)}
        data = request_bytes(method, path, payload, headers)
        with self.connection(step) as raw:
            reply = raw.exchange(data, to=method)
        self.said = [f"sent {data[:2000]!r}", f"got {reply!r}"]
        return method, reply

    def do_send(self, step):
        if "together" in step:
            return self.together(step)
        for index in range(1, step.get("times", 1) + 1):
            names = {**self.names, "i": index} if "times" in step else self.names
            if step.get("eventually"):
                self.eventually(step, names)
            else:
                method, reply = self.call(step, names)
                check_reply(step, reply, names, method)
            if names is not self.names:
                names.pop("i")
                self.names.update(names)

    def eventually(self, step, names):
        """Repeats a request that changes nothing until its reply fits."""
        end = time.monotonic() + PATIENCE
        while True:
            method, reply = self.call(step, names)
            try:
                return check_reply(step, reply, names, method)
            except Mismatch:
                if time.monotonic() > end:
                    raise
                time.sleep(0.02)

    def together(self, step):
        """The step so many times, up to 32 at once, each with its own $i; counts the answers."""
        def one(index):
            method, reply = self.call(step, {**self.names, "i": index})
            if reply.status < 400:
                return f"{reply.status}"
            return f"{reply.status} {check_problem(reply, '', error=False)['code']}"

        count = step["together"]
        with concurrent.futures.ThreadPoolExecutor(min(count, 32)) as pool:
            found = collections.Counter(pool.map(one, range(1, count + 1)))
        wanted = {str(status): number for status, number in step["statuses"].items()}
        strange = found.keys() - wanted.keys()
        ensure(not strange, f"there are answers {strange} in {dict(found)}")
        for status, number in wanted.items():
            if number != "<any>":
                ensure(found[status] == number,
                       f"{found[status]} answers are {status}, not {number}: {dict(found)}")

    def do_wire(self, step):
        data = fill(step["wire"], self.names).encode("latin-1")
        with self.server.raw() as raw:
            reply = raw.exchange(data)
            self.said = [f"sent {data[:2000]!r}", f"got {reply!r}"]
            check_reply(step, reply, self.names, data.partition(b" ")[0].decode())
            if step.get("closed"):
                rest = raw.read_until_close()
                ensure(rest == b"", f"more than one answer: {rest[:500]!r}")

    def do_each(self, step):
        """Runs the steps for each row of variables; all rows, also after one that fails."""
        failures = []
        for index, row in enumerate(step["each"], start=1):
            saved, depth = dict(self.names), len(self.trail)
            self.names.update({"i": index, **fill(row, self.names)})
            try:
                self.steps(step["steps"])
            except Mismatch as error:
                failures.append("\n  ".join([f"row {index} {row!r}: {error}", *self.trail[depth:],
                                             *self.said]))
                del self.trail[depth:]
            self.names = saved
        self.said = [] if failures else self.said
        ensure(not failures, f"{len(failures)} rows failed\n" + "\n".join(failures[:5]))

    # -- WebSockets --

    def socket(self, step):
        name = fill(step.get("socket", "ws"), self.names)
        if name not in self.sockets:
            raise CaseError(f"no socket {name!r} is open")
        return self.sockets[name]

    def do_open(self, step):
        path = fill(step["open"], self.names)
        headers = headers_of(step, self.names)
        origin = headers.pop("Origin", None)

        async def opened():
            return await websockets.connect(
                f"ws://127.0.0.1:{self.server.port}{path}", extra_headers=headers, origin=origin,
                open_timeout=PATIENCE, close_timeout=PATIENCE, ping_interval=None, max_queue=None,
                compression=None)

        try:
            ws = self._wait(opened())
        except websockets.InvalidHandshake as error:
            raise Mismatch(f"the handshake failed: {error}") from error
        ws.is_resuming = "since_cursor=" in path
        self.sockets[fill(step.get("socket", "ws"), self.names)] = ws
        for name, pattern in step.get("expect", {}).get("headers", {}).items():
            given = ws.response_headers.get(name)
            if pattern == "<absent>":
                ensure(given is None, f"the header {name} is there: {given!r}")
            else:
                match(pattern, given, self.names, f"header {name}")

    def receive(self, ws):
        """The next event; on a socket that resumes, the next of a kind that the reference has."""
        while True:  # Ends: an event fits, or none comes in time.
            try:
                text = self._wait(ws.recv())
            except (asyncio.TimeoutError, TimeoutError):
                raise Mismatch(f"no event came in {PATIENCE} s") from None
            except websockets.ConnectionClosed as error:
                raise Mismatch(f"the socket was closed instead of an event: {error}") from error
            self.said = [f"event {text!r}"]
            ensure(isinstance(text, str) and text.endswith("\n"),
                   "an event is a text message that ends in a line feed")
            event = json.loads(text)
            if not ws.is_resuming or event.get("type") in REFERENCE_EVENTS:
                return event

    def pattern_of(self, event, ws):
        """What is expected of an event: no further members, but on a socket that resumes."""
        return event if ws.is_resuming else {**event, "<only>": None}

    def do_frame(self, step):
        ws = self.socket(step)
        match(self.pattern_of(step["frame"], ws), self.receive(ws), self.names, "event")

    def do_frames(self, step):
        """The next events, in this order or, after `<any order>`, in any."""
        ws = self.socket(step)
        wanted = [one if one == "<any order>" else self.pattern_of(one, ws)
                  for one in step["frames"]]
        found = [self.receive(ws) for one in step["frames"] if one != "<any order>"]
        match(wanted, found, self.names, "events")

    def do_say(self, step):
        self._wait(self.socket(step).send(fill(step["say"], self.names)))

    def do_say_bytes(self, step):
        self._wait(self.socket(step).send(fill(step["say_bytes"], self.names).encode("latin-1")))

    def do_ping(self, step):
        async def answered(ws):
            await (await ws.ping(step["ping"]))

        self._wait(answered(self.socket(step)))

    def do_close(self, step):
        """Closes from this side; the other one has to echo the code."""
        ws = self.socket(step)
        self._wait(ws.close(step["close"]))
        ensure(ws.close_code == step["close"], f"closed with {ws.close_code}")

    def do_closes(self, step):
        """The other side closes with this code before any event."""
        ws = self.socket(step)
        try:
            unexpected = self._wait(ws.recv())
        except websockets.ConnectionClosed:
            ensure(ws.close_code == step["closes"],
                   f"closed with {ws.close_code} {ws.close_reason!r}, not {step['closes']}")
        else:
            raise Mismatch(f"an event instead of a close: {unexpected!r}")

    # -- The server itself --

    def do_restart(self, step):
        """Ends the server as told, `stop` or `kill`, and starts it again on the same file."""
        getattr(self.server, step["restart"])()
        self.server.restart()

    def do_age(self, step):
        """Moves the stored times of tables back by seconds, while no server has the file."""
        self.server.stop()
        connection = sqlite3.connect(self.server.database)
        for table, seconds in step["age"].items():
            columns = [row[1] for row in connection.execute(f'PRAGMA table_info("{table}")')]
            times = [name for name in columns if name.endswith("_at") or name == "last_seen"]
            if not times:
                raise CaseError(f"the table {table} has no times")
            shifted = ", ".join(f'"{name}" = "{name}" - {seconds * 10 ** 9}' for name in times)
            connection.execute(f'UPDATE "{table}" SET {shifted}')
        connection.commit()
        connection.close()
        self.server.restart()

    def do_file(self, step):
        """A file in the server's folder: its mode, its YAML."""
        path = self.server.directory / fill(step["file"], self.names)
        expect = step["expect"]
        ensure(path.exists(), f"there is no file {path.name}")
        if "mode" in expect:
            mode = oct(stat.S_IMODE(path.stat().st_mode))[2:]
            ensure(mode == expect["mode"], f"the mode is {mode}, not {expect['mode']}")
        if "yaml" in expect:
            text = path.read_text(encoding="utf-8")
            self.said = [text]
            match(expect["yaml"], yaml.safe_load(text), self.names, "file")

    def do_run(self, step):
        """The program with these arguments, in the server's folder, to its end."""
        expect = step.get("expect", {})
        done = run_cli(*fill(step["run"], self.names), directory=self.server.directory)
        self.said = [f"exit code {done.returncode}", done.stdout, done.stderr]
        match(expect.get("exit", 0), done.returncode, self.names, "exit code")
        if "stdout" in expect:
            match(expect["stdout"], done.stdout.splitlines(), self.names, "stdout")
        if "stderr" in expect:
            match(expect["stderr"], done.stderr, self.names, "stderr")


    def do_world(self, step):
        """Loads one of examples/fixtures; each alias is bound to its agent's id."""
        done = run_cli("dev", "seed", step["world"], "--dir", str(FIXTURES), "--url",
                       self.server.base, "--json", directory=self.server.directory)
        ensure(done.returncode == 0, f"the world was not loaded: {done.stderr}")
        agents = json.loads(done.stdout)["agents"]
        self.names.update({alias: one["agent_id"] for alias, one in agents.items()})


# ---- Servers -------------------------------------------------------------------------------------

def server_of(options):
    """A server that is not started yet, with its files in place."""
    settings = [f"{key}={value}" if not isinstance(value, bool) else f"{key}={str(value).lower()}"
                for key, value in options.get("set", {}).items()]
    socket_flag = ["--socket", options["socket"]] if "socket" in options else []
    server = Server(*[part for one in settings for part in ("--set", one)], *socket_flag,
                    env=options.get("env"))
    files = dict(options.get("files", {}))
    if "keys" in options:
        files["intermute.keys.yaml"] = options["keys"]
    for name, text in files.items():
        (server.directory / name).write_text(text, encoding="utf-8")
    return server


def expect_no_start(server, text):
    server.launch()
    wait_for(lambda: server.process.poll() is not None or "intermute ready" in server.stdout,
             "the end of a server that should not start")
    ensure("intermute ready" not in server.stdout, "the server started")
    ensure(server.process.returncode != 0, "the exit code is 0")
    ensure(text in server.stderr, f"standard error does not name {text!r}: {server.stderr!r}")


def run_case(case):
    """Runs a case on a fresh server; raises `Failure` with a report of where it ended."""
    options = case.get("server", {})
    server = server_of(options)
    run = Run(server)
    try:
        if "refuses" in options:
            expect_no_start(server, options["refuses"])
        else:
            server.start()
            run.steps(case["steps"])
    except Exception as error:
        what = str(error) if isinstance(error, (Mismatch, CaseError)) else repr(error)
        raise Failure("\n".join([what, "", *run.trail, *run.said, server.log_tail(20)])) from error
    finally:
        run.close()
        server.close()
