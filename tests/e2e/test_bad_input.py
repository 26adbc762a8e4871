"""Bad input on every route: the status of the contract, the one body of errors, no change."""

import json

import pytest
from support import (BODY_MAX, HEADER_MAX, NIGHTLY, SANITIZED, assert_problem, chunked, encoded,
                     request_bytes)

AGENT = "{agent}"  # replaced by the id of a registered agent

# Every route with a body: path, a good body, whether an undecodable one is ignored (contract 7),
# and the status of one that is too large (decision 19).
WRITES = {
    "register": ("/api/agents", {"name": "x", "project": "bad"}, False, 413),
    "heartbeat": (f"/api/agents/{AGENT}/heartbeat", {"focus_state": "thinking"}, False, 400),
    "send": ("/api/messages", {"from": "alice", "to": ["bob"], "project": "bad"}, False, 400),
    "read": ("/api/messages/kept/read?project=bad", {"agent": "nobody"}, True, 413),
    "ack": ("/api/messages/kept/ack?project=bad", {"agent": "nobody"}, True, 413),
}
READS = {
    "health": "/health",
    "version": "/api/version",
    "metrics": "/metrics",
    "agents": "/api/agents",
    "agent": f"/api/agents/{AGENT}",
    "inbox": "/api/inbox/bob",
    "counts": "/api/inbox/bob/counts",
    "socket": "/ws/agents/bob",
}
DEEP = 100_000

MALFORMED = {
    "cut short": b'{"name":"x","from":"a","to":["b"',
    "no json": b"name=x&from=a",
    "single quotes": b"{'name':'x'}",
    "trailing comma": b'{"from":"a","to":["b"],}',
    "comment": b'{/* */"from":"a","to":["b"]}',
    "raw control character": b'{"name":"a\nb","from":"a\nb","focus_state":"\n","to":["b"]}',
    "bad escape": b'{"name":"\\q","from":"\\q","focus_state":"\\q","to":["b"]}',
    "bad number": b'{"x":01,"from":"a","to":["b"]}',
    "not a number": b'{"x":NaN,"from":"a","to":["b"]}',
    "byte order mark only": b"\xef\xbb\xbf",
    "zero bytes": b"\x00\x00",
    "array": b"[]",
    "string": b'"x"',
    "number": b"17",
    "true": b"true",
    "deep arrays": b"[" * DEEP,
    "deep arrays, closed": b'{"x":' + b"[" * DEEP + b"]" * DEEP + b',"from":"a","to":["b"]}',
    "deep objects": b'{"x":' * DEEP + b"1" + b"}" * DEEP,
}

NOT_UTF8 = {
    "stray byte": b"\xff",
    "cut sequence": b"\xe6\xbc",
    "overlong slash": b"\xc0\xaf",
    "encoded surrogate": b"\xed\xa0\x80",
    "beyond Unicode": b"\xf4\x90\x80\x80",
}

WRONG_TYPES = {
    "register": [{"name": 5}, {"name": ["x"]}, {"session_id": 5}, {"project": {}}, {"status": True},
                 {"capabilities": "x"}, {"capabilities": [1]}, {"capabilities": {"x": 1}},
                 {"metadata": []}, {"metadata": {"k": 1}}, {"metadata": {"k": ["v"]}},
                 {"metadata": "k"}],
    "heartbeat": [{"focus_state": 1}, {"focus_state": ["thinking"]}, {"focus_state": {}},
                  {"focus_state": False}],
    "send": [{"from": 1}, {"from": ["a"]}, {"to": "bob"}, {"to": {"bob": 1}}, {"to": [1]},
             {"to": [["bob"]]}, {"to": [{}]}, {"cc": "carol"}, {"bcc": [True]}, {"id": 1},
             {"thread_id": []}, {"subject": 1}, {"body": {}}, {"topic": 1}, {"importance": 2},
             {"ack_required": "true"}, {"ack_required": 1}, {"project": 1}, {"transport": 1}],
}

TARGETS = {
    # request target -> statuses that are right
    "/api/inbox/u%2": {400},
    "/api/inbox/%": {400},
    "/api/inbox/%zz": {400},
    "/api/agents/%G1/heartbeat": {400},
    "/api/messages/%e/read": {400},
    "/ws/agents/%": {400},
    "/api/agents/" + "x" * 300: {404},
    "/api/agents/%00": {400, 404},
    "/api/agents/..%2f..%2fetc": {400, 404},
}

WRONG_METHODS = [(name, method) for name in [*WRITES, *READS]
                 for method in ("PUT", "PATCH", "DELETE", "OPTIONS", "GET", "POST")
                 if not (name in READS and method == "GET")
                 and not (name in WRITES and method == "POST")
                 and (name, method) not in (("register", "GET"), ("agents", "POST"))]


@pytest.fixture(scope="module")
def agent(server):
    with server.client() as client:
        client.send("alice", ["bob"], project="bad", id="kept", body="before")
        return client.register(name="known", project="bad")["agent_id"]


