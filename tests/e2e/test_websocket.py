"""The push channel: handshake, events and their audience, what clients may send."""

import asyncio
import uuid

import pytest
import websockets
from sockets import ACCEPT, HANDSHAKE, receive, silent, subscribed, websocket
from support import NANO_TIME, PATIENCE, assert_problem, request_bytes

PLAIN = {"agent", "cursor", "message_id", "project", "type"}
ADDED = {"cursor", "created_at"}
IMPATIENT = ("--set", "websocket.idle_timeout=2s")


# ---- Handshake ---------------------------------------------------------------------------------

HANDSHAKES = [
    # path, headers that differ, status, code, headers that the answer must have
    ("/ws/agents/b", {"Upgrade": None, "Connection": None}, 426, "upgrade_required",
     {"connection": "upgrade", "upgrade": "websocket"}),
    ("/ws/agents/b", {"Upgrade": None}, 426, "upgrade_required", {"upgrade": "websocket"}),
    ("/ws/agents/b", {"Connection": "keep-alive"}, 426, "upgrade_required",
     {"upgrade": "websocket"}),
    ("/ws/agents/b", {"Upgrade": "h2c"}, 426, "upgrade_required", {"upgrade": "websocket"}),
    ("/ws/agents/b", {"Sec-WebSocket-Version": "8"}, 400, None, {"sec-websocket-version": "13"}),
    ("/ws/agents/b", {"Sec-WebSocket-Version": None}, 400, None, {"sec-websocket-version": "13"}),
    ("/ws/agents/b", {"Sec-WebSocket-Key": None}, 400, None, {}),
    ("/ws/agents/", {}, 400, None, {}),
    ("/ws/agents/b", {"X-Agent-ID": "other"}, 403, None, {}),
    ("/ws/agents/b", {"Origin": "http://evil.example"}, 403, "cross_origin", {}),
    ("/ws/agents/b", {"Origin": "null"}, 403, "cross_origin", {}),
    ("/ws/agents/b", {"Sec-Fetch-Site": "cross-site"}, 403, "cross_origin", {}),
    ("/ws/agents/b", {"Host": "evil.example"}, 421, None, {}),
    ("/ws/agents/b?since_cursor=x", {}, 400, "invalid_cursor", {}),
    ("/ws/agents/b?since_cursor=-1", {}, 400, "invalid_cursor", {}),
    ("/ws/agents/b?since_cursor=1.5", {}, 400, "invalid_cursor", {}),
    ("/ws/agents/b?since_cursor=99999999999999999999", {}, 400, "invalid_cursor", {}),
    ("/ws/events", {}, 404, None, {}),
]


@pytest.mark.parametrize("path, change, status, code, answered", HANDSHAKES)
def test_a_handshake_that_fails(server, path, change, status, code, answered):
    with server.raw() as raw:
        reply = raw.exchange(request_bytes("GET", path, headers={**HANDSHAKE, **change}))
    assert_problem(reply, status, code)
    for name, value in answered.items():
        assert reply.headers[name].lower() == value, reply


def test_a_handshake_by_post_is_405(server):
    with server.raw() as raw:
        reply = raw.exchange(request_bytes("POST", "/ws/agents/b", b"{}", HANDSHAKE))
    assert_problem(reply, 405, "method_not_allowed")
    assert "GET" in reply.headers["allow"]


@pytest.mark.parametrize("change", [
    {}, {"X-Agent-ID": "b"}, {"Origin": "http://127.0.0.1:{port}"},
    {"Connection": "keep-alive, UPGRADE", "Upgrade": "WebSocket"},
    {"Sec-WebSocket-Protocol": "chat, superchat"},
    {"Sec-WebSocket-Extensions": "permessage-deflate; client_max_window_bits"}], ids=str)
def test_a_handshake_that_works_chooses_no_protocol_and_no_extension(server, change):
    headers = {name: value.format(port=server.port)
               for name, value in {**HANDSHAKE, "Host": "127.0.0.1:{port}", **change}.items()}
    with server.raw() as raw:
        reply = raw.exchange(request_bytes("GET", "/ws/agents/b?project=p", headers=headers))
    assert reply.status == 101
    assert reply.headers["upgrade"].lower() == "websocket"
    assert reply.headers["connection"].lower() == "upgrade"
    assert reply.headers["sec-websocket-accept"] == ACCEPT
    assert not {"sec-websocket-protocol", "sec-websocket-extensions"} & reply.headers.keys()


