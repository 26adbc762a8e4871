"""Each case of a .yaml file is a test of its own: `pytest tests/compat/06-register.yaml`."""

import pathlib
import sys

import pytest

HERE = pathlib.Path(__file__).resolve().parent
sys.dont_write_bytecode = True
sys.path[:0] = [str(HERE), str(HERE.parent / "e2e")]

import cases  # noqa: E402  (after the path)
import runner  # noqa: E402


def pytest_collect_file(file_path, parent):
    if file_path.suffix == ".yaml":
        return CaseFile.from_parent(parent, path=file_path)


class CaseFile(pytest.File):
    def collect(self):
        for case in cases.load(self.path):
            yield CaseItem.from_parent(self, name=case["name"], case=case)


class CaseItem(pytest.Item):
    def __init__(self, *, case, **options):
        super().__init__(**options)
        self.case = case

    def runtest(self):
        runner.run_case(self.case)

    def repr_failure(self, excinfo, style=None):
        if isinstance(excinfo.value, runner.Failure):
            return f"contract {', '.join(cases.references(self.case))}\n{excinfo.value}"
        return super().repr_failure(excinfo, style)

    def reportinfo(self):
        return self.path, 0, f"{self.path.stem}: {self.name}"
