"""The runner judges rightly: what should fit fits, and a case that is wrong fails."""

import pathlib
import re

import pytest
from cases import load, parse, references
from patterns import CaseError, Mismatch, fill, match
from runner import Failure, Run, check_reply, run_case, server_of
from support import Reply

FOLDER = pathlib.Path(__file__).resolve().parent
UUID = "0f8fad5b-d9cb-469f-a165-70867728950e"
TIME = "2026-11-22T13:40:49.05228893Z"

FITS = [
    # pattern, value
    (1, 1), ("a", "a"), (None, None), (True, True), ([], []), ({}, {}), (1.5, 1.5),
    ({"a": 1}, {"a": 1, "b": 2}), ({"<only>": None, "a": 1}, {"a": 1}),
    ({"a": "<absent>"}, {"b": 1}), ([1, "<n>"], [1, 2]), (["<any order>", 1, 2], [2, 1]),
    ("<n>", 5), ("<uuid>", UUID), ("<time>", TIME), ("<time>", "2026-11-22T13:40:49Z"),
    ("<seconds>", "2026-11-22T13:40:49Z"), ("<token>", "A" * 31 + "-"), ("<any>", None),
    ("<text>", "x"), ("<string>", ""), ("<bool>", False), ("<list>", [1]), ("<object>", {}),
    ("<is:<n>>", "<n>"), ("</a+/>", "aaa"), ("<set:GET,HEAD>", "HEAD, GET"), ("$known", 7),
    ("<above:known>", 8), ("a$known", "a7"), ("${known}a", "7a"), ("$$", "$"),
    ("$repeat(ab,2)", "abab"), ("<plus:start:90>", "2026-11-22T13:42:19.5Z"),
    ("<above:start>", "2026-11-22T13:40:49.51Z"), ({"x$known": 1}, {"x7": 1}),
    ({"<count>": 2, "<ascending>": "a"}, [{"a": 1}, {"a": 2}]), ({"<count>": "$known"}, [0] * 7),
    ({"<descending>": "a"}, [{"a": 2}, {"a": 1}]), ({"<distinct>": "a"}, [{"a": 2}, {"a": 1}]),
    ({"<each>": {"a": "<n>"}}, [{"a": 1, "b": 0}]), ({"<has>": {"a": 1}}, [{"a": 0}, {"a": 1}]),
]

MISFITS = [
    # pattern, value
    (1, 2), (1, "1"), ("1", 1), (1, True), (True, 1), (1, 1.0), (None, False), (None, ""),
    (None, []), ([], None), ([], {}), ({}, []), ("a", "A"), ("a", None), (1.5, "1.5"),
    ({"a": 1}, {}), ({"a": 1}, {"a": "1"}), ({"a": None}, {}), ({"a": {"b": 1}}, {"a": {}}),
    ({"<only>": None, "a": 1}, {"a": 1, "b": 2}), ({"a": "<absent>"}, {"a": None}),
    ([1], [1, 2]), ([1, 2], [1]), ([1, 2], [2, 1]), ([1], 1), (["<any order>", 1, 2], [1, 1]),
    (["<any order>", 1], [1, 1]), ("<n>", "5"), ("<n>", 5.0), ("<n>", True), ("<n>", None),
    ("<uuid>", UUID.upper()), ("<uuid>", UUID[:-1]), ("<time>", "2026-11-22T13:40:49.50Z"),
    ("<time>", "2026-11-22T13:40:49+00:00"), ("<seconds>", TIME), ("<token>", "A" * 31),
    ("<token>", "A" * 31 + "+"), ("<text>", " "), ("<text>", 5), ("<string>", None),
    ("<bool>", 0), ("<list>", {}), ("<object>", []), ("<is:<n>>", 5), ("</a+/>", "ab"),
    ("</a+/>", 5), ("<set:GET,HEAD>", "GET"), ("<set:GET>", "GET, HEAD"), ("$known", "7"),
    ("<above:known>", 7), ("<above:known>", "8"), ("<plus:start:90>", "2026-11-22T13:42:19Z"),
    ("<above:start>", "2026-11-22T13:40:49.5Z"), ({"<count>": 2}, [1]), ({"<count>": 0}, {}),
    ({"<ascending>": "a"}, [{"a": 2}, {"a": 1}]), ({"<ascending>": "a"}, [{"a": 1}, {"a": 1}]),
    ({"<descending>": "a"}, [{"a": 1}, {"a": 2}]), ({"<distinct>": "a"}, [{"a": 1}, {"a": 1}]),
    ({"<each>": {"a": 1}}, [{"a": 1}, {"a": 2}]), ({"<has>": {"a": 1}}, [{"a": 2}]),
]

