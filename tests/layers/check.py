#!/usr/bin/env python3
"""Checks the shape of the tree. The rules are arguments, given by tests/layers/CMakeLists.txt.

check.py --root R includes storage --uses base domain --cuts sqlite3.h=storage/sqlite
check.py --root R sizes base domain --lines-max 600 --columns-max 100
check.py --root R readme base --lines-max 60
check.py --root R top base domain README.md
check.py --root R headers base --compiler g++ --includes DIR --definitions X=1
"""

import argparse
import re
import subprocess
import sys
from pathlib import Path

INCLUDE = re.compile(r'^\s*#\s*include\s*(?:"(?P<ours>[^"]+)"|<(?P<theirs>[^>]+)>)')
STANDARD = re.compile(r"^[a-z_]+$")
SUFFIXES = {".cpp", ".hpp", ".h", ".ipp"}


def cpp_files(root, folder):
    """All C++ files below a folder; none if it does not exist yet."""
    return sorted(file for file in (root / folder).rglob("*") if file.suffix in SUFFIXES)


def includes_of(file):
    """Yields line number, header, and whether it is written as one of ours."""
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1):
        if found := INCLUDE.match(line):
            yield number, found["ours"] or found["theirs"], found["ours"] is not None


def is_below(file, folders):
    return any(file.is_relative_to(folder) for folder in folders)


def include_faults(rules, file, header, is_ours):
    """Says what is wrong with one include of one file, if anything."""
    layer = header.split("/")[0]
    if is_ours and layer not in rules.allowed:
        known = ", ".join(sorted(rules.allowed))
        yield f'"{header}": {rules.layer}/ may include only {known}, named from the root'
    if not is_ours and rules.pure and not STANDARD.match(header):
        yield f"<{header}>: {rules.layer}/ may include only the standard library"
    for prefix, folders in rules.cuts:
        if header.startswith(prefix) and not is_below(file, folders):
            yield f"{header}: only {', '.join(folders)} may include {prefix}"


def check_includes(args):
    args.allowed = {args.layer, *args.uses}
    args.cuts = [(prefix, folders.split(",")) for prefix, folders in
                 (cut.split("=", 1) for cut in args.cuts)]
    for file in cpp_files(args.root, args.layer):
        name = file.relative_to(args.root)
        for number, header, is_ours in includes_of(file):
            for fault in include_faults(args, name, header, is_ours):
                yield f"{name}:{number}: {fault}"


def check_sizes(args):
    for folder in args.folders:
        for file in cpp_files(args.root, folder):
            name = file.relative_to(args.root)
            lines = file.read_text(encoding="utf-8").splitlines()
            if len(lines) > args.lines_max:
                yield f"{name}: {len(lines)} lines, at most {args.lines_max}"
            for number, line in enumerate(lines, start=1):
                if len(line) > args.columns_max:
                    yield f"{name}:{number}: {len(line)} columns, at most {args.columns_max}"


def check_readme(args):
    readme = args.root / args.layer / "README.md"
    if not readme.is_file():
        yield f"{args.layer}/README.md is missing"
        return
    count = len(readme.read_text(encoding="utf-8").splitlines())
    if count > args.lines_max:
        yield f"{args.layer}/README.md: {count} lines, at most {args.lines_max}"


def top_names(root):
    """What is tracked at the top; outside a git checkout, all that is there but for build/."""
    try:
        listed = subprocess.run(["git", "ls-files", "-z"], cwd=root, capture_output=True,
                                check=True, text=True).stdout
        return {name.split("/")[0] for name in listed.split("\0") if name}
    except (OSError, subprocess.CalledProcessError):
        return {path.name for path in root.iterdir()} - {".git", "build"}


def check_top(args):
    for name in sorted(top_names(args.root) - set(args.names)):
        yield f"{name}: does not belong to the top level"


def check_headers(args):
    command = [args.compiler, "-std=c++20", "-fsyntax-only", "-x", "c++", "-I", str(args.root)]
    command += [part for folder in args.includes for part in ("-I", folder)]
    command += [f"-D{definition}" for definition in args.definitions]
    for file in cpp_files(args.root, args.layer):
        if file.suffix == ".cpp":
            continue
        name = file.relative_to(args.root)
        done = subprocess.run([*command, "-"], input=f'#include "{name}"\n', text=True,
                              capture_output=True, check=False)
        if done.returncode != 0:
            yield f"{name} does not compile alone:\n{done.stderr}"


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--root", type=Path, required=True)
    checks = parser.add_subparsers(required=True)

    includes = checks.add_parser("includes")
    includes.add_argument("layer")
    includes.add_argument("--pure", action="store_true")
    includes.add_argument("--uses", nargs="*", default=[])
    includes.add_argument("--cuts", nargs="*", default=[])
    includes.set_defaults(check=check_includes)

    sizes = checks.add_parser("sizes")
    sizes.add_argument("folders", nargs="+")
    sizes.add_argument("--lines-max", type=int, required=True)
    sizes.add_argument("--columns-max", type=int, required=True)
    sizes.set_defaults(check=check_sizes)

    readme = checks.add_parser("readme")
    readme.add_argument("layer")
    readme.add_argument("--lines-max", type=int, required=True)
    readme.set_defaults(check=check_readme)

    top = checks.add_parser("top")
    top.add_argument("names", nargs="+")
    top.set_defaults(check=check_top)

    headers = checks.add_parser("headers")
    headers.add_argument("layer")
    headers.add_argument("--compiler", required=True)
    headers.add_argument("--includes", nargs="*", default=[])
    headers.add_argument("--definitions", nargs="*", default=[])
    headers.set_defaults(check=check_headers)
    return parser.parse_args()


def main():
    args = parse_arguments()
    faults = list(args.check(args))
    for fault in faults:
        print(fault)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