# ---- Events and their audience -----------------------------------------------------------------

def test_events_have_exactly_the_members_of_the_contract(server, http):
    async def watch():
        async with websocket(server, "bob", "exact") as ws:
            assert ws.extensions == [] and ws.subprotocol is None
            sent = http.send("alice", ["bob"], project="exact", id="w1", body="not in the event")
            http.ok("POST", "/api/messages/w1/read?project=exact", {"agent": "bob"})
            http.ok("POST", "/api/messages/nope/ack?project=exact")
            assert await receive(ws, 3) == [
                {"agent": "bob", "cursor": sent["cursor"], "message_id": "w1", "project": "exact",
                 "type": "message.created"},
                {"message_id": "w1", "project": "exact", "type": "message.read"},
                {"message_id": "nope", "project": "exact", "type": "message.ack"}]
    asyncio.run(watch())


def test_with_a_cursor_events_carry_it_and_their_time(server, http):
    async def watch():
        project = str(uuid.uuid4())
        first = http.send("alice", ["bob"], project=project, id="w1")["cursor"]
        http.ok("POST", f"/api/messages/w1/ack?project={project}", {"agent": "bob"})
        async with websocket(server, "bob", project, since=0) as ws:
            replayed = await receive(ws, 2)
            http.send("alice", ["bob"], project=project, id="w2")
            http.ok("POST", f"/api/messages/w2/read?project={project}")
            events = replayed + await receive(ws, 2)
        assert [event["type"] for event in events] == \
            ["message.created", "message.ack", "message.created", "message.read"]
        assert events[0]["cursor"] == first
        cursors = [event["cursor"] for event in events]
        assert cursors == sorted(set(cursors))
        for event in events:
            expected = PLAIN if event["type"] == "message.created" else PLAIN - {"agent"}
            assert event.keys() == expected | ADDED
            assert NANO_TIME.fullmatch(event["created_at"]), event
    asyncio.run(watch())


AUDIENCE = [("bob", "A"), ("bob", "B"), ("carol", "A"), ("bob", None), ("carol", None)]

HEARD = [
    # path, body -> which of AUDIENCE hear of it; B stands for the project of the message
    ("send", {"to": ["bob"], "project": "A"}, {0}),
    ("send", {"to": ["bob", "carol"], "project": "A"}, {0, 2}),
    ("send", {"to": ["x"], "cc": ["carol"], "bcc": ["bob"], "project": "A"}, {0, 2}),
    ("send", {"to": ["bob", "bob"], "cc": ["bob"], "project": "B"}, {1}),
    ("send", {"to": ["bob"], "project": "other"}, set()),
    ("send", {"to": ["bob"], "project": ""}, {0, 1, 3}),
    ("read", "A", {0, 2}),
    ("ack", "B", {1}),
    ("ack", "other", set()),
    ("read", "", {0, 1, 2, 3, 4}),
]


@pytest.mark.parametrize("action, what, heard", HEARD, ids=lambda value: str(value))
@pytest.mark.parametrize("resuming", [False, True], ids=["plain", "resuming"])
def test_audience(server, http, action, what, heard, resuming):
    prefix = str(uuid.uuid4())

    def scoped(project):
        return prefix + project if project else project

    async def watch():
        wanted = [(agent, scoped(project)) for agent, project in AUDIENCE]
        since = http.send("x", ["nobody"])["cursor"] if resuming else None
        async with subscribed(server, *wanted, since=since) as sockets:
            if action == "send":
                http.send("alice", **{**what, "project": scoped(what["project"]), "id": prefix})
            else:
                http.ok("POST", f"/api/messages/{prefix}/{action}?project={scoped(what)}")
            for index, ws in enumerate(sockets):
                if index in heard:
                    event, = await receive(ws)
                    assert event["message_id"] == prefix
                    assert event.get("agent", AUDIENCE[index][0]) == AUDIENCE[index][0]
            for ws in sockets:
                await silent(ws, 0.05)
    asyncio.run(watch())


def test_every_connection_of_an_agent_hears_it_and_a_repost_is_silent(server, http):
    async def watch():
        project = str(uuid.uuid4())
        async with subscribed(server, *[("bob", project)] * 3, ("dave", project)) as sockets:
            http.send("alice", ["bob"], project=project, id="m")
            for ws in sockets[:3]:
                assert (await receive(ws))[0]["message_id"] == "m"
            first = http.send("alice", ["bob"], project=project, id="m", body="changed")
            http.send("alice", ["bob", "dave"], project=project, id="m", body="changed")
            event, = await receive(sockets[3])
            assert event["message_id"] == "m" and event["agent"] == "dave"
            assert event["cursor"] > first["cursor"]
            for ws in sockets:
                await silent(ws)
    asyncio.run(watch())


