"""Whoever is refused, held up or fights over one record stands in nobody else's way.

Refusals are answers, not failures of the server: no number of them opens the breaker (decision 2,
promise S1). Writers of one record lose nothing to each other (I2). A socket that nobody reads
delays no sender and no other reader (decisions 21 and 22, promise O6).
"""

import asyncio
import collections
import contextlib
import itertools
import json
import os
import random
import socket
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from sockets import HANDSHAKE, receive, websocket
from support import PATIENCE, SANITIZED, Raw, assert_problem, metric, request_bytes

REFUSALS = 500
IN_A_ROW = 5
PATCHERS = 20
PATCHES = 200
SENDS = 1_000 if SANITIZED else 3_000
SENDS_MAX = 40_000  # by then a socket that nobody reads has long been given up


# ---- Refusals ----------------------------------------------------------------------------------

class Refused:
    """A client whose every request is refused, each for a reason of its own."""

    def __init__(self, http, project):
        self.http = http
        self.project = project
        self.agent = http.register(name="refused", project=project)
        http.register(name="listener", project=project)
        self.hold = http.post("/api/reservations", {**self.wanted(), "agent_id": "holder"}).json
        http.send("author", ["x"], project=project, id="taken")
        self.keyed("body of the key", 200)
        self.tell_all_that_is_allowed()

    def wanted(self):
        return {"agent_id": "refused", "path_pattern": "src/", "project": self.project,
                "exclusive": True}

    def message(self, **fields):
        return {"from": "refused", "to": ["x"], "project": self.project, **fields}

    def keyed(self, body, status):
        reply = self.http.post("/api/messages", self.message(body=body),
                               headers={"Idempotency-Key": "k"})
        assert reply.status == status, reply
        return reply

    def broadcast(self):
        return self.http.post("/api/broadcast", {"from": "refused", "project": self.project,
                                                 "topic": "t", "body": "b"})

    def tell_all_that_is_allowed(self):
        while (reply := self.broadcast()).status == 200:  # Ends: limits.broadcasts_per_minute.
            pass
        assert reply.status == 429, reply

    def kinds(self):
        """status, code -> how to be refused so; 429 alone ends by itself, after a minute."""
        post, call = self.http.post, self.http.call
        return {
            (400, "invalid_json"): lambda: post("/api/messages", "{"),
            (400, "missing_field"): lambda: post("/api/messages", self.message(to=[])),
            (400, "invalid_pattern"): lambda: post("/api/reservations",
                                                   {**self.wanted(), "path_pattern": "["}),
            (401, "agent_token_unknown"): lambda: post(
                "/api/messages", self.message(), headers={"X-Agent-Token": "nobody's"}),
            (403, "agent_identity_mismatch"): lambda: post(
                "/api/messages", self.message(), headers={"X-Agent-Token": self.agent["token"]}),
            (403, "not_reservation_owner"): lambda: call(
                "DELETE", f"/api/reservations/{self.hold['id']}",
                headers={"X-Agent-ID": "refused"}),
            (404, "route_not_found"): lambda: post("/api/nope", {}),
            (404, "agent_not_found"): lambda: post("/api/agents/nobody/heartbeat", {}),
            (404, "reservation_not_found"): lambda: call(
                "DELETE", f"/api/reservations/{uuid.uuid4()}", headers={"X-Agent-ID": "refused"}),
            (409, "reservation_conflict"): lambda: post("/api/reservations", self.wanted()),
            (409, "message_id_taken"): lambda: post("/api/messages", self.message(id="taken")),
            (422, "idempotency_key_reused"): lambda: self.keyed("another", 422),
            (429, "rate_limited"): self.broadcast_too_many,
        }

    def broadcast_too_many(self):
        reply = self.broadcast()
        if reply.status == 200:  # The minute is over: it begins anew.
            self.tell_all_that_is_allowed()
            reply = self.broadcast()
        return reply


class Bystander:
    """Somebody else, who wants to be served."""

    def __init__(self, http, project):
        self.http = http
        self.project = project
        self.agent = http.register(name="bystander", project=project)["agent_id"]
        self.served = 0

    def is_served(self):
        sent = self.http.send(self.agent, [self.agent], project=self.project)
        inbox = self.http.inbox(self.agent, project=self.project, since=sent["cursor"] - 1)
        assert [one["id"] for one in inbox] == [sent["message_id"]]
        self.http.ok("POST", f"/api/agents/{self.agent}/heartbeat", {})
        taken = self.http.post("/api/reservations", {
            "agent_id": self.agent, "path_pattern": "mine/", "project": self.project})
        assert taken.status == 201, taken
        gone = self.http.call("DELETE", f"/api/reservations/{taken.json['id']}",
                              headers={"X-Agent-ID": self.agent})
        assert gone.status == 200, gone
        assert self.http.ok("GET", "/health")["status"] == "ok"
        scrape = self.http.get("/metrics").body.decode()
        assert metric(scrape, "intermute_store_breaker_state") == 0
        self.served += 1


@pytest.fixture
def refused(server):
    with server.client() as client:
        yield Refused(client, str(uuid.uuid4()))