NONSENSE = ["<nosuch>", "$unbound", "<above:unbound>", {"<count>": 1, "member": 2}]


def names():
    return {"known": 7, "start": "2026-11-22T13:40:49.5Z"}


@pytest.mark.parametrize("pattern, value", FITS, ids=str)
def test_a_pattern_fits(pattern, value):
    match(pattern, value, names())


@pytest.mark.parametrize("pattern, value", MISFITS, ids=str)
def test_a_pattern_does_not_fit(pattern, value):
    with pytest.raises(Mismatch):
        match(pattern, value, names())


@pytest.mark.parametrize("pattern", NONSENSE, ids=str)
def test_a_pattern_that_makes_no_sense_is_a_defect_of_the_case(pattern):
    with pytest.raises(CaseError):
        match(pattern, [1] if isinstance(pattern, dict) else 1, names())


def test_variables_are_bound_with_their_type_and_only_by_what_fits():
    bound = {}
    match({"a": "<n:cursor>", "b": ["<uuid:id>"]}, {"a": 5, "b": [UUID]}, bound)
    assert bound == {"cursor": 5, "id": UUID}
    match(["<any order>", {"k": 1, "v": "<n:one>"}, {"k": 2, "v": "<n:two>"}],
          [{"k": 2, "v": 20}, {"k": 1, "v": 10}], bound)
    assert (bound["one"], bound["two"]) == (10, 20)
    match("</key: (?P<key>.*)/>", "key: abc", bound)
    assert bound["key"] == "abc"
    assert fill({"x": "$cursor", "y": "/$id?c=$cursor"}, bound) == {"x": 5, "y": f"/{UUID}?c=5"}


BAD_FILES = {
    "no list": "name: x",
    "no contract": "- {name: x, steps: [{send: GET /health}]}",
    "no steps": "- {name: x, contract: '1'}",
    "unknown key of a case": "- {name: x, contract: '1', stepps: [], steps: [{send: GET /}]}",
    "unknown key of a step": "- {name: x, contract: '1', steps: [{send: GET /, boddy: 1}]}",
    "unknown key of expect":
        "- {name: x, contract: '1', steps: [{send: GET /, expect: {stat: 1}}]}",
    "unknown step": "- {name: x, contract: '1', steps: [{sent: GET /}]}",
    "two things at once": "- {name: x, contract: '1', steps: [{send: GET /, restart: stop}]}",
    "unknown key in a row":
        "- {name: x, contract: '1', steps: [{each: [{}], steps: [{sent: 1}]}]}",
    "unknown key of a server":
        "- {name: x, contract: '1', server: {sett: 1}, steps: [{send: GET /}]}",
    "a key twice": "- {name: x, name: y, contract: '1', steps: [{send: GET /}]}",
    "a name twice": "- &a {name: x, contract: '1', steps: [{send: GET /}]}\n- *a",
    "unknown key of what a file has":
        "- {name: x, contract: '1', steps: [{file: f, expect: {body: 1}}]}",
    "together without statuses":
        "- {name: x, contract: '1', steps: [{send: GET /, together: 2}]}",
    "no yaml": "- {",
}