# ---- What clients send -------------------------------------------------------------------------

FRAMES = [
    # what is sent -> close code, or none when it is swallowed
    ("{}", None),
    ("[1, 2]", None),
    ('"text"', None),
    (b'{"type":"subscribe","event_types":["x"]}', None),
    ('"' + "x" * 32_766 + '"', None),
    (['{"in":', '"pieces"}'], None),
    ("not json", 1007),
    ("", 1007),
    (b"\xff\xfe", 1007),
    ("{", 1007),
    ('"' + "x" * 32_767 + '"', 1009),
    ("x" * 100_000, 1009),
    ([b"x" * 20_000, b"x" * 20_000], 1009),
]


@pytest.mark.parametrize("data, code", FRAMES, ids=lambda value: str(value)[:24])
def test_data_of_clients_is_checked_and_dropped(server, http, data, code):
    async def talk():
        project = str(uuid.uuid4())
        async with websocket(server, "bob", project) as ws:
            await ws.send(data)
            if code is None:
                http.send("alice", ["bob"], project=project, id="after")
                assert (await receive(ws))[0]["message_id"] == "after"
            else:
                with pytest.raises(websockets.ConnectionClosed):
                    await receive(ws)
                assert ws.close_code == code, (ws.close_code, ws.close_reason)
    asyncio.run(talk())
    assert http.get("/health").status == 200


def test_a_ping_gets_a_pong_with_its_payload(server):
    async def talk():
        async with websocket(server, "bob", "p") as ws:
            for payload in (b"", b"x", b"y" * 125):
                await asyncio.wait_for(await ws.ping(payload), PATIENCE)
    asyncio.run(talk())


@pytest.mark.parametrize("code", [1000, 1001, 4001])
def test_a_close_is_echoed_with_its_code(server, code):
    async def talk():
        async with websocket(server, "bob", "p") as ws:
            await ws.close(code, "bye")
            assert ws.close_code == code
    asyncio.run(talk())


def masked(opcode, payload=b"", first=0x80):
    """One client frame below 126 bytes, masked with zeros."""
    return bytes([first | opcode, 0x80 | len(payload)]) + bytes(4) + payload


RAW_FRAMES = [
    # bytes -> close codes that are right
    (masked(0x3), {1002}),
    (masked(0xB), {1002}),
    (masked(0x1, b"{}", first=0xC0), {1002}),
    (masked(0x9, b"x", first=0x00), {1002}),
    (masked(0x0, b"{}"), {1002}),
    (masked(0x8, b"\x03"), {1002}),
    (masked(0x8, (1005).to_bytes(2, "big")), {1002}),
    (masked(0x1, b"\xff"), {1007}),
    (b"\x81\xff" + (1 << 40).to_bytes(8, "big") + bytes(4), {1009}),
]


@pytest.mark.parametrize("frame, codes", RAW_FRAMES, ids=lambda value: repr(value)[:30])
def test_malformed_frames_close_their_own_connection_only(server, http, frame, codes):
    with server.raw() as raw:
        assert raw.exchange(request_bytes("GET", "/ws/agents/raw", headers=HANDSHAKE)).status == 101
        data = raw.send(frame).read_until_close()
    assert data[:1] == b"\x88" and int.from_bytes(data[2:4], "big") in codes, data
    assert http.get("/health").status == 200


def test_the_server_pings_silent_connections_and_drops_dead_ones(make_server):
    with make_server(*IMPATIENT).raw() as raw:
        request = request_bytes("GET", "/ws/agents/dead", headers=HANDSHAKE)
        assert raw.exchange(request).status == 101
        assert raw.read_until_close()[:1] == b"\x89", "a ping comes before the end"


def test_a_connection_that_answers_pings_stays(make_server):
    server = make_server(*IMPATIENT)

    async def stay():
        async with websocket(server, "bob", "stays") as ws:
            await silent(ws, 3.5)
            with server.client() as client:
                client.send("alice", ["bob"], project="stays", id="m")
            assert (await receive(ws))[0]["message_id"] == "m"
    asyncio.run(stay())
