// Writes the java-*.bin batches beside this folder with Apache Kafka's own classes, or prints the
// records of given batch files as those classes read them. See README.md.
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.*;
import org.apache.kafka.common.utils.ByteBufferOutputStream;

public class JavaBatches {
  // The same records as golden_record() in record_batch_test.cpp.
  static final long BASE_TIME = 1_700_000_000_000L;

  static byte[] text(String s) { return s.getBytes(StandardCharsets.UTF_8); }
  static byte[] key(int i) { return i % 5 == 4 ? null : text("key-" + i); }
  static byte[] value(int i) {
    return i % 7 == 6 ? null : text("value-" + i + "-" + "abc".repeat(i % 10));
  }
  static Header[] headers(int i) {
    if (i % 3 != 0) return new Header[0];
    return new Header[] {new RecordHeader("trace", text("t" + i)),
        new RecordHeader("empty", new byte[0]), new RecordHeader("null", (byte[]) null)};
  }

  static class Spec {
    Compression compression = Compression.NONE;
    int records = 40;
    TimestampType type = TimestampType.CREATE_TIME;
    long baseOffset = 0, appendTime = -1, producerId = -1, deleteHorizon = -1;
    short producerEpoch = -1;
    int sequence = -1, epoch = -1;
    boolean transactional = false;
  }

  static MemoryRecords build(Spec s) {
    var builder = new MemoryRecordsBuilder(new ByteBufferOutputStream(1 << 20), (byte) 2,
        s.compression, s.type, s.baseOffset, s.appendTime, s.producerId, s.producerEpoch,
        s.sequence, s.transactional, false, s.epoch, 1 << 20, s.deleteHorizon);
    for (int i = 0; i < s.records; i++) {
      builder.appendWithOffset(s.baseOffset + i, BASE_TIME + i * 7, key(i), value(i), headers(i));
    }
    return builder.build();
  }

  static void write(Path dir, String name, MemoryRecords records) throws Exception {
    var buffer = records.buffer().duplicate();
    var bytes = new byte[buffer.remaining()];
    buffer.get(bytes);
    Files.write(dir.resolve("java-" + name + ".bin"), bytes);
  }

  static void writeAll(Path dir) throws Exception {
    var plain = new Spec();
    write(dir, "none", build(plain));
    for (String codec : List.of("gzip", "snappy", "lz4", "zstd")) {
      for (int records : new int[] {40, 2000}) {
        var s = new Spec();
        s.compression = Compression.of(codec).build();
        s.records = records;
        write(dir, codec + "-" + records, build(s));
      }
    }
    var lz4 = new Spec();
    lz4.compression = Compression.lz4().level(17).build();
    write(dir, "lz4-level17-40", build(lz4));
    var zstd = new Spec();
    zstd.compression = Compression.zstd().level(22).build();
    write(dir, "zstd-level22-40", build(zstd));
    var idempotent = new Spec();
    idempotent.producerId = 4711;
    idempotent.producerEpoch = 3;
    idempotent.sequence = Integer.MAX_VALUE - 9;
    idempotent.transactional = true;
    write(dir, "transactional", build(idempotent));
    var appended = new Spec();
    appended.baseOffset = 123456789012L;
    appended.epoch = 17;
    appended.type = TimestampType.LOG_APPEND_TIME;
    appended.appendTime = BASE_TIME + 1_000_000;
    write(dir, "append-time", build(appended));
    var cleaned = new Spec();
    cleaned.deleteHorizon = BASE_TIME + 86_400_000;
    write(dir, "delete-horizon", build(cleaned));
    for (var type : List.of(ControlRecordType.ABORT, ControlRecordType.COMMIT)) {
      write(dir, "marker-" + type.name().toLowerCase(),
          MemoryRecords.withEndTransactionMarker(BASE_TIME, 4711, (short) 3,
              new EndTransactionMarker(type, 29)));
    }
    var empty = ByteBuffer.allocate(DefaultRecordBatch.RECORD_BATCH_OVERHEAD);
    DefaultRecordBatch.writeEmptyHeader(empty, (byte) 2, 4711, (short) 3, 100, 1000, 1039, 17,
        TimestampType.CREATE_TIME, BASE_TIME + 273, true, false);
    empty.flip();
    write(dir, "empty", MemoryRecords.readableRecords(empty));
  }

  static String show(ByteBuffer b) {
    return b == null ? "null" : StandardCharsets.UTF_8.decode(b).toString();
  }

  static void print(Path file) throws Exception {
    var records = MemoryRecords.readableRecords(ByteBuffer.wrap(Files.readAllBytes(file)));
    for (var batch : records.batches()) {
      batch.ensureValid();
      System.out.println(batch);
      for (var record : batch) {
        var headers = new ArrayList<String>();
        for (var h : record.headers()) {
          headers.add(h.key() + "=" + (h.value() == null ? "null" : new String(h.value())));
        }
        System.out.println(record.offset() + " " + record.timestamp() + " " + show(record.key())
            + " " + show(record.value()) + " " + headers);
      }
    }
  }

  public static void main(String[] args) throws Exception {
    if (args.length == 2 && args[0].equals("write")) {
      writeAll(Path.of(args[1]));
    } else if (args.length >= 2 && args[0].equals("print")) {
      for (int i = 1; i < args.length; i++) print(Path.of(args[i]));
    } else {
      System.err.println("usage: JavaBatches write DIRECTORY | print FILE...");
      System.exit(2);
    }
  }
}
