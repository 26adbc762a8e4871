"""The Unix socket: the same routes, the peer's user as a credential, a file that is cleaned up."""

import asyncio
import json
import os
import pathlib
import shutil
import socket
import stat
import subprocess
import sys
import tempfile

import pytest
import websockets
import yaml
from sockets import receive
from support import PATIENCE, Raw, Server, assert_problem, request_bytes, run_cli, wait_for

NOBODY = 65534
REMOTE = {"X-Forwarded-For": "203.0.113.10"}
KEY = {"Authorization": "Bearer the-key"}


class UnixRaw(Raw):
    """A plain socket to a path."""

    def __init__(self, path, timeout=PATIENCE):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(timeout)
        self.socket.connect(str(path))
        self.buffer = b""


@pytest.fixture
def place():
    """A short path for a socket, in a folder that everybody may enter."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="intermute-"))
    folder.chmod(0o755)
    yield folder / "s"
    shutil.rmtree(folder)


def write_keys(path, localhost):
    path.write_text(yaml.safe_dump({
        "default_policy": {"allow_localhost_without_auth": localhost},
        "projects": {"p": {"keys": ["the-key"]}}, "operators": ["the-operator"]}))
    path.chmod(0o600)
    return {"INTERMUTE_KEYS_FILE": str(path)}


def ask(place, method, path, body=None, headers=None):
    with UnixRaw(place) as raw:
        return raw.exchange(request_bytes(method, path, body, headers))


def test_the_socket_serves_what_the_port_serves(make_server, place):
    server = make_server("--socket", str(place))
    assert stat.S_IMODE(place.stat().st_mode) == 0o660
    message = {"from": "alice", "to": ["bob"], "project": "p", "id": "m"}
    assert ask(place, "POST", "/api/messages", message).status == 200
    with server.client() as client:
        assert [one["id"] for one in client.inbox("bob")] == ["m"]
    with UnixRaw(place) as raw:
        raw.send(request_bytes("GET", "/health") * 20)
        assert [raw.read_response().status for _ in range(20)] == [200] * 20


def test_events_are_pushed_over_it(make_server, place):
    server = make_server("--socket", str(place))

    async def watch():
        async with websockets.unix_connect(str(place), "ws://localhost/ws/agents/bob?project=p",
                                           open_timeout=PATIENCE) as ws:
            with server.client() as client:
                client.send("alice", ["bob"], project="p", id="pushed")
            assert (await receive(ws))[0]["message_id"] == "pushed"

    asyncio.run(watch())


@pytest.mark.parametrize("localhost", [True, False])
def test_the_servers_own_user_is_local_and_operates(make_server, place, tmp_path, localhost):
    server = make_server("--socket", str(place), env=write_keys(tmp_path / "keys.yaml", localhost))
    assert ask(place, "GET", "/api/agents").status == 200
    assert ask(place, "GET", "/metrics").status == 200, "although there is an operator's key"
    for host in ("unix", "localhost", "evil.example", "%2Frun%2Fs"):
        assert ask(place, "GET", "/api/agents", headers={"Host": host}).status == 200
    assert_problem(ask(place, "GET", "/metrics", headers={"X-Agent-ID": "a"}), 403,
                   "operator_required")
    assert_problem(ask(place, "GET", "/api/agents", headers={"X-Agent-Token": "guess"}), 401,
                   "agent_token_unknown")
    assert_problem(ask(place, "GET", "/api/agents", headers=REMOTE), 401, "unauthorized")
    assert ask(place, "GET", "/api/agents", headers={**REMOTE, **KEY}).status == 200
    assert_problem(ask(place, "GET", "/api/agents", headers={"Sec-Fetch-Site": "cross-site"}), 403,
                   "cross_origin")
    with server.client() as client:
        assert client.get("/api/agents").status == (200 if localhost else 401)


ASK_AS_ANOTHER = """
import json, socket, sys
path, requests = sys.argv[1], json.loads(sys.argv[2])
answers = []
for text in requests:
    one = socket.socket(socket.AF_UNIX)
    one.settimeout(20)
    try:
        one.connect(path)
    except PermissionError:
        answers.append("refused")
        continue
    one.sendall(text.encode())
    data = one.recv(65536)
    answers.append(data.split(b" ")[1].decode())
