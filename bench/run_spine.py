#!/usr/bin/env python3
"""Measures what the spine must reach and writes bench/results/<date>-spine.md.

    python3 bench/run_spine.py --bin build/release/bin/intermute

Every figure that is compared comes from the same run, with the sides in turn. The load program is
`intermute-bench` beside the server. Exits 1 when a target is missed; the file is written anyway.
"""

import argparse
import datetime
import json
import os
import shlex
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time

from server_under_test import Server, describe_machine

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


class Report:
    """Collects the Markdown of the sections and whether each target was met."""

    def __init__(self):
        self.sections = []
        self.targets = []

    def section(self, title):
        print(f"== {title}", file=sys.stderr, flush=True)
        self.sections.append(f"\n## {title}\n")

    def text(self, text):
        self.sections.append(text + "\n")

    def table(self, header, rows):
        lines = ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
        lines += ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows]
        self.sections.append("\n".join(lines) + "\n")

    def target(self, what, measured, wanted, met):
        self.targets.append((what, measured, wanted, "yes" if met else "**no**"))

    def all_met(self):
        return all(row[3] == "yes" for row in self.targets)


def spread(values, digits=0):
    """Returns the cells min, median and max."""
    return [f"{x:,.{digits}f}" for x in (min(values), statistics.median(values), max(values))]


class Load:
    """Runs intermute-bench and keeps its answers as dictionaries."""

    def __init__(self, program, seconds):
        self.program = program
        self.seconds = seconds

    def run(self, server, workload, *arguments, by_time=True, may_fail=False):
        command = [self.program, "run", workload, "--url", server.url, "--pid", str(server.pid),
                   "--json", "-"]
        command += ["--seconds", str(self.seconds), "--warmup", "1"] if by_time else []
        command += arguments
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if not done.stdout or (done.returncode != 0 and not may_fail):
            raise RuntimeError(f"intermute-bench {workload}: {done.stdout}{done.stderr}")
        return json.loads(done.stdout)["runs"][0]


def as_text(counts):
    return ", ".join(f"{key}: {number:,}" for key, number in sorted(counts.items()))


def series(result, operation="send", outcome="ok"):
    for one in result["series"]:
        if (one["operation"], one["outcome"]) == (operation, outcome):
            return one
    return {"count": 0, "rate": 0.0, "latency_us": {"p50": 0, "p99": 0, "max": 0}}


def alternate(options, load, sides, *arguments):
    """Runs each side (name to settings) once per round, every time on a new server and file."""
    results = {name: [] for name in sides}
    for turn in range(options.rounds):
        order = list(sides) if turn % 2 == 0 else list(reversed(sides))
        for name in order:
            with Server(options.bin, options.work_folder, sides[name]) as server:
                results[name].append(series(load.run(server, "send", *arguments)))
    return results


def rates(results):
    return [one["rate"] for one in results]


def p99_ms(results):
    return [one["latency_us"]["p99"] / 1000 for one in results]


def rate_table(report, results):
    rows = []
    for name, rounds in results.items():
        rows.append([name, *spread(rates(rounds)), *spread(p99_ms(rounds), 2)])
    report.table(["side", "rate min", "median", "max", "p99 min, ms", "median", "max"], rows)


def measure_group_commit(options, load, report):
    report.section("1. Durable send: group commit against one commit per message")
    report.text("64 connections, 300-byte bodies, `synchronous=FULL`; messages per second.")
    sides = {"default": [], "`writer.batch_max=1`": ["writer.batch_max=1"]}
    results = alternate(options, load, sides, "--connections", "64", "--body-bytes", "300")
    rate_table(report, results)
    grouped, single = results.values()
    ratio = statistics.median(rates(grouped)) / max(1e-9, statistics.median(rates(single)))
    p99 = statistics.median(p99_ms(grouped))
    report.text(f"Ratio of the medians: **{ratio:.1f}**.")
    report.target("group commit / one commit per message", f"{ratio:.1f}", "≥ 4", ratio >= 4)
    report.target("p99 of durable send, 64 connections", f"{p99:.1f} ms", "≤ 40 ms", p99 <= 40)


