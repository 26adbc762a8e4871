"""`intermute watch`: events as they come, nothing missed and nothing doubled, ends as it says."""

import asyncio
import http.server
import json
import re
import signal
import socket
import subprocess
import threading
import uuid

import pytest
import websockets
from support import (BINARY, PATIENCE, SANITIZER_REPORT, _die_with_parent, clean_environment,
                     run_cli, wait_for)

LINE = re.compile(r"\d\d:\d\d:\d\d  message\.created  from (\S+)  \"(.*)\"  id (\S+)  cursor (\d+)")


class Watch:
    """One `intermute watch` in the background."""

    def __init__(self, directory, *args, url, env=None):
        self.out, self.err = directory / "watch.out", directory / "watch.err"
        with open(self.out, "wb") as out, open(self.err, "wb") as err:
            self.process = subprocess.Popen(
                [BINARY, "watch", "--url", url, *args], cwd=directory,
                env=clean_environment(directory, {"TZ": "UTC", **(env or {})}),
                stdin=subprocess.DEVNULL, stdout=out, stderr=err, preexec_fn=_die_with_parent)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(PATIENCE)
        print(self.stderr)

    @property
    def stdout(self):
        return self.out.read_text()

    @property
    def stderr(self):
        return self.err.read_text(errors="replace")

    @property
    def lines(self):
        return [line for line in self.stdout.splitlines(keepends=True) if line.endswith("\n")]

    def until_said(self, text, times=1):
        """Waits for `text` on standard error, however often."""
        def said():
            assert self.process.poll() is None or self.stderr.count(text) >= times, self.stderr
            return self.stderr.count(text) >= times
        wait_for(said, f"{text!r} on stderr")
        return self

    def until_printed(self, count):
        return wait_for(lambda: len(self.lines) >= count and self.lines, f"{count} lines")

    def ended(self):
        code = self.process.wait(PATIENCE)
        assert not SANITIZER_REPORT.search(self.stderr), self.stderr
        return code

    def end(self, with_signal=signal.SIGTERM):
        self.process.send_signal(with_signal)
        return self.ended()


@pytest.fixture
def watch(tmp_path, server):
    """Starts a watch of the file's server (or of `url`) and waits until it is connected."""
    running = []

    def start(*args, url=None, env=None, connected=True):
        running.append(Watch(tmp_path, *args, url=url or server.base, env=env).__enter__())
        return running[-1].until_said("intermute: watching ") if connected else running[-1]

    yield start
    for one in running:
        one.__exit__()


@pytest.fixture
def project():
    return str(uuid.uuid4())


class Proxy:
    """A fixed port before a server, whose connections can be cut; while `to` is None, none stays."""

    def __init__(self, to):
        self.to = to
        self.pairs = []
        self.lock = threading.Lock()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.close()
        self.cut()

    def cut(self):
        with self.lock:
            for one in self.pairs:
                try:
                    one.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass
            self.pairs.clear()

    def _accept(self):
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return
            try:
                far = socket.create_connection(("127.0.0.1", self.to)) if self.to else None
            except OSError:
                far = None
            if far is None:
                near.close()
                continue
            with self.lock:
                self.pairs += [near, far]
            for one, other in ((near, far), (far, near)):
                threading.Thread(target=self._pump, args=(one, other), daemon=True).start()

    @staticmethod
    def _pump(one, other):
        try:
            while data := one.recv(65536):
                other.sendall(data)
        except OSError:
            pass
        try:
            other.shutdown(socket.SHUT_WR)
        except OSError:
            pass


def test_a_message_is_one_line_with_sender_subject_id_and_cursor(http, watch, project):
    watching = watch("--agent", "bob", "--project", project, "--count", "2")
    first = http.send("ada", ["bob"], project=project, subject="build", body="ignored")
    second = http.send("ada", ["bob"], project=project, body="x" * 81)
    assert watching.ended() == 0
    found = [LINE.fullmatch(line.rstrip("\n")).groups() for line in watching.lines]
    assert found == [("ada", "build", first["message_id"], str(first["cursor"])),
                     ("ada", "x" * 80 + "...", second["message_id"], str(second["cursor"]))]


def test_events_before_the_watch_are_not_shown_without_a_cursor(http, watch, project):
    old = http.send("ada", ["bob"], project=project, body="old")
    http.post(f"/api/messages/{old['message_id']}/read?project={project}", {"agent": "bob"})
    watching = watch("--agent", "bob", "--project", project, "--count", "1")
    http.send("ada", ["bob"], project=project, body="new")
    assert watching.ended() == 0
    assert '"new"' in watching.stdout and '"old"' not in watching.stdout


