"""One server per database file (promise D8), and a file that is nobody else's to read."""

import os
import stat
import subprocess
import time

from support import SANITIZED, Server, run_cli, wait_for

SECONDS = 10 if SANITIZED else 2


def refused(server, path):
    """Starts a second server on `path`; it must end soon and name the first."""
    started = time.monotonic()
    done = run_cli("serve", "--port", "0", "--db", str(path), directory=server.directory)
    assert time.monotonic() - started < SECONDS
    assert done.returncode != 0
    assert str(server.pid) in done.stderr, done
    assert "intermute ready" not in done.stdout


def test_a_second_server_is_refused_and_told_who_holds_the_file(make_server):
    server = make_server()
    refused(server, server.database)
    link = server.directory / "link.db"
    link.symlink_to(server.database)
    refused(server, link)
    folder = server.directory / "folder"
    folder.symlink_to(server.directory)
    refused(server, folder / "x.db")
    with server.client() as client:
        assert client.send("alice", ["bob"])["cursor"] > 0, "the first server goes on"


def test_after_a_kill_the_next_server_starts_at_once(make_server):
    server = make_server()
    for _ in range(5):
        with server.client() as client:
            client.send("alice", ["bob"])
        server.kill()
        server.restart()
    with server.client() as client:
        assert len(client.inbox("bob")) == 5


def test_after_a_stop_the_next_server_starts_too(make_server):
    server = make_server()
    assert server.stop() == 0
    server.restart()
    refused(server, server.database)


def test_of_servers_that_start_together_exactly_one_wins(make_server):
    first = make_server()
    first.stop()
    rivals = [Server(database=first.database) for _ in range(4)]
    try:
        for one in rivals:
            one.launch()

        def decided():
            return all(one.process.poll() is not None or "intermute ready" in one.stdout
                       for one in rivals)

        wait_for(decided, "every rival ready or gone")
        alive = [one for one in rivals if one.process.poll() is None]
        assert len(alive) == 1
        for one in rivals:
            assert one in alive or one.process.returncode > 0
    finally:
        for one in rivals:
            one.close()


def test_files_are_for_their_owner_only_whatever_the_umask(make_server):
    before = os.umask(0)
    try:
        server = make_server()
    finally:
        os.umask(before)
    with server.client() as client:
        client.send("alice", ["bob"])
    files = [file for file in server.directory.iterdir() if file.name.startswith("x.db")]
    assert len(files) >= 2, "at least the database and its log"
    for file in files:
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file


def test_a_file_that_is_no_database_is_refused_and_left_alone(make_server, tmp_path):
    path = tmp_path / "x.db"
    content = b"this is no database\n" * 1000
    path.write_bytes(content)
    done = run_cli("serve", "--port", "0", "--db", str(path), directory=tmp_path)
    assert done.returncode != 0 and "x.db" in done.stderr, done
    assert path.read_bytes() == content


def test_a_missing_folder_is_made(tmp_path):
    with Server(database=tmp_path / "a" / "b" / "x.db") as server:
        assert server.database.exists()


def test_a_folder_that_cannot_be_written_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    done = run_cli("serve", "--port", "0", "--db", str(tmp_path / "file" / "x.db"),
                   directory=tmp_path)
    assert isinstance(done, subprocess.CompletedProcess)
    assert done.returncode != 0 and "x.db" in done.stderr, done
