"""Reservations as leases: who holds what is never in doubt, and each one ends once.

Promises L4 (one event per expiry), L5 (no two overlapping exclusive grants, no refusal without an
overlap) and the part of L6 that a restart shows. What overlaps is read from the table of
tests/data/glob-vectors.json, so the judge shares no code with the server.
A seed is printed; INTERMUTE_SEED replays it as far as threads and the kernel allow.
"""

import asyncio
import collections
import contextlib
import json
import os
import random
import sqlite3
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from sockets import receive, websocket
from support import NIGHTLY, PATIENCE, ROOT, assert_problem, wait_for, with_query

CLIENTS = 16
STEPS = 2_000 if NIGHTLY else 150       # of each client
STEPS_PER_WINDOW = 25                   # then the clients go on to other patterns
PAIRS_PER_WINDOW = 6
ROUNDS = 300 if NIGHTLY else 50
HELD_MAX = 3                            # by one client at a time, then it releases
MINUTE = 60 * 10**9                     # in the nanoseconds of the file
FOREVER = float("inf")


def seeded():
    seed = int(os.environ.get("INTERMUTE_SEED") or random.SystemRandom().randrange(1 << 32))
    print(f"INTERMUTE_SEED={seed}")
    return random.Random(seed)


def reserve(client, agent, pattern, project, exclusive=True, ttl=30):
    return client.post("/api/reservations", {
        "agent_id": agent, "path_pattern": pattern, "project": project, "exclusive": exclusive,
        "ttl_minutes": ttl})


def release(client, agent, reservation):
    return client.call("DELETE", f"/api/reservations/{reservation}", headers={"X-Agent-ID": agent})


def history(client, agent, project):
    """Everything that the agent ever held in the project, by id."""
    held = client.ok("GET", with_query("/api/reservations", {"agent": agent}))["reservations"]
    return {one["id"]: one for one in held if one["project"] == project}


def log_of(server, project):
    """Every event of the project so far, as somebody reads it who was never there."""
    witness = f"witness-{uuid.uuid4()}"
    with server.client() as client:
        last = client.send("clerk", [witness], project=project)["cursor"]

    async def read():
        events = []
        async with websocket(server, witness, project, since=0) as ws:
            while not events or events[-1]["cursor"] < last:  # Ends: the message to the witness.
                events += await receive(ws)
        return events[:-1]

    events = asyncio.run(read())
    cursors = [event["cursor"] for event in events]
    assert cursors == sorted(set(cursors)), "the log is out of order"
    return events


# ---- Who holds what ----------------------------------------------------------------------------

class Table:
    """What overlaps, and pairs of patterns to try it with."""

    def __init__(self):
        vectors = json.loads((ROOT / "tests/data/glob-vectors.json").read_text())
        self.known = {}
        for row in vectors["overlap"]:
            self.known[row["a"], row["b"]] = self.known[row["b"], row["a"]] = row["overlap"]
        # What matches some path overlaps with itself.
        for pattern in {pair[0] for pair, overlap in self.known.items() if overlap} | \
                {row["pattern"] for row in vectors["match"] if row["match"]}:
            self.known[pattern, pattern] = True
        rows = [row for row in vectors["overlap"] if row["a"] != row["b"]
                and {(row["a"], row["a"]), (row["b"], row["b"])} <= self.known.keys()]
        self.pairs = {overlap: [(row["a"], row["b"]) for row in rows if row["overlap"] == overlap]
                      for overlap in (False, True)}
        assert len(self.pairs[True]) > 100 and len(self.pairs[False]) > 10

    def draw(self, chance, count):
        """Pairs of which a third does not overlap, each with a project of its own."""
        apart = count // 3
        pairs = chance.sample(self.pairs[False], apart) \
            + chance.sample(self.pairs[True], count - apart)
        return [(str(uuid.uuid4()), pair) for pair in pairs]

    def conflict(self, one, other):
        """Whether the two cannot be alive at once."""
        return one.agent != other.agent and (one.exclusive or other.exclusive) \
            and self.known[one.pattern, other.pattern]


