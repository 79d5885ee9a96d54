#!/usr/bin/env python3
"""Holds the house together: who includes whom, where vendor headers stand, and that nothing goes in a circle.

arch.toml has the rules. Reads src/**/*.{h,cc} and the CMakeLists.txt of src/; prints one line per problem and fails if
there is any. Standard library only.
"""

from __future__ import annotations

import argparse
import re
import sys
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
REPO = HERE.parents[1]
SOURCE_SUFFIXES = (".h", ".cc")
OTHER_SUFFIXES = (".c", ".cpp", ".cxx", ".hh", ".hpp", ".hxx", ".inc", ".inl", ".ipp", ".tcc")
GENERATED = "embedded"

INCLUDE = re.compile(r'^[ \t]*#[ \t]*(?:include|include_next|import)\b[ \t]*(?:"([^"\n]*)"|<([^>\n]*)>|(\S+))', re.M)
# Strings are matched so that a comment's beginning inside one is not taken for a comment; raw strings and comments go.
TOKENS = re.compile(
    r'R"(?P<mark>[^()\\\s]{0,16})\(.*?\)(?P=mark)"|//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|(?<![0-9a-fA-F])\'(?:\\.|[^\'\\\n])*\'',
    re.S,
)


@dataclass(frozen=True)
class Include:
    """One #include: where it stands (path within src/, line) and what it names."""

    path: str
    line: int
    target: str
    quoted: bool

    def __str__(self) -> str:
        return f"src/{self.path}:{self.line}: {self.target}"


@dataclass(frozen=True)
class Rules:
    """arch.toml."""

    rooms: Mapping[str, list[str]]
    tests: Mapping[str, list[str]]
    parts: Mapping[str, str]
    vendor: Mapping[str, list[str]]
    private: Mapping[str, list[str]]
    system: list[str]
    max_lines: int

    @staticmethod
    def load(path: Path) -> Rules:
        table: dict[str, Any] = tomllib.loads(path.read_text())
        return Rules(
            rooms=table["rooms"],
            tests=table["tests"],
            parts=table["parts"],
            vendor=table["vendor"],
            private=table["private"],
            system=table["system"]["headers"],
            max_lines=table["size"]["lines"],
        )

    def room_of(self, path: str) -> str | None:
        """The room of a file: its folder. None if that is not a room."""
        folder = path.rpartition("/")[0]
        return folder if folder in self.rooms else None

    def may_include(self, room: str, other: str, test: bool) -> bool:
        allowed = self.rooms[room] + (self.tests.get(room, []) if test else [])
        return room == other or other in allowed or "*" in allowed


@dataclass
class Report:
    """What is wrong, what is only worth a look, and what was looked at."""

    problems: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    files: int = 0
    rooms: set[str] = field(default_factory=set)


def is_test(path: str) -> bool:
    return path.endswith("_test.cc") or "/testing/" in path


def among(path: str, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(path, pattern + "*" if pattern.endswith("/") else pattern) for pattern in patterns)


def names(entry: str, header: str) -> bool:
    """Whether a header is the one of that table entry, or stands in its folder."""
    return header.startswith(entry) if entry.endswith("/") else header == entry


def without_comments(text: str) -> str:
    """The text with comments and raw strings blanked, lines kept."""

    def blank(match: re.Match[str]) -> str:
        token = match.group()
        return token if token[0] in "\"'" else re.sub(r"[^\n]+", " ", token)

    return TOKENS.sub(blank, text)


def includes_of(path: str, text: str) -> Iterator[Include]:
    text = without_comments(text)
    for match in INCLUDE.finditer(text):
        quoted, angled, other = match.groups()
        line = text.count("\n", 0, match.start()) + 1
        target = quoted if quoted is not None else angled if angled is not None else other
        yield Include(path, line, target if other is None else f"{other} (a macro)", quoted is not None)


