// Writes the golden files: messages filled and serialized by Apache Kafka's own generated classes.
// How to run it: README.md beside this file.
import java.io.PrintWriter;
import java.lang.reflect.Method;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Random;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.ApiMessageType;
import org.apache.kafka.common.message.RequestHeaderData;
import org.apache.kafka.common.message.ResponseHeaderData;
import org.apache.kafka.common.protocol.Message;
import org.apache.kafka.common.protocol.MessageUtil;
import org.apache.kafka.common.protocol.types.BoundField;
import org.apache.kafka.common.protocol.types.Field;
import org.apache.kafka.common.protocol.types.Schema;
import org.apache.kafka.common.protocol.types.TaggedFields;
import org.apache.kafka.common.protocol.types.RawTaggedField;
import org.apache.kafka.common.record.internal.BaseRecords;
import org.apache.kafka.common.record.internal.MemoryRecords;

public class GoldenMessages {
  /** API, first and last version. */
  static final String[] APIS = {
    "PRODUCE 3 13", "FETCH 4 18", "LIST_OFFSETS 1 11", "METADATA 0 13", "OFFSET_COMMIT 2 10",
    "OFFSET_FETCH 1 10", "FIND_COORDINATOR 0 6", "JOIN_GROUP 0 9", "HEARTBEAT 0 4",
    "LEAVE_GROUP 0 5", "SYNC_GROUP 0 5", "DESCRIBE_GROUPS 0 6", "LIST_GROUPS 0 5",
    "API_VERSIONS 0 4", "CREATE_TOPICS 2 7", "DELETE_TOPICS 1 6", "DELETE_RECORDS 0 2",
    "INIT_PRODUCER_ID 0 5", "OFFSET_FOR_LEADER_EPOCH 2 4", "DESCRIBE_CONFIGS 1 4",
    "ALTER_CONFIGS 0 2", "ALTER_REPLICA_LOG_DIRS 1 2", "DESCRIBE_LOG_DIRS 1 5",
    "CREATE_PARTITIONS 0 3", "DELETE_GROUPS 0 3", "ELECT_LEADERS 0 2", "ALTER_PARTITION_REASSIGNMENTS 0 1",
    "INCREMENTAL_ALTER_CONFIGS 0 1", "LIST_PARTITION_REASSIGNMENTS 0 0", "OFFSET_DELETE 0 0",
    "DESCRIBE_CLUSTER 0 2", "DESCRIBE_PRODUCERS 0 0", "LIST_CONFIG_RESOURCES 0 1",
    "DESCRIBE_TOPIC_PARTITIONS 0 0",
  };

  /** full: a value in every field. empty: null and empty wherever allowed. unknown_tags: full, and a
   *  tagged field that nobody knows in every structure. */
  enum Variant { FULL, EMPTY, UNKNOWN_TAGS }

  final Variant variant;
  final Random random;

  GoldenMessages(Variant variant, long seed) {
    this.variant = variant;
    this.random = new Random(seed);
  }

  public static void main(String[] args) throws Exception {
    Path folder = Path.of(args[0]);
    for (String line : APIS) {
      String[] words = line.split(" ");
      ApiMessageType api = ApiMessageType.valueOf(words[0]);
      try (PrintWriter out = writer(folder, words[0].toLowerCase())) {
        for (short v = Short.parseShort(words[1]); v <= Short.parseShort(words[2]); v++) {
          for (Variant variant : Variant.values()) {
            if (variant == Variant.UNKNOWN_TAGS && api.requestHeaderVersion(v) < 2) continue;
            print(out, "request", v, variant, api.newRequest(), api.requestSchemas()[v], api.apiKey());
            print(out, "response", v, variant, api.newResponse(), api.responseSchemas()[v], api.apiKey());
          }
        }
      }
    }
    try (PrintWriter out = writer(folder, "headers")) {
      for (short v = 1; v <= 2; v++) {
        for (Variant variant : Variant.values()) {
          if (variant == Variant.UNKNOWN_TAGS && v < 2) continue;
          print(out, "request", v, variant, new RequestHeaderData(), RequestHeaderData.SCHEMAS[v], 1);
        }
      }
      for (short v = 0; v <= 1; v++) {
        print(out, "response", v, Variant.FULL, new ResponseHeaderData(), ResponseHeaderData.SCHEMAS[v], 1);
      }
    }
  }

