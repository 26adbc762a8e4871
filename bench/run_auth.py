#!/usr/bin/env python3
"""Measures what an API key and an agent's token cost and writes bench/results/<date>-auth.md.

    python3 bench/run_auth.py --bin build/release/bin/intermute

Agents poll one inbox over keep-alive connections; the load is made here, since it is the server's
CPU time per request that counts, not the rate. Exits 1 when the target is missed; the file is
written anyway.
"""

import argparse
import collections
import datetime
import http.client
import json
import os
import secrets
import select
import shlex
import socket
import statistics
import sys
import tempfile
import urllib.parse

from run_spine import ROOT, Report, spread
from server_under_test import Server, describe_machine

PROJECT = "p"
MESSAGES = 20
BODY_BYTES = 300
RATIO_MAX = 1.05
ANSWER_SECONDS_MAX = 30.0
STATUS_LINE = b"HTTP/1.1 200 OK\r\n"

LOCAL, UNREAD, PROVEN = "local", "local, headers nobody reads", "key and token"

Inbox = collections.namedtuple("Inbox", "agent token cursor")


class Poller:
    """Keep-alive connections that send requests with one and the same answer, and check it.

    Every side is sent on the same connections, since a poll costs more on one whose thread is not
    the inbox's.
    """

    def __init__(self, url, connections, depth):
        address = urllib.parse.urlsplit(url)
        self._host = address.netloc
        self._depth = depth
        self._poll = select.epoll()
        self._sockets, self._answers = {}, {}
        self._head_bytes, self.body = 0, None
        for _ in range(connections):
            one = socket.create_connection((address.hostname, address.port))
            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._sockets[one.fileno()] = one
            self._poll.register(one, select.EPOLLIN)

    def request(self, target, headers):
        lines = [f"GET {target} HTTP/1.1", f"Host: {self._host}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        return ("\r\n".join(lines) + "\r\n\r\n").encode()

    def learn(self, request):
        """Asks once and returns status and body; what `run` gets must be like it."""
        one = next(iter(self._sockets.values()))
        one.sendall(request)
        response = http.client.HTTPResponse(one)
        response.begin()
        self.body = response.read()
        lines = [f"{name}: {value}\r\n" for name, value in response.getheaders()]
        self._head_bytes = len(STATUS_LINE) + sum(map(len, lines)) + len("\r\n")
        return response.status, self.body

    def run(self, request, requests):
        """Sends `depth` requests at a time on each connection, `requests` of them in all."""
        burst = request * self._depth
        to_send = requests // self._depth
        unanswered = 0
        for one in self._sockets.values():
            if to_send > 0:
                to_send, unanswered = to_send - 1, unanswered + 1
                self._ask(one, burst)
        while unanswered > 0:
            ready = self._poll.poll(ANSWER_SECONDS_MAX)
            if not ready:
                raise RuntimeError("the server does not answer")
            for number, _ in ready:
                if not self._take(number):
                    continue
                if to_send > 0:
                    to_send -= 1
                    self._ask(self._sockets[number], burst)
                else:
                    unanswered -= 1

    def _ask(self, one, burst):
        self._answers[one.fileno()] = bytearray()
        one.sendall(burst)

    def _take(self, number):
        """Reads what is there; true once all answers of the connection are in."""
        data = self._sockets[number].recv(1 << 18)
        if not data:
            raise RuntimeError("the server closed a connection")
        got = self._answers[number]
        got += data
        length = self._head_bytes + len(self.body)
        if len(got) < length * self._depth:
            return False
        for at in range(0, length * self._depth, length):
            if not got.startswith(STATUS_LINE, at) or not got.startswith(self.body,
                                                                         at + self._head_bytes):
                raise RuntimeError(f"another answer: {bytes(got[at:at + length])}")
        if len(got) != length * self._depth:
            raise RuntimeError("the server answers more than was asked")
        return True

    def close(self):
        self._poll.close()
        for one in self._sockets.values():
            one.close()


def ask(url, method, path, body=None):
    """Returns the reply of one request of this machine."""
    address = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(address.hostname, address.port,
                                            timeout=ANSWER_SECONDS_MAX)
    connection.request(method, path, json.dumps(body) if body else None)
    response = connection.getresponse()
    text = response.read().decode()
    connection.close()
    if response.status != 200:
        raise RuntimeError(f"{method} {path}: {response.status} {text}")
    return json.loads(text)


def fill_inbox(url):
    agent = ask(url, "POST", "/api/agents", {"name": "reader", "project": PROJECT})
    for _ in range(MESSAGES):
        sent = ask(url, "POST", "/api/messages", {"project": PROJECT, "from": "writer",
                                                  "to": [agent["agent_id"]],
                                                  "body": "x" * BODY_BYTES})
    return Inbox(agent["agent_id"], agent["token"], sent["cursor"])


def polls_of(inbox):
    """Returns name -> target and number of messages it gets."""
    page = f"/api/inbox/{inbox.agent}?project={PROJECT}&limit={MESSAGES}"
    return {f"page of {MESSAGES}": (page, MESSAGES),
            "nothing new": (f"{page}&since_cursor={inbox.cursor}", 0)}


def sides_of(key, token):
    """Returns name -> headers. The unread ones are as long, so they show what parsing costs."""
    return {LOCAL: {},
            UNREAD: {"Y-Forwarded-For": "203.0.113.10", "Buthorization": f"Bearer {key}",
                     "Y-Agent-Token": token},
            PROVEN: {"X-Forwarded-For": "203.0.113.10", "Authorization": f"Bearer {key}",
                     "X-Agent-Token": token}}


def check_sides(poller, target, messages, sides):
    """All sides must get the same page, and the one with key and token not without them."""
    pages = {poller.learn(poller.request(target, headers)) for headers in sides.values()}
    status, body = pages.pop()
    if pages or status != 200 or len(json.loads(body)["messages"]) != messages:
        raise RuntimeError(f"not a page of {messages} for every side: {status} {body.decode()}")
    proven = sides[PROVEN]
    wrong = [{**proven, name: proven[name] + "x"} for name in ("Authorization", "X-Agent-Token")]
    for headers in (*wrong, {"X-Forwarded-For": proven["X-Forwarded-For"]}):
        status, _ = poller.learn(poller.request(target, headers))
        if status != 401:
            raise RuntimeError(f"{status} for a credential that is wrong or missing")


def measure_round(options, server, turn, target, messages, sides, depth):
    """Returns the CPU time per request of each side, in microseconds, on one server.

    The sides take turns in short blocks, so that what else the machine does meets them alike.
    """
    poller = Poller(server.url, options.connections, depth)
    check_sides(poller, target, messages, sides)
    requests = {name: poller.request(target, headers) for name, headers in sides.items()}
    poller.learn(requests[LOCAL])
    cpu = dict.fromkeys(sides, 0.0)
    blocks = max(1, options.requests // options.block)
    for block in range(-1, blocks):
        order = list(sides) if (turn + block) % 2 == 0 else list(reversed(sides))
        for name in order:
            begin = server.cpu_seconds()
            poller.run(requests[name], options.block)
            if block >= 0:  # the first is for warming up
                cpu[name] += server.cpu_seconds() - begin
    poller.close()
    asked = blocks * (options.block // depth * depth)
    return {name: seconds * 1e6 / asked for name, seconds in cpu.items()}


def measure(options, report):
    with tempfile.TemporaryDirectory(prefix="bench-", dir=options.work_folder) as folder:
        keys_file, key = os.path.join(folder, "keys.yaml"), secrets.token_urlsafe(32)
        with open(os.open(keys_file, os.O_WRONLY | os.O_CREAT, 0o600), "w",
                  encoding="ascii") as file:
            file.write(f"projects: {{{PROJECT}: {{keys: [\"{key}\"]}}}}\n")
        settings = [f"auth.keys_file={keys_file}"]
        db = os.path.join(folder, "bench.db")
        with Server(options.bin, folder, settings, db=db) as server:
            inbox = fill_inbox(server.url)
        sides = sides_of(key, inbox.token)
        results = collections.defaultdict(list)
        for turn in range(options.rounds):
            with Server(options.bin, folder, settings, db=db) as server:
                for poll, (target, messages) in polls_of(inbox).items():
                    for depth in options.depths:
                        results[poll, depth].append(measure_round(
                            options, server, turn, target, messages, sides, depth))
                        print(f"round {turn + 1}, {poll}, {depth} at a time: " + ", ".join(
                            f"{name} {us:.2f} us" for name, us in results[poll, depth][-1].items()),
                            file=sys.stderr, flush=True)
    report_results(options, report, results)


def report_results(options, report, results):
    report.section("Server CPU per poll")
    report.text(f"{options.connections} keep-alive connections, {options.requests:,} polls a side "
                f"and round, in turns of {options.block:,} on the same connections; an inbox of "
                f"{MESSAGES} messages with bodies of {BODY_BYTES} bytes. A local request has no "
                "header but `Host`; with key and token it has `X-Forwarded-For`, `Authorization` "
                "and `X-Agent-Token` too; headers nobody reads are as long but have other names.")
    report.text("\"At a time\" is how many polls a connection sends before it waits. 1 is what "
                "agents do, and what the target is about; with more the server does little but "
                "parse and answer, so every byte of a request shows. Microseconds of CPU; the "
                "ratio is that of each round to its local side.")
    rows = []
    for (poll, depth), rounds in results.items():
        for name in rounds[0]:
            cpu = [one[name] for one in rounds]
            ratios = [one[name] / one[LOCAL] for one in rounds]
            rows.append([poll, depth, name, *spread(cpu, 2), *spread(ratios, 3)])
        if depth == 1:
            ratio = statistics.median(one[PROVEN] / one[LOCAL] for one in rounds)
            report.target(f"CPU per poll with key and token / local, {poll}", f"{ratio:.3f}",
                          f"≤ {RATIO_MAX}", ratio <= RATIO_MAX)
    report.table(["poll", "at a time", "side", "CPU min, µs", "median", "max", "ratio min",
                  "median", "max"], rows)


def reproduce_command(options):
    """Returns the command line with the program named from the root of the repository."""
    program = os.path.relpath(options.bin, ROOT)
    program = "build/release/bin/intermute" if program.startswith("..") else program
    command = ["python3", "bench/run_auth.py", "--bin", program]
    for name, default in DEFAULTS.items():
        if getattr(options, name) != default:
            command.append(f"--{name}")
            value = getattr(options, name)
            command += [str(one) for one in (value if isinstance(value, list) else [value])]
    return shlex.join(command)


def write_result(options, report, machine):
    date = datetime.date.today().isoformat()
    table = Report()
    table.table(["target", "measured", "wanted", "met"], report.targets)
    lines = [f"# Auth: what a key and a token cost, {date}\n",
             "Medians of the ratios of rounds, each on a new server process and the same "
             "database.\n", "```", reproduce_command(options), "```\n", *table.sections]
    lines += ["## Machine\n"] + [f"- {what}: {value}" for what, value in machine]
    path = options.out or os.path.join(ROOT, "bench", "results", f"{date}-auth.md")
    os.makedirs(os.path.dirname(os.path.abspath(path)), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n" + "\n".join(report.sections))
    return path


DEFAULTS = {"rounds": 5, "requests": 24_000, "block": 480, "connections": 16, "depths": [1, 16]}


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bin", required=True, help="the program intermute")
    parser.add_argument("--work-folder", help="where the database goes; default: build/")
    parser.add_argument("--out", help="result file; default: bench/results/<date>-auth.md")
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--requests", type=int, help="per side, round and kind of poll")
    parser.add_argument("--block", type=int, help="requests of one side before the other's turn")
    parser.add_argument("--connections", type=int, help="all sides use the same")
    parser.add_argument("--depths", type=int, nargs="+", help="requests sent at a time, up to 16")
    parser.set_defaults(**DEFAULTS)
    options = parser.parse_args()
    options.bin = os.path.abspath(options.bin)
    options.work_folder = os.path.abspath(options.work_folder or os.path.join(ROOT, "build"))
    os.makedirs(options.work_folder, exist_ok=True)
    return options


def main():
    options = parse_options()
    report = Report()
    machine = describe_machine(options.work_folder, options.bin)
    measure(options, report)
    print(write_result(options, report, machine))
    return 0 if report.all_met() else 1


if __name__ == "__main__":
    sys.exit(main())
