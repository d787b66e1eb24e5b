"""Writes the seeds of the request and response fuzzers from the golden messages: run it after these changed.

Of each API the oldest, the first flexible and the newest version, with every field set.
"""
import pathlib
import re
import struct

ROOT = pathlib.Path(__file__).resolve().parents[2]
CORPUS = ROOT / "tests/fuzz/corpus"


def apis():
    """(name of the golden file, key, first flexible version) of each API that has golden messages."""
    numbers = dict(re.findall(r"^  (\w+) = (\d+),$", (ROOT / "protocol/api_key.hpp").read_text(), re.M))
    rows = re.findall(r"api_info\{api_key::(\w+), \"\w+\", -?\d+, -?\d+, (\w+)\}",
                      (ROOT / "protocol/api_key.cpp").read_text())
    for name, flexible in rows:
        if (ROOT / f"tests/protocol/golden/{name}.txt").exists():
            yield name, int(numbers[name]), 1 << 15 if flexible == "never" else int(flexible)


def header(kind, key, version, flexible):
    tags = b"\0" if version >= flexible else b""
    if kind == "request":
        return struct.pack(">hhih", key, version, 1, 4) + b"fuzz" + tags
    return struct.pack(">hhi", key, version, 1) + (b"" if key == 18 else tags)


def main():
    for name, key, flexible in apis():
        lines = [line.split() for line in (ROOT / f"tests/protocol/golden/{name}.txt").read_text().splitlines()]
        full = {(kind, int(version)): bytes.fromhex(body[0] if body else "")
                for kind, version, variant, *body in lines if variant == "full"}
        versions = sorted({version for _, version in full})
        for kind, version in full:
            if version in (versions[0], flexible, versions[-1]):
                folder = CORPUS / kind
                folder.mkdir(parents=True, exist_ok=True)
                (folder / f"{name}_v{version}").write_bytes(
                    header(kind, key, version, flexible) + full[kind, version])


if __name__ == "__main__":
    main()