@pytest.mark.parametrize("kind", BAD_FILES)
def test_a_file_that_is_wrong_is_refused(kind):
    with pytest.raises(CaseError):
        parse(BAD_FILES[kind])


def test_words_of_yaml_stay_texts():
    case, = parse("- {name: x, contract: 1.1, steps: [{send: GET /, body: [no, on, 1:30, "
                  "2026-11-22, 0x1f, true, 5, 1.5, null]}]}")
    assert case["steps"][0]["body"] == ["no", "on", "1:30", "2026-11-22", "0x1f", True, 5, 1.5,
                                        None]


PROBLEM = ('{"type":"t","title":"t","status":404,"detail":"d","instance":"/i","code":"agent_not_'
           'found","error":"agent_not_found","request_id":"r"}\n')


def problem_reply(status=404, body=PROBLEM, content_type="application/problem+json", **headers):
    given = {"content-type": content_type, **headers}
    return Reply(status, given.items(), body.encode())


WRONG_REFUSALS = {
    "status": problem_reply(403),
    "content type": problem_reply(content_type="application/json"),
    "code": problem_reply(body=PROBLEM.replace('"code":"agent', '"code":"message')),
    "error": problem_reply(body=PROBLEM.replace('"error":"agent', '"error":"message')),
    "empty detail": problem_reply(body=PROBLEM.replace('"d"', '""')),
    "no request id": problem_reply(body=PROBLEM.replace(',"request_id":"r"', "")),
    "status member": problem_reply(body=PROBLEM.replace("404", "400")),
    "no line feed": problem_reply(body=PROBLEM.strip()),
    "no body": problem_reply(body=""),
}


@pytest.mark.parametrize("kind", WRONG_REFUSALS)
def test_a_refusal_that_is_not_whole_is_found(kind):
    check_reply({"refused": "404 agent_not_found"}, problem_reply(), {}, "GET")
    with pytest.raises(Mismatch):
        check_reply({"refused": "404 agent_not_found"}, WRONG_REFUSALS[kind], {}, "GET")


@pytest.mark.parametrize("status, code, header", [
    (401, "unauthorized", {"www-authenticate": "Bearer"}),
    (405, "method_not_allowed", {"allow": "GET"}),
    (429, "rate_limited", {"retry-after": "7"}), (503, "storage_busy", {"retry-after": "1"}),
    (409, "idempotency_in_progress", {"retry-after": "1"})])
def test_a_refusal_needs_the_header_that_goes_with_it(status, code, header):
    body = PROBLEM.replace("404", str(status)).replace("agent_not_found", code)
    step = {"refused": f"{status} {code}"}
    check_reply(step, problem_reply(status, body, **header), {}, "GET")
    with pytest.raises(Mismatch):
        check_reply(step, problem_reply(status, body), {}, "GET")


RIGHT = """
- name: right
  contract: "16"
  steps:
    - send: GET /health
      expect: {headers: {Content-Type: application/json}, body: {status: ok}}
    - {send: GET /nope, refused: 404 route_not_found}
    - {send: POST /api/messages, body: {from: a, to: [b]}, expect: {body: {cursor: <n:c>}}}
    - {send: GET /api/inbox/b, expect: {body: {messages: [{cursor: $c}]}}}
    - {open: /ws/agents/b}
    - {send: POST /api/messages, body: {from: a, to: [b], id: m}, expect: {body: {cursor: <n:d>}}}
    - {frame: {agent: b, cursor: $d, message_id: m, project: "", type: message.created}}
    - each: [{path: /health, status: 200}, {path: /nope, status: 404 route_not_found}]
      steps: [{send: GET $path, outcome: $status}]
    - send: GET /health
      together: 3
      statuses: {200: 3}
    - {say: nope}
    - {closes: 1007}
"""

