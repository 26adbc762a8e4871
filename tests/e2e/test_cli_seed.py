"""`intermute dev seed`: worlds are loaded whole, once, and by the same command again."""

import json
import re
import uuid

import pytest
from support import ROOT, UUID, part, run_cli

FIXTURES = ROOT / "examples/fixtures"
WORLDS = ["contacts", "pair", "review-team"]


@pytest.fixture
def seed(server, tmp_path):
    """Runs the command against the file's server; `ok` gives what `--json` prints."""
    def run(*args, **options):
        return run_cli("dev", "seed", "--dir", str(options.pop("folder", FIXTURES)),
                       "--url", server.base, *args, directory=tmp_path, **options)

    def ok(*args, **options):
        done = run(*args, "--json", **options)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    run.ok = ok
    return run


@pytest.fixture
def project():
    return str(uuid.uuid4())


def ids(world):
    return {alias: one["agent_id"] for alias, one in world["agents"].items()}


def reservations(http, agent):
    return http.get("/api/reservations", agent=agent).json["reservations"]


def everything(http, world):
    """What the server holds of a world, without the times that reading and seeding move."""
    project = world["project"]
    agents = http.get("/api/agents", project=project).json["agents"]
    return {"agents": sorted((one["agent_id"], one["name"]) for one in agents),
            "inboxes": {one: http.inbox(one, project=project) for one in ids(world).values()},
            "reservations": {one: reservations(http, one) for one in ids(world).values()}}


def test_the_worlds_that_come_with_it_are_listed(tmp_path):
    done = run_cli("dev", "seed", "--list", "--dir", str(FIXTURES), directory=tmp_path)
    assert done.returncode == 0, done.stderr
    assert [line.split()[0] for line in done.stdout.splitlines()] == WORLDS
    assert "pair         Two agents, a short thread, one reservation each.\n" in done.stdout


def test_the_program_finds_its_worlds_by_itself(tmp_path):
    done = run_cli("dev", "seed", "--list", directory=tmp_path)
    assert done.returncode == 0, done.stderr
    assert [line.split()[0] for line in done.stdout.splitlines()] == WORLDS


@pytest.mark.parametrize("name", ["nope", "../fixtures/pair", "pair.yaml", "", "README"])
def test_an_unknown_world_names_the_known_ones(seed, name):
    done = seed(name)
    assert done.returncode == 1
    assert done.stdout == ""
    known = "known: contacts, pair, review-team" if name else "name a world, or ask for --list"
    assert known in done.stderr


HEAD = "project: p\nagents: {a: , b: }\n"
BROKEN = [
    # text, what is said behind the file's name
    ("", ": the file must be a map."),
    ("agents: {a: }\n", ":1:1: a world has a project and agents."),
    ("project: p\n", ":1:1: a world has a project and agents."),
    ("project: [p]\nagents: {a: }\n", ":1:10: project must be a text."),
    ("x: [\n", ":2:1: is not YAML: end of sequence flow not found."),
    ("a: &a b\nc: *a\n", ":2:4: a world is one document without aliases."),
    (HEAD + "---\n" + HEAD, ":3:1: a world is one document without aliases."),
    (HEAD + "mesages: []\n", ':3:10: unknown member "mesages".'),
    ("project: p\nproject: q\n", ':2:1: "project" is given twice.'),
    ("project: p\nagents: [a]\n", ":2:9: agents must be a map."),
    ("project: p\nagents: {a: b}\n", ':2:13: agent "a" must be a map.'),
    ("project: p\nagents: {a: {nam: b}}\n", ':2:19: unknown member "nam" of agent "a".'),
    ("project: p\nagents: {a: {contacts: [z]}}\n", ':2:13: "z" is none of the agents.'),
    ("project: p\nagents: {a: {contacts: z}}\n", ":2:24: contacts must be a list."),
    ("project: p\nagents: {a: {metadata: {k: [v]}}}\n", ":2:28: k must be a text."),
    (HEAD + "messages: {}\n", ":3:11: messages must be a list."),
    (HEAD + "messages: [x]\n", ":3:12: a message must be a map."),
    (HEAD + "messages: [{id: i, to: [a]}]\n", ':3:12: a message needs the member "from".'),
    (HEAD + "messages: [{id: i, from: a, to: [z]}]\n", ':3:12: "z" is none of the agents.'),
    (HEAD + "messages: [{id: i, from: a, to: [b], cc: [y]}]\n",
     ':3:12: "y" is none of the agents.'),
    (HEAD + "messages: [{id: i, from: a, to: [b], ack_required: 1}]\n",
     ":3:52: ack_required must be true or false."),
    (HEAD + "messages:\n- {id: i, from: a, to: [b]}\n- {id: i, from: b, to: [a]}\n",
     ':5:3: the message id "i" is given twice.'),
    (HEAD + "reservations: [{agent: z, pattern: x}]\n", ':3:16: "z" is none of the agents.'),
    (HEAD + "reservations: [{agent: a}]\n", ':3:16: a reservation needs the member "pattern".'),
    (HEAD + "reservations: [{agent: a, pattern: x, ttl_minutes: soon}]\n",
     ":3:52: ttl_minutes must be a whole number."),
    (HEAD + "broadcasts: [{from: a, topic: t}]\n", ':3:14: a broadcast needs the member "body".'),
]