def picture(client):
    """All that the API shows of the store."""
    return (sorted(agent["agent_id"] for agent in client.ok("GET", "/api/agents")["agents"]),
            client.inbox("bob"), client.inbox("b"),
            client.counts("bob", "bad"), client.inbox("bob", unread="true"))


@pytest.fixture(autouse=True)
def nothing_changes(request, server, agent):
    """Around every test of this file: what was stored is the same, and the server serves."""
    with server.client() as client:
        before = picture(client)
    yield
    assert server.process.poll() is None, server.log_tail()
    with server.client() as client:
        if "changes" not in request.keywords:
            assert picture(client) == before
        assert client.get("/health").status == 200


def refuse_or_ignore(http, agent, name, body, code=None, ignored=(200,)):
    """Posts `body` and looks for 400, or where undecodable bodies are ignored for `ignored`."""
    path, _, ignores, _ = WRITES[name]
    reply = http.post(path.replace(AGENT, agent), body)
    if ignores and reply.status in ignored:
        assert reply.body == b""
    else:
        assert_problem(reply, 400, code)


@pytest.mark.parametrize("name", WRITES)
@pytest.mark.parametrize("kind", MALFORMED)
def test_malformed_json(http, agent, name, kind):
    refuse_or_ignore(http, agent, name, MALFORMED[kind])


@pytest.mark.parametrize("name", WRITES)
@pytest.mark.parametrize("kind", NOT_UTF8)
def test_invalid_utf8(http, agent, name, kind):
    path, good, _, _ = WRITES[name]
    member = next(iter(good))
    body = encoded({**good, member: "@"}).replace(b"@", b"a" + NOT_UTF8[kind] + b"z")
    # Decision 35 against "undecodable bodies are ignored": both are kept for read and ack.
    refuse_or_ignore(http, agent, name, body, "invalid_utf8")


@pytest.mark.parametrize("name, change", [(name, change) for name, all_of in WRONG_TYPES.items()
                                          for change in all_of], ids=lambda value: str(value))
def test_wrong_types(http, agent, name, change):
    path, good, _, _ = WRITES[name]
    assert_problem(http.post(path.replace(AGENT, agent), {**good, **change}), 400)


@pytest.mark.parametrize("name, status", [("register", 400), ("send", 400), ("heartbeat", 200),
                                          ("read", 200), ("ack", 200)])
@pytest.mark.parametrize("body", [None, b"", b" \r\n\t "], ids=["none", "length 0", "blanks"])
def test_empty_body(http, agent, name, status, body):
    reply = http.post(WRITES[name][0].replace(AGENT, agent), body)
    if status == 200:
        assert reply.status == 200, reply
    else:
        assert_problem(reply, status)


@pytest.mark.changes
@pytest.mark.parametrize("escape", ["\\ud800", "\\udc00", "\\ud800\\ud800", "\\ud83dx"])
def test_lone_surrogates_are_accepted_and_replaced(http, agent, escape):
    shown = {"\\ud800\\ud800": "\ufffd\ufffd", "\\ud83dx": "\ufffdx"}.get(escape, "\ufffd")
    name = http.ok("POST", "/api/agents", f'{{"name":"a{escape}z","project":"bad"}}')["name"]
    assert name == f"a{shown}z"
    sent = http.ok("POST", "/api/messages",
                   f'{{"from":"alice","to":["bob"],"project":"bad","body":"a{escape}z"}}')
    last = http.inbox("bob", project="bad", since=sent["cursor"] - 1)[0]
    assert last["body"] == f"a{shown}z"


@pytest.mark.parametrize("name", WRITES)
@pytest.mark.parametrize("size", [BODY_MAX + 1, 1 << 30, 1 << 62, (1 << 64) - 1], ids=str)
def test_a_declared_body_beyond_the_limit_is_refused_before_it_is_sent(server, agent, name, size):
    path, _, _, status = WRITES[name]
    head = request_bytes("POST", path.replace(AGENT, agent), headers={"Content-Length": size})
    with server.raw() as raw:
        reply = raw.exchange(head)
        if size < 1 << 63:
            assert_problem(reply, status, "body_too_large")
        else:  # A length that no 63-bit number holds may also count as a malformed header.
            assert reply.status in (400, 413)
            assert_problem(reply, reply.status)


@pytest.mark.parametrize("name", WRITES)
def test_a_chunked_body_is_cut_at_the_limit(server, agent, name):
    path, good, _, status = WRITES[name]
    piece = b" " * 65536
    total = 1024 if NIGHTLY else 64  # pieces: 64 MiB or 4 MiB offered
    head = request_bytes("POST", path.replace(AGENT, agent),
                         headers={"Transfer-Encoding": "chunked"})
    before = server.rss_kib()
    with server.raw() as raw:
        raw.send(head + chunked(encoded(good)[:-1])[:-len(b"0\r\n\r\n")])
        raw.send_while_silent(b"%x\r\n%s\r\n" % (len(piece), piece) for _ in range(total))
        assert_problem(raw.read_response(), status, "body_too_large")
    assert SANITIZED or server.rss_kib() - before < 16 * 1024