def commit_latency_ms(work_folder, seconds=1.0):
    """Returns the median of one-row commits through SQLite itself: WAL, FULL, 300-byte rows."""
    with tempfile.TemporaryDirectory(prefix="bench-", dir=work_folder) as folder:
        db = sqlite3.connect(os.path.join(folder, "commit.db"), isolation_level=None)
        db.execute("PRAGMA journal_mode=WAL")
        db.execute("PRAGMA synchronous=FULL")
        db.execute("CREATE TABLE message(id INTEGER PRIMARY KEY, body TEXT)")
        samples = []
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            begin = time.perf_counter()
            db.execute("INSERT INTO message(body) VALUES (?)", ("x" * 300,))
            samples.append((time.perf_counter() - begin) * 1000)
        db.close()
    return statistics.median(samples)


def measure_durability_cost(options, load, report):
    report.section("2. What durability costs (promise D10)")
    report.text("64 connections, 300-byte bodies; messages per second.")
    sides = {"`storage.synchronous=full`": ["storage.synchronous=full"],
             "`storage.synchronous=normal`": ["storage.synchronous=normal"]}
    results = alternate(options, load, sides, "--connections", "64", "--body-bytes", "300")
    rate_table(report, results)
    full, normal = results.values()
    ratio = statistics.median(rates(full)) / max(1e-9, statistics.median(rates(normal)))
    report.text(f"Ratio of the medians: **{ratio:.2f}**.")
    report.target("rate with FULL / with NORMAL", f"{ratio:.2f}", "≥ 0.6", ratio >= 0.6)

    report.text("A single sender, FULL, beside one commit of one row through SQLite alone:")
    sends, commits = [], []
    for _ in range(options.rounds):
        commits.append(commit_latency_ms(options.work_folder))
        with Server(options.bin, options.work_folder, ["storage.synchronous=full"]) as server:
            one = series(load.run(server, "send", "--connections", "1"))
            sends.append(one["latency_us"]["p50"] / 1000)
    report.table(["median latency of a round, ms", "min", "median", "max"],
                 [["one send", *spread(sends, 3)], ["one commit", *spread(commits, 3)]])
    extra = statistics.median(sends) - statistics.median(commits)
    report.target("latency of a single sender beyond one commit", f"{extra:.2f} ms", "≤ 2 ms",
                  extra <= 2)


def measure_starts(options, load, report):
    with tempfile.TemporaryDirectory(prefix="bench-", dir=options.work_folder) as folder:
        filled = os.path.join(folder, "filled.db")
        with Server(options.bin, folder, db=filled) as server:
            result = load.run(server, "send", "--count", str(options.messages), by_time=False)
            stored = series(result)["count"]
        empty_ms, filled_ms = [], []
        for _ in range(options.rounds):
            with Server(options.bin, folder) as server:
                empty_ms.append(server.start_ms)
            with Server(options.bin, folder, db=filled) as server:
                filled_ms.append(server.start_ms)
    report.table(["start to ready, ms", "min", "median", "max"],
                 [["empty file", *spread(empty_ms, 1)],
                  [f"{stored:,} messages", *spread(filled_ms, 1)]])
    for what, values, limit in (("empty file", empty_ms, 100),
                                (f"{stored:,} messages", filled_ms, 500)):
        median = statistics.median(values)
        report.target(f"start to ready, {what}", f"{median:.0f} ms", f"≤ {limit} ms",
                      median <= limit)


def measure_idle(options, load, report):
    report.section("3. Idle")
    with Server(options.bin, options.work_folder) as server:
        time.sleep(2)
        begin, cpu = time.monotonic(), server.cpu_seconds()
        time.sleep(options.idle_seconds)
        share = (server.cpu_seconds() - cpu) / (time.monotonic() - begin) * 100
        rss = server.rss_mib()
    report.table(["", "measured"], [["RSS, MiB", f"{rss:.1f}"],
                                    [f"CPU over {options.idle_seconds:g} s, %", f"{share:.3f}"]])
    report.target("RSS when idle", f"{rss:.1f} MiB", "≤ 20 MB", rss * 1.048576 <= 20)
    report.target("CPU when idle", f"{share:.3f} %", "< 0.1 %", share < 0.1)
    measure_starts(options, load, report)


