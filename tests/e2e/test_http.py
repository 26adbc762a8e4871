"""HTTP/1.1 as it is spoken: connections, pipelines, codings, time limits, who may call."""

import select
import socket
import time
import uuid

import pytest
from support import PATIENCE, assert_problem, chunked, request_bytes, wait_for

LIMITS = ["--set", "server.header_timeout=1s", "--set", "server.idle_timeout=1500ms"]


def is_closed(connection):
    """True once the other side has closed (a goodbye before that is read and forgotten)."""
    try:
        while select.select([connection], [], [], 0)[0]:
            data = connection.recv(4096)
            assert not data.startswith(b"HTTP/1.1 2"), data
            if not data:
                return True
        return False
    except ConnectionResetError:
        return True


def test_a_connection_is_kept_for_many_requests(server):
    with server.raw() as raw:
        for index in range(100):
            reply = raw.exchange(request_bytes("GET", f"/api/inbox/x?since_cursor={index}"))
            assert reply.status == 200 and reply.json["cursor"] == index
            assert reply.headers.get("connection", "keep-alive").lower() == "keep-alive"


def test_a_connection_survives_refusals(server):
    with server.raw() as raw:
        for method, path, body, status in (("GET", "/nope", None, 404),
                                           ("POST", "/api/messages", b"{", 400),
                                           ("PUT", "/api/agents", b"{}", 405),
                                           ("POST", "/api/agents/nope/heartbeat", b"{}", 404),
                                           ("GET", "/health", None, 200)):
            assert raw.exchange(request_bytes(method, path, body)).status == status


def test_pipelined_requests_are_answered_in_their_order(server):
    project = str(uuid.uuid4())
    kinds = [
        lambda i: ("GET", f"/api/inbox/x?since_cursor={900 + i}", None, 200),
        lambda i: ("POST", "/api/messages", {"from": "a", "to": ["b"], "project": project,
                                             "id": f"m{i}"}, 200),
        lambda i: ("GET", f"/nope/{i}", None, 404),
        lambda i: ("POST", "/api/messages", "{", 400),
        lambda i: ("GET", "/health", None, 200),
        lambda i: ("HEAD", "/health", None, 200),
        lambda i: ("POST", f"/api/messages/m{i}/ack?project={project}", {"agent": "b"}, 200),
        lambda i: ("POST", "/api/agents", {"name": f"n{i}", "project": project}, 200),
        lambda i: ("GET", f"/api/inbox/b/counts?project={project}", None, 200),
        lambda i: ("DELETE", "/health", None, 405),
    ]
    requests = [kinds[i % len(kinds)](i) for i in range(20)]
    with server.raw() as raw:
        raw.send(b"".join(request_bytes(method, path, body)
                          for method, path, body, _ in requests))
        for i, (method, path, _, status) in enumerate(requests):
            reply = raw.read_response(to=method)
            assert reply.status == status, (i, path, reply)
            if "since_cursor" in path:
                assert reply.json["cursor"] == 900 + i
            elif path == "/api/messages" and status == 200:
                assert reply.json["message_id"] == f"m{i}"
            elif path == "/api/agents":
                assert reply.json["name"] == f"n{i}"
            elif status == 404:
                assert reply.json["instance"].endswith(f"/nope/{i}"), reply


def test_a_pipeline_that_ends_with_close_is_answered_whole(server):
    with server.raw() as raw:
        raw.send(request_bytes("GET", "/health") * 9
                 + request_bytes("GET", "/health", headers={"Connection": "close"}))
        assert raw.read_until_close().count(b"HTTP/1.1 200") == 10


def test_a_request_may_come_byte_by_byte(server):
    data = request_bytes("POST", "/api/messages", {"from": "a", "to": ["bytes"]})
    with server.raw() as raw:
        for index in range(len(data)):
            raw.send(data[index:index + 1])
        assert raw.read_response().status == 200


@pytest.mark.parametrize("pieces", [[b'{"from":"a","to":["chunks"]}'],
                                    [b'{"from":', b'"a","to', b'":["chunks"]', b"}"]], ids=len)
def test_chunked_request(server, pieces):
    with server.raw() as raw:
        for _ in range(3):
            request = request_bytes("POST", "/api/messages", chunked(*pieces),
                                    {"Transfer-Encoding": "chunked"})
            assert raw.exchange(request).json["cursor"] > 0


def test_connection_close(server):
    with server.raw() as raw:
        reply = raw.exchange(request_bytes("GET", "/health", headers={"Connection": "close"}))
        assert reply.status == 200
        assert reply.headers["connection"].lower() == "close"
        assert raw.read_until_close() == b""


def test_http_1_0_is_answered_and_closed(server):
    with server.raw() as raw:
        reply = raw.exchange(request_bytes("GET", "/health", version="HTTP/1.0"))
        assert reply.status == 200 and reply.json["status"] == "ok"
        assert raw.read_until_close() == b""


def test_http_1_0_may_keep_the_connection(server):
    request = request_bytes("GET", "/health", headers={"Connection": "keep-alive"},
                            version="HTTP/1.0")
    with server.raw() as raw:
        first = raw.exchange(request)
        if first.headers.get("connection", "close").lower() == "keep-alive":
            assert raw.exchange(request).status == 200
        else:
            assert raw.read_until_close() == b""


def test_expect_100_continue(server):
    body = b'{"from":"a","to":["expects"]}'
    head = request_bytes("POST", "/api/messages", headers={"Content-Length": len(body),
                                                           "Expect": "100-continue"})
    with server.raw() as raw:
        assert raw.exchange(head).status == 100
        assert raw.exchange(body).status == 200


