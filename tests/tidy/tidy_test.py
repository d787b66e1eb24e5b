#!/usr/bin/env python3
"""Keeps the rules that no compiler keeps: layers, homes of heavy libraries, sizes, banned words, documents that name files.

Standard library only; runs in a second or two. The rules are tables in rules.py.
"""
import pathlib
import re
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import rules  # noqa: E402
import sources  # noqa: E402

FILES = sources.all_files()
TEXT = {path: sources.text_of(path) for path in FILES}
CPP = [path for path in FILES if sources.is_cpp(path)]
PRODUCT = [path for path in CPP if not path.startswith(("tests/", "bench/", "examples/"))]
INCLUDES = {path: list(sources.includes(TEXT[path])) for path in CPP}
CODE = {path: sources.code_only(TEXT[path]) for path in CPP}


def excepted(rule, path):
    return any((rule == name or rule.startswith(name + " ")) and re.match(where, path) for name, where, _ in rules.EXCEPTIONS)


def vocabulary():
    """The headers of rules.VOCABULARY and what they include below actors/."""
    found, todo = set(), [path for path in CPP if re.match(rules.VOCABULARY, path)]
    while todo:
        path = todo.pop()
        if path not in found:
            found.add(path)
            todo += [name for _, name, quoted in INCLUDES[path] if quoted and name.startswith("actors/") and name in INCLUDES]
    return found


VOCABULARY = vocabulary()


def node_of(path):
    """The folder of a file; vocabulary and wiring are nodes of their own."""
    if path in VOCABULARY:
        return "actors (vocabulary)"
    if re.match(rules.WIRING, path):
        return "actors (wiring)"
    return str(pathlib.PurePosixPath(path).parent)


def cycle_in(graph):
    """A list of nodes that form a cycle, or None."""
    done, path = set(), []

    def visit(node):
        if node in path:
            return path[path.index(node):] + [node]
        if node in done:
            return None
        path.append(node)
        for after in sorted(graph.get(node, ())):
            found = visit(after)
            if found:
                return found
        path.pop()
        done.add(node)
        return None

    for start in sorted(graph):
        found = visit(start)
        if found:
            return found
    return None


