"""What Linux tells about this machine in /proc: absolute counters, and rates between two looks at them."""
import pathlib
import time

SECTOR_BYTES = 512  # the unit of /proc/diskstats, whatever the disk


def counters():
    """Counters since boot, and the time they were read at."""
    cpu = [int(x) for x in pathlib.Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
    whole_disks = {path.name for path in pathlib.Path("/sys/block").glob("*") if not path.name.startswith(("loop", "ram", "zram", "dm-"))}
    disks = [fields for fields in map(str.split, pathlib.Path("/proc/diskstats").read_text().splitlines()) if fields[2] in whole_disks]
    links = [line.split(":") for line in pathlib.Path("/proc/net/dev").read_text().splitlines()[2:]]
    links = [numbers.split() for name, numbers in links if name.strip() != "lo"]
    return {
        "at": time.monotonic(),
        "cpu_busy": sum(cpu) - cpu[3] - cpu[4],  # all but idle and waiting for disks
        "cpu_all": sum(cpu),
        "disk_read": sum(int(fields[5]) for fields in disks) * SECTOR_BYTES,
        "disk_written": sum(int(fields[9]) for fields in disks) * SECTOR_BYTES,
        "network_in": sum(int(numbers[0]) for numbers in links),
        "network_out": sum(int(numbers[8]) for numbers in links),
    }


def memory():
    lines = (line.split() for line in pathlib.Path("/proc/meminfo").read_text().splitlines())
    kib = {line[0].rstrip(":"): int(line[1]) for line in lines}
    return {"memory_total_bytes": kib["MemTotal"] * 1024, "memory_used_bytes": (kib["MemTotal"] - kib["MemAvailable"]) * 1024}


def rates(before, after):
    """What happened between two results of counters()."""
    seconds = after["at"] - before["at"]
    ticks = after["cpu_all"] - before["cpu_all"]
    result = {"cpu_percent": round(100 * (after["cpu_busy"] - before["cpu_busy"]) / ticks, 1) if ticks else 0.0}
    for name in ("disk_read", "disk_written", "network_in", "network_out"):
        result[name + "_bytes_per_s"] = round((after[name] - before[name]) / seconds)
    return result
