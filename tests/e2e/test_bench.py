"""`intermute-bench` against a server: every workload is measured and read back, and what a server
does wrong is noticed."""

import http.server
import json
import os
import pathlib
import re
import subprocess
import threading

import pytest
from support import BINARY, PATIENCE, Server

BENCH = pathlib.Path(BINARY).with_name("intermute-bench")


def bench(*args, seconds=PATIENCE * 4):
    return subprocess.run([BENCH, *map(str, args)], capture_output=True, text=True,
                          timeout=seconds, check=False)


def run(server, workload, *args):
    """One run by count; its result."""
    done = bench("run", workload, "--url", server.base, "--pid", server.pid, "--json", "-", *args)
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout)["runs"][0]


@pytest.fixture(scope="module")
def server():
    one = Server().start()
    yield one
    one.close()


@pytest.mark.parametrize("workload, operations", [
    ("health", {"health"}), ("send", {"send"}), ("inbox", {"inbox"}), ("poll", {"poll"}),
    ("mixed", {"health", "send", "inbox", "poll"}), ("heartbeat", {"heartbeat"}),
    ("reserve", {"reserve", "release"}), ("check", {"check"}),
    ("fleet", {"send", "poll", "heartbeat", "reserve", "release", "ack", "register"})])
def test_every_workload_is_answered_and_read_back(server, workload, operations):
    count = 2000 if workload == "fleet" else 200
    result = run(server, workload, "--connections", 8, "--count", count, "--limit", 20)
    assert result["requests"] == count
    assert {one["operation"] for one in result["series"]} == operations
    assert not result["violations"] and not result["connection_errors"]
    assert set(result["status"]) <= {"200", "201", "409"}
    sent = sum(one["count"] for one in result["series"] if one["operation"] == "send")
    assert result["verified"]["accepted"] == sent == result["verified"]["entries_seen"]
    assert result["server"]["rss_after_kib"] > 1000


def test_an_open_loop_asks_at_its_rate(server):
    result = run(server, "send", "--connections", 4, "--rate", 200, "--count", 100, "--arrivals",
                 "even")
    assert result["requests"] == 100 and result["rate_asked"] == 200
    # A hundred requests, one every 5 ms: it cannot be through earlier.
    assert result["seconds"] >= 0.49


@pytest.mark.parametrize("more, deliveries", [([], 150 * 50), (["--singles"], 50)])
def test_every_socket_hears_what_it_may(server, more, deliveries):
    # More sockets than the server pushes to in one turn.
    result = run(server, "ws-fanout", "--sockets", 150, "--stuck", 2, *more, "--connections", 2,
                 "--count", 50)
    assert result["pushes"]["deliveries"] == deliveries
    assert result["verified"]["accepted"] == 50


def test_holds_are_found_by_check_and_reserve(server):
    result = run(server, "check", "--connections", 4, "--count", 200, "--holds", 50)
    assert result["status"] == {"200": 200}
    with server.client() as client:
        listed = client.get("/api/reservations?project=load-000").json["reservations"]
    assert len([one for one in listed if one["path_pattern"].startswith("vendor/")]) == 50


def test_refusals_are_counted_by_status_and_code(make_server):
    small = make_server("--set", "mailboxes.project.capacity=1")
    result = run(small, "send", "--connections", 64, "--count", 2000)
    assert result["codes"].keys() <= {"mailbox_full"}
    assert sum(result["status"].values()) == 2000
    assert result["verified"]["accepted"] == result["status"]["200"]


def test_a_table_is_for_people_and_files_for_machines(server, tmp_path):
    result, percentiles = tmp_path / "a.json", tmp_path / "a.hgrm"
    done = bench("run", "send", "--url", server.base, "--count", 100, "--connections", 2,
                 "--rounds", 2, "--json", result, "--percentiles", percentiles)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("p99 ms") == 2 and "verified" in done.stdout
    assert [one["round"] for one in json.loads(result.read_text())["runs"]] == [1, 2]
    assert percentiles.read_text().lstrip().startswith("Value")
    compared = bench("compare", result, result)
    assert compared.returncode == 0
    row = next(line for line in compared.stdout.splitlines() if "send ok rate" in line)
    assert " 1.000 " in row and "within the spread" in row


def test_compare_tells_ratio_and_spread(tmp_path):
    def write(name, rates):
        series = [[{"operation": "send", "outcome": "ok", "rate": rate,
                    "latency_us": {"p50": 10, "p99": 20}}] for rate in rates]
        path = tmp_path / name
        path.write_text(json.dumps({"runs": [{"name": "x", "series": one} for one in series]}))
        return path

    done = bench("compare", write("a", [90, 100, 110]), write("b", [190, 200, 210]))
    row = next(line for line in done.stdout.splitlines() if "rate" in line)
    assert re.split(r" {2,}", row.strip()) == ["x send ok rate", "100.0", "200.0", "2.000",
                                               "20.0%"]
    for text in ("", "[]", '{"runs": [{}]}', '{"runs": 3}', '{"runs": [3]}',
                 '{"runs": [], "tables": [7]}'):
        (tmp_path / "bad").write_text(text)
        done = bench("compare", tmp_path / "bad", tmp_path / "bad")
        assert done.returncode == 2 and "bad" in done.stderr, (text, done.stderr)
    assert bench("compare", tmp_path / "none", tmp_path / "none").returncode == 2


