"""kill -9 under load: nothing acknowledged is lost or doubled, and nothing is there by halves.

Promises D1 (acknowledged = stored), D3 (all or nothing) and D4 (cursors grow, never come back).
A seed is printed; INTERMUTE_SEED replays it as far as threads and the kernel allow.
"""

import contextlib
import http.client
import os
import random
import sqlite3
import threading
import time

from support import NIGHTLY, PATIENCE

ROUNDS = 50 if NIGHTLY else 20
SENDERS = 8
AGENTS = [f"agent-{index}" for index in range(6)]
PROJECT = "kill"
GONE = (OSError, http.client.HTTPException)


class Sender(threading.Thread):
    """Sends messages with ids of its own until the server is gone; logs what was acknowledged."""

    def __init__(self, server, name, seed):
        super().__init__(daemon=True)
        self.client = server.client()
        self.label = name
        self.chance = random.Random(seed)
        self.acknowledged = []  # (id, cursor, recipients)
        self.unexpected = []

    def run(self):
        with contextlib.suppress(*GONE), self.client:
            for number in range(1_000_000):
                recipients = self.chance.sample(AGENTS, 3)
                message = {"id": f"{self.label}-{number}", "from": self.label, "project": PROJECT,
                           "to": recipients[:2], "cc": recipients[2:],
                           "body": f"body of {self.label}-{number}"}
                reply = self.client.call("POST", "/api/messages", message)
                if reply.status == 200:
                    self.acknowledged.append((message["id"], reply.json["cursor"], recipients))
                elif reply.status not in (429, 503):
                    self.unexpected.append(reply)


class Tail(threading.Thread):
    """Polls one inbox behind the senders, and marks the newest message read at each poll."""

    def __init__(self, server, since):
        super().__init__(daemon=True)
        self.client = server.client()
        self.since = since
        self.served = []  # cursors, in the order they came
        self.read = []    # ids whose read was acknowledged

    def run(self):
        with contextlib.suppress(*GONE), self.client:
            while True:
                reply = self.client.get(f"/api/inbox/{AGENTS[0]}", project=PROJECT,
                                        since_cursor=self.since, limit=1000)
                if reply.status != 200:
                    continue
                page = reply.json
                self.served += [message["cursor"] for message in page["messages"]]
                self.since = page["cursor"]
                for message in page["messages"][-1:]:
                    path = f"/api/messages/{message['id']}/read?project={PROJECT}"
                    if self.client.post(path, {"agent": AGENTS[0]}).status == 200:
                        self.read.append(message["id"])


def run_until_killed(server, label, since, chance):
    senders = [Sender(server, f"{label}-{index}", chance.random()) for index in range(SENDERS)]
    tail = Tail(server, since)
    for thread in (*senders, tail):
        thread.start()
    time.sleep(chance.uniform(0.05, 0.8))
    server.kill()
    for thread in (*senders, tail):
        thread.join(PATIENCE)
        assert not thread.is_alive()
    for sender in senders:
        assert not sender.unexpected, sender.unexpected[:3]
    return senders, tail


def entries_by_id(client, since):
    """What all inboxes hold after `since`: id -> {agent: message}; checks order and halves."""
    found = {}
    for agent in AGENTS:
        inbox = client.inbox(agent, project=PROJECT, since=since)
        cursors = [message["cursor"] for message in inbox]
        assert cursors == sorted(set(cursors)), f"the inbox of {agent} is out of order"
        for message in inbox:
            holders = found.setdefault(message["id"], {})
            assert agent not in holders, f"{message['id']} is twice in the inbox of {agent}"
            holders[agent] = message
    by_cursor = {}
    for message_id, holders in found.items():
        first = next(iter(holders.values()))
        assert set(holders) == {*first["to"], *first["cc"]}, f"{message_id} is there by halves"
        assert all(message == first for message in holders.values())
        assert first["body"] == f"body of {message_id}"
        other = by_cursor.setdefault(first["cursor"], message_id)
        assert other == message_id, f"{other} and {message_id} share a cursor"
    return found


def check_round(client, senders, tail, floor):
    """Compares what the server holds with what it said; the highest cursor it ever gave."""
    found = entries_by_id(client, floor)
    for sender in senders:
        cursors = [cursor for _, cursor, _ in sender.acknowledged]
        assert cursors == sorted(set(cursors)), "a later send got an earlier cursor"
        assert not cursors or cursors[0] > floor, "a cursor was used again after a restart"
        for message_id, cursor, recipients in sender.acknowledged:
            assert message_id in found, f"{message_id} was acknowledged and is lost"
            holders = found[message_id]
            assert set(holders) == set(recipients)
            assert holders[recipients[0]]["cursor"] == cursor
    inbox = sorted(holders[AGENTS[0]]["cursor"] for holders in found.values()
                   if AGENTS[0] in holders)
    last = tail.served[-1] if tail.served else floor
    assert tail.served == [cursor for cursor in inbox if cursor <= last], \
        "a cursor came to light below one already served, or went away"
    unread = {message["id"] for message in
              client.inbox(AGENTS[0], project=PROJECT, since=floor, unread="true")}
    assert not unread & set(tail.read), "a read that was acknowledged is lost"
    return max([floor, last, *(next(iter(holders.values()))["cursor"]
                               for holders in found.values())])


def test_kill_under_load_loses_doubles_and_halves_nothing(make_server):
    seed = int(os.environ.get("INTERMUTE_SEED") or random.SystemRandom().randrange(1 << 32))
    print(f"INTERMUTE_SEED={seed}")
    chance = random.Random(seed)
    server = make_server()
    floor = acknowledged = 0
    everything = set()
    for number in range(ROUNDS):
        senders, tail = run_until_killed(server, f"r{number}", floor, chance)
        server.restart()
        with server.client() as client:
            floor = check_round(client, senders, tail, floor)
            fresh = client.send("after", AGENTS[:2], project=PROJECT, cc=AGENTS[2:3],
                                id=f"after-{number}", body=f"body of after-{number}")
            assert fresh["cursor"] > floor, "a cursor was used again after a restart"
            floor = fresh["cursor"]
        everything |= {message_id for sender in senders for message_id, _, _ in sender.acknowledged}
        acknowledged += sum(len(sender.acknowledged) for sender in senders)
    print(f"{ROUNDS} rounds, {acknowledged} acknowledged sends")
    assert acknowledged >= ROUNDS * SENDERS
    with server.client() as client:
        assert everything <= entries_by_id(client, 0).keys()
    assert server.stop() == 0
    with contextlib.closing(sqlite3.connect(f"file:{server.database}?mode=ro", uri=True)) as file:
        assert file.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
