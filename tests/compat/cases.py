"""Reading the files of cases: strict YAML, and every key known."""

import pathlib
import re

import yaml
from patterns import CaseError

CASE_KEYS = {"name", "contract", "server", "steps"}
SERVER_KEYS = {"set", "socket", "keys", "files", "env", "refuses"}
EXPECT_KEYS = {"status", "headers", "body"}
EXPECT_OF = {"file": {"mode", "yaml"}, "run": {"exit", "stdout", "stderr"}}
REQUEST_KEYS = {"over", "as", "headers", "body", "raw", "bytes", "size", "times", "together", "statuses",
                "eventually", "expect", "refused", "outcome"}
STEPS = {  # the key that says what a step does -> the further keys it may have
    "send": REQUEST_KEYS,
    "wire": {"expect", "refused", "closed"},
    "each": {"steps"},
    "open": {"socket", "as", "headers", "expect"},
    "frame": {"socket"},
    "frames": {"socket"},
    "say": {"socket"},
    "say_bytes": {"socket"},
    "ping": {"socket"},
    "close": {"socket"},
    "closes": {"socket"},
    "restart": set(),
    "age": set(),
    "file": {"expect"},
    "run": {"expect"},
    "world": set(),
}


class Loader(yaml.SafeLoader):
    """YAML without its surprises: `no` and `on` are texts, times stay texts, no key twice."""


def unique_mapping(loader, node):
    loader.flatten_mapping(node)
    keys = [loader.construct_object(key, deep=True) for key, _ in node.value]
    if twice := [key for index, key in enumerate(keys) if key in keys[:index]]:
        raise CaseError(f"{node.start_mark}: the key {twice[0]!r} stands there twice")
    return loader.construct_mapping(node, deep=True)


KEPT_TAGS = {"tag:yaml.org,2002:" + tag for tag in ("null", "merge")}
Loader.yaml_implicit_resolvers = {
    first: [(tag, form) for tag, form in found if tag in KEPT_TAGS]
    for first, found in yaml.SafeLoader.yaml_implicit_resolvers.items()}
for tag, form, first in (("bool", "true|false", "tf"), ("int", "-?(0|[1-9][0-9]*)", "-0123456789"),
                         ("float", r"-?[0-9]+\.[0-9]+", "-0123456789")):
    Loader.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(f"^(?:{form})$"),
                                 list(first))
Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, unique_mapping)


def check_keys(what, given, known, needed=()):
    if not isinstance(given, dict):
        raise CaseError(f"{what} is no mapping: {given!r}")
    if unknown := given.keys() - known:
        raise CaseError(f"{what} has unknown keys {sorted(unknown)}")
    if missing := set(needed) - given.keys():
        raise CaseError(f"{what} lacks {sorted(missing)}")


def kind_of(step):
    """The key that says what the step does."""
    kinds = [key for key in STEPS if key in step]
    if len(kinds) != 1:
        raise CaseError(f"a step does exactly one of {', '.join(STEPS)}: {step!r}")
    return kinds[0]


def check_steps(what, steps):
    for number, step in enumerate(steps, start=1):
        if not isinstance(step, dict):
            raise CaseError(f"{what}: step {number} is no mapping")
        kind = kind_of(step)
        check_keys(f"{what}: step {number}", step, STEPS[kind] | {kind})
        if "expect" in step:
            check_keys(f"{what}: expect of step {number}", step["expect"],
                       EXPECT_OF.get(kind, EXPECT_KEYS))
        if "together" in step and "statuses" not in step:
            raise CaseError(f"{what}: step {number} runs together and names no statuses")
        if kind == "each":
            check_steps(f"{what}: step {number}", step["steps"])


def references(case):
    """The places of the contract and the decisions that a case stands for."""
    return [str(one) for one in (case["contract"] if isinstance(case["contract"], list)
                                 else [case["contract"]])]


def check_case(case):
    check_keys("a case", case, CASE_KEYS, needed=("name", "contract"))
    check_keys(f"server of {case['name']!r}", case.get("server", {}), SERVER_KEYS)
    if not case.get("steps") and "refuses" not in case.get("server", {}):
        raise CaseError(f"{case['name']!r} has no steps")
    if not references(case):
        raise CaseError(f"{case['name']!r} stands for nothing")
    check_steps(repr(case["name"]), case.get("steps", []))


def parse(text):
    """The cases of a file's text; raises `CaseError` for anything unknown or doubled."""
    try:
        cases = yaml.load(text, Loader)
    except yaml.YAMLError as error:
        raise CaseError(str(error)) from error
    if not isinstance(cases, list) or not cases:
        raise CaseError("a file is a list of cases")
    for case in cases:
        check_case(case)
    names = [case["name"] for case in cases]
    if twice := {name for name in names if names.count(name) > 1}:
        raise CaseError(f"names stand twice: {sorted(twice)}")
    return cases


def load(path):
    return parse(pathlib.Path(path).read_text(encoding="utf-8"))