def test_a_cursor_shows_what_came_after_it(http, watch, project):
    sent = [http.send("ada", ["bob"], project=project, body=str(n))["cursor"] for n in range(5)]
    watching = watch("--agent", "bob", "--project", project, "--since-cursor", str(sent[1]),
                     "--count", "3")
    assert watching.ended() == 0
    assert [int(line.split()[-1]) for line in watching.lines] == sent[2:]


def test_json_is_the_event_as_it_came(http, watch, project):
    sent = http.send("ada", ["bob"], project=project, id="m1")
    http.post(f"/api/messages/m1/read?project={project}", {"agent": "bob"})
    watching = watch("--agent", "bob", "--project", project, "--since-cursor", "0", "--json",
                     "--count", "2")
    assert watching.ended() == 0
    created, read = map(json.loads, watching.lines)
    assert created.pop("created_at") and read.pop("created_at") and read.pop("cursor")
    assert created == {"agent": "bob", "cursor": sent["cursor"], "message_id": "m1",
                       "project": project, "type": "message.created"}
    assert read == {"message_id": "m1", "project": project, "type": "message.read"}


def test_read_and_ack_are_shown_with_their_message(http, watch, project):
    watching = watch("--agent", "bob", "--project", project, "--count", "2")
    for action in ("read", "ack"):
        http.post(f"/api/messages/m1/{action}?project={project}", {"agent": "bob"})
    assert watching.ended() == 0
    assert [line.split()[1:4] for line in watching.lines] == \
        [["message.read", "id", "m1"], ["message.ack", "id", "m1"]]


def test_agent_project_and_server_may_come_from_the_environment(server, http, tmp_path, project):
    http.send("ada", ["bob"], project=project, body="hello")
    done = run_cli("watch", "--since-cursor", "0", "--count", "1", directory=tmp_path,
                   env={"INTERMUTE_URL": server.base + "/", "INTERMUTE_AGENT": "bob",
                        "INTERMUTE_PROJECT": project})
    assert done.returncode == 0, done.stderr
    assert '"hello"' in done.stdout


@pytest.mark.parametrize("agent", ["a b/c?d#e&f=g%", "größe 漢字", "+"])
def test_odd_names_are_encoded(http, watch, project, agent):
    odd = f"{project} &?#"
    watching = watch("--agent", agent, "--project", odd, "--count", "1")
    http.send("ada", [agent], project=odd, body="here")
    assert watching.ended() == 0
    assert '"here"' in watching.stdout


def test_what_agents_write_cannot_steer_the_terminal(http, watch, project):
    evil = "\x1b[2Jred\x07 \r\n\tnext\u009b31m \u202etxt \u2028 \x7f \u061c end"
    watching = watch("--agent", "bob", "--project", project, "--count", "2")
    http.send(f"ada{evil}", ["bob"], project=project, subject=evil, id=f"m{evil}")
    http.send("ada", ["bob"], project=project, body=f"<ünïcode & 漢字 🙂> {evil}")
    assert watching.ended() == 0
    assert len(watching.lines) == 2
    for line in watching.lines:
        harmful = [c for c in line[:-1] if not c.isprintable()]
        assert harmful == [], line
    assert r"\x1b[2Jred\x07 \r\n\tnext\u009b31m \u202etxt \u2028 \x7f \u061c end" \
        in watching.lines[0]
    assert '"<ünïcode & 漢字 🙂> ' in watching.lines[1]