@pytest.mark.parametrize("text, said", BROKEN, ids=[said for _, said in BROKEN])
def test_a_broken_world_is_refused_with_its_line(seed, tmp_path, text, said):
    file = tmp_path / "broken.yaml"
    file.write_text(text)
    done = seed("broken", folder=tmp_path)
    assert done.returncode == 1
    assert done.stderr == f"Error: {file}{said}\n"


SMALL = """
about: Small.
project: small
messages:
  - {id: m, from: a, to: [b], cc: [c], thread: t, topic: Top, subject: s, body: "b\\u00e9",
     importance: high, ack_required: true}
  - {id: n, from: b, to: [a, c], bcc: [b]}
agents:
  a: {name: Ada, status: busy, capabilities: [x, y], metadata: {k: v, n: "1"}}
  b:
  c: {}
"""


@pytest.fixture
def small(tmp_path):
    (tmp_path / "small.yaml").write_text(SMALL)
    return tmp_path


def test_agents_and_messages_are_as_the_world_says(seed, small, http, project):
    world = seed.ok("small", "--project", project, folder=small)
    assert world["world"] == "small" and world["project"] == project
    assert world["new"] == {"agents": 3, "messages": 2}
    assert world["messages"] == {"m": "small.m", "n": "small.n"}
    a, b, c = (ids(world)[alias] for alias in "abc")
    assert [world["agents"][alias]["name"] for alias in "abc"] == ["Ada", "b", "c"]
    agent = http.ok("GET", f"/api/agents/{a}")
    assert {key: agent[key] for key in ("name", "project", "status", "capabilities", "metadata")} \
        == {"name": "Ada", "project": project, "status": "busy", "capabilities": ["x", "y"],
            "metadata": {"k": "v", "n": "1"}}
    message, = [one for one in http.inbox(b, project=project) if one["id"] == "small.m"]
    for key in ("created_at", "cursor"):
        message.pop(key)
    assert message == {"id": "small.m", "thread_id": "t", "project": project, "from": a,
                       "to": [b], "cc": [c], "subject": "s", "topic": "top", "body": "bé",
                       "importance": "high", "ack_required": True}
    assert [one["id"] for one in http.inbox(c, project=project)] == ["small.m", "small.n"]


def test_seeding_twice_changes_nothing(seed, small, http, project):
    first = seed.ok("small", "--project", project, folder=small)
    before = {one: http.inbox(one, project=project) for one in ids(first).values()}
    second = seed.ok("small", "--project", project, folder=small)
    assert ids(second) == ids(first)
    assert second["new"] == {"agents": 0, "messages": 0}
    assert all(re.fullmatch(r"[\w-]{32}", one["token"]) for one in first["agents"].values())
    assert all(one["token"] is None for one in second["agents"].values())
    assert {one: http.inbox(one, project=project) for one in ids(first).values()} == before


def test_the_table_is_for_people(seed, small, http, project):
    done = seed("small", "--project", project, folder=small)
    assert done.returncode == 0, done.stderr
    assert f"World small in project {project} at http://127.0.0.1:" in done.stdout
    rows = [line.split() for line in done.stdout.splitlines()]
    assert ["ALIAS", "AGENT", "ID", "TOKEN"] in rows
    alias, agent_id, token = next(row for row in rows if row[:1] == ["a"])
    assert UUID.fullmatch(agent_id) and re.fullmatch(r"[\w-]{32}", token)
    assert ["messages", "2", "new,", "0", "there", "already"] in rows
    again = seed("small", "--project", project, folder=small)
    assert f"a      {agent_id}  (registered before)\n" in again.stdout


def test_of_several_agents_with_the_name_the_first_is_taken(seed, small, http, project):
    first = seed.ok("small", "--project", project, folder=small)
    http.register(name="Ada", project=project)
    assert ids(seed.ok("small", "--project", project, folder=small)) == ids(first)


def test_a_server_that_is_not_there_is_named(tmp_path):
    done = run_cli("dev", "seed", "pair", "--dir", str(FIXTURES), "--url", "http://127.0.0.1:1",
                   directory=tmp_path)
    assert done.returncode == 1
    assert done.stderr == ("Error: GET /api/agents: no answer from http://127.0.0.1:1 "
                           "(cannot connect: Connection refused)\n")