print(json.dumps(answers))
"""


def ask_as(user, group, place, *requests):
    """The statuses that a process of another user gets."""
    texts = [request_bytes(method, path, headers={"Connection": "close", **headers}).decode()
             for method, path, headers in requests]
    done = subprocess.run([sys.executable, "-c", ASK_AS_ANOTHER, str(place), json.dumps(texts)],
                          user=user, group=group, extra_groups=[], cwd="/", capture_output=True,
                          text=True, timeout=PATIENCE, check=True)
    return json.loads(done.stdout)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be somebody else")
def test_other_users_need_a_key(make_server, place, tmp_path):
    make_server("--socket", str(place), env=write_keys(tmp_path / "keys.yaml", True))
    requests = [("GET", "/health", {}), ("GET", "/api/agents", {}),
                ("GET", "/api/agents", {"X-Forwarded-For": "127.0.0.1"}), ("GET", "/metrics", {}),
                ("GET", "/api/agents", KEY), ("GET", "/metrics", KEY),
                ("GET", "/metrics", {"Authorization": "Bearer the-operator"})]
    of_the_group = ask_as(NOBODY, os.getegid(), place, *requests)
    assert of_the_group == ["200", "401", "401", "401", "200", "403", "200"]
    assert ask_as(NOBODY, NOBODY, place, requests[0]) == ["refused"], "the file is not for all"


def test_a_stop_removes_the_file(make_server, place):
    server = make_server("--socket", str(place))
    assert server.stop() == 0
    assert not place.exists()


def test_a_file_that_a_killed_server_left_is_replaced(make_server, place):
    server = make_server("--socket", str(place))
    server.kill()
    assert place.is_socket()
    server.restart()
    assert ask(place, "GET", "/health").status == 200


def refused(place, directory):
    """A server that shall not start on this path; what it says."""
    done = run_cli("serve", "--port", "0", "--db", str(directory / "other.db"), "--socket",
                   str(place), directory=directory)
    assert done.returncode == 1, done
    assert "intermute ready" not in done.stdout and str(place) in done.stderr, done
    return done.stderr


def test_the_socket_of_a_living_server_is_not_taken(make_server, place, tmp_path):
    make_server("--socket", str(place))
    assert "another server" in refused(place, tmp_path)
    assert ask(place, "GET", "/health").status == 200


def test_what_is_no_socket_is_left_alone(place, tmp_path):
    place.write_text("precious")
    refused(place, tmp_path)
    assert place.read_text() == "precious"
    place.unlink()
    target = place.with_name("target")
    target.write_text("precious")
    place.symlink_to(target)
    refused(place, tmp_path)
    assert place.is_symlink() and target.read_text() == "precious"


def test_a_path_that_cannot_be_is_refused(place, tmp_path):
    refused(place.parent / "no" / "such" / "folder", tmp_path)
    done = run_cli("serve", "--port", "0", "--socket", str(place.parent / ("x" * 200)),
                   directory=tmp_path)
    assert done.returncode == 1 and "107" in done.stderr, done


def test_a_refused_socket_leaves_no_port_open(place, tmp_path):
    place.write_text("")
    with Server() as probe:
        port = probe.port
    done = run_cli("serve", "--port", str(port), "--db", str(tmp_path / "x.db"), "--socket",
                   str(place), directory=tmp_path)
    assert done.returncode == 1
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)


def test_a_stop_answers_what_came_by_the_socket(make_server, place):
    server = make_server("--socket", str(place))
    body = json.dumps({"from": "alice", "to": ["bob"], "project": "p"}).encode()
    head = request_bytes("POST", "/api/messages", headers={"Content-Length": len(body)})
    with UnixRaw(place) as raw:
        assert raw.exchange(request_bytes("GET", "/health")).status == 200
        raw.send(head + body[:5])
        server.process.terminate()
        wait_for(lambda: not place.exists(), "the file is gone")
        reply = raw.exchange(body[5:])
        assert reply.status == 200 and reply.headers["connection"] == "close"
    assert server.stop() == 0