def measure_saturation(options, load, report):
    report.section("4. Saturation: a project mailbox of 64 places under 256 connections")
    rows, refused, broken, rss_max = [], {}, {}, []
    with Server(options.bin, options.work_folder, ["mailboxes.project.capacity=64"]) as server:
        for burst in range(3):
            result = load.run(server, "send", "--connections", "256", may_fail=True)
            accepted, refusal = series(result), series(result, outcome="refused")
            rss_max.append(result["server"]["rss_max_kib"] / 1024)
            rows.append([burst + 1, f"{accepted['rate']:,.0f}", f"{refusal['rate']:,.0f}",
                         f"{accepted['latency_us']['p99'] / 1000:.1f}",
                         f"{refusal['latency_us']['p99'] / 1000:.1f}", f"{rss_max[-1]:.1f}",
                         f"{result['verified']['accepted']:,}", as_text(result["status"])])
            for totals, counts in ((refused, result["refusals"]), (broken, result["violations"])):
                for key, number in counts.items():
                    totals[key] = totals.get(key, 0) + number
            for status in set(result["status"]) - {"200", "429", "503"}:
                broken["status " + status] = result["status"][status]
        after = load.run(server, "send", "--connections", "1", "--count", "1", by_time=False,
                         may_fail=True)
    report.table(["burst", "accepted/s", "refused/s", "accepted p99 ms", "refused p99 ms",
                  "RSS max MiB", "accepted and read back", "status"], rows)
    report.text("Refusals by status and mailbox:")
    report.table(["refusal", "count"], [[key, f"{n:,}"] for key, n in sorted(refused.items())])
    total = sum(refused.values())
    report.target("bursts are refused at all", f"{total:,} refusals", "> 0", total > 0)
    report.target("refusals are 429 or 503 with Retry-After and mailbox; nothing accepted is "
                  "missing, doubled or out of order", as_text(broken) or "none", "none", not broken)
    report.target("RSS under saturation", f"{max(rss_max):.0f} MiB",
                  f"≤ {options.rss_mib_max} MiB", max(rss_max) <= options.rss_mib_max)
    report.target("first send after the burst", as_text(after["status"]), "200: 1",
                  after["status"] == {"200": 1})


def reproduce_command(options):
    """Returns the command line with the program named from the root of the repository."""
    program = os.path.relpath(options.bin, ROOT)
    program = os.path.basename(program) if program.startswith("..") else program
    command = ["python3", "bench/run_spine.py", "--bin", program]
    for name, default in (("rounds", 5), ("seconds", 5.0), ("messages", 100_000)):
        if getattr(options, name) != default:
            command += [f"--{name}", str(getattr(options, name))]
    return shlex.join(command)


def write_result(options, report, machine):
    date = datetime.date.today().isoformat()
    table = Report()
    table.table(["target", "measured", "wanted", "met"], report.targets)
    lines = [f"# Spine: what one server does, {date}\n",
             "Ratios come from one run; medians of rounds whose sides alternate, each on a new "
             "server and file.\n", "```", reproduce_command(options), "```\n", *table.sections]
    lines += ["## Machine\n"] + [f"- {what}: {value}" for what, value in machine]
    path = options.out or os.path.join(ROOT, "bench", "results", f"{date}-spine.md")
    os.makedirs(os.path.dirname(os.path.abspath(path)), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n" + "\n".join(report.sections))
    return path


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bin", required=True, help="the server program")
    parser.add_argument("--load", help="the load program; default: intermute-bench beside it")
    parser.add_argument("--work-folder", help="where databases go; default: build/")
    parser.add_argument("--out", help="result file; default: bench/results/<date>-spine.md")
    parser.add_argument("--only", default="1234", help="sections to run, as digits")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=5.0, help="measured seconds per run")
    parser.add_argument("--messages", type=int, default=100_000, help="in the filled file")
    parser.add_argument("--idle-seconds", type=float, default=10.0)
    parser.add_argument("--rss-mib-max", type=int, default=256, help="bound under saturation")
    options = parser.parse_args()
    options.bin = os.path.abspath(options.bin)
    options.load = options.load or os.path.join(os.path.dirname(options.bin), "intermute-bench")
    options.work_folder = os.path.abspath(options.work_folder or os.path.join(ROOT, "build"))
    os.makedirs(options.work_folder, exist_ok=True)
    return options


def main():
    options = parse_options()
    load = Load(options.load, options.seconds)
    report = Report()
    machine = describe_machine(options.work_folder, options.bin)
    sections = {"1": measure_group_commit, "2": measure_durability_cost, "3": measure_idle,
                "4": measure_saturation}
    for digit in options.only:
        sections[digit](options, load, report)
    print(write_result(options, report, machine))
    return 0 if report.all_met() else 1


if __name__ == "__main__":
    sys.exit(main())