@pytest.mark.parametrize("with_signal", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_with_0(watch, with_signal):
    watching = watch("--agent", "bob")
    assert watching.end(with_signal) == 0
    assert watching.stdout == ""


def test_a_signal_ends_it_while_it_waits_to_connect_again(watch, tmp_path):
    watching = watch("--agent", "bob", url="http://127.0.0.1:1", connected=False)
    watching.until_said("trying again in 1 s")
    assert "no answer from http://127.0.0.1:1 (cannot connect: Connection refused)" \
        in watching.stderr
    assert watching.end() == 0


def test_a_lost_connection_goes_on_behind_the_last_event(server, http, watch, project):
    sent = []

    def send(count):
        sent.extend(http.send("ada", ["bob"], project=project)["cursor"] for _ in range(count))

    with Proxy(server.port) as proxy:
        watching = watch("--agent", "bob", "--project", project, url=proxy.url)
        for round_number in range(1, 4):
            send(5)
            watching.until_printed(len(sent))
            proxy.to = None
            proxy.cut()
            send(5)
            watching.until_said("lost the connection", times=round_number)
            proxy.to = server.port
            watching.until_said("connected again", times=round_number)
        send(1)
        watching.until_printed(len(sent))
        assert watching.end() == 0
    assert [int(line.split()[-1]) for line in watching.lines] == sent


def test_what_happens_before_the_first_event_and_while_it_is_away_is_shown(server, http, watch,
                                                                            project):
    old = http.send("ada", ["bob"], project=project, body="old")
    with Proxy(server.port) as proxy:
        watching = watch("--agent", "bob", "--project", project, url=proxy.url)
        proxy.to = None
        proxy.cut()
        new = http.send("ada", ["bob"], project=project, body="new")
        http.post(f"/api/messages/{old['message_id']}/ack?project={project}", {"agent": "bob"})
        watching.until_said("lost the connection")
        proxy.to = server.port
        lines = watching.until_printed(2)
        assert watching.end() == 0
    assert int(lines[0].split()[-1]) == new["cursor"]
    assert lines[1].split()[1] == "message.ack"
    assert len(watching.lines) == 2


def test_it_goes_on_across_a_restart_of_the_server(make_server, watch, project):
    server = make_server()
    with Proxy(server.port) as proxy:
        watching = watch("--agent", "bob", "--project", project, url=proxy.url)
        with server.client() as client:
            sent = [client.send("ada", ["bob"], project=project)["cursor"]]
        watching.until_printed(1)
        server.stop()
        watching.until_said("lost the connection")
        server.restart()
        with server.client() as client:
            sent.append(client.send("ada", ["bob"], project=project)["cursor"])
        proxy.to = server.port
        watching.until_printed(2)
        assert watching.end() == 0
    assert [int(line.split()[-1]) for line in watching.lines] == sent


REFUSALS = [
    # arguments, environment, text on stderr
    ([], {}, "Error: name the agent with --agent or INTERMUTE_AGENT\n"),
    (["--agent", "a", "--url", "https://x"], {},
     'Error: "https://x" is not understood: only http:// is spoken here.'),
    (["--agent", "a", "--url", "127.0.0.1:7338"], {}, "is no URL of a server"),
    (["--agent", "a", "--url", "http://x:99999"], {}, "is no URL of a server"),
    (["--agent", "a", "--url", "http://u@x"], {}, "is no URL of a server"),
    (["--agent", "a", "--url", "http://[::1"], {}, "is no URL of a server"),
    (["--agent", "a"], {"INTERMUTE_URL": "ftp://x"}, 'Error: "ftp://x" is no URL of a server'),
    (["--agent", "a"], {"INTERMUTE_API_KEY": "a\nb: c"}, "control character"),
    (["--agent", "a", "--since-cursor", "-1"], {}, "Error: --since-cursor"),
    (["--agent", "a", "--count", "0"], {}, "Error: --count"),
]


@pytest.mark.parametrize("args, env, text", REFUSALS, ids=lambda value: str(value)[:40])
def test_what_cannot_work_is_refused_at_once(tmp_path, args, env, text):
    done = run_cli("watch", *args, directory=tmp_path, env=env)
    assert done.returncode == 1
    assert done.stdout == ""
    assert text in done.stderr


@pytest.fixture
def guarded(make_server, tmp_path):
    """A server that wants the key `k1` of the project `p`."""
    keys = tmp_path / "keys.yaml"
    keys.write_text("default_policy: {allow_localhost_without_auth: false}\n"
                    "projects: {p: {keys: [k1]}}\n")
    return make_server(env={"INTERMUTE_KEYS_FILE": str(keys)})


def test_a_key_and_a_token_let_it_in(guarded, watch):
    bearer = {"Authorization": "Bearer k1"}
    with guarded.client() as client:
        agent = client.post("/api/agents", {"name": "bob", "project": "p"}, headers=bearer).json
        watching = watch("--agent", agent["agent_id"], "--count", "1", url=guarded.base,
                         env={"INTERMUTE_API_KEY": "k1", "INTERMUTE_AGENT_TOKEN": agent["token"]})
        client.post("/api/messages", {"from": "ada", "to": [agent["agent_id"]], "body": "in",
                                      "project": "p"}, headers=bearer)
        assert watching.ended() == 0
    assert '"in"' in watching.stdout


@pytest.mark.parametrize("env, project, code", [
    ({}, "p", "401 unauthorized"),
    ({"INTERMUTE_API_KEY": "wrong"}, "p", "401 unauthorized"),
    ({"INTERMUTE_API_KEY": "k1"}, "q", "403 project_mismatch"),
    ({"INTERMUTE_API_KEY": "k1", "INTERMUTE_AGENT_TOKEN": "wrong"}, "p",
     "401 agent_token_unknown"),
], ids=str)
@pytest.mark.parametrize("args", [(), ("--since-cursor", "0")], ids=["from now", "from 0"])
def test_nobody_gets_in_without_the_right_ones(guarded, tmp_path, env, project, code, args):
    done = run_cli("watch", "--agent", "bob", "--project", project, "--url", guarded.base, *args,
                   directory=tmp_path, env=env)
    assert done.returncode == 1
    assert code in done.stderr, done.stderr


class Answers(http.server.BaseHTTPRequestHandler):
    """Gives the answers of the server's list, one after the other, the last one for ever."""

    def do_GET(self):
        plan, self.server.seen = self.server.plan, self.server.seen + [
            (self.path, self.headers.get("Authorization"), self.headers.get("X-Agent-ID"),
             self.headers.get("X-Agent-Token"))]
        status, body = plan.pop(0) if len(plan) > 1 else plan[0]
        payload = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(payload)))
        self.end_headers()
        self.wfile.write(payload)

    def log_message(self, *_):
        pass


