"""The files of the repository, and as much C++ parsing as the tidy rules need: includes and the extent of functions."""
import pathlib
import re
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
SKIPPED = re.compile(r"(^|/)(build[^/]*|data|node_modules|\.git|\.venv|__pycache__)/")


def all_files():
    """Paths of all files that are, or could be, committed."""
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode == 0:
        paths = listed.stdout.splitlines()
    else:  # a release archive has no .git
        paths = [str(p.relative_to(ROOT)) for p in ROOT.rglob("*") if p.is_file()]
    return sorted(p for p in set(paths) if not SKIPPED.search(p) and (ROOT / p).is_file())


def text_of(path):
    """The file's text, or None where it is not text."""
    try:
        return (ROOT / path).read_bytes().decode()
    except UnicodeDecodeError:
        return None


def is_cpp(path):
    return path.endswith((".cpp", ".hpp"))


def includes(text):
    """(line number, name, True if in quotes) of each include."""
    for number, line in enumerate(text.splitlines(), 1):
        match = re.match(r'\s*#\s*include\s*(?:"([^"]+)"|<([^>]+)>)', line)
        if match:
            yield number, match[1] or match[2], match[1] is not None


def blank(match):
    return re.sub(r"[^\n]", " ", match[0])


def code_only(text):
    """The text with comments, strings and preprocessor lines blanked, lines kept."""
    text = re.sub(r'R"(\w*)\((?:.|\n)*?\)\1"', blank, text)
    text = re.sub(r'//[^\n]*|/\*(?:.|\n)*?\*/|"(?:\\.|[^"\\\n])*"|(?<![0-9a-fA-F])\'(?:\\.|[^\'\\\n])+\'', blank, text)
    return re.sub(r"^[ \t]*#(?:\\\n|[^\n])*", blank, text, flags=re.M)


def functions(code):
    """(first line, last line, head) of each function body in the result of code_only(), by matching braces."""
    stack, head_start, line, found = [], 0, 1, []
    for at, char in enumerate(code):
        if char == "\n":
            line += 1
        elif char == "{":
            head = code[head_start:at]
            inside_function = any(kind == "function" for kind, _, _ in stack)
            stack.append((kind_of(head) if not inside_function else "block", head, line))
            if not inside_function:
                head_start = at + 1
        elif char == "}" and stack:
            kind, head, first = stack.pop()
            if kind == "function":
                found.append((first - head.strip().count("\n"), line, " ".join(head.split())))
            if not any(k == "function" for k, _, _ in stack):
                head_start = at + 1
        elif char == ";" and not any(kind == "function" for kind, _, _ in stack):
            head_start = at + 1
    return found


def kind_of(head):
    words = re.sub(r"\b(template|requires)\s*<[^{]*?>\s*(?=\w)", " ", head)
    if re.search(r"\bnamespace\b|\bextern\b\s*$", words):
        return "scope"
    if re.search(r"^\s*(?:\w+\s+)*?(class|struct|union|enum)\b", words) and not words.rstrip().endswith(")"):
        return "scope"
    return "function" if "(" in words else "value"
