"""The tour of the README: every command works, and prints what the README says it prints."""

import os
import re
import signal
import subprocess

import pytest
from support import BINARY, PATIENCE, ROOT, clean_environment

ADDRESS = re.compile(r"(127\.0\.0\.1|localhost):7338")
TOUR = re.compile(r"<!-- tour:start -->(.*?)<!-- tour:end -->", re.DOTALL)
FENCE = re.compile(r"^```(\w*)\n(.*?)^```[ \t]*$", re.DOTALL | re.MULTILINE)
PLACEHOLDER = re.compile(r"<[^<>\n]*>")
PROGRAM_FOLDER = "$PWD/build/release/bin"  # where the README, read in the root, has the program
STARTS_SERVER = re.compile(r"^\s*\./run\b.*$", re.MULTILINE)
MARK = "\x1e"  # the ASCII record separator, between the outputs of two blocks


def steps(text):
    """(commands, kind of output or none, output) of each sh block of the tour."""
    fences = FENCE.findall(TOUR.search(text).group(1))
    for index, (language, commands) in enumerate(fences):
        if language == "sh":
            following = fences[index + 1] if index + 1 < len(fences) else ("", "")
            expected = following if following[0] in ("json", "text") else (None, "")
            yield commands, *expected


def pattern(kind, expected):
    """Matches what is expected: `<...>` is anything; blanks count as one, in JSON as none."""
    blank = "" if kind == "json" else " "
    pieces = [re.escape(re.sub(r"\s+", blank, piece)) for piece in PLACEHOLDER.split(expected)]
    return re.compile(r"\s*" + ".*?".join(pieces) + r"\s*", re.DOTALL)


def matches(kind, expected, output, whole=True):
    output = re.sub(r"\s+", "" if kind == "json" else " ", output)
    wanted = pattern(kind, expected.strip())
    return bool(wanted.fullmatch(output) if whole else wanted.search(output))


def run_in_one_shell(blocks, directory):
    """The outputs of the blocks, run after another in one bash; stops at the first failure."""
    script = "set -eo pipefail\n" + "".join(f"{block}\nprintf '{MARK}'\n" for block in blocks)
    shell = subprocess.Popen(["bash", "-c", script], cwd=directory, text=True,
                             env=clean_environment(directory), stdin=subprocess.DEVNULL,
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                             start_new_session=True)
    try:
        output, errors = shell.communicate(timeout=2 * PATIENCE)
    finally:
        try:
            os.killpg(shell.pid, signal.SIGKILL)  # what the tour left in the background
        except ProcessLookupError:
            pass
        shell.wait()
    outputs = output.split(MARK)
    assert shell.returncode == 0, \
        f"this failed:\n{blocks[min(len(outputs), len(blocks)) - 1]}\n{outputs[-1]}\n{errors}"
    return outputs[:-1]


def test_the_tour_works_as_it_is_written(server):
    tour = list(steps((ROOT / "README.md").read_text()))
    assert tour, "no sh block between the markers"

    def here(text):
        text = text.replace(PROGRAM_FOLDER, os.path.dirname(BINARY))
        return ADDRESS.sub(f"127.0.0.1:{server.port}", text)

    blocks = [here(STARTS_SERVER.sub(":", commands)) for commands, _, _ in tour]
    outputs = run_in_one_shell(blocks, server.directory)
    assert len(outputs) == len(tour)
    for (commands, kind, expected), output in zip(tour, outputs):
        if kind is None:
            continue
        if not STARTS_SERVER.sub("", commands).strip():
            assert matches(kind, here(expected), server.stdout, whole=False), server.stdout
        else:
            assert matches(kind, here(expected), output), f"{commands}\n{output}\nnot\n{expected}"


@pytest.mark.parametrize("kind, expected, output, right", [
    ("json", '{"a": <n>,\n "b": "<id>"}\n', '{"a":17,"b":"x y"}\n', True),
    ("json", '{"a": <n>}\n', '{"b":17}\n', False),
    ("json", '{"a": 1}\n', '{"a":1,"b":2}\n', False),
    ("text", "ready on <url>  now\n", "\nready on http://x now\n", True),
    ("text", "ready", "not ready", False),
])
def test_the_comparison_itself(kind, expected, output, right):
    assert matches(kind, expected, output) == right
