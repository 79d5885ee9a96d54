#!/usr/bin/env python3
"""Proves that every rule of check.py can fail, on small made-up trees under the real arch.toml."""

from __future__ import annotations

import dataclasses
import tempfile
import unittest
from collections.abc import Mapping
from pathlib import Path

import check

RULES = check.Rules.load(check.HERE / "arch.toml")

# One small sound house; each test adds what is wrong.
SOUND = {
    "base/error.h": "#pragma once\n#include <expected>\n#include <sys/stat.h>\n",
    "base/hash.h": "#pragma once\n#include <array>\n",
    "base/hash.cc": '#include "base/hash.h"\n#include <openssl/evp.h>\n#include <xxhash.h>\n',
    "base/json_walk.h": "#pragma once\n#include <simdjson.h>\n",
    "base/base_test.cc": '#include <gtest/gtest.h>\n#include "base/hash.h"\n',
    "record/codec.h": '#pragma once\n#include "base/error.h"\n',
    "record/codec.cc": '#include "record/codec.h"\n#include <fmt/format.h>\n#include "base/json_walk.h"\n',
    "store/store.h": '#pragma once\n#include "record/codec.h"\n',
    "store/testing/store_contract.h": '#pragma once\n#include <gtest/gtest.h>\n#include "store/store.h"\n',
    "store/sqlite/database.h": "#pragma once\n#include <sqlite3.h>\n",
    "store/sqlite/sqlite_store.h": '#pragma once\n#include "store/store.h"\n',
    "store/sqlite/sqlite_store.cc": '#include "store/sqlite/sqlite_store.h"\n#include "store/sqlite/database.h"\n',
    "store/sqlite/sqlite_store_test.cc": '#include "store/testing/store_contract.h"\n',
    "dataset/example.h": '#pragma once\n#include "store/store.h"\n',
    "dataset/format/format.h": '#pragma once\n#include "dataset/example.h"\n',
    "dataset/export.cc": '#include "dataset/format/format.h"\n',
    "http/net.h": "#pragma once\n#include <boost/asio/awaitable.hpp>\n",
    "http/server.h": '#pragma once\n#include "base/error.h"\n',
    "http/server.cc": '#include "http/server.h"\n#include "http/net.h"\n',
    "api/api.h": '#pragma once\n#include "http/server.h"\n#include "dataset/format/format.h"\n',
    "api/api.cc": '#include "api/api.h"\n#include "embedded/openapi.h"\n',
    "app/main.cc": '#include "api/api.h"\n#include "store/sqlite/sqlite_store.h"\n#include <spdlog/spdlog.h>\n',
    "CMakeLists.txt": """
        gleaner_room(base SOURCES base/hash.cc LIBS fmt::fmt TESTS base/base_test.cc)  # the ground
        gleaner_room(record SOURCES record/codec.cc ROOMS base)
        gleaner_room(store_sqlite SOURCES store/sqlite/sqlite_store.cc ROOMS store LIBS SQLite::SQLite3)
        gleaner_room(dataset SOURCES dataset/export.cc dataset/format/openai.cc ROOMS store TEST_LIBS store_sqlite)
        target_link_libraries(gleaner_app PRIVATE gleaner_flags gleaner_api fmt::fmt)
        """,
}


def check_tree(files: Mapping[str, str], rules: check.Rules = RULES) -> check.Report:
    with tempfile.TemporaryDirectory() as folder:
        for name, text in files.items():
            path = Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return check.check(Path(folder), rules)