WRONG = [
    # a text of RIGHT, and what makes the case wrong
    ("{status: ok}", "{status: fine}"),
    ("{status: ok}", "{status: ok, more: <any>}"),
    ("{status: ok}", "{status: <absent>}"),
    ("{status: ok}", "<empty>"),
    ("application/json}", "text/plain}"),
    ("headers: {Content-Type: application/json}", "headers: {X-None: x}"),
    ("headers: {Content-Type: application/json}", "headers: {Content-Type: <absent>}"),
    ("headers: {Content-Type: application/json}", "status: 204"),
    ("404 route_not_found}\n    - {send: POST", "403 route_not_found}\n    - {send: POST"),
    ("404 route_not_found}\n    - {send: POST", "404 agent_not_found}\n    - {send: POST"),
    ("[{cursor: $c}]", "[{cursor: $c}, {cursor: <n>}]"),
    ("[{cursor: $c}]", "[]"),
    ("[{cursor: $c}]", "[{cursor: <above:c>}]"),
    ("message_id: m, ", ""),
    ("message_id: m, ", "message_id: n, "),
    ("agent: b, cursor: $d", "agent: b, more: 1, cursor: $d"),
    ("status: 200}", "status: 201}"),
    ("statuses: {200: 3}", "statuses: {200: 2}"),
    ("statuses: {200: 3}", "statuses: {201: 3}"),
    ("closes: 1007", "closes: 1009"),
]


def test_a_case_that_is_right_passes():
    run_case(parse(RIGHT)[0])


@pytest.mark.parametrize("there, instead", WRONG, ids=lambda value: repr(value)[:40])
def test_a_case_that_is_wrong_fails(there, instead):
    assert RIGHT.count(there) == 1, "the change has one place"
    with pytest.raises(Failure) as failure:
        run_case(parse(RIGHT.replace(there, instead))[0])
    assert "step" in str(failure.value), "the report says where"


def test_a_server_that_should_not_start_and_does_is_found():
    with pytest.raises(Failure):
        run_case({"name": "x", "contract": "1", "server": {"refuses": ""}})
    run_case({"name": "x", "contract": "1",
              "server": {"set": {"server.no_such_key": 1}, "refuses": "no_such_key"}})


def test_an_event_that_does_not_come_is_found(monkeypatch):
    monkeypatch.setattr("runner.PATIENCE", 0.3)
    server = server_of({})
    run = Run(server)
    try:
        server.start()
        run.steps([{"open": "/ws/agents/b"}])
        with pytest.raises(Mismatch):
            run.steps([{"frame": {"type": "message.created"}}])
    finally:
        run.close()
        server.close()


# ---- The cases of the folder ---------------------------------------------------------------------

FILES = sorted(FOLDER.glob("*.yaml"))
SECTIONS = """1.1 1.2 1.3 1.4 1.5 1.6 1.7 1.8 2 2.1 3 4.1 4.2 4.3 4.4 4.5 4.6 4.7 5 5.1 5.2 5.3 5.4
5.5 6.1 6.2 6.3 7 8.1 8.2 9 10 11 11.1 11.2 11.3 11.4 11.5 11.6 15.1 15.2 15.3 15.4 15.5 16 17 19.1
25 26""".split()
DECISIONS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 18, 19, 20, 21, 23, 24, 26, 27, 28,
             30, 32, 33, 34, 35, 37, 38, 39]
TRAPS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 13, 16, 17, 18, 21, 22, 23, 24, 25, 26, 27, 28, 31, 33, 34, 36,
         37, 38, 40, 41, 47]


def test_every_place_of_the_contract_that_is_built_has_a_case():
    named = {one for file in FILES for case in load(file) for one in references(case)}
    wanted = {*SECTIONS, *(f"decision {number}" for number in DECISIONS),
              *(f"T{number}" for number in TRAPS)}
    assert not wanted - named
    assert all(re.fullmatch(r"\d+(\.\d)?|decision \d+|T\d+", one) for one in named), named


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_file_of_cases_can_be_read_by_people(file):
    lines = file.read_text(encoding="utf-8").splitlines()
    assert len(lines) <= 600
    assert max(len(line) for line in lines) <= 100
