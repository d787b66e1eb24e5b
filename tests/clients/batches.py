"""Reads record batches (magic 2) from segment files, to see what a broker really stored."""
import collections
import pathlib
import struct

HEADER = struct.Struct(">qiibIhiqqqhii")  # base offset .. record count, 61 bytes
Batch = collections.namedtuple(
    "Batch", "base_offset length leader_epoch magic crc attributes last_offset_delta base_timestamp max_timestamp "
             "producer_id producer_epoch base_sequence record_count codec")


def parse(data):
    found, at = [], 0
    while at + HEADER.size <= len(data):
        fields = HEADER.unpack_from(data, at)
        if fields[3] != 2:
            raise ValueError(f"magic {fields[3]} at {at}")
        found.append(Batch(*fields, codec=fields[5] & 7))
        at += 12 + fields[1]
    return found


def stored(partition_folder):
    """All batches of a partition's segments, in order."""
    return [batch for path in sorted(pathlib.Path(partition_folder).glob("*.log")) for batch in parse(path.read_bytes())]