@pytest.mark.parametrize("path", ["/health", "/api/agents", "/ws/agents/bob", "/nope"])
@pytest.mark.parametrize("shape", ["one long field", "many fields", "long target"])
def test_headers_beyond_16_kib_are_431(server, path, shape):
    big = HEADER_MAX + 1024
    headers, target = {}, path
    if shape == "one long field":
        headers = {"X-Pad": "x" * big}
    elif shape == "many fields":
        headers = {f"X-Pad-{index}": "x" * 50 for index in range(big // 60)}
    else:
        target = f"{path}?pad={'x' * big}"
    with server.raw() as raw:
        assert_problem(raw.exchange(request_bytes("GET", target, headers=headers)), 431,
                       "headers_too_large")


def test_headers_just_below_16_kib_are_taken(server):
    with server.raw() as raw:
        request = request_bytes("GET", f"/api/agents?pad={'%20' * 4096}",
                                headers={"X-Pad": "x" * 3500})
        assert len(request) < HEADER_MAX
        assert raw.exchange(request).status == 200


@pytest.mark.parametrize("target, statuses", TARGETS.items(), ids=lambda value: str(value)[:30])
def test_bad_targets(server, target, statuses):
    method, body = ("POST", b"{}") if target.endswith(("heartbeat", "read")) else ("GET", None)
    with server.raw() as raw:
        reply = raw.exchange(request_bytes(method, target, body))
        assert reply.status in statuses, reply
        assert_problem(reply, reply.status)


@pytest.mark.parametrize("name, method", WRONG_METHODS)
def test_wrong_method(http, agent, name, method):
    path = (WRITES[name][0] if name in WRITES else READS[name]).replace(AGENT, agent)
    reply = http.call(method, path, "{}")
    assert_problem(reply, 405, "method_not_allowed")
    allowed = {one.strip() for one in reply.headers["allow"].split(",")}
    assert ({"POST"} if name in WRITES else {"GET"}) <= allowed and method not in allowed


@pytest.mark.parametrize("method, path, status", [
    ("GET", "/api/agents/unknown", 404),
    ("POST", "/api/agents/unknown/heartbeat", 404),
    ("POST", "/api/messages/unknown/read?project=bad", 200),
    ("POST", "/api/messages/unknown/ack?project=bad", 200),
    ("GET", "/api/inbox/unknown", 200),
    ("GET", "/api/inbox/unknown/counts", 200),
])
def test_unknown_ids(http, method, path, status):
    body = {"agent": "bob"} if "/messages/" in path else None
    reply = http.call(method, path, body)
    if status == 200:
        assert reply.status == 200
    else:
        assert_problem(reply, status, "agent_not_found")


BAD_REQUESTS = {
    "no host": b"GET /api/agents HTTP/1.1\r\n\r\n",
    "no version": b"GET /api/agents\r\n\r\n",
    "no http": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 hello\r\n\r\n",
    "http/3": b"GET /api/agents HTTP/3.0\r\nHost: 127.0.0.1\r\n\r\n",
    "blank in a name": b"GET /api/agents HTTP/1.1\r\nHost: 127.0.0.1\r\nX Y: 1\r\n\r\n",
    "no colon": b"GET /api/agents HTTP/1.1\r\nHost: 127.0.0.1\r\nnothing\r\n\r\n",
    "length no number": request_bytes("POST", "/api/agents", headers={"Content-Length": "many"}),
    "negative length": request_bytes("POST", "/api/agents", headers={"Content-Length": "-1"}),
    "two lengths": request_bytes("POST", "/api/agents", b"{}",
                                 headers={"Content-Length": "2", "content-length": "3"}),
    "length and chunked": request_bytes("POST", "/api/agents", chunked(b'{"name":"x"}'), headers={
        "Content-Length": "3", "Transfer-Encoding": "chunked"}),
    "bad chunk size": request_bytes("POST", "/api/agents", b"zz\r\n{}\r\n0\r\n\r\n",
                                    headers={"Transfer-Encoding": "chunked"}),
}


@pytest.mark.parametrize("kind", BAD_REQUESTS)
def test_broken_http_is_refused_and_the_connection_closed(server, kind):
    with server.raw() as raw:
        data = raw.send(BAD_REQUESTS[kind]).read_until_close()
    if kind in ("no http", "http/3", "no version"):
        assert not data.startswith(b"HTTP/1.1 2"), data[:300]
        return
    head, _, body = data.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 "), data[:300]
    assert b"\r\nHTTP/1.1" not in data, "one answer and no second"
    assert json.loads(body)["code"], data[:300]