class Attempt:
    """One POST /api/reservations as its client saw it; times are of the clock of this process."""

    def __init__(self, agent, project, pattern, exclusive):
        self.agent = agent
        self.project = project
        self.pattern = pattern
        self.exclusive = exclusive
        self.asked = self.answered = None
        self.reply = None
        self.release_asked = self.released = FOREVER

    @property
    def id(self):
        return self.reply.json["id"]

    @property
    def granted(self):
        return self.reply.status == 201


class Worker(threading.Thread):
    """Takes and releases at random, in the windows of pairs that all workers go through."""

    def __init__(self, server, agent, windows, seed):
        super().__init__(daemon=True)
        self.client = server.client()
        self.agent = agent
        self.windows = windows
        self.chance = random.Random(seed)
        self.attempts = []
        self.held = []

    def run(self):
        with self.client:
            for step in range(STEPS):
                window = self.windows[step // STEPS_PER_WINDOW]
                if len(self.held) == HELD_MAX or (self.held and self.chance.random() < 0.4):
                    self.release_one()
                else:
                    self.take_one(*self.chance.choice(window))

    def take_one(self, project, pair):
        attempt = Attempt(self.agent, project, self.chance.choice(pair), self.chance.random() < 0.6)
        attempt.asked = time.monotonic()
        attempt.reply = reserve(self.client, self.agent, attempt.pattern, project,
                                attempt.exclusive)
        attempt.answered = time.monotonic()
        self.attempts.append(attempt)
        if attempt.granted:
            self.held.append(attempt)

    def release_one(self):
        attempt = self.held.pop(self.chance.randrange(len(self.held)))
        attempt.release_asked = time.monotonic()
        assert release(self.client, self.agent, attempt.id).status == 200
        attempt.released = time.monotonic()


def run_workers(server, windows, chance):
    """All attempts of all workers."""
    workers = [Worker(server, f"agent-{index}", windows, chance.random())
               for index in range(CLIENTS)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(PATIENCE * 10)
        assert not worker.is_alive()
        assert sum(one.released < FOREVER for one in worker.attempts) + len(worker.attempts) \
            == STEPS, "a worker ended early"
    return [attempt for worker in workers for attempt in worker.attempts]


def check_log(table, events, grants, rows):
    """Replays one project's log: what is alive at a grant does not conflict with it."""
    alive = {}
    created, released = [], []
    for event in events:
        reservation = event["reservation_id"]
        grant = grants[reservation]
        assert (event["agent_id"], event["path_pattern"]) == (grant.agent, grant.pattern)
        if event["type"] == "reservation.created":
            for other in alive.values():
                assert not table.conflict(grant, other), \
                    f"{grant.pattern!r} was granted beside {other.pattern!r}"
            assert event["created_at"] == rows[reservation]["created_at"]
            alive[reservation] = grant
            created.append(reservation)
        else:
            assert event["type"] == "reservation.released", event
            del alive[reservation]
            released.append(reservation)
    assert sorted(created) == sorted(grants), "each grant is in the log once"
    assert sorted(released) == sorted(one.id for one in grants.values() if one.released < FOREVER)


def check_history(grants, rows):
    """The lists of the agents tell of the same grants, and how they stand."""
    assert rows.keys() == grants.keys()
    for reservation, row in rows.items():
        grant = grants[reservation]
        assert (row["path_pattern"], row["exclusive"], row["agent_id"]) == \
            (grant.pattern, grant.exclusive, grant.agent)
        assert row["is_active"] == (grant.released == FOREVER)
        assert row.get("release_reason") == (None if row["is_active"] else "released")


def check_attempt(table, attempt, grants):
    """A grant had nobody in the way; a refusal names all that were, and nobody else."""
    held_throughout = {one.id for one in grants.values() if table.conflict(attempt, one)
                       and one.answered < attempt.asked and one.release_asked > attempt.answered}
    if attempt.granted:
        assert not held_throughout, "two that conflict were alive at once"
        return
    problem = assert_problem(attempt.reply, 409, "reservation_conflict")
    named = [one["reservation_id"] for one in problem["conflicts"]]
    assert named and len(named) == len(set(named))
    assert held_throughout <= set(named), "one that was in the way is not named"
    for conflict in problem["conflicts"]:
        other = grants[conflict["reservation_id"]]
        assert (conflict["agent_id"], conflict["pattern"]) == (other.agent, other.pattern)
        assert table.conflict(attempt, other), \
            f"{attempt.pattern!r} was refused because of {other.pattern!r}"
        assert other.asked <= attempt.answered and other.released >= attempt.asked, \
            "it was not alive at the time"


def test_no_two_that_conflict_are_held_at_once_and_no_refusal_is_without_cause(server, http):
    chance = seeded()
    table = Table()
    windows = [table.draw(chance, PAIRS_PER_WINDOW)
               for _ in range(-(-STEPS // STEPS_PER_WINDOW))]
    attempts = run_workers(server, windows, chance)
    by_project = collections.defaultdict(list)
    for attempt in attempts:
        by_project[attempt.project].append(attempt)
    refused = sum(not attempt.granted for attempt in attempts)
    print(f"{len(attempts)} attempts, {refused} refused, {len(by_project)} projects")
    assert refused > len(attempts) // 20 and len(attempts) - refused > len(attempts) // 20
    agents = sorted({attempt.agent for attempt in attempts})
    everything = [one for agent in agents for one in http.ok(
        "GET", with_query("/api/reservations", {"agent": agent}))["reservations"]]
    for project, tried in by_project.items():
        rows = {one["id"]: one for one in everything if one["project"] == project}
        grants = {attempt.id: attempt for attempt in tried if attempt.granted}
        check_history(grants, rows)
        check_log(table, log_of(server, project), grants, rows)
        for attempt in tried:
            check_attempt(table, attempt, grants)


def test_of_many_that_race_for_one_path_exactly_one_gets_it(server):
    project = str(uuid.uuid4())
    gate = threading.Barrier(CLIENTS)

    def race(client, index, number):
        gate.wait(PATIENCE)
        return f"agent-{index}", reserve(client, f"agent-{index}", f"file-{number}", project)

    with contextlib.ExitStack() as stack:
        pool = stack.enter_context(ThreadPoolExecutor(CLIENTS))
        clients = [stack.enter_context(server.client()) for _ in range(CLIENTS)]
        for number in range(ROUNDS):
            done = [pool.submit(race, client, index, number % 2)
                    for index, client in enumerate(clients)]
            replies = [one.result() for one in done]
            (winner, won), = [one for one in replies if one[1].status == 201]
            for agent, reply in replies:
                if agent != winner:
                    problem = assert_problem(reply, 409, "reservation_conflict")
                    assert [one["reservation_id"] for one in problem["conflicts"]] == \
                        [won.json["id"]]
                    assert [one["held_by"] for one in problem["conflicts"]] == [winner]
            assert release(clients[0], winner, won.json["id"]).status == 200


# ---- Restarts and expiry -----------------------------------------------------------------------

@pytest.mark.parametrize("end", ["stop", "kill"])
def test_a_restart_keeps_holds(make_server, end):
    server = make_server()
    with server.client() as client:
        mine = reserve(client, "a", "src/", "p").json
        shared = reserve(client, "a", "docs/", "p", exclusive=False).json
        gone = reserve(client, "a", "old/", "p").json["id"]
        assert release(client, "a", gone).status == 200
        before = client.get("/api/reservations?project=p")
    assert {one["id"] for one in before.json["reservations"]} == {mine["id"], shared["id"]}
    for _ in range(2):
        getattr(server, end)()
        server.restart()
        with server.client() as client:
            assert client.get("/api/reservations?project=p").json == before.json
            for pattern, holder in (("src/x.c", mine), ("docs/x.md", shared)):
                problem = assert_problem(reserve(client, "b", pattern, "p"), 409,
                                         "reservation_conflict")
                assert [one["reservation_id"] for one in problem["conflicts"]] == [holder["id"]]
            for pattern, exclusive in (("docs/x.md", False), ("old/x", True)):
                taken = reserve(client, "b", pattern, "p", exclusive)
                assert taken.status == 201
                assert release(client, "b", taken.json["id"]).status == 200
            assert_problem(release(client, "a", gone), 404, "reservation_not_found")
    with server.client() as client:
        assert release(client, "a", mine["id"]).status == 200
        assert reserve(client, "b", "src/x.c", "p").status == 201


def age(server, reservations, nanoseconds):
    """Moves the times of these reservations back, while no server has the file."""
    with contextlib.closing(sqlite3.connect(server.database)) as file, file:
        for reservation in reservations:
            changed = file.execute(
                "UPDATE reservations SET created_at = created_at - :by,"
                " expires_at = expires_at - :by"
                " WHERE cursor = (SELECT cursor FROM reservations WHERE id = :text OR id = :bytes)",
                {"by": nanoseconds, "text": reservation, "bytes": uuid.UUID(reservation).bytes})
            assert changed.rowcount == 1, reservation


def expired_in(server, project):
    """The ids of which an expiry was told, in the order of the log, repeats and all."""
    return [event["reservation_id"] for event in log_of(server, project)
            if event["type"] == "reservation.expired"]


def test_what_ran_out_while_the_server_was_away_ends_once(make_server):
    server = make_server()
    with server.client() as client:
        old = reserve(client, "a", "src/", "p", ttl=1).json
        kept = reserve(client, "a", "docs/", "p").json["id"]
    server.stop()
    age(server, [old["id"]], 2 * MINUTE)
    server.restart()
    for end in ("kill", "stop", None):
        wait_for(lambda: expired_in(server, "p"), "the event of the expiry")
        assert expired_in(server, "p") == [old["id"]]
        event, = [one for one in log_of(server, "p") if one["type"] == "reservation.expired"]
        assert (event["agent_id"], event["path_pattern"]) == ("a", "src/")
        with server.client() as client:
            row = history(client, "a", "p")[old["id"]]
            assert not row["is_active"] and row["release_reason"] == "expired"
            assert row["released_at"]
            assert_problem(release(client, "a", old["id"]), 404, "reservation_not_found")
            active = client.ok("GET", "/api/reservations?project=p")["reservations"]
            assert [one["id"] for one in active] == [kept]
            if end:
                getattr(server, end)()
                server.restart()
    with server.client() as client:
        assert reserve(client, "b", "src/x", "p").status == 201


def test_a_hold_that_is_almost_over_ends_while_the_server_runs(make_server):
    server = make_server()
    with server.client() as client:
        held = reserve(client, "a", "src/", "p", ttl=1).json["id"]
    server.stop()
    age(server, [held], MINUTE - 10**9)
    server.restart()

    async def watch():
        async with websocket(server, "witness", "p", since=0) as ws:
            return await receive(ws, 2)

    created, expired = asyncio.run(watch())
    assert (created["type"], expired["type"]) == ("reservation.created", "reservation.expired")
    assert created["reservation_id"] == expired["reservation_id"] == held
    with server.client() as client:
        assert reserve(client, "b", "src/x", "p").status == 201
    assert expired_in(server, "p") == [held]


def test_many_expiries_under_kills_and_new_holds_are_told_once_each(make_server):
    server = make_server()
    agents = [f"agent-{index}" for index in range(4)]
    patterns = [f"file-{index}" for index in range(200)]
    with server.client() as client:
        made = [reserve(client, agents[index % 4], pattern, "p", ttl=5).json["id"]
                for index, pattern in enumerate(patterns)]
    old = set(made[::2])
    server.stop()
    age(server, old, 6 * MINUTE)
    chance = seeded()
    for _ in range(5):  # Killed at some point of the sweep, mostly.
        server.launch().wait_ready()
        time.sleep(chance.uniform(0, 0.02))
        server.kill()
    server.restart()

    def take(index):
        with server.client() as client:
            return [reserve(client, f"late-{index}", pattern, "p").status
                    for pattern in patterns[index::4]]

    with ThreadPoolExecutor(4) as pool:
        taken = list(pool.map(take, range(4)))
    for index, statuses in enumerate(taken):
        assert statuses == [201 if one in old else 409 for one in made[index::4]]
    wait_for(lambda: set(expired_in(server, "p")) == old, "the events of all expiries")
    found = expired_in(server, "p")
    assert len(found) == len(old), "each once"
    server.kill()
    server.restart()
    assert expired_in(server, "p") == found
    with server.client() as client:
        rows = {}
        for agent in agents:
            rows |= history(client, agent, "p")
    assert {one: row.get("release_reason") for one, row in rows.items()} == \
        {one: "expired" if one in old else None for one in made}
