"""Hosts of their own for brokers on one machine: network namespaces around a router where packets can be dropped, in one direction
or both. Nothing outside these namespaces is touched."""
import ctypes
import functools
import os
import pathlib
import shutil
import subprocess

HOME = "/proc/self/ns/net"
CLONE_NEWNET = 0x40000000


def run(*command):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, stdin=subprocess.DEVNULL, timeout=30)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}: {done.stdout.strip()}")
    return done.stdout


@functools.cache
def is_missing():
    """Why no namespaces can be made here; None if they can."""
    if not shutil.which("ip"):
        return "there is no ip (package iproute2)"
    name = f"ottla-try-{os.getpid()}"
    try:
        run("ip", "netns", "add", name)
    except RuntimeError as error:
        return f"no network namespaces: {error}"
    run("ip", "netns", "del", name)
    return None


def enter(path):
    """This thread, and those that it starts from now on, live in that namespace."""
    with open(path, "rb") as namespace:
        if ctypes.CDLL(None, use_errno=True).setns(namespace.fileno(), CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), f"setns {path}")


class Host:
    """One namespace with one address."""

    def __init__(self, network, index):
        self.namespace = f"{network.router}-{index}"
        self.address = f"10.213.{index}.2"

    def command(self, command):
        """`command`, to be run there."""
        return ["ip", "netns", "exec", self.namespace, *command]


class Network:
    """`with Network(4) as network:` hosts[0] .. hosts[3]; the test itself stands at the router meanwhile and reaches all of them."""

    def __init__(self, count):
        self.router = f"ottla-{os.getpid()}"
        self.hosts = [Host(self, index) for index in range(1, count + 1)]
        self.cuts = set()

    def __enter__(self):
        try:
            self.build()
        except BaseException:
            self.__exit__()
            raise
        return self

    def build(self):
        run("ip", "netns", "add", self.router)
        run("ip", "-n", self.router, "link", "set", "lo", "up")
        for index, host in enumerate(self.hosts, 1):
            run("ip", "netns", "add", host.namespace)
            run("ip", "-n", self.router, "link", "add", f"to{index}", "type", "veth", "peer", "name", "eth0", "netns", host.namespace)
            run("ip", "-n", self.router, "address", "add", f"10.213.{index}.1/24", "dev", f"to{index}")
            run("ip", "-n", self.router, "link", "set", f"to{index}", "up")
            run("ip", "-n", host.namespace, "address", "add", f"{host.address}/24", "dev", "eth0")
            for device in ("lo", "eth0"):
                run("ip", "-n", host.namespace, "link", "set", device, "up")
            run("ip", "-n", host.namespace, "route", "add", "default", "via", f"10.213.{index}.1")
        self.home = os.open(HOME, os.O_RDONLY)
        enter(f"/run/netns/{self.router}")
        pathlib.Path("/proc/sys/net/ipv4/ip_forward").write_text("1")

    def __exit__(self, *_):
        if hasattr(self, "home"):
            enter(f"/proc/self/fd/{self.home}")
            os.close(self.home)
        for name in [host.namespace for host in self.hosts] + [self.router]:
            if os.path.exists(f"/run/netns/{name}"):
                run("ip", "netns", "del", name)

    def cut(self, source, target):
        """Drops what goes from one host to another without a word to either."""
        run("ip", "-n", self.router, "rule", "add", "blackhole", "from", source.address, "to", target.address)
        self.cuts.add((source, target))

    def cut_both(self, one, other):
        self.cut(one, other)
        self.cut(other, one)

    def heal(self):
        for source, target in self.cuts:
            run("ip", "-n", self.router, "rule", "del", "blackhole", "from", source.address, "to", target.address)
        self.cuts.clear()
