"""A cluster of real processes, in a folder of its own: ZooKeeper servers and several brokers, on free ports or hosts of their own."""
import os
import pathlib
import shutil
import socket
import subprocess

import java
from broker import Broker, OttlaBroker, free_port, wait_until

JARS = ["/usr/share/java/zookeeper.jar", "/usr/share/java/slf4j-simple.jar"]

CLUSTER_SETTINGS = {
    "default.replication.factor": "3",
    "offsets.topic.replication.factor": "3",
    "offsets.topic.num.partitions": "3",
    "min.insync.replicas": "2",
    "zookeeper.session.timeout.ms": "2000",
    "replica.fetch.backoff.ms": "100",
}


def zookeeper_is_missing():
    """Why no ZooKeeper server can be started here; None if one can."""
    if not shutil.which("java"):
        return "there is no java in PATH"
    return next((f"there is no {jar} (package libzookeeper-java)" for jar in JARS if not os.path.exists(jar)), None)


class ZooKeeper:
    """One server, alone or one of an ensemble. It keeps its data over restarts."""

    def __init__(self, folder, host=None):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True)
        self.host = host
        self.address = host.address if host else "127.0.0.1"
        self.port, self.quorum_port, self.election_port = free_port(), free_port(), free_port()
        self.connect = f"{self.address}:{self.port}"
        self.process = None
        self.configure([])

    def configure(self, ensemble):
        """Before the first start: the servers of its ensemble, itself among them; none if it is alone."""
        lines = [f"server.{number}={each.address}:{each.quorum_port}:{each.election_port}" for number, each in enumerate(ensemble, 1)]
        if ensemble:
            (self.folder / "data").mkdir()
            (self.folder / "data" / "myid").write_text(str(ensemble.index(self) + 1))
        (self.folder / "zoo.cfg").write_text(
            "tickTime=500\ninitLimit=20\nsyncLimit=10\nminSessionTimeout=500\nmaxSessionTimeout=60000\nadmin.enableServer=false\n"
            f"maxClientCnxns=0\n4lw.commands.whitelist=srvr\nclientPortAddress={self.address}\ndataDir={self.folder}/data\n"
            f"clientPort={self.port}\n" + "\n".join(lines) + "\n")

    def command(self):
        command = ["java", "-Xmx128m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Dzookeeper.forceSync=no", "-cp", ":".join(JARS),
                   "org.apache.zookeeper.server.quorum.QuorumPeerMain", str(self.folder / "zoo.cfg")]
        return self.host.command(command) if self.host else command

    def launch(self):
        with open(self.folder / "server.log", "ab") as output:
            self.process = subprocess.Popen(self.command(), stdout=output, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                                            start_new_session=True)
        return self

    def start(self):
        self.launch()
        wait_until(self.mode, 60, what="ZooKeeper serves")
        return self

    def mode(self):
        """"standalone", "leader" or "follower"; "" while it serves nobody."""
        try:
            with socket.create_connection((self.address, self.port), timeout=2) as probe:
                probe.sendall(b"srvr")
                answer = probe.recv(4096).decode()
                return answer.partition("Mode: ")[2].split("\n")[0]
        except OSError:
            return ""

    def kill(self):
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait(30)


class ClusterBroker(OttlaBroker):
    """A broker of a cluster: a listener for clients and one for the other brokers."""

    def __init__(self, folder, number, connect, overrides=None, host=None):
        self.namespace = host
        if host:
            self.host = host.address
        super().__init__(folder, {
            "node.id": str(number),
            **CLUSTER_SETTINGS,
            "zookeeper.connect": connect,
            "inter.broker.listener.name": "REPLICATION",
            "ottla.cluster.secret.file": str(pathlib.Path(folder).parent / "secret"),
            **({"ottla.allow.insecure.listeners": "true"} if host else {}),
            **(overrides or {})})
        self.number = number
        self.private_port = free_port()
        self.settings["listener.security.protocol.map"] = "PLAINTEXT:PLAINTEXT,REPLICATION:PLAINTEXT"

    def command(self):
        settings = {**self.settings, "listeners": f"PLAINTEXT://{self.bootstrap},REPLICATION://{self.host}:{self.private_port}"}
        command = [part for part in super().command()[:2]] + [
            part for key, value in settings.items() for part in ("--override", f"{key}={value}")]
        return self.namespace.command(command) if self.namespace else command


class KafkaClusterBroker(Broker):
    """The last Apache Kafka that ran on ZooKeeper, to check the checks with."""
    name = "kafka"

    def __init__(self, folder, number, connect, overrides=None, host=None):
        if host:
            self.host = host.address
        self.number, self.namespace = number, host
        super().__init__(folder, {"broker.id": str(number), **CLUSTER_SETTINGS, "zookeeper.connect": connect, **(overrides or {})})
        self.settings.pop("node.id")
        self.settings["listeners"] = f"PLAINTEXT://{self.bootstrap}"

    def command(self):
        properties = self.folder / "server.properties"
        properties.write_text("".join(f"{key}={value}\n" for key, value in self.settings.items() if not key.startswith("ottla.")))
        command = java.command("kafka.Kafka", properties, heap="384m", from_jars="kafka39")
        return self.namespace.command(command) if self.namespace else command


class Cluster:
    """`with Cluster(folder, 3) as cluster:` starts everything and ends it. With a network, each process is on a host of its own:
    the brokers first, then the ZooKeeper servers."""

    def __init__(self, folder, count, overrides=None, servers=1, network=None, kind=ClusterBroker):
        folder = pathlib.Path(folder)
        hosts = network.hosts if network else [None] * (count + servers)
        self.network = network
        self.zookeepers = [ZooKeeper(folder / f"zookeeper{n}", hosts[count + n]) for n in range(servers)]
        if servers > 1:
            for each in self.zookeepers:
                each.configure(self.zookeepers)
        self.connect = ",".join(each.connect for each in self.zookeepers) + "/logs"
        self.brokers = [kind(folder / f"broker{n}", n, self.connect, overrides, hosts[n - 1]) for n in range(1, count + 1)]

    def __enter__(self):
        try:
            for each in self.zookeepers:
                each.launch()
            for each in self.zookeepers:
                wait_until(each.mode, 60, what="ZooKeeper serves")
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
        for each in self.zookeepers:
            each.kill()

    @property
    def zookeeper(self):
        """The only server."""
        [one] = self.zookeepers
        return one

    @property
    def bootstrap(self):
        return ",".join(each.bootstrap for each in self.brokers)

    def broker(self, number):
        return self.brokers[number - 1]

    def live(self):
        return [each for each in self.brokers if each.process is not None and each.process.poll() is None]

    def tails(self):
        return "\n".join(f"--- broker {each.number}\n{each.tail(15)}" for each in self.brokers)
