"""Idempotency-Key: a request that is repeated is done once, whatever becomes of its answers.

Promise I1 and decision 6. A proxy on loopback loses answers after the server gave them, servers are
killed before anybody has read an answer, and every repeat has to say what was said the first time.
A seed is printed; INTERMUTE_SEED replays it as far as threads and the kernel allow.
"""

import collections
import contextlib
import http.client
import os
import random
import socketserver
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from support import (NIGHTLY, PATIENCE, Client, Raw, assert_problem, request_bytes, wait_for,
                     with_query)

REQUESTS = 10_000 if NIGHTLY else 400
KILLS = 60 if NIGHTLY else 12
THREADS = 8
TRIES = 10
LOST = 0.3  # share of the answers that the proxy drops
PROJECT = "once"
GONE = (OSError, http.client.HTTPException)
HOLDS_PER_AGENT = 50  # below limits.reservations_per_agent


def seeded():
    seed = int(os.environ.get("INTERMUTE_SEED") or random.SystemRandom().randrange(1 << 32))
    print(f"INTERMUTE_SEED={seed}")
    return random.Random(seed)


def told(reply):
    return reply.status, reply.body


def is_replay(reply):
    return reply.headers.get("idempotent-replay") == "true"


def keyed(client, key, path, body, method="POST", **headers):
    return client.call(method, path, body, headers={"Idempotency-Key": key, **headers})


def message(text, sender="alice", **fields):
    return {"from": sender, "to": ["bob"], "project": PROJECT, "body": text, **fields}


# ---- A network that loses answers --------------------------------------------------------------

class Relay(socketserver.StreamRequestHandler):
    """One connection: passes requests on, and answers on or not."""

    def handle(self):
        proxy = self.server
        with contextlib.suppress(OSError), Raw(proxy.upstream_port) as upstream:
            while request := self.read_request():  # Ends: the client closes, or an answer is lost.
                raw, key = request
                reply = upstream.exchange(raw)
                if proxy.loses(key, reply):
                    return
                lines = [f"HTTP/1.1 {reply.status} Relayed"]
                lines += [f"{name}: {value}" for name, value in reply.headers.items()]
                self.wfile.write("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + reply.body)

    def read_request(self):
        """The bytes of the next request and its key; None at the end of the connection."""
        head = []
        while line := self.rfile.readline():
            head.append(line)
            if line == b"\r\n":
                break
        else:
            return None
        fields = dict(line.decode("latin-1").strip().lower().split(": ", 1) for line in head[1:-1])
        body = self.rfile.read(int(fields["content-length"]))
        return b"".join(head) + body, fields["idempotency-key"]


class LossyProxy(socketserver.ThreadingTCPServer):
    """Closes the connection instead of passing the answer on, for a share of the answers.

    The last try of a client always gets through: losing all of them is not what is tested.
    """

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, server, chance):
        super().__init__(("127.0.0.1", 0), Relay)
        self.upstream_port = server.port
        self.port = self.server_address[1]
        self.chance = chance
        self.lock = threading.Lock()
        self.answers = collections.defaultdict(list)  # key -> what the server answered
        self.lost = 0

    def loses(self, key, reply):
        with self.lock:
            self.answers[key].append(reply)
            loses = self.chance.random() < LOST and len(self.answers[key]) < TRIES
            self.lost += loses
        return loses

    def __enter__(self):
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05},
                         daemon=True).start()
        return self

    def __exit__(self, *_):
        self.shutdown()
        self.server_close()


def persist(port, requests):
    """Sends each (key, path, body) until an answer comes; the answers."""
    found, client = [], Client(port)
    for key, path, body in requests:
        for _ in range(TRIES):
            try:
                found.append(keyed(client, key, path, body))
                break
            except GONE:
                client.close()  # The next request connects again.
        else:
            raise AssertionError(f"{TRIES} answers to {key} were lost")
    client.close()
    return found


def through_losses(server, path, bodies):
    """Does every request once through a proxy that loses answers; the answers by key."""
    requests = [(f"{path.rpartition('/')[2]}-{number}", path, body)
                for number, body in enumerate(bodies)]
    with LossyProxy(server, seeded()) as proxy, ThreadPoolExecutor(THREADS) as pool:
        shares = [requests[index::THREADS] for index in range(THREADS)]
        done = [pool.submit(persist, proxy.port, share) for share in shares]
        answers = {request[0]: reply for share, one in zip(shares, done)
                   for request, reply in zip(share, one.result())}
    print(f"{len(requests)} requests, {proxy.lost} answers lost")
    assert proxy.lost > len(requests) * LOST / 2, "the proxy did its work"
    assert proxy.answers.keys() == answers.keys()
    for key, given in proxy.answers.items():
        assert [is_replay(reply) for reply in given] == [False] + [True] * (len(given) - 1), key
        assert {told(reply) for reply in given} == {told(answers[key])}, key
    with server.client() as client:
        for key, _, body in requests:
            again = keyed(client, key, path, body)
            assert is_replay(again) and told(again) == told(answers[key]), (key, again)
    return answers


