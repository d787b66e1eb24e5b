"""A cluster of real processes: one ZooKeeper server and several brokers on free ports, in a folder of its own."""
import os
import pathlib
import shutil
import socket
import subprocess

from broker import OttlaBroker, free_port, wait_until

JARS = ["/usr/share/java/zookeeper.jar", "/usr/share/java/slf4j-simple.jar"]


def zookeeper_is_missing():
    """Why no ZooKeeper server can be started here; None if one can."""
    if not shutil.which("java"):
        return "there is no java in PATH"
    return next((f"there is no {jar} (package libzookeeper-java)" for jar in JARS if not os.path.exists(jar)), None)


class ZooKeeper:
    """One server. It keeps its data over restarts."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True)
        self.port = free_port()
        self.connect = f"127.0.0.1:{self.port}"
        (self.folder / "zoo.cfg").write_text(
            "tickTime=500\nminSessionTimeout=500\nmaxSessionTimeout=60000\nadmin.enableServer=false\nmaxClientCnxns=0\n"
            f"4lw.commands.whitelist=srvr\nclientPortAddress=127.0.0.1\ndataDir={self.folder}/data\nclientPort={self.port}\n")
        self.process = None

    def start(self):
        with open(self.folder / "server.log", "ab") as output:
            self.process = subprocess.Popen(
                ["java", "-Xmx128m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Dzookeeper.forceSync=no", "-cp", ":".join(JARS),
                 "org.apache.zookeeper.server.quorum.QuorumPeerMain", str(self.folder / "zoo.cfg")],
                stdout=output, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, start_new_session=True)
        wait_until(self.serves, 60, what="ZooKeeper serves")
        return self

    def serves(self):
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=2) as probe:
                probe.sendall(b"srvr")
                return b"Mode:" in probe.recv(4096)
        except OSError:
            return False

    def kill(self):
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait(30)


class ClusterBroker(OttlaBroker):
    """A broker of a cluster: a listener for clients and one for the other brokers."""

    def __init__(self, folder, number, connect, secret, overrides=None):
        super().__init__(folder, {
            "node.id": str(number),
            "default.replication.factor": "3",
            "offsets.topic.replication.factor": "3",
            "offsets.topic.num.partitions": "3",
            "min.insync.replicas": "2",
            "zookeeper.connect": connect,
            "zookeeper.session.timeout.ms": "2000",
            "inter.broker.listener.name": "REPLICATION",
            "ottla.cluster.secret.file": str(secret),
            "replica.fetch.backoff.ms": "100",
            **(overrides or {})})
        self.number = number
        self.private_port = free_port()
        self.settings["listener.security.protocol.map"] = "PLAINTEXT:PLAINTEXT,REPLICATION:PLAINTEXT"

    def command(self):
        settings = {**self.settings, "listeners": f"PLAINTEXT://{self.bootstrap},REPLICATION://127.0.0.1:{self.private_port}"}
        return [part for part in super().command()[:2]] + [
            part for key, value in settings.items() for part in ("--override", f"{key}={value}")]


class Cluster:
    """`with Cluster(folder, 3) as cluster:` starts everything and ends it."""

    def __init__(self, folder, count, overrides=None):
        folder = pathlib.Path(folder)
        self.zookeeper = ZooKeeper(folder / "zookeeper")
        self.connect = f"{self.zookeeper.connect}/logs"
        self.secret = folder / "secret"
        self.brokers = [ClusterBroker(folder / f"broker{n}", n, self.connect, self.secret, overrides) for n in range(1, count + 1)]

    def __enter__(self):
        try:
            self.zookeeper.start()
            for each in self.brokers:
                each.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for each in self.brokers:
            if each.process is not None and each.process.poll() is None:
                each.kill()
        self.zookeeper.kill()

    @property
    def bootstrap(self):
        return ",".join(each.bootstrap for each in self.brokers)

    def broker(self, number):
        return self.brokers[number - 1]

    def live(self):
        return [each for each in self.brokers if each.process is not None and each.process.poll() is None]

    def tails(self):
        return "\n".join(f"--- broker {each.number}\n{each.tail(15)}" for each in self.brokers)
