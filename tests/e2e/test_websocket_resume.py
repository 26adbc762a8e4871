"""Resume by cursor: nothing is missed and nothing doubled, whatever ends a connection."""

import asyncio
import os
import random
import socket
import threading
import uuid

import pytest
import websockets
from sockets import receive, websocket
from support import PATIENCE

SERVER_ARGS = ("--set", "websocket.outbox_events_max=50",
               "--set", "websocket.send_buffer_bytes=4096")


class Sender(threading.Thread):
    """Sends to `agent` until told to stop, at most `most` messages."""

    def __init__(self, server, agent, project, most):
        super().__init__(daemon=True)
        self.arguments = (server, agent, project, most)
        self.enough = threading.Event()
        self.cursors = []

    def run(self):
        server, agent, project, most = self.arguments
        with server.client() as client:
            while not self.enough.is_set() and len(self.cursors) < most:
                self.cursors.append(client.send("alice", [agent], project=project)["cursor"])
                self.enough.wait(0.001)


def test_a_reader_that_loses_its_connection_200_times_misses_and_doubles_nothing(server, http):
    seed = int.from_bytes(os.urandom(4), "big")
    print(f"seed {seed}")
    chance = random.Random(seed)
    project = str(uuid.uuid4())
    sender = Sender(server, "bob", project, most=20_000)
    seen = [0]

    async def read_some():
        async with websocket(server, "bob", project, since=seen[-1]) as ws:
            for _ in range(chance.randrange(12)):
                event, = await receive(ws)
                assert event["cursor"] > seen[-1]
                seen.append(event["cursor"])
            if chance.random() < 0.5:
                ws.transport.abort()

    async def read_rest():
        async with websocket(server, "bob", project, since=seen[-1]) as ws:
            while seen[-1] < sender.cursors[-1]:
                seen.append((await receive(ws))[0]["cursor"])

    sender.start()
    try:
        for _ in range(200):
            asyncio.run(read_some())
    finally:
        sender.enough.set()
        sender.join(PATIENCE)
    asyncio.run(read_rest())
    assert seen[1:] == sender.cursors
    assert seen[1:] == [m["cursor"] for m in http.inbox("bob", project=project)]


def test_a_long_replay_comes_whole_and_then_live(server, http):
    async def watch():
        project = str(uuid.uuid4())
        sent = [http.send("alice", ["bob"], project=project)["cursor"] for _ in range(700)]
        async with websocket(server, "bob", project, since=sent[99]) as ws:
            events = await receive(ws, 600)
            sent.append(http.send("alice", ["bob"], project=project)["cursor"])
            events += await receive(ws)
        assert [event["cursor"] for event in events] == sent[100:]
    asyncio.run(watch())


def test_resume_works_across_a_restart(make_server):
    server = make_server()

    async def watch(since, count):
        async with websocket(server, "bob", "p", since=since) as ws:
            return [event["cursor"] for event in await receive(ws, count)]

    with server.client() as client:
        sent = [client.send("alice", ["bob"], project="p")["cursor"] for _ in range(10)]
    assert asyncio.run(watch(0, 5)) == sent[:5]
    server.kill()
    server.restart()
    assert asyncio.run(watch(sent[4], 5)) == sent[5:]


def test_a_slow_reader_is_closed_with_1013_and_resumes_without_a_gap(server, http):
    project = "slow" + "p" * 200
    narrow = socket.socket()
    narrow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    narrow.connect(("127.0.0.1", server.port))
    narrow.setblocking(False)

    async def watch():
        seen = []
        loop = asyncio.get_running_loop()
        async with websocket(server, "bob", project, since=0, sock=narrow, max_queue=1,
                             read_limit=1024) as ws:
            sent = await loop.run_in_executor(None, lambda: [
                http.send("alice", ["bob"], project=project, id=f"{index}{'i' * 500}")["cursor"]
                for index in range(400)])
            with pytest.raises(websockets.ConnectionClosed):
                while True:
                    seen += await receive(ws)
            assert ws.close_code == 1013, (ws.close_code, ws.close_reason)
        seen = [event["cursor"] for event in seen]
        assert seen == sent[:len(seen)] and len(seen) < len(sent)
        async with websocket(server, "bob", project, since=seen[-1]) as ws:
            rest = [event["cursor"] for event in await receive(ws, len(sent) - len(seen))]
        assert seen + rest == sent
    asyncio.run(watch())