class Tidy(unittest.TestCase):
    maxDiff = None

    def none(self, findings):
        self.assertFalse(findings, "\n" + "\n".join(findings))

    def test_a_type_has_one_definition(self):
        """Two headers that define the same name break the one-definition rule: the linker keeps either."""
        where = {}
        for path in PRODUCT:
            if path.endswith(".hpp"):
                for name in re.findall(r"^(?:struct|class|enum class) (\w+)(?: final)?\s*(?::[^:;{][^;{]*)?\{", CODE[path], re.M):
                    where.setdefault(name, []).append(path)
        twice = {name: paths for name, paths in where.items() if len(paths) > 1}
        self.assertEqual({}, twice)

    def test_includes_point_down_the_layers(self):
        bad = []
        for path in CPP:
            allowed = rules.LAYERS.get(path.split("/")[0])
            if allowed is None:
                continue
            for line, name, quoted in INCLUDES[path]:
                top = name.split("/")[0]
                if quoted and top in rules.LAYERS and top not in allowed:
                    bad.append(f"{path}:{line}: {path.split('/')[0]} must not include {name}")
        self.none(bad)

    def test_quoted_includes_start_at_the_root_and_exist(self):
        self.none([f"{path}:{line}: no such file below the root: {name}"
                   for path in CPP for line, name, quoted in INCLUDES[path]
                   if quoted and not name.startswith("support/") and not (sources.ROOT / name).is_file()])

    def test_each_heavy_library_has_one_home(self):
        bad = []
        for path in CPP:
            for line, name, quoted in INCLUDES[path]:
                rule = next(((p, home) for p, home in rules.HOMES if not quoted and re.match(p, name)), None)
                if rule and not (rule[1] and re.match(rule[1], path)) and not excepted("home " + rule[0], path):
                    bad.append(f"{path}:{line}: <{name}> belongs to {rule[1] or 'nobody'}")
        self.none(bad)

    def test_folders_do_not_include_each_other_in_circles(self):
        graph = {}
        for path in PRODUCT:
            for _, name, quoted in INCLUDES[path]:
                if quoted and node_of(name) != node_of(path):
                    graph.setdefault(node_of(path), set()).add(node_of(name))
        self.assertIsNone(cycle_in(graph))

    def test_the_vocabulary_knows_no_actor(self):
        self.none([f"{path} is needed by actors/interfaces.hpp or a header of messages" for path in sorted(VOCABULARY)
                   if path.endswith("_actor.hpp")])

    def test_headers_do_not_include_each_other_in_circles(self):
        graph = {path: {name for _, name, quoted in INCLUDES[path] if quoted} for path in CPP}
        self.assertIsNone(cycle_in(graph))

    def test_handlers_do_not_know_the_session_actor(self):
        self.none([f"{path}:{line}: {name}" for path in PRODUCT if path.startswith("actors/handlers/")
                   for line, name, _ in INCLUDES[path] if "session_actor" in name])

    def test_only_the_wiring_includes_headers_of_other_actors(self):
        bad = []
        for path in PRODUCT:
            if re.match(rules.WIRING, path) or excepted("actor header", path):
                continue
            for line, name, quoted in INCLUDES[path]:
                actor = re.fullmatch(r"actors/(?:.*/)?(\w+)_actor\.hpp", name)
                if quoted and actor and not pathlib.PurePosixPath(path).stem.startswith(actor[1]):
                    bad.append(f"{path}:{line}: {name} (talk through actors/interfaces.hpp)")
        self.none(bad)

    def test_no_hidden_inputs_and_no_leftovers(self):
        bad = []
        for path in CPP:
            for rule, pattern in rules.BANNED:
                text = TEXT[path] if rule == "unfinished" else CODE[path]
                if excepted(rule, path):
                    continue
                for match in re.finditer(pattern, text):
                    bad.append(f"{path}:{text.count(chr(10), 0, match.start()) + 1}: {rule}: {match[0]}")
        self.none(bad)

    def test_files_stay_readable(self):
        self.none([f"{path}: {TEXT[path].count(chr(10))} lines, at most {rules.FILE_LINES_MAX}" for path in FILES
                   if path.endswith((".cpp", ".hpp", ".py", ".sh", ".cmake", ".txt")) and TEXT[path] is not None
                   and TEXT[path].count("\n") > rules.FILE_LINES_MAX])

    def test_functions_stay_readable(self):
        self.none([f"{path}:{first}: {last - first + 1} lines, at most {rules.FUNCTION_LINES_MAX}: {head[:80]}"
                   for path in CPP for first, last, head in sources.functions(CODE[path])
                   if last - first + 1 > rules.FUNCTION_LINES_MAX])

    def test_headers_open_with_their_purpose_and_pragma_once(self):
        bad = []
        for path in CPP:
            if path.endswith(".hpp"):
                if "#pragma once" not in TEXT[path]:
                    bad.append(f"{path}: no #pragma once")
                if not TEXT[path].startswith("//"):
                    bad.append(f"{path}: does not open with a comment that says what it is for")
        self.none(bad)

    def test_sources_include_their_own_header_first(self):
        bad = []
        for path in PRODUCT:
            own = path[:-4] + ".hpp"
            if path.endswith(".cpp") and own in TEXT and INCLUDES[path] and INCLUDES[path][0][1] != own:
                bad.append(f"{path}: the first include should be {own}")
        self.none(bad)

    def test_every_source_is_built(self):
        cmake = {str(pathlib.PurePosixPath(p).parent): TEXT[p] for p in FILES if p.endswith("CMakeLists.txt")}
        bad = []
        for path in CPP:
            if path.endswith(".cpp") and not excepted("built", path):
                folders = [str(parent) for parent in pathlib.PurePosixPath(path).parents]
                name = pathlib.PurePosixPath(path).name
                stem = pathlib.PurePosixPath(path).stem
                if not any(re.search(rf"\b{re.escape(name)}|(?<![\w.]){re.escape(stem)}(?![\w.])", cmake[f]) or
                           (name.endswith("_fuzz.cpp") and re.search(rf"\b{re.escape(stem[:-5])}\b", cmake[f]))
                           for f in cmake if f in folders or (path.startswith("tests/support/") and f.startswith("tests"))):
                    bad.append(f"{path}: no CMakeLists.txt names it")
        self.none(bad)

    def test_every_fuzz_target_has_a_corpus(self):
        targets = [re.search(r"(\w+)_fuzz\.cpp$", p)[1] for p in FILES if re.match(r"tests/fuzz/\w+_fuzz\.cpp$", p)]
        self.none([f"tests/fuzz/corpus/{t}/ is empty" for t in targets
                   if not any(p.startswith(f"tests/fuzz/corpus/{t}/") for p in FILES)])

    def test_documents_name_files_that_exist(self):
        bad = []
        known = {str(parent) for path in FILES for parent in pathlib.PurePosixPath(path).parents} | set(FILES)
        tops = {path.split("/")[0] for path in FILES if "/" in path}
        for path in (p for p in FILES if p.endswith(".md")):
            folder = pathlib.PurePosixPath(path).parent
            for number, line in enumerate(TEXT[path].splitlines(), 1):
                for target in re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", line):
                    if not (sources.ROOT / folder / target).exists():
                        bad.append(f"{path}:{number}: link to {target}")
                for name in re.findall(r"`([\w./-]+)`", line):
                    if "/" in name and name.split("/")[0] in tops and name.rstrip("/") not in known:
                        bad.append(f"{path}:{number}: names {name}")
        self.none(bad)

    def test_nothing_names_the_machine_it_was_written_on(self):
        pattern = re.compile(r"/wo" r"rk/|\.\./sha" r"red|/ro" r"ot/\.|/home/\w+/")
        self.none([f"{path}:{number}: {line.strip()[:100]}" for path in FILES if TEXT[path] is not None
                   for number, line in enumerate(TEXT[path].splitlines(), 1) if pattern.search(line)])