def check_vendor(include: Include, rules: Rules) -> str | None:
    """What is wrong with including a header that is not ours."""
    if "." not in include.target and "/" not in include.target:
        return None  # the standard library
    for entry, places in rules.vendor.items():
        if names(entry, include.target):
            return None if among(include.path, places) else f"{entry} may be included only by {', '.join(places)}"
    if any(names(entry, include.target) for entry in rules.system):
        return None
    return "neither a header of src/ nor in [vendor] or [system] of arch.toml"


def check_include(include: Include, files: Mapping[str, str], rules: Rules) -> str | None:
    """What is wrong with one include, if anything."""
    target = include.target
    if ".." in target.split("/") or target.startswith(("./", "/")):
        return "includes are written from src/, without ./ and ../"
    if target.endswith(".cc"):
        return "a .cc is compiled, not included"
    generated = target.startswith(GENERATED + "/")
    if target not in files and not generated:
        return f"no such file in src/: {target}" if include.quoted else check_vendor(include, rules)
    if not include.quoted:
        return 'our own headers are included with ""'
    room = rules.room_of(include.path)
    other = GENERATED if generated else rules.room_of(target)
    if room is None or other is None:
        return None  # reported once for the file itself
    if not rules.may_include(room, other, is_test(include.path)):
        return f"{room} may not include {other}"
    if target in rules.private and not among(include.path, rules.private[target]):
        return f"only {', '.join(rules.private[target])} may include it"
    return None


def find_cycle(graph: Mapping[str, Iterable[str]]) -> list[str]:
    """The nodes of one cycle, the first repeated at the end; empty if there is none."""
    done: set[str] = set()
    trail: list[str] = []

    def visit(node: str) -> list[str]:
        if node in trail:
            return [*trail[trail.index(node) :], node]
        if node in done:
            return []
        trail.append(node)
        for following in sorted(graph.get(node, ())):
            if cycle := visit(following):
                return cycle
        trail.pop()
        done.add(node)
        return []

    for start in sorted(graph):
        if cycle := visit(start):
            return cycle
    return []


def room_graph(edges: Iterable[tuple[str, str]], rules: Rules) -> dict[str, set[str]]:
    """Arrows between rooms, with parts counted as the room they belong to."""
    graph: dict[str, set[str]] = {}
    for source, target in edges:
        source, target = rules.parts.get(source, source), rules.parts.get(target, target)
        if source != target:
            graph.setdefault(source, set()).add(target)
    return graph


def check_table(rules: Rules) -> Iterator[str]:
    """The table itself: it names only rooms, and its arrows do not go in a circle."""
    for table in (rules.rooms, rules.tests):
        for room, allowed in table.items():
            for name in [room, *allowed]:
                if name not in rules.rooms and name != "*":
                    yield f"arch.toml: {room}: no such room: {name}"
    cycle = find_cycle(room_graph(((r, o) for r, allowed in rules.rooms.items() for o in allowed), rules))
    if cycle:
        yield f"arch.toml: allowed arrows go in a circle: {' -> '.join(cycle)}"


def read_sources(src: Path, report: Report) -> dict[str, str]:
    files: dict[str, str] = {}
    for path in sorted(src.rglob("*")):
        name = path.relative_to(src).as_posix()
        if path.suffix in OTHER_SUFFIXES:
            report.problems.append(f"src/{name}: sources end in .h or .cc")
        if path.suffix in SOURCE_SUFFIXES and path.is_file():
            files[name] = path.read_text(encoding="utf-8", errors="replace")
    return files


def check_sources(src: Path, rules: Rules, report: Report) -> None:
    files = read_sources(src, report)
    report.files = len(files)
    file_edges: dict[str, set[str]] = {}
    room_edges: set[tuple[str, str]] = set()
    for path, text in files.items():
        room = rules.room_of(path)
        if room is None:
            report.problems.append(f"src/{path}: its folder is no room; add it to [rooms] of arch.toml")
        else:
            report.rooms.add(room)
        if (lines := text.count("\n")) > rules.max_lines:
            report.warnings.append(f"src/{path}: {lines} lines; past {rules.max_lines} it is asking to be two")
        for include in includes_of(path, text):
            if problem := check_include(include, files, rules):
                report.problems.append(f"{include}: {problem}")
            if include.quoted and include.target in files:
                file_edges.setdefault(path, set()).add(include.target)
                other = rules.room_of(include.target)
                if room is not None and other is not None and not is_test(path):
                    room_edges.add((room, other))
    if cycle := find_cycle(file_edges):
        report.problems.append(f"files include each other in a circle: {' -> '.join(cycle)}")
    if cycle := find_cycle(room_graph(room_edges, rules)):
        report.problems.append(f"rooms include each other in a circle: {' -> '.join(cycle)}")