@pytest.fixture
def fake():
    """Makes servers of one canned answer after the other."""
    made = []

    def make(*plan):
        one = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answers)
        one.plan, one.seen, one.url = list(plan), [], f"http://127.0.0.1:{one.server_port}"
        threading.Thread(target=one.serve_forever, daemon=True).start()
        made.append(one)
        return one

    yield make
    for one in made:
        one.shutdown()
        one.server_close()


@pytest.mark.parametrize("status", [200, 301, 400, 401, 403, 404, 421])
@pytest.mark.parametrize("args", [(), ("--since-cursor", "0")], ids=["from now", "from 0"])
def test_a_refusal_ends_it_with_a_sentence(fake, tmp_path, status, args):
    problem = {"code": "some_code", "error": "text", "detail": "Do this \x1b."}
    # Without a cursor the inbox is asked first; there 200 is no refusal, but at the WebSocket.
    server = fake((status, problem))
    done = run_cli("watch", "--agent", "bob", "--url", server.url, *args, directory=tmp_path)
    assert done.returncode == 1
    assert done.stdout == ""
    assert f"Error: {server.url} refused" in done.stderr
    assert f"{status} some_code: Do this \\x1b.\n" in done.stderr
    assert ("INTERMUTE_API_KEY" in done.stderr) == (status == 401)


@pytest.mark.parametrize("status", [408, 429, 500, 503, 507])
def test_a_refusal_that_may_pass_is_tried_again(fake, watch, status):
    server = fake((status, {"code": "later"}))
    watching = watch("--agent", "bob", "--since-cursor", "0", url=server.url, connected=False)
    watching.until_said(f"({status} later); trying again in 1 s")
    watching.until_said("trying again in 2 s")
    assert watching.end() == 0


@pytest.mark.parametrize("env, agent, expected", [
    ({}, "bob", (None, None, None)),
    ({"INTERMUTE_API_KEY": " k1 "}, "bob", ("Bearer k1", None, None)),
    ({"INTERMUTE_AGENT_TOKEN": "t1"}, "bob", (None, "bob", "t1")),
    ({"INTERMUTE_AGENT_TOKEN": "t1", "INTERMUTE_AGENT": "bob"}, "bob", (None, "bob", "t1")),
    ({"INTERMUTE_AGENT_TOKEN": "t1", "INTERMUTE_AGENT": "ada"}, "bob", (None, None, None)),
    ({"INTERMUTE_AGENT": "bob"}, "bob", (None, None, None)),
], ids=str)
def test_it_says_who_it_is(fake, tmp_path, env, agent, expected):
    server = fake((200, {"messages": []}), (401, {}))
    done = run_cli("watch", "--agent", agent, "--url", server.url, directory=tmp_path, env=env)
    assert done.returncode == 1
    assert [seen[1:] for seen in server.seen] == [expected, expected]
    assert server.seen[0][0].startswith("/api/inbox/bob?project=&order=desc&limit=1")
    assert server.seen[1][0] == "/ws/agents/bob?project=&since_cursor=9223372036854775807"


def event(kind, cursor, **members):
    return {"created_at": "2026-11-22T14:03:22.5Z", "cursor": cursor, "project": "p", "type": kind,
            **members}


