"""A graceful stop (promise N8): what was asked whole is answered, what was answered is stored, who
listens is told where to go on, and it is over in time."""

import asyncio
import contextlib
import json
import re
import signal
import socket
import time

import pytest
import websockets
from sockets import HANDSHAKE, receive, websocket
from support import PATIENCE, SANITIZED, assert_problem, request_bytes, wait_for

PROJECT = "drain"
STOP_SECONDS = 60 if SANITIZED else 10


def message(name):
    return json.dumps({"id": name, "from": "alice", "to": ["bob"], "project": PROJECT,
                       "body": "x" * 200}).encode()


def is_refused(port):
    try:
        socket.create_connection(("127.0.0.1", port), timeout=PATIENCE).close()
        return False
    except (ConnectionRefusedError, ConnectionResetError):
        return True


def stored(server):
    server.restart()
    with server.client() as client:
        return {one["id"] for one in client.inbox("bob", project=PROJECT)}


def test_a_stop_answers_every_request_that_came_whole(make_server):
    server = make_server()
    with contextlib.ExitStack() as stack:
        def connections(count):
            return [stack.enter_context(server.raw()) for _ in range(count)]

        whole, pipelined, late, never = connections(40), connections(10), connections(30), \
            connections(20)
        for raw in (*whole, *pipelined, *late, *never):
            assert raw.exchange(request_bytes("GET", "/health")).status == 200
        for index, raw in enumerate((*late, *never)):
            body = message(f"late-{index}")
            raw.send(request_bytes("POST", "/api/messages",
                                   headers={"Content-Length": len(body)}) + body[:50])
        for index, raw in enumerate(whole):
            raw.send(request_bytes("POST", "/api/messages", message(f"whole-{index}")))
        # The last request of each line is not whole yet, so that its answer is made after the stop.
        for index, raw in enumerate(pipelined):
            line = b"".join(request_bytes("POST", "/api/messages", message(f"line-{index}-{n}"))
                            for n in range(30))
            raw.send(line[:-50])
        began = time.monotonic()
        server.process.send_signal(signal.SIGTERM)
        wait_for(lambda: is_refused(server.port), "new connections are refused")

        acknowledged = set()
        for raw in whole:
            reply = raw.read_response()
            assert reply.status == 200, reply
            acknowledged.add(reply.json["message_id"])
            assert raw.read_until_close() == b""
        for index, raw in enumerate(pipelined):
            raw.send(message(f"line-{index}-29")[-50:])
            replies = [raw.read_response() for _ in range(30)]
            assert {reply.status for reply in replies} <= {200, 429, 503}
            assert replies[-1].headers.get("connection") == "close"
            assert not [reply for reply in replies[:-1] if "connection" in reply.headers]
            acknowledged |= {reply.json["message_id"] for reply in replies if reply.status == 200}
            assert raw.read_until_close() == b"", index
        for index, raw in enumerate(late):
            reply = raw.exchange(message(f"late-{index}")[50:])
            assert reply.status == 200 and reply.headers["connection"] == "close", reply
            acknowledged.add(reply.json["message_id"])
        for raw in never:
            reply = raw.read_response()
            assert_problem(reply, 503, "shutting_down")
            assert raw.read_until_close() == b""
    assert server.stop() == 0
    assert time.monotonic() - began < STOP_SECONDS
    found = stored(server)
    assert acknowledged <= found
    assert not [one for one in found if one in {f"late-{index}" for index in range(30, 50)}]


def test_a_stop_without_anything_under_way_is_quick(make_server):
    server = make_server("--set", "server.drain_timeout=1m")
    with server.raw() as idle, server.raw() as fresh, server.raw() as half:
        assert idle.exchange(request_bytes("GET", "/health")).status == 200
        half.send(b"GET /health HTTP/1.1\r\nHo")
        server.process.send_signal(signal.SIGTERM)
        for raw in (idle, fresh, half):
            assert raw.read_until_close() == b""
    assert server.stop() == 0


def test_sockets_are_told_where_to_go_on(make_server):
    server = make_server()

    async def watch(since):
        async with websocket(server, "bob", PROJECT, since) as ws, \
                websocket(server, "nobody", "elsewhere", since) as other:
            with server.client() as client:
                cursors = [client.send("alice", ["bob"], project=PROJECT)["cursor"]
                           for _ in range(3)]
            assert [event["cursor"] for event in await receive(ws, 3)] == cursors
            server.process.send_signal(signal.SIGTERM)
            for one, cursor in ((ws, cursors[-1]), (other, since)):
                with pytest.raises(websockets.ConnectionClosed):
                    await receive(one)
                assert one.close_code == 1001
                assert re.search(r"resume from cursor(?: (\d+))?$", one.close_reason)[1] \
                    == (None if cursor is None else str(cursor)), one.close_reason
            return cursors[-1]

    last = asyncio.run(watch(0))
    assert server.stop() == 0
    server.restart()

    async def resume():
        with server.client() as client:
            missed = client.send("alice", ["bob"], project=PROJECT)["cursor"]
        async with websocket(server, "bob", PROJECT, last) as ws:
            assert (await receive(ws))[0]["cursor"] == missed

    asyncio.run(resume())
    with server.raw() as raw:
        assert raw.exchange(request_bytes("GET", "/ws/agents/b", headers=HANDSHAKE)).status == 101
        server.process.send_signal(signal.SIGTERM)
        data = raw.read_until_close()
    assert data[:1] == b"\x88" and int.from_bytes(data[2:4], "big") == 1001, data
    assert server.stop() == 0, "one that never answers the goodbye is cut"


def test_a_second_signal_ends_it_at_once_and_loses_nothing(make_server):
    server = make_server("--set", "server.drain_timeout=10m")
    with server.raw() as raw, server.client() as client:
        assert client.post("/api/messages", message("kept")).status == 200
        raw.send(request_bytes("GET", "/health") + request_bytes(
            "POST", "/api/messages", headers={"Content-Length": 1000}) + b"{")
        assert raw.read_response().status == 200
        server.process.send_signal(signal.SIGTERM)
        wait_for(lambda: is_refused(server.port), "it stops")
        assert server.process.poll() is None, "a half-sent body is waited for"
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(PATIENCE) == 0
    assert stored(server) == {"kept"}