def test_a_scenario_is_run_in_turn(server, tmp_path):
    (tmp_path / "s.yaml").write_text("defaults: {connections: 2, count: 50}\n"
                                     "runs:\n"
                                     "  - {workload: send, name: first}\n"
                                     "  - {workload: poll}\n")
    done = bench("scenario", tmp_path / "s.yaml", "--url", server.base, "--json", "-")
    assert done.returncode == 0, done.stderr
    assert [one["name"] for one in json.loads(done.stdout)["runs"]] == ["first", "poll"]


def test_curve_and_search_draw_latency_by_rate(server, tmp_path):
    result = tmp_path / "r.json"
    common = ["--url", server.base, "--connections", 4, "--seconds", "0.2", "--warmup", "0",
              "--json", result]
    done = bench("curve", "poll", "--rates", "100,200", *common)
    assert done.returncode == 0, done.stdout + done.stderr
    figure = json.loads(result.read_text())["figures"][0]
    assert [point[0] for point in figure["series"][1]["points"]] == [100, 200]
    done = bench("search", "poll", "--steps", 2, "--p99-ms", 60000, *common)
    assert done.returncode == 0 and "highest" in done.stdout, done.stdout + done.stderr


def test_mistakes_are_told(server):
    for arguments in (["run"], ["run", "dance"], ["run", "send", "--url", "ftp://x"],
                      ["run", "send", "--fanout", 65], ["run", "send", "--connections", 0],
                      ["run", "health", "--pid", 99999999, "--url", server.base],
                      ["run", "send", "--count", 1, "--seconds", 3], ["scenario", "none.yaml"],
                      ["run", "health", "--url", "http://127.0.0.1:1"],
                      ["micro", "nothing"], ["yardstick", "nothing"]):
        done = bench(*arguments)
        assert done.returncode == 2, (arguments, done)
        assert len(done.stderr.strip()) > 10, arguments


class Liar(http.server.BaseHTTPRequestHandler):
    """A server that acknowledges every message and keeps none."""

    protocol_version = "HTTP/1.1"
    cursor = 0

    def answer(self, body):
        data = json.dumps(body).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        Liar.cursor += 1
        self.answer({"message_id": "m", "cursor": Liar.cursor})

    def do_GET(self):
        self.answer({"messages": [], "cursor": 0})

    def log_message(self, *unused):
        pass


def test_a_server_that_loses_messages_is_caught():
    liar = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Liar)
    thread = threading.Thread(target=liar.serve_forever)
    thread.start()
    try:
        done = bench("run", "send", "--url", f"http://127.0.0.1:{liar.server_port}",
                     "--connections", 2, "--count", 10, "--recipients", 2, "--json", "-")
    finally:
        liar.shutdown()
        thread.join()
        liar.server_close()
    assert done.returncode == 1, done.stderr
    assert json.loads(done.stdout)["runs"][0]["violations"] == {"missing": 10}


def test_the_guard_compares_with_bounds(tmp_path):
    bounds = tmp_path / "floors.yaml"
    bounds.write_text("poll: 0.000001\n")
    arguments = ["guard", bounds, "--only", "poll", "--rounds", 1, "--seconds", "0.2",
                 "--server", BINARY, "--work-folder", tmp_path]
    done = bench(*arguments)
    assert done.returncode == 0 and " met " in done.stdout, done.stdout + done.stderr
    bounds.write_text("poll: 1000000\n")
    done = bench(*arguments)
    assert done.returncode == 1 and "MISSED" in done.stdout, done.stdout + done.stderr
    for text in ("inbox_20: 1\n", "poll: -1\n", "poll: many\n", "[1]"):
        bounds.write_text(text)
        assert bench(*arguments).returncode == 2, text
    assert not [one for one in os.listdir(tmp_path) if one.startswith("bench-")]


def test_a_sweep_tries_every_value(tmp_path):
    done = bench("sweep", "scheduler", "--rounds", 1, "--seconds", "0.2", "--connections", 4,
                 "--server", BINARY, "--work-folder", tmp_path, "--json", tmp_path / "r.json")
    assert done.returncode == 0, done.stdout + done.stderr
    table = json.loads((tmp_path / "r.json").read_text())["tables"][0]
    assert [row["name"] for row in table["rows"]] == ["server.scheduler=asio",
                                                      "server.scheduler=stealing"]


def test_growth_is_measured_step_by_step(tmp_path):
    done = bench("growth", "--steps", 2, "--count", 100, "--connections", 4, "--server", BINARY,
                 "--work-folder", tmp_path, "--json", tmp_path / "r.json")
    assert done.returncode == 0, done.stdout + done.stderr
    points = json.loads((tmp_path / "r.json").read_text())["figures"][0]["series"][0]["points"]
    assert [point[0] for point in points] == [100, 200]