def test_sends_whose_answers_are_lost_are_delivered_once(server, http):
    bodies = [message(f"body {number}", f"sender-{number % 5}") for number in range(REQUESTS)]
    answers = through_losses(server, "/api/messages", bodies)
    assert {reply.status for reply in answers.values()} == {200}
    inbox = http.inbox("bob", project=PROJECT)
    assert sorted(one["body"] for one in inbox) == sorted(one["body"] for one in bodies)
    assert {one["id"]: one["cursor"] for one in inbox} == \
        {reply.json["message_id"]: reply.json["cursor"] for reply in answers.values()}
    assert http.counts("bob", PROJECT)["total"] == REQUESTS


def test_reservations_whose_answers_are_lost_are_one_hold_each(server, http):
    bodies = [{"agent_id": f"holder-{number // HOLDS_PER_AGENT}", "path_pattern": f"file-{number}",
               "project": PROJECT, "exclusive": True} for number in range(REQUESTS)]
    answers = through_losses(server, "/api/reservations", bodies)
    assert {reply.status for reply in answers.values()} == {201}
    held = http.ok("GET", f"/api/reservations?project={PROJECT}")["reservations"]
    assert sorted(one["path_pattern"] for one in held) == \
        sorted(one["path_pattern"] for one in bodies)
    assert {one["id"] for one in held} == {reply.json["id"] for reply in answers.values()}


def test_registrations_whose_answers_are_lost_are_one_agent_each(server, http):
    bodies = [{"name": f"agent {number}", "project": "crowd"} for number in range(REQUESTS)]
    answers = through_losses(server, "/api/agents", bodies)
    assert {reply.status for reply in answers.values()} == {200}
    agents = {reply.json["agent_id"]: reply.json for reply in answers.values()}
    assert len(agents) == REQUESTS
    listed = http.ok("GET", "/api/agents?project=crowd")["agents"]
    assert sorted(one["agent_id"] for one in listed) == sorted(agents)
    for agent_id, reply in list(agents.items())[::20]:
        beat = http.call("POST", f"/api/agents/{agent_id}/heartbeat",
                         headers={"X-Agent-Token": reply["token"]})
        assert beat.status == 200, "the token that was repeated is the agent's"


# ---- Kills -------------------------------------------------------------------------------------

class Sender(threading.Thread):
    """Sends with keys until the server is gone: what was answered, and what was left open."""

    def __init__(self, server, label):
        super().__init__(daemon=True)
        self.client = server.client()
        self.label = label
        self.answered = {}  # key -> answer
        self.open = None    # the key that has no answer

    def run(self):
        with self.client:
            for number in range(1_000_000):
                self.open = f"{self.label}-{number}"
                try:
                    reply = keyed(self.client, self.open, "/api/messages", message(self.open))
                except GONE:
                    return
                self.answered[self.open] = reply


def run_until_killed(server, label, chance):
    senders = [Sender(server, f"{label}-{index}") for index in range(THREADS)]
    for sender in senders:
        sender.start()
    time.sleep(chance.uniform(0.02, 0.25))
    server.kill()
    for sender in senders:
        sender.join(PATIENCE)
        assert not sender.is_alive()
    return senders


def check_repeats(client, sender, stored):
    """Repeats all that the sender sent; `stored` has the cursors of what the kill left behind."""
    for key, reply in sender.answered.items():
        assert reply.status == 200, reply
        assert stored[key] == reply.json["cursor"]
        again = keyed(client, key, "/api/messages", message(key))
        assert is_replay(again) and told(again) == told(reply), (key, again)
    again = keyed(client, sender.open, "/api/messages", message(sender.open))
    assert again.status == 200, again
    assert is_replay(again) == (sender.open in stored), (sender.open, again)
    assert stored.get(sender.open, again.json["cursor"]) == again.json["cursor"]


def test_a_repeat_after_a_kill_gets_the_cursor_of_the_first_time(make_server):
    chance = seeded()
    server = make_server()
    floor = stored_unanswered = answered = 0
    for number in range(KILLS):
        senders = run_until_killed(server, f"r{number}", chance)
        server.restart()
        with server.client() as client:
            before = {one["body"]: one["cursor"]
                      for one in client.inbox("bob", project=PROJECT, since=floor)}
            for sender in senders:
                check_repeats(client, sender, before)
            after = client.inbox("bob", project=PROJECT, since=floor)
        expected = {key for sender in senders for key in (*sender.answered, sender.open)}
        assert sorted(one["body"] for one in after) == sorted(expected), "each once"
        floor = after[-1]["cursor"]
        answered += sum(len(sender.answered) for sender in senders)
        stored_unanswered += sum(sender.open in before for sender in senders)
    with server.client() as client:
        assert client.counts("bob", PROJECT)["total"] == answered + KILLS * THREADS
    print(f"{KILLS} kills, {answered} answered, {stored_unanswered} stored and not answered")