def room_of_target(name: str, rules: Rules) -> str | None:
    """store_sqlite is the room store/sqlite."""
    for candidate in (name, name.replace("_", "/", 1)):
        if candidate in rules.rooms:
            return candidate
    return None


def cmake_calls(text: str, command: str) -> Iterator[list[str]]:
    text = re.sub(r"#[^\n]*", "", text)
    for match in re.finditer(rf"\b{command}\s*\(([^()]*)\)", text):
        yield match.group(1).split()


def sections(arguments: list[str], keywords: Iterable[str]) -> dict[str, list[str]]:
    """The arguments behind each keyword."""
    found: dict[str, list[str]] = {keyword: [] for keyword in keywords}
    current: list[str] = []
    for argument in arguments:
        if argument in found:
            current = found[argument]
        else:
            current.append(argument)
    return found


def links_of(text: str) -> Iterator[tuple[str, str, bool]]:
    """Every (target, target it links, only its tests do) among our rooms, without the gleaner_ in front."""
    for name, *rest in cmake_calls(text, "gleaner_room"):
        found = sections(rest, ("SOURCES", "ROOMS", "LIBS", "TESTS", "TEST_LIBS"))
        yield from ((name, other, False) for other in found["ROOMS"])
        yield from ((name, other, True) for other in found["TEST_LIBS"])
    for target, *rest in cmake_calls(text, "target_link_libraries"):
        if target.startswith("gleaner_"):
            ours = (name.removeprefix("gleaner_") for name in rest if name.startswith("gleaner_"))
            yield from ((target.removeprefix("gleaner_"), name, False) for name in ours if name != "flags")


def check_cmake(src: Path, rules: Rules, report: Report) -> None:
    """No room links what it may not include, and its sources are its own."""
    for path in sorted(src.rglob("CMakeLists.txt")):
        text, where = path.read_text(), f"src/{path.relative_to(src).as_posix()}"
        for name, other, test in links_of(text):
            room, linked = room_of_target(name, rules), room_of_target(other, rules)
            if room is None or linked is None:
                report.problems.append(f"{where}: {name} links {other}: no such room in arch.toml")
            elif not rules.may_include(room, linked, test):
                report.problems.append(f"{where}: {room} may not link {linked}")
        for name, *rest in cmake_calls(text, "gleaner_room"):
            room = room_of_target(name, rules)
            if room is None:
                report.problems.append(f"{where}: gleaner_room({name}): no such room in arch.toml")
                continue
            for source in sections(rest, ("SOURCES", "ROOMS", "LIBS", "TESTS", "TEST_LIBS"))["SOURCES"]:
                home = rules.room_of(source)
                if home != room and rules.parts.get(home or "") != room:
                    report.problems.append(f"{where}: {room} compiles {source}, which is not its own")


def check(src: Path, rules: Rules) -> Report:
    """Everything that is wrong with the sources under `src`."""
    report = Report()
    report.problems.extend(check_table(rules))
    check_sources(src, rules, report)
    check_cmake(src, rules, report)
    if report.files == 0:
        report.problems.append(f"{src}: no sources")
    return report


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--src", type=Path, default=REPO / "src")
    parser.add_argument("--rules", type=Path, default=HERE / "arch.toml")
    options = parser.parse_args()
    report = check(options.src, Rules.load(options.rules))
    for warning in report.warnings:
        print(f"warning: {warning}")
    for problem in report.problems:
        print(problem)
    print(f"arch: {report.files} files in {len(report.rooms)} rooms, {len(report.problems)} problems")
    return 1 if report.problems else 0


if __name__ == "__main__":
    sys.exit(main())