def test_half_closed_clients_get_their_answer(server):
    with server.raw() as raw:
        raw.send(request_bytes("GET", "/api/agents"))
        raw.socket.shutdown(socket.SHUT_WR)
        assert raw.read_response().status == 200


def test_clients_that_leave_before_the_answer_hurt_nobody(server, http):
    for _ in range(50):
        with server.raw() as raw:
            raw.send(request_bytes("POST", "/api/messages", {"from": "a", "to": ["left"]}))
    wait_for(lambda: http.get("/health").status == 200, "health")
    assert http.inbox("left") is not None


def test_half_open_connections_are_closed_and_disturb_nobody(make_server):
    server = make_server(*LIMITS)
    slow = [server.raw().socket for _ in range(50)]
    end = time.monotonic() + 11
    drip = b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: " + b"x" * 100
    sent = 0
    with server.client() as client:
        while slow and time.monotonic() < end:
            for one in slow:
                try:
                    one.send(drip[sent:sent + 1])
                except (BrokenPipeError, ConnectionResetError):
                    pass
            sent += 1
            assert client.get("/health").status == 200
            slow = [one for one in slow if not is_closed(one)]
            time.sleep(0.1)
    assert not slow, f"{len(slow)} half-open connections are still there"


def test_a_body_that_trickles_is_cut_off(make_server):
    server = make_server(*LIMITS)
    with server.raw() as raw, server.client() as client:
        raw.send(request_bytes("POST", "/api/messages", headers={"Content-Length": 100_000}))
        end = time.monotonic() + PATIENCE
        while not is_closed(raw.socket):
            assert time.monotonic() < end, "a body of ten bytes a second is still read"
            try:
                raw.send(b" ")
            except (BrokenPipeError, ConnectionResetError):
                break
            time.sleep(0.1)
        assert client.get("/health").status == 200


def test_idle_connections_are_closed(make_server):
    server = make_server(*LIMITS)
    with server.raw() as used, server.raw() as unused:
        assert used.exchange(request_bytes("GET", "/health")).status == 200
        for one in (used, unused):
            wait_for(lambda: is_closed(one.socket), "the end of an idle connection")  # noqa: B023


HOSTS = [
    # Host -> status of a route of the API
    ("127.0.0.1", 200),
    ("127.0.0.1:{port}", 200),
    ("localhost", 200),
    ("LocalHost:{port}", 200),
    ("[::1]:{port}", 200),
    ("[::1]", 200),
    ("allowed.example", 200),
    ("allowed.example:8080", 200),
    ("evil.example", 421),
    ("evil.example:{port}", 421),
    ("localhost.evil.example", 421),
    ("127.0.0.1.evil.example", 421),
    ("notlocalhost", 421),
    ("10.0.0.1", 421),
    ("", 421),
]

BROWSERS = [
    # headers -> status of a route of the API
    ({"Origin": "http://evil.example"}, 403),
    ({"Origin": "https://evil.example:443"}, 403),
    ({"Origin": "null"}, 403),
    ({"Origin": "http://localhost.evil.example"}, 403),
    ({"Sec-Fetch-Site": "cross-site"}, 403),
    ({"Origin": "http://127.0.0.1:{port}", "Sec-Fetch-Site": "cross-site"}, 403),
    ({"Origin": "http://evil.example", "Sec-Fetch-Site": "same-origin"}, 403),
    ({"Origin": "http://127.0.0.1:{port}"}, 200),
    ({"Origin": "http://127.0.0.1:{port}", "Sec-Fetch-Site": "same-origin"}, 200),
    ({"Sec-Fetch-Site": "same-origin"}, 200),
    ({"Sec-Fetch-Site": "none"}, 200),
]

SERVER_ARGS = ("--set", "server.allowed_hosts=allowed.example")
GUARDED = [("GET", "/api/agents"), ("GET", "/api/version"), ("POST", "/api/messages/m/read"),
           ("GET", "/metrics")]


@pytest.mark.parametrize("host, status", HOSTS, ids=lambda value: str(value))
def test_only_loopback_names_and_allowed_hosts_are_answered(server, host, status):
    host = host.format(port=server.port)
    for method, path in GUARDED:
        with server.raw() as raw:
            reply = raw.exchange(request_bytes(method, path, headers={"Host": host}))
        if status == 200:
            assert reply.status == 200, (path, reply)
        elif host:
            assert_problem(reply, 421, "host_not_allowed")
        else:
            assert reply.status in (400, 421), reply
    with server.raw() as raw:
        health = raw.exchange(request_bytes("GET", "/health", headers={"Host": host}))
        assert health.status == 200 or not host, "health is for everyone"


@pytest.mark.parametrize("headers, status", BROWSERS, ids=lambda value: str(value))
def test_web_pages_of_others_are_kept_out(server, headers, status):
    own = f"127.0.0.1:{server.port}"
    headers = {name: value.format(port=server.port) for name, value in headers.items()}
    for method, path in GUARDED:
        with server.raw() as raw:
            reply = raw.exchange(request_bytes(method, path, headers={"Host": own, **headers}))
        if status == 200:
            assert reply.status == 200, (path, reply)
        else:
            assert_problem(reply, 403, "cross_origin")
    with server.raw() as raw:
        health = request_bytes("GET", "/health", headers={"Host": own, **headers})
        assert raw.exchange(health).status == 200


def test_a_refused_page_changes_nothing(server, http):
    agent = str(uuid.uuid4())
    reply = http.call("POST", "/api/messages", {"from": "page", "to": [agent]},
                      {"Origin": "http://evil.example"})
    assert_problem(reply, 403, "cross_origin")
    assert http.inbox(agent) == []