def test_a_refusal_says_what_was_asked(seed, tmp_path, http, project):
    http.send("somebody else", ["x"], project=project, id="small.m")
    (tmp_path / "small.yaml").write_text(SMALL)
    done = seed("small", "--project", project, folder=tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith("Error: POST /api/messages: 409 message_id_taken"), done.stderr


# From here on with every route that the worlds need.

@pytest.mark.parametrize("name", WORLDS)
def test_each_world_is_loaded_whole_and_once(seed, http, project, name):
    first = seed.ok(name, "--project", project)
    assert min(first["new"].values()) > 0
    before = everything(http, first)
    assert len(before["agents"]) == len(first["agents"]) == first["new"]["agents"]
    second = seed.ok(name, "--project", project)
    assert set(second["new"].values()) == {0}
    assert ids(second) == ids(first)
    assert everything(http, second) == before


def test_without_a_project_the_world_goes_into_its_own(seed, http):
    world = seed.ok("pair")
    assert world["project"] == "pair"
    assert {one["name"] for one in http.get("/api/agents", project="pair").json["agents"]} \
        == {"ada", "ben"}


def test_the_pair_talks_in_one_thread(seed, http, project):
    world = seed.ok("pair", "--project", project)
    ada, ben = (ids(world)[alias] for alias in ("ada", "ben"))
    assert [one["id"] for one in http.inbox(ben, project=project)] == ["pair.question", "pair.done"]
    assert [one["id"] for one in http.inbox(ada, project=project)] == ["pair.answer"]
    own, = reservations(http, ada)
    assert own["is_active"] and own["exclusive"] and own["path_pattern"] == "src/parser/*.cpp"
    shared, = reservations(http, ben)
    assert shared["is_active"] and not shared["exclusive"]
    thread = http.ok("GET", f"/api/threads/parser?project={project}")
    assert [one["id"] for one in thread["messages"]] == \
        ["pair.question", "pair.answer", "pair.done"]


def test_the_team_has_an_open_ack_and_a_broadcast(seed, http, project):
    world = seed.ok("review-team", "--project", project)
    agents = ids(world)
    stale = http.get(f"/api/inbox/{agents['reviewer']}/stale-acks", project=project,
                     ttl_seconds=0).json
    assert [one["id"] for one in stale["messages"]] == ["review-team.review"]
    for alias in ("api", "web", "reviewer", "tester"):
        assert [one["subject"] for one in http.inbox(agents[alias], project=project)
                if one.get("topic") == "standup"] == ["standup in ten minutes"]
    kinds = [one["exclusive"] for agent in agents.values() for one in reservations(http, agent)]
    assert sorted(kinds) == [False, False, True, True]


def test_the_contacts_have_their_policies(seed, http, project):
    world = seed.ok("contacts", "--project", project)
    agents = ids(world)
    policies = {alias: http.ok("GET", f"/api/agents/{agent}/policy")["policy"]
                for alias, agent in agents.items()}
    assert policies == {"open": "open", "closed": "contacts_only", "auto": "auto",
                        "silent": "block_all"}
    closed = http.ok("GET", f"/api/agents/{part(agents['closed'])}/contacts")
    assert closed["contacts"] == [agents["open"]]
    refused = http.post("/api/messages", {"project": project, "from": agents["auto"],
                                          "to": [agents["closed"]], "body": "x"})
    assert refused.status == 403 and refused.json["denied"] == [agents["closed"]]


def test_with_a_key_the_world_goes_into_the_project_of_the_key(make_server, tmp_path):
    keys = tmp_path / "keys.yaml"
    keys.write_text("default_policy: {allow_localhost_without_auth: false}\n"
                    "projects: {team: {keys: [k1]}}\n")
    server = make_server(env={"INTERMUTE_KEYS_FILE": str(keys)})

    def seeded(*args, key="k1"):
        return run_cli("dev", "seed", "review-team", "--dir", str(FIXTURES), *args,
                       directory=tmp_path,
                       env={"INTERMUTE_URL": server.base, "INTERMUTE_API_KEY": key})

    for new in ("5 new, 0 there already", "0 new, 5 there already"):
        done = seeded("--project", "team")
        assert done.returncode == 0, done.stderr
        assert f"messages      {new}\n" in done.stdout
    foreign, nobody = seeded(), seeded("--project", "team", key="")
    assert foreign.returncode == nobody.returncode == 1
    assert foreign.stderr.startswith("Error: GET /api/agents: 403 "), foreign.stderr
    assert nobody.stderr.startswith("Error: GET /api/agents: 401 "), nobody.stderr


@pytest.mark.parametrize("name", WORLDS)
def test_where_tokens_are_asked_for_they_are_sent(make_server, tmp_path, name):
    server = make_server("--set", "auth.require_agent_token=true")
    done = run_cli("dev", "seed", name, "--dir", str(FIXTURES), "--url", server.base,
                   directory=tmp_path)
    assert done.returncode == 0, done.stderr