KNOWN = [
    (event("reservation.created", 1, agent_id="ada", path_pattern="src/*.go", reservation_id="r1"),
     '14:03:22  reservation.created  by ada  "src/*.go"  id r1  cursor 1'),
    (event("reservation.released", 2, agent_id="ada", path_pattern="*", reservation_id="r1"),
     '14:03:22  reservation.released  by ada  "*"  id r1  cursor 2'),
    (event("reservation.expired", 3, agent_id="a\x1b", path_pattern="\n", reservation_id="r"),
     r'14:03:22  reservation.expired  by a\x1b  "\n"  id r  cursor 3'),
    (event("message.created", 4, agent="bob", message_id="gone"),
     "14:03:22  message.created  id gone  cursor 4"),
    ({"type": "spec.created", "data": {"x": [1]}},
     '--:--:--  spec.created  {"type": "spec.created", "data": {"x": [1]}}'),
    ({"created_at": "soon"}, '--:--:--  (no type)  {"created_at": "soon"}'),
    ([1, 2], "--:--:--  (no type)  [1, 2]"),
    (event("x" * 300, 5), "14:03:22  " + "x" * 200 + "...  {"),
]


def serve_events(connections, use, messages=()):
    """Runs `use(url)` beside a fake server. Each connection gets the next list of events (the last
    one for ever) and is closed with 1001. Gives the cursors that were asked for."""
    asked = []

    async def main():
        async def inbox(path, _):
            if path.startswith("/ws/"):
                return None
            headers = {"Date": "Sun, 22 Nov 2026 14:03:22 GMT"}
            return http.HTTPStatus.OK, headers, json.dumps({"messages": messages, "cursor": 0}).encode()

        async def push(ws, path):
            events = connections[min(len(asked), len(connections) - 1)]
            asked.append(path.rpartition("since_cursor=")[2])
            for one in events:
                await ws.send(json.dumps(one) + "\n")
            await ws.close(1001, "bye")

        async with websockets.serve(push, "127.0.0.1", 0, process_request=inbox) as server:
            port = server.sockets[0].getsockname()[1]
            await asyncio.get_running_loop().run_in_executor(
                None, use, f"http://127.0.0.1:{port}")

    asyncio.run(main())
    return asked


def test_every_kind_of_event_has_a_line(watch):
    def use(url):
        watching = watch("--agent", "bob", "--since-cursor", "0", "--count", str(len(KNOWN)),
                         url=url)
        assert watching.ended() == 0
        for line, (_, expected) in zip(watching.lines, KNOWN):
            assert line.startswith(expected), line

    serve_events([[one for one, _ in KNOWN]], use)


def test_an_event_that_was_shown_is_not_shown_again(watch):
    def use(url):
        watching = watch("--agent", "bob", "--project", "p", "--since-cursor", "0", url=url)
        watching.until_said("closed the connection with 1001 (bye)", times=2)
        assert watching.end() == 0
        assert [int(line.split()[-1]) for line in watching.lines] == [1, 2]

    both = [event("message.read", cursor, message_id="m") for cursor in (1, 2)]
    assert serve_events([both], use)[:2] == ["0", "2"]


def test_a_place_without_an_event_leaves_out_what_is_older_than_the_watch(watch):
    early, same, late = "2026-11-22T14:03:21.9Z", "2026-11-22T14:03:22Z", "2026-11-22T15:00:00Z"
    replayed = [event("message.read", 8, created_at=early),
                event("message.created", 9, created_at=early),
                event("message.ack", 10, created_at=early)]

    def use(url):
        watching = watch("--agent", "bob", "--json", "--count", "1", url=url)
        assert watching.ended() == 0
        assert json.loads(watching.stdout)["cursor"] == 9, "a message behind the place is new"

    asked = serve_events([[], replayed], use, messages=[{"cursor": 7}])
    assert asked == ["9223372036854775807", "7"]

    def use_all(url):
        watching = watch("--agent", "bob", "--json", "--count", "2", url=url)
        assert watching.ended() == 0
        assert [json.loads(line)["cursor"] for line in watching.lines] == [12, 13]

    serve_events([[], [event("message.read", 11, created_at=early),
                       event("message.read", 12, created_at=same),
                       event("message.read", 13, created_at=late)]], use_all)


def test_the_help_names_every_flag(tmp_path):
    done = run_cli("help", "watch", directory=tmp_path)
    assert done.returncode == 0
    for flag in ("--agent", "--project", "--since-cursor", "--count", "--json", "--url"):
        assert flag in done.stdout