@pytest.mark.parametrize("elsewhere", [False, True], ids=["same project", "other project"])
def test_after_some_refusals_in_a_row_everybody_is_served(http, refused, elsewhere):
    bystander = Bystander(http, refused.project + "-other" * elsewhere)
    for (status, code), ask in refused.kinds().items():
        for _ in range(IN_A_ROW):
            assert_problem(ask(), status, code)
        bystander.is_served()
        refused.http.send("refused", ["x"], project=refused.project)


def test_meanwhile_and_after_500_refusals_everybody_is_served(http, refused):
    seed = int(os.environ.get("INTERMUTE_SEED") or random.SystemRandom().randrange(1 << 32))
    print(f"INTERMUTE_SEED={seed}")
    chance = random.Random(seed)
    kinds = list(refused.kinds().items())
    wanted = list(itertools.islice(itertools.cycle(kinds), REFUSALS))
    chance.shuffle(wanted)
    bystander = Bystander(http, refused.project)
    seen = collections.Counter()

    def be_refused():
        for (status, code), ask in wanted:
            assert_problem(ask(), status, code)
            seen[status] += 1

    with ThreadPoolExecutor(1) as pool:
        under_way = pool.submit(be_refused)
        while not under_way.done():  # Ends: with the refusals.
            bystander.is_served()
        under_way.result()
    print(f"{dict(seen)}, the bystander was served {bystander.served} times")
    assert seen.total() == REFUSALS and set(seen) == {400, 401, 403, 404, 409, 422, 429}
    assert bystander.served
    bystander.is_served()
    refused.http.send("refused", ["x"], project=refused.project)


# ---- Many writers of one record ----------------------------------------------------------------

def test_writers_of_one_agents_metadata_lose_nothing_to_each_other(make_server):
    server = make_server()
    with server.client() as client:
        agent = client.register(name="shared", project="p", metadata={"first": "stays"})["agent_id"]
    gate = threading.Barrier(PATCHERS)

    def patch(writer):
        with server.client() as client:
            gate.wait(PATIENCE)
            return [client.call("PATCH", f"/api/agents/{agent}/metadata",
                                {"metadata": {f"key-{number}": f"value {number}"}}).status
                    for number in range(writer, PATCHES, PATCHERS)]

    with ThreadPoolExecutor(PATCHERS) as pool:
        statuses = list(itertools.chain(*pool.map(patch, range(PATCHERS))))
    assert statuses == [200] * PATCHES
    expected = {"first": "stays", **{f"key-{number}": f"value {number}"
                                     for number in range(PATCHES)}}
    for end in ("kill", "stop", None):
        with server.client() as client:
            assert client.ok("GET", f"/api/agents/{agent}")["metadata"] == expected
        if end:
            getattr(server, end)()
            server.restart()


# ---- A socket that nobody reads ----------------------------------------------------------------

class Stuck(Raw):
    """A WebSocket with a small window that is not read until it is asked for."""

    def __init__(self, server, agent, project):
        self.socket = socket.socket()
        self.socket.settimeout(PATIENCE)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        self.socket.connect(("127.0.0.1", server.port))
        self.buffer = b""
        path = f"/ws/agents/{agent}?project={project}&since_cursor=0"
        reply = self.exchange(request_bytes("GET", path, headers=HANDSHAKE))
        assert reply.status == 101, reply

    def read_all(self):
        """The cursors of the events that come, and the code and reason of the close."""
        cursors = []
        while True:  # Ends: with the close, or at the end of the connection.
            opcode, size = self._take(2)
            if size == 126:
                size = int.from_bytes(self._take(2), "big")
            payload = self._take(size)
            if opcode & 0x0F == 0x8:
                return cursors, int.from_bytes(payload[:2], "big"), payload[2:].decode()
            if opcode & 0x0F == 0x1:
                cursors.append(json.loads(payload)["cursor"])


def slow_closes(client):
    return metric(client.get("/metrics").body.decode(), "intermute_websocket_slow_closes_total")


def test_a_socket_that_nobody_reads_delays_no_sender_and_no_other_reader(server, http):
    project = str(uuid.uuid4())

    def send(count):
        """Each of them is answered with 200."""
        return [http.send("alice", ["bob"], project=project, body="x")["cursor"]
                for _ in range(count)]

    async def watch():
        loop = asyncio.get_running_loop()
        async with contextlib.AsyncExitStack() as stack:
            healthy = [await stack.enter_async_context(websocket(server, "bob", project))
                       for _ in range(3)]
            stuck = stack.enter_context(Stuck(server, "bob", project))
            before, sent = slow_closes(http), []
            while slow_closes(http) == before and len(sent) < SENDS_MAX:
                sent += await loop.run_in_executor(None, send, 100)
            cursors, code, reason = await loop.run_in_executor(None, stuck.read_all)
            sent += await loop.run_in_executor(None, send, max(0, SENDS - len(sent)))
            for ws in healthy:
                heard = [event["cursor"] for event in await receive(ws, len(sent))]
                assert heard == sent, "the others hear everything, in order"
        assert code == 1013, (code, reason)
        assert cursors == sent[:len(cursors)] and 0 < len(cursors) < len(sent)
        assert reason.split()[-1] == str(cursors[-1]), "the reason ends with where to resume"
        async with websocket(server, "bob", project, since=cursors[-1]) as ws:
            rest = [event["cursor"] for event in await receive(ws, len(sent) - len(cursors))]
        assert cursors + rest == sent, "nothing is missing and nothing is twice"
    asyncio.run(watch())
