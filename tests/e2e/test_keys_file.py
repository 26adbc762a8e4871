"""The keys file: `intermute init`, what `serve` makes and reads, what SIGHUP takes over."""

import os
import re
import signal
import stat

import pytest
import yaml
from support import run_cli, wait_for

KEY = re.compile(r"[A-Za-z0-9_-]{43}")
AWAY = {"X-Forwarded-For": "203.0.113.10"}  # a caller who is not this machine


def read(path):
    return yaml.safe_load(path.read_text())


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def init(directory, *args, **options):
    """The key that `intermute init` prints."""
    done = run_cli("init", *args, directory=directory, **options)
    assert done.returncode == 0, done.stderr
    return re.search(r"^Key: (\S+)$", done.stdout, re.MULTILINE).group(1)


def test_init_makes_a_file_and_says_how_to_use_the_key(tmp_path):
    done = run_cli("init", "--project", "web", directory=tmp_path)
    assert done.returncode == 0 and done.stderr == ""
    keys = read(tmp_path / "intermute.keys.yaml")
    key, = keys["projects"]["web"]["keys"]
    assert KEY.fullmatch(key)
    assert keys == {"default_policy": {"allow_localhost_without_auth": True},
                    "projects": {"web": {"keys": [key]}}}
    assert mode(tmp_path / "intermute.keys.yaml") == 0o600
    first, blank1, key_line, blank2, lead1, export, header, blank3, lead2, serve = \
        done.stdout.splitlines()
    assert "web" in first and "./intermute.keys.yaml" in first
    assert key_line == f"Key: {key}"
    assert export == f"  export INTERMUTE_API_KEY={key}"
    assert header == f'  -H "Authorization: Bearer {key}"'
    assert serve == "  INTERMUTE_KEYS_FILE=./intermute.keys.yaml intermute serve"
    assert blank1 == blank2 == blank3 == "" and lead1 and lead2


def test_init_appends_and_keeps_what_is_there(tmp_path):
    file = tmp_path / "k.yaml"
    file.write_text("# mine\ndefault_policy: {allow_localhost_without_auth: false}\n"
                    "projects: {web: {keys: [old]}, api: {keys: [other]}}\noperators: [root]\n")
    file.chmod(0o644)
    new = init(tmp_path, "--project", " web ", "--keys-file", "k.yaml")
    assert read(file) == {"default_policy": {"allow_localhost_without_auth": False},
                          "projects": {"web": {"keys": ["old", new]}, "api": {"keys": ["other"]}},
                          "operators": ["root"]}
    assert mode(file) == 0o600
    assert [one.name for one in tmp_path.iterdir()] == ["k.yaml"]


def test_init_makes_an_operators_key(tmp_path):
    key = init(tmp_path, "--operator")
    assert read(tmp_path / "intermute.keys.yaml")["operators"] == [key]
    assert KEY.fullmatch(key)


