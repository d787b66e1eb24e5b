#!/usr/bin/env python3
"""Makes the seeds of the record_batch, decompress and record_validation targets from the golden batches.

Run from anywhere; writes tests/fuzz/corpus/{record_batch,decompress,record_validation}."""
import pathlib

HERE = pathlib.Path(__file__).resolve().parent
HEADER_BYTES, ATTRIBUTES = 61, 22  # the low byte of the attributes
RULES = {"full": 0, "compacted": 1, "header": 2, "append_time": 4, "coordinator": 8, "before": 16, "old": 32}


def write(target, name, data):
    folder = HERE / "corpus" / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(data)


for path in sorted((HERE.parent / "protocol/golden/batches").glob("*.bin")):
    batch = path.read_bytes()
    if len(batch) > 2000:
        continue
    write("record_batch", path.stem, batch)
    codec = batch[ATTRIBUTES] & 7
    if codec:
        write("decompress", path.stem, bytes([codec]) + batch[HEADER_BYTES:])
    write("record_validation", path.stem, bytes([RULES["full"], 0]) + batch)

golden = HERE.parent / "protocol/golden/batches"
two = (golden / "java-none.bin").read_bytes() + (golden / "java-zstd-40.bin").read_bytes()
write("record_batch", "two_batches", two)
write("record_validation", "two_batches", bytes([0, 0]) + two)
for name, bits in RULES.items():
    write("record_validation", "rule_" + name, bytes([bits, 0]) + (golden / "rdkafka-lz4-40.bin").read_bytes())
for codec in range(5):
    write("record_validation", f"recompress_{codec}", bytes([64, codec]) + (golden / "java-none.bin").read_bytes())
