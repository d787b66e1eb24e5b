"""Apache Kafka's own Java programs, brought by Maven into build/tools, and one way to run them with a small heap."""
import contextlib
import pathlib
import shutil
import subprocess
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
TOOLS = HERE.parents[1] / "build" / "tools"
MAVEN_COPY = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies"
LOG4J = """status=error
appender.err.type=Console
appender.err.name=err
appender.err.target=SYSTEM_ERR
appender.err.layout.type=PatternLayout
appender.err.layout.pattern=[%d] %p %m (%c)%n
rootLogger.level=warn
rootLogger.appenderRef.err.ref=err
"""


def jars(name="kafka"):
    """The folder with the jars of java/NAME.pom.xml; fetches them once per content of that file."""
    folder, pom = TOOLS / f"java-{name}", HERE / "java" / f"{name}.pom.xml"
    stamp = folder / ".done"
    if not stamp.exists() or stamp.read_text() != pom.read_text():
        if not shutil.which("mvn"):
            raise RuntimeError("maven is missing: make deps")
        print(f"+ mvn copy-dependencies of {pom.name}", flush=True)
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        subprocess.run(["mvn", "-q", "-B", "-f", str(pom), MAVEN_COPY, "-DincludeScope=runtime", f"-DoutputDirectory={folder}"],
                       check=True, stdin=subprocess.DEVNULL, timeout=900)
        stamp.write_text(pom.read_text())
    return folder


def command(main, *arguments, heap="512m", log=None, properties=(), from_jars="kafka"):
    if log is None:
        log = TOOLS / "log4j2.properties"
        log.parent.mkdir(parents=True, exist_ok=True)
        log.write_text(LOG4J)
    return ["java", f"-Xmx{heap}", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", f"-Dlog4j2.configurationFile={log}",
            *(f"-D{p}" for p in properties), "-cp", f"{jars(from_jars)}/*", main, *map(str, arguments)]


def run(main, *arguments, text=None, timeout=90, check=True, stderr=subprocess.STDOUT):
    """Runs a program to its end; returns what it printed (standard error included unless told otherwise)."""
    done = subprocess.run(command(main, *arguments), input=text, stdout=subprocess.PIPE, stderr=stderr, text=True, timeout=timeout,
                          stdin=subprocess.DEVNULL if text is None else None)
    if check and done.returncode != 0:
        raise AssertionError(f"{main} {' '.join(map(str, arguments))} exited with {done.returncode}:\n{done.stdout[-3000:]}")
    return done.stdout


@contextlib.contextmanager
def running(main, *arguments, heap="512m", cwd=None):
    """A program in the background: yields (process, path of its output); killed at the end of the block."""
    with tempfile.NamedTemporaryFile(prefix="java-", suffix=".log") as output:
        process = subprocess.Popen(command(main, *arguments, heap=heap), stdout=output, stderr=subprocess.STDOUT,
                                   stdin=subprocess.DEVNULL, cwd=cwd, start_new_session=True)
        try:
            yield process, pathlib.Path(output.name)
        finally:
            process.kill()
            process.wait(30)