WRITES = [
    # path, body, where it is seen, the list there, the id there and in the answer
    ("/api/messages", message("one"), f"/api/inbox/bob?project={PROJECT}", "messages",
     "id", "message_id"),
    ("/api/reservations",
     {"agent_id": "a", "path_pattern": "x", "project": PROJECT, "exclusive": True},
     f"/api/reservations?project={PROJECT}", "reservations", "id", "id"),
    ("/api/agents", {"name": "a", "project": PROJECT}, f"/api/agents?project={PROJECT}", "agents",
     "agent_id", "agent_id"),
]


@pytest.mark.parametrize("path, body, read, found, listed, answered", WRITES,
                         ids=["send", "reserve", "register"])
def test_what_was_stored_and_never_answered_is_answered_by_a_repeat(
        make_server, path, body, read, found, listed, answered):
    server = make_server()
    with server.client() as other, server.raw() as raw:
        raw.send(request_bytes("POST", path, body, {"Idempotency-Key": "k"}))
        stored, = wait_for(lambda: other.ok("GET", read)[found], "what was sent to be stored")
    server.kill()
    server.restart()
    with server.client() as client:
        again = keyed(client, "k", path, body)
        assert again.status in (200, 201) and is_replay(again), again
        assert again.json[answered] == stored[listed]
        assert found != "messages" or again.json["cursor"] == stored["cursor"]
        assert [one[listed] for one in client.ok("GET", read)[found]] == [stored[listed]]


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_keys_are_known_after_a_restart(make_server, end):
    server = make_server()
    with server.client() as client:
        firsts = [keyed(client, "k", path, body) for path, body, *_ in WRITES]
    assert [reply.status for reply in firsts] == [200, 201, 200]
    for _ in range(2):
        getattr(server, end)()
        server.restart()
        with server.client() as client:
            for first, (path, body, read, found, *_) in zip(firsts, WRITES):
                again = keyed(client, "k", path, body)
                assert is_replay(again) and told(again) == told(first), again
                other = keyed(client, "k", path, {**body, "more": 1})
                assert_problem(other, 422, "idempotency_key_reused")
                assert len(client.ok("GET", read)[found]) == 1


# ---- What one request is -----------------------------------------------------------------------

def test_another_body_is_refused_and_changes_nothing(http):
    project = str(uuid.uuid4())
    first = keyed(http, "k", "/api/messages", message("one", project=project))
    for other in (message("two", project=project), {**message("one", project=project), "x": None}):
        assert_problem(keyed(http, "k", "/api/messages", other), 422, "idempotency_key_reused")
    again = keyed(http, "k", "/api/messages", message("one", project=project))
    assert is_replay(again) and told(again) == told(first)
    assert [one["body"] for one in http.inbox("bob", project=project)] == ["one"]


def test_another_project_route_query_or_identity_is_another_request(http):
    project = str(uuid.uuid4())
    tokens = [http.register(name=name, project=project)["token"] for name in ("one", "two")]
    read = {"agent": "bob"}
    requests = [
        ("POST", "/api/messages", message("x", project=project), {}),
        ("POST", "/api/messages", message("x", project=project + "-other"), {}),
        ("POST", "/api/messages", message("x", "carol", project=project), {}),
        ("POST", "/api/messages", message("x", project=project), {"X-Agent-ID": "dave"}),
        ("POST", "/api/messages?x=1", message("x", project=project), {}),
        ("POST", "/api/reservations",
         {"agent_id": "alice", "path_pattern": "x", "project": project}, {}),
        ("POST", with_query("/api/messages/m/read", {"project": project}), read, {}),
        ("POST", with_query("/api/messages/m/ack", {"project": project}), read, {}),
        ("POST", with_query("/api/messages/n/ack", {"project": project}), read, {}),
        ("POST", with_query("/api/messages/m/ack", {"project": project + "-other"}), read, {}),
        *(("POST", with_query("/api/messages/m/ack", {"project": project}), {},
           {"X-Agent-Token": token}) for token in tokens),
    ]
    firsts = [keyed(http, "same", path, body, method, **headers)
              for method, path, body, headers in requests]
    for reply in firsts:
        assert reply.status in (200, 201) and not is_replay(reply), reply
    for first, (method, path, body, headers) in zip(firsts, requests):
        again = keyed(http, "same", path, body, method, **headers)
        assert is_replay(again) and told(again) == told(first), again
    assert len(http.inbox("bob", project=project)) == 4


