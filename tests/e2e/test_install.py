"""What `cmake --install` puts down is whole: a project of its own finds it, builds and runs."""

import pathlib
import shutil
import subprocess

import pytest
from support import BINARY, PATIENCE, ROOT, clean_environment

BUILD = pathlib.Path(BINARY).parent.parent
FIRST_BUILD = 10 * PATIENCE  # seconds; a ceiling for a compiler on a loaded machine

pytestmark = pytest.mark.skipif(shutil.which("cmake") is None, reason="no cmake")


def run(*command, cwd, seconds=FIRST_BUILD):
    """The standard output of a command that has to succeed."""
    finished = subprocess.run([str(part) for part in command], cwd=cwd, timeout=seconds, text=True,
                              env=clean_environment(cwd), stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert finished.returncode == 0, finished.stdout
    return finished.stdout


@pytest.fixture(scope="module")
def prefix(tmp_path_factory):
    """A directory that intermute is installed to."""
    directory = tmp_path_factory.mktemp("prefix")
    run("cmake", "--install", BUILD, "--prefix", directory, cwd=directory)
    return directory


def names_below(directory):
    return {str(path.relative_to(directory)) for path in directory.rglob("*") if path.is_file()}


def test_it_installs_the_program_the_package_and_the_fixtures(prefix):
    names = names_below(prefix)
    assert {"bin/intermute", "include/intermute/intermute.hpp"} <= names
    assert {f"share/intermute/fixtures/{file.name}"
            for file in (ROOT / "examples/fixtures").glob("*.yaml")} <= names
    package = {name.rsplit("/", 1)[-1] for name in names if "cmake/intermute/" in name}
    assert {"intermuteConfig.cmake", "intermuteConfigVersion.cmake", "intermuteTargets.cmake",
            "FindCAF.cmake"} <= package
    assert [name for name in names if name.endswith((".hpp", ".h"))] \
        == ["include/intermute/intermute.hpp"], "headers that are not the public one"


def test_the_installed_program_runs(prefix):
    assert "0.1" in run(prefix / "bin/intermute", "--version", cwd=prefix, seconds=PATIENCE)


def test_no_installed_file_knows_where_it_was_built(prefix):
    for name in names_below(prefix):
        if name.endswith((".cmake", ".hpp")):
            text = (prefix / name).read_text()
            assert str(ROOT) not in text and str(BUILD) not in text, name


def test_a_project_of_its_own_uses_it(prefix, tmp_path):
    source = shutil.copytree(ROOT / "examples/consumer", tmp_path / "source")
    run("cmake", "-S", source, "-B", "build", "-G", "Ninja", f"-DCMAKE_PREFIX_PATH={prefix}",
        cwd=tmp_path)
    run("cmake", "--build", "build", cwd=tmp_path)
    told = run("build/consumer", "consumer.db", cwd=tmp_path, seconds=PATIENCE)
    assert told.splitlines() == ["bob reads: main is red", "bob holds: src/**"]


def test_another_minor_version_is_not_taken_for_it(prefix, tmp_path):
    (tmp_path / "CMakeLists.txt").write_text(
        "cmake_minimum_required(VERSION 3.25)\nproject(asker LANGUAGES CXX)\n"
        "find_package(intermute 0.2 QUIET)\n"
        "if(intermute_FOUND)\n  message(FATAL_ERROR taken)\nendif()\n")
    run("cmake", "-S", ".", "-B", "build", "-G", "Ninja", f"-DCMAKE_PREFIX_PATH={prefix}",
        cwd=tmp_path)