  static PrintWriter writer(Path folder, String name) throws Exception {
    return new PrintWriter(Files.newBufferedWriter(folder.resolve(name + ".txt"), StandardCharsets.US_ASCII));
  }

  static void print(PrintWriter out, String kind, short version, Variant variant, Message message,
                    Schema schema, int seed) throws Exception {
    new GoldenMessages(variant, 1000L * seed + version).fill(message, schema);
    ByteBuffer bytes = MessageUtil.toByteBufferAccessor(message, version).buffer();
    StringBuilder hex = new StringBuilder();
    while (bytes.hasRemaining()) hex.append(String.format("%02x", bytes.get()));
    out.printf("%s %d %s %s%n", kind, version, variant.name().toLowerCase(), hex);
  }

  void fill(Message message, Schema schema) throws Exception {
    for (BoundField field : schema.fields()) {
      if (field.def.type instanceof TaggedFields) {
        for (Field tagged : ((TaggedFields) field.def.type).fields().values()) set(message, tagged);
      } else {
        set(message, field.def);
      }
    }
    if (variant == Variant.UNKNOWN_TAGS) {
      message.unknownTaggedFields().add(new RawTaggedField(1000, new byte[] {1, 2, 3}));
      message.unknownTaggedFields().add(new RawTaggedField(70000, new byte[0]));
    }
  }

  void set(Message message, Field field) throws Exception {
    Method setter = setter(message.getClass(), field.name);
    Type type = setter.getGenericParameterTypes()[0];
    if (variant == Variant.EMPTY && field.type.isNullable() && !setter.getParameterTypes()[0].isPrimitive()) {
      setter.invoke(message, new Object[] {null});
    } else {
      setter.invoke(message, value(type, field.type));
    }
  }

  Object value(Type type, org.apache.kafka.common.protocol.types.Type wire) throws Exception {
    boolean empty = variant == Variant.EMPTY;
    if (type == boolean.class) return !empty;
    if (type == byte.class || type == Byte.class) return (byte) (1 + random.nextInt(100));
    if (type == short.class || type == Short.class) return (short) (1 + random.nextInt(120));
    if (type == int.class || type == Integer.class) return random.nextInt();
    if (type == long.class || type == Long.class) return random.nextLong();
    if (type == String.class) return empty ? "" : text();
    if (type == Uuid.class) return empty ? Uuid.ZERO_UUID : new Uuid(random.nextLong(), random.nextLong());
    if (type == byte[].class) return bytes();
    if (type == ByteBuffer.class) return ByteBuffer.wrap(bytes());
    if (type == BaseRecords.class) return MemoryRecords.readableRecords(ByteBuffer.wrap(bytes()));
    Class<?> raw = type instanceof Class ? (Class<?>) type : (Class<?>) ((ParameterizedType) type).getRawType();
    if (Collection.class.isAssignableFrom(raw)) return collection(type, raw, wire.arrayElementType().get());
    Message nested = (Message) raw.getConstructor().newInstance();
    fill(nested, (Schema) wire);
    return nested;
  }

  @SuppressWarnings("unchecked")
  Object collection(Type type, Class<?> raw, org.apache.kafka.common.protocol.types.Type wire) throws Exception {
    Type element = type instanceof ParameterizedType
        ? ((ParameterizedType) type).getActualTypeArguments()[0]
        : ((ParameterizedType) raw.getGenericSuperclass()).getActualTypeArguments()[0];
    Collection<Object> all = raw == List.class
        ? new ArrayList<>() : (Collection<Object>) raw.getConstructor().newInstance();
    int count = variant == Variant.EMPTY ? 0 : 1 + random.nextInt(2);
    for (int i = 0; i < count; i++) all.add(value(element, wire));
    return all;
  }

  String text() {
    StringBuilder made = new StringBuilder();
    int length = 1 + random.nextInt(9);
    for (int i = 0; i < length; i++) made.append((char) ('a' + random.nextInt(26)));
    if (random.nextInt(4) == 0) made.append("\u00e9\u2603");
    return made.toString();
  }

  byte[] bytes() {
    byte[] made = new byte[variant == Variant.EMPTY ? 0 : 1 + random.nextInt(12)];
    random.nextBytes(made);
    return made;
  }

  static Method setter(Class<?> owner, String snake) {
    String camel = snake.replace("_", "");
    for (Method method : owner.getMethods()) {
      if (method.getName().equalsIgnoreCase("set" + camel)) return method;
    }
    throw new IllegalStateException(owner + " has no " + snake);
  }
}