@pytest.mark.parametrize("key", ["k", "k" * 255, "with blanks, \"quotes\" and %00", "~", "0"],
                         ids=lambda key: key[:10])
def test_a_key_of_1_to_255_bytes_is_taken(http, key):
    body = message("x", project=str(uuid.uuid4()))
    first, again = (keyed(http, key, "/api/messages", body) for _ in range(2))
    assert first.status == 200 and not is_replay(first), first
    assert is_replay(again) and told(again) == told(first), again


def test_keys_that_differ_in_the_last_of_255_bytes_are_different(http):
    body = message("x", project=str(uuid.uuid4()))
    cursors = [keyed(http, "k" * 254 + last, "/api/messages", body).json["cursor"]
               for last in "ab"]
    assert cursors[0] < cursors[1]


@pytest.mark.parametrize("key", ["", "   ", "k" * 256, "k" * 5000], ids=lambda key: str(len(key)))
def test_a_key_of_another_length_is_refused(http, key):
    project = str(uuid.uuid4())
    for path, body in (("/api/messages", message("x", project=project)),
                       ("/api/reservations",
                        {"agent_id": "a", "path_pattern": "x", "project": project}),
                       ("/api/agents", {"project": project})):
        assert_problem(keyed(http, key, path, body), 400, "invalid_idempotency_key")
    assert http.inbox("bob", project=project) == []
    assert http.ok("GET", f"/api/reservations?project={project}")["reservations"] == []
    assert http.ok("GET", f"/api/agents?project={project}")["agents"] == []


def test_a_refusal_is_not_kept(http):
    project = str(uuid.uuid4())
    wanted = {"agent_id": "b", "path_pattern": "x", "project": project, "exclusive": True}
    hold = http.call("POST", "/api/reservations", {**wanted, "agent_id": "a"}).json["id"]
    for _ in range(2):
        refused = keyed(http, "k", "/api/reservations", wanted)
        assert_problem(refused, 409, "reservation_conflict")
        assert not is_replay(refused)
    released = http.call("DELETE", f"/api/reservations/{hold}", headers={"X-Agent-ID": "a"})
    assert released.status == 200
    taken, again = (keyed(http, "k", "/api/reservations", wanted) for _ in range(2))
    assert taken.status == 201 and not is_replay(taken), taken
    assert is_replay(again) and told(again) == told(taken), again


def test_after_a_refusal_the_key_is_free_for_another_body(http):
    project = str(uuid.uuid4())
    refused = keyed(http, "k", "/api/messages", message("x", project=project, to=[]))
    assert_problem(refused, 400)
    sent = keyed(http, "k", "/api/messages", message("x", project=project))
    assert sent.status == 200 and not is_replay(sent)


def test_many_at_once_with_one_key_are_one_request(server, http):
    project = str(uuid.uuid4())
    gate = threading.Barrier(THREADS)

    def send():
        with server.client() as client:
            gate.wait(PATIENCE)
            return keyed(client, "k", "/api/messages", message("x", project=project))

    with ThreadPoolExecutor(THREADS) as pool:
        replies = [one.result() for one in [pool.submit(send) for _ in range(THREADS)]]
    done = [reply for reply in replies if reply.status == 200]
    assert len({told(reply) for reply in done}) == 1
    assert [is_replay(reply) for reply in done].count(False) == 1
    for reply in replies:
        if reply.status != 200:
            assert_problem(reply, 409, "idempotency_in_progress")
            assert int(reply.headers["retry-after"]) >= 1
    assert len(http.inbox("bob", project=project)) == 1


# ---- What the file tells -----------------------------------------------------------------------

def files_of(server):
    """The bytes of the database file and of what lies beside it."""
    return b"\0".join(one.read_bytes()
                      for one in sorted(server.directory.glob(server.database.name + "*")))


def test_the_token_of_a_registration_is_not_in_the_file(make_server):
    server = make_server()
    name = f"name-{uuid.uuid4()}"
    with server.client() as client:
        first = keyed(client, "secret-key", "/api/agents", {"name": name, "project": PROJECT})
        assert first.status == 200
    token = first.json["token"]
    for end in ("kill", "stop"):
        getattr(server, end)()
        held = files_of(server)
        assert name.encode() in held, "these are the files"
        for hidden in (token, "secret-key"):
            assert hidden.encode() not in held
            assert hidden.encode("utf-16-le") not in held
        assert token.encode().hex().encode() not in held
        server.restart()
    with server.client() as client:
        again = keyed(client, "secret-key", "/api/agents", {"name": name, "project": PROJECT})
    assert is_replay(again) and again.json["token"] == token