class TidyItself(unittest.TestCase):
    """The parsing above is code as well: a rule that cannot find anything keeps nothing."""

    def test_functions_are_found_with_their_length(self):
        text = "namespace a {\nclass b {\n  b() : c_{1}, d_(2) {\n    if (x) { y(); }\n  }\n  int c_{1};\n};\nauto f(int x) -> int {\n  return x;\n}\n}\n"
        self.assertEqual([(first, last) for first, last, head in sources.functions(sources.code_only(text)) if "f(" in head], [(8, 10)])
        self.assertIn((3, 5), [(first, last) for first, last, _ in sources.functions(sources.code_only(text))])

    def test_a_long_function_is_seen_behind_strings_and_comments(self):
        text = 'int f() {\n' + '  g("}"); // }\n' * 80 + "}\n"
        self.assertEqual([last - first + 1 for first, last, _ in sources.functions(sources.code_only(text))], [82])

    def test_cycles_are_found(self):
        self.assertEqual(cycle_in({"a": {"b"}, "b": {"c"}, "c": {"b"}}), ["b", "c", "b"])
        self.assertIsNone(cycle_in({"a": {"b", "c"}, "b": {"c"}}))

    def test_banned_words_match_what_they_are_for(self):
        banned = dict(rules.BANNED)
        self.assertRegex("std::chrono::steady_clock::now()", banned["clock"])
        self.assertRegex("std::random_device seed;", banned["random"])
        self.assertRegex("std::jthread t;", banned["thread"])
        self.assertNotRegex("clock.now()", banned["clock"])


if __name__ == "__main__":
    unittest.main()