class Arch(unittest.TestCase):
    """The sound house passes; each change to it is found, and only that."""

    def assert_sound(self, changes: Mapping[str, str]) -> check.Report:
        report = check_tree({**SOUND, **changes})
        self.assertEqual(report.problems, [])
        return report

    def assert_problem(self, expected: str, changes: Mapping[str, str]) -> None:
        problems = check_tree({**SOUND, **changes}).problems
        if " in a circle" not in expected:  # a forbidden arrow may close one besides
            problems = [problem for problem in problems if " in a circle" not in problem]
        self.assertEqual(len(problems), 1, problems)
        self.assertIn(expected, problems[0])

    def assert_include(self, expected: str, path: str, include: str) -> None:
        """Adding that include to the file is the one problem, and is named with its place."""
        with self.subTest(path=path, include=include):
            text = SOUND.get(path, "")
            line = text.count("\n") + 1
            self.assert_problem(expected, {path: f"{text}#include {include}\n"})
            self.assert_problem(f"src/{path}:{line}: ", {path: f"{text}#include {include}\n"})

    def test_sound(self) -> None:
        report = self.assert_sound({})
        self.assertEqual(report.files, len(SOUND) - 1)
        self.assertIn("store/sqlite", report.rooms)

    def test_the_tree_of_this_repository(self) -> None:
        """The table is about real rooms: most of them exist."""
        existing = [room for room in RULES.rooms if (check.REPO / "src" / room).is_dir()]
        self.assertGreater(len(existing), 8)

    def test_arrows(self) -> None:
        for path, include, expected in (
            ("base/hash.cc", '"record/codec.h"', "base may not include record"),
            ("base/base_test.cc", '"record/codec.h"', "base may not include record"),
            ("record/codec.cc", '"store/store.h"', "record may not include store"),
            ("privacy/a.cc", '"store/store.h"', "privacy may not include store"),
            ("intake/a.cc", '"dataset/example.h"', "intake may not include dataset"),
            ("insight/a.cc", '"dataset/example.h"', "insight may not include dataset"),
            ("store/store.h", '"store/sqlite/database.h"', "store may not include store/sqlite"),
            ("store/sqlite/sqlite_store.cc", '"store/testing/store_contract.h"', "may not include store/testing"),
            ("store/postgres/a.cc", '"store/sqlite/sqlite_store.h"', "may not include store/sqlite"),
            ("store/sqlite/a.cc", '"http/server.h"', "store/sqlite may not include http"),
            ("http/server.cc", '"record/codec.h"', "http may not include record"),
            ("gateway/import/a.cc", '"http/server.h"', "gateway/import may not include http"),
            ("gateway/a.cc", '"store/store.h"', "gateway may not include store"),
            ("cli/a.cc", '"http/server.h"', "cli may not include http"),
            ("cli/a.cc", '"store/sqlite/sqlite_store.h"', "cli may not include store/sqlite"),
            ("api/api.cc", '"store/sqlite/sqlite_store.h"', "api may not include store/sqlite"),
            ("record/codec.cc", '"embedded/demo.h"', "record may not include embedded"),
        ):
            self.assert_include(expected, path, include)

    def test_nothing_includes_the_top(self) -> None:
        for top in ("api", "cli", "app"):
            for room in set(RULES.rooms) - {top, "app", "embedded"}:
                self.assertFalse(RULES.may_include(room, top, True), f"{room} -> {top}")
        self.assert_problem("cli may not include api", {"cli/a.cc": '#include "api/api.h"\n'})

    def test_vendor_headers(self) -> None:
        for path, include in (
            ("store/sqlite/sqlite_store.cc", "<sqlite3.h>"),
            ("record/codec.cc", "<simdjson.h>"),
            ("api/api.cc", "<boost/asio/post.hpp>"),
            ("base/error.h", "<openssl/evp.h>"),
            ("base/error.h", "<xxhash.h>"),
            ("base/error.h", "<zstd.h>"),
            ("store/store.h", "<zlib.h>"),
            ("base/error.h", "<toml++/toml.h>"),
            ("app/main.cc", "<CLI/CLI.hpp>"),
            ("base/error.h", "<spdlog/spdlog.h>"),
            ("base/hash.cc", "<gtest/gtest.h>"),
            ("app/main.cc", "<gmock/gmock.h>"),
        ):
            self.assert_include("may be included only by", path, include)
        self.assert_include("may be included only by", "app/main.cc", " <sqlite3.h>  // why")
        self.assert_include("neither a header of src/", "app/main.cc", "<curses.h>")
        self.assert_include("neither a header of src/", "app/main.cc", "<nlohmann/json.hpp>")
        self.assert_include("only base/, record/, ", "store/store.h", '"base/json_walk.h"')
        self.assert_include("only http/ may include it", "api/api.cc", '"http/net.h"')
        self.assert_sound({"base/log.cc": "#include <spdlog/spdlog.h>\n", "config/a.cc": "#include <toml++/toml.h>\n"})

    def test_how_includes_are_written(self) -> None:
        self.assert_include("without ./ and ../", "base/hash.cc", '"../base/error.h"')
        self.assert_include("without ./ and ../", "base/hash.cc", '"record/../base/error.h"')
        self.assert_include("without ./ and ../", "base/hash.cc", '"./error.h"')
        self.assert_include("without ./ and ../", "base/hash.cc", "</usr/include/zlib.h>")
        self.assert_include("no such file", "base/hash.cc", '"error.h"')
        self.assert_include("no such file", "base/hash.cc", '"base/missing.h"')
        self.assert_include("no such file", "base/hash.cc", '"sqlite3.h"')
        self.assert_include('included with ""', "record/codec.cc", "<base/error.h>")
        self.assert_include("a .cc is compiled", "base/base_test.cc", '"base/hash.cc"')
        self.assert_include("neither a header of src/", "base/hash.cc", "HEADER.h")
        self.assert_problem("base may not include record", {"base/a.cc": '  #  include"record/codec.h"\n'})

    def test_comments_and_strings(self) -> None:
        self.assert_sound(
            {
                "base/a.cc": '// #include "api/api.h"\n/*\n#include "api/api.h"\n*/\n'
                'const char* a = R"(\n#include "api/api.h"\n)";\nconst char* b = "/*";\nint c = 1\'000;\n'
            }
        )
        self.assert_problem(
            "base/a.cc:2: api/api.h", {"base/a.cc": 'const char* a = "/*";\n#include "api/api.h"\nconst char* b = "*/";\n'}
        )

    def test_cycles(self) -> None:
        self.assert_problem(
            "files include each other in a circle: base/a.h -> base/b.h -> base/c.h -> base/a.h",
            {
                "base/a.h": '#include "base/b.h"\n',
                "base/b.h": '#include "base/c.h"\n',
                "base/c.h": '#include "base/a.h"\n',
            },
        )
        self.assert_problem("each other in a circle: base/a.h -> base/a.h", {"base/a.h": '#include "base/a.h"\n'})

    def test_cycle_of_rooms(self) -> None:
        """Arrows that go in a circle are found in the table and in the sources, though no file includes itself."""
        rooms = {**RULES.rooms, "base": ["record"]}
        tree = {**SOUND, "base/a.cc": '#include "record/codec.h"\n'}
        problems = check_tree(tree, dataclasses.replace(RULES, rooms=rooms)).problems
        self.assertEqual(len(problems), 2, problems)
        self.assertIn("allowed arrows go in a circle: base -> record -> base", problems[0])
        self.assertIn("rooms include each other in a circle: record -> base -> record", problems[1])

    def test_table_names_rooms(self) -> None:
        rules = dataclasses.replace(RULES, tests={**RULES.tests, "stroe": ["base"]})
        self.assertEqual(check_tree(SOUND, rules).problems, ["arch.toml: stroe: no such room: stroe"])

    def test_files_outside_of_rooms(self) -> None:
        self.assert_problem("src/main.cc: its folder is no room", {"main.cc": "int main() {}\n"})
        self.assert_problem("src/util/a.h: its folder is no room", {"util/a.h": ""})
        self.assert_problem("src/base/more/a.h: its folder is no room", {"base/more/a.h": ""})
        self.assert_problem("src/base/a.cpp: sources end in .h or .cc", {"base/a.cpp": ""})

    def test_nothing_to_check(self) -> None:
        self.assertIn("no sources", check_tree({}).problems[0])

    def test_cmake(self) -> None:
        for line, expected in (
            ("gleaner_room(base SOURCES base/hash.cc ROOMS record)", "base may not link record"),
            ("gleaner_room(insight ROOMS store dataset LIBS fmt::fmt)", "insight may not link dataset"),
            ("gleaner_room(store\n  ROOMS record store_sqlite)", "store may not link store/sqlite"),
            ("gleaner_room(http ROOMS base TEST_LIBS store)", "http may not link store"),
            ("gleaner_room(attic SOURCES attic/a.cc)", "gleaner_room(attic): no such room"),
            ("gleaner_room(store ROOMS attic)", "store links attic: no such room"),
            ("gleaner_room(store SOURCES record/codec.cc)", "store compiles record/codec.cc, which is not its own"),
            ("target_link_libraries(gleaner_base PUBLIC gleaner_http)", "base may not link http"),
        ):
            with self.subTest(line):
                self.assert_problem(expected, {"CMakeLists.txt": f"{SOUND['CMakeLists.txt']}{line}\n"})
                self.assert_problem(f"src/more/CMakeLists.txt: {expected}", {"more/CMakeLists.txt": line})
                self.assert_sound({"CMakeLists.txt": "# " + line.replace("\n", " ")})

    def test_size_is_a_warning(self) -> None:
        report = self.assert_sound({"base/long.cc": "\n" * 501, "base/enough.cc": "\n" * 500})
        self.assertEqual(len(report.warnings), 1)
        self.assertIn("src/base/long.cc: 501 lines", report.warnings[0])


if __name__ == "__main__":
    unittest.main()