@pytest.mark.parametrize("args, env, name", [
    ((), {}, "intermute.keys.yaml"),
    ((), {"INTERMUTE_KEYS_FILE": "  env.yaml "}, "env.yaml"),
    ((), {"INTERMUTE_KEYS_FILE": "  "}, "intermute.keys.yaml"),
    ((), {"INTERMUTE_KEYS_FILE": "old.yaml", "INTERMUTE_AUTH_KEYS_FILE": "new.yaml"}, "new.yaml"),
    (("--keys-file", "flag.yaml"), {"INTERMUTE_KEYS_FILE": "env.yaml"}, "flag.yaml"),
])
def test_the_file_is_where_flag_and_environment_say(tmp_path, args, env, name):
    init(tmp_path, "--project", "p", *args, env=env)
    assert [one.name for one in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize("args, text", [
    ((), 'Error: required flag(s) "project" not set\n'),
    (("--project", " \t"), "Error: project required\n"),
    (("--project", ""), "Error: project required\n"),
    (("--operator", "--project", "p"), "Error: an operator's key opens every project"),
    (("--bogus",), "Error: unknown flag: --bogus\n"),
    (("--project", "p", "--keys-file", "no/such/folder/k.yaml"), "Error: Keys file no/such/folder"),
])
def test_init_refuses_what_makes_no_sense(tmp_path, args, text):
    done = run_cli("init", *args, directory=tmp_path)
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith(text), done.stderr
    assert list(tmp_path.iterdir()) == []


def test_init_leaves_a_broken_file_alone(tmp_path):
    file = tmp_path / "intermute.keys.yaml"
    file.write_text("projects:\n  a: {keys: [secret]}\n  b: {keys: [secret]}\n")
    done = run_cli("init", "--project", "c", directory=tmp_path)
    assert done.returncode == 1
    assert './intermute.keys.yaml:3:14: a key of project "b" is one of project "a" already' \
        in done.stderr
    assert "secret" not in done.stderr
    assert "c" not in read(file)["projects"]


# From here on `serve`.

def keys_path(server):
    return server.directory / "intermute.keys.yaml"


def test_serve_makes_a_file_for_dev_and_tells_the_key_once(make_server):
    server = make_server()
    keys = read(keys_path(server))
    key, = keys["projects"]["dev"]["keys"]
    assert keys == {"default_policy": {"allow_localhost_without_auth": True},
                    "projects": {"dev": {"keys": [key]}}}
    assert KEY.fullmatch(key)
    assert mode(keys_path(server)) == 0o600
    assert key in server.stdout + server.stderr
    server.stop()
    server.restart()
    assert read(keys_path(server)) == keys
    assert key not in server.stdout + server.stderr


def test_serve_takes_the_file_of_the_variable(make_server, tmp_path):
    file = tmp_path / "k.yaml"
    server = make_server(env={"INTERMUTE_KEYS_FILE": f" {file} "})
    assert list(read(file)["projects"]) == ["dev"]
    assert not keys_path(server).exists()


@pytest.mark.parametrize("text, said", [
    ("projects: [\n", "is not YAML"),
    ("projects: 1\n", ":1:11: projects must be a map."),
    ("projects:\n  a: {keys: [secret]}\n  b: {keys: [secret]}\n",
     ':3:14: a key of project "b" is one of project "a" already'),
    ("operators: [secret]\nprojects: {b: {keys: [secret]}}\n",
     'a key of project "b" is one of the operators already'),
    ("a: &a [x]\nb: *a\n", "aliases"),
    ("#" * ((1 << 20) + 1), "is larger than 1MiB"),
], ids=["no yaml", "no map", "two projects", "operator and project", "alias", "large"])
def test_serve_does_not_start_with_a_broken_file(tmp_path, text, said):
    (tmp_path / "k.yaml").write_text(text)
    done = run_cli("serve", "--port", "0", "--db", "x.db", directory=tmp_path,
                   env={"INTERMUTE_KEYS_FILE": "k.yaml"})
    assert done.returncode == 1
    assert "Keys file k.yaml" in done.stderr and said in done.stderr, done.stderr
    assert "secret" not in done.stderr
    assert (tmp_path / "k.yaml").read_text() == text


def test_serve_is_not_open_to_others_without_a_key(tmp_path):
    (tmp_path / "intermute.keys.yaml").write_text("")
    done = run_cli("serve", "--host", "0.0.0.0", "--port", "0", "--db", "x.db",
                   directory=tmp_path)
    assert done.returncode == 1
    assert "Other machines can reach server.host 0.0.0.0" in done.stderr
    assert "intermute init --project NAME" in done.stderr


def test_serve_warns_of_a_file_that_everybody_can_read(make_server, tmp_path):
    file = tmp_path / "k.yaml"
    file.write_text("")
    file.chmod(0o644)
    server = make_server(env={"INTERMUTE_KEYS_FILE": str(file)})
    wait_for(lambda: f"chmod 600 {file}" in server.stderr, "the warning")


def status(server, key=None):
    """What a caller from elsewhere gets for a read."""
    bearer = {"Authorization": f"Bearer {key}"} if key else {}
    with server.client() as client:
        return client.call("GET", "/api/agents", headers={**AWAY, **bearer}).status


def reload(server):
    def answers():
        return len(re.findall(r"\breloaded\b|\breload_refused\b", server.stderr))

    before = answers()
    os.kill(server.pid, signal.SIGHUP)
    wait_for(lambda: answers() > before, "a word about the reload in the log")


def test_a_key_of_the_file_lets_callers_from_elsewhere_in(make_server):
    server = make_server()
    key, = read(keys_path(server))["projects"]["dev"]["keys"]
    assert status(server) == 401
    assert status(server, "wrong") == 401
    assert status(server, key) == 200


def test_sighup_takes_new_keys_and_drops_old_ones(make_server):
    server = make_server()
    old, = read(keys_path(server))["projects"]["dev"]["keys"]
    new = init(server.directory, "--project", "dev")
    assert (status(server, old), status(server, new)) == (200, 401)
    reload(server)
    assert (status(server, old), status(server, new)) == (200, 200)
    keys_path(server).write_text(f"projects: {{dev: {{keys: [{new}]}}}}\n")
    reload(server)
    assert (status(server, old), status(server, new)) == (401, 200)
    for key in (old, new):
        assert key not in server.stderr.split("reload", 1)[1]


def test_sighup_with_a_broken_file_changes_nothing(make_server):
    server = make_server()
    key, = read(keys_path(server))["projects"]["dev"]["keys"]
    keys_path(server).write_text("projects: 1\n")
    reload(server)
    assert status(server, key) == 200
    assert "reload_refused" in server.stderr
