package io.fovea.onnx;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A file of named tensors, as checkpoints are kept and published: eight bytes that give the length
 * of a header, the header as JSON, then the tensors' bytes without a gap (<a
 * href="https://github.com/huggingface/safetensors#format">the format</a>). Tensors are read, or
 * mapped where they are large, when asked for; files may be larger than the heap.
 *
 * @param tensors by name, in the header's order
 * @param metadata what the header says besides, text by text
 */
public record Safetensors(Path file, Map<String, Tensor> tensors, Map<String, String> metadata) {
  private static final int LENGTH_BYTES = 8;
  private static final long LONGEST_HEADER = 100_000_000; // the format's own limit
  private static final int LARGEST_RANK = 64;
  private static final Map<String, DataType> TYPES =
      Map.ofEntries(
          Map.entry("BOOL", DataType.BOOL),
          Map.entry("U8", DataType.UINT8),
          Map.entry("I8", DataType.INT8),
          Map.entry("F8_E4M3", DataType.FLOAT8E4M3FN),
          Map.entry("F8_E5M2", DataType.FLOAT8E5M2),
          Map.entry("U16", DataType.UINT16),
          Map.entry("I16", DataType.INT16),
          Map.entry("F16", DataType.FLOAT16),
          Map.entry("BF16", DataType.BFLOAT16),
          Map.entry("U32", DataType.UINT32),
          Map.entry("I32", DataType.INT32),
          Map.entry("F32", DataType.FLOAT),
          Map.entry("U64", DataType.UINT64),
          Map.entry("I64", DataType.INT64),
          Map.entry("F64", DataType.DOUBLE));
  private static final JsonFactory JSON =
      JsonFactory.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
          .streamReadConstraints(
              StreamReadConstraints.builder().maxNestingDepth(4).maxNumberLength(20).build())
          .build();

  /**
   * A tensor of a file that is written.
   *
   * @param data asked for when its turn comes, and then let go
   */
  public record Part(String name, DataType type, long[] dims, Supplier<Tensor> data) {
    public static Part of(Tensor tensor) {
      return new Part(tensor.name(), tensor.type(), tensor.dims(), () -> tensor);
    }

    private long bytes() {
      return Safetensors.bytes(name, type, dims);
    }
  }

  /**
   * Writes a file's bytes; wider elements lie first, so that all are aligned.
   *
   * @throws OnnxException where an element type is none of the format's
   */
  public static void write(OutputStream out, Collection<Part> parts, Map<String, String> metadata)
      throws IOException {
    List<Part> sorted = new ArrayList<>(parts);
    sorted.sort(Comparator.comparingInt(p -> -p.type.bits()));
    byte[] header = header(sorted, metadata);
    out.write(
        ByteBuffer.allocate(LENGTH_BYTES)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putLong(header.length)
            .array());
    out.write(header);
    byte[] chunk = new byte[1 << 16];
    for (Part part : sorted) {
      ByteBuffer data = part.data.get().bytes();
      if (data.remaining() != part.bytes()) {
        throw problem(
            part.name, "expected %d bytes, met %d".formatted(part.bytes(), data.remaining()));
      }
      while (data.hasRemaining()) {
        int count = Math.min(chunk.length, data.remaining());
        data.get(chunk, 0, count);
        out.write(chunk, 0, count);
      }
    }
  }

  private static byte[] header(List<Part> parts, Map<String, String> metadata) throws IOException {
    ByteArrayOutputStream header = new ByteArrayOutputStream();
    try (JsonGenerator json = JSON.createGenerator(header)) {
      json.writeStartObject();
      json.writeObjectFieldStart("__metadata__");
      for (Map.Entry<String, String> e : metadata.entrySet()) {
        json.writeStringField(e.getKey(), e.getValue());
      }
      json.writeEndObject();
      long at = 0;
      for (Part part : parts) {
        json.writeObjectFieldStart(part.name);
        json.writeStringField("dtype", name(part));
        json.writeFieldName("shape");
        json.writeArray(part.dims, 0, part.dims.length);
        json.writeFieldName("data_offsets");
        json.writeArray(new long[] {at, at + part.bytes()}, 0, 2);
        json.writeEndObject();
        at += part.bytes();
      }
      json.writeEndObject();
    }
    while (header.size() % LENGTH_BYTES != 0) {
      header.write(' ');
    }
    if (header.size() > LONGEST_HEADER) {
      throw new OnnxException("header: %d bytes are too many".formatted(header.size()));
    }
    return header.toByteArray();
  }

  private static String name(Part part) {
    return TYPES.entrySet().stream()
        .filter(e -> e.getValue() == part.type)
        .map(Map.Entry::getKey)
        .findFirst()
        .orElseThrow(() -> problem(part.name, "element type %s".formatted(part.type)));
  }

  /** What the header says of a tensor: its bytes are those from begin to end of the data. */
  private record Entry(String name, DataType type, long[] dims, long begin, long end) {}

  /**
   * Reads and checks the header.
   *
   * @throws OnnxException naming the file and the tensor, where it is not of the format: sizes that
   *     lie, gaps, overlaps, names that come twice, element types that are not known
   */
  public static Safetensors read(Path file) {
    try {
      if (!Files.isRegularFile(file)) {
        throw new OnnxException(Files.exists(file) ? "not a file" : "no such file");
      }
      return parse(file);
    } catch (IOException e) {
      throw new OnnxException(file + ": " + problem(e));
    } catch (OnnxException e) {
      throw new OnnxException(file + ": " + e.getMessage());
    }
  }

  private static String problem(IOException e) {
    return e instanceof com.fasterxml.jackson.core.JsonProcessingException json
        ? "header: " + json.getOriginalMessage()
        : e instanceof CharacterCodingException ? "header: not UTF-8" : e.toString();
  }

  private static Safetensors parse(Path file) throws IOException {
    long start;
    long dataBytes;
    String header;
    try (FileChannel channel = FileChannel.open(file)) {
      ByteBuffer length = read(channel, 0, LENGTH_BYTES);
      long claimed = length.getLong(0);
      long limit = Math.min(LONGEST_HEADER, channel.size() - LENGTH_BYTES);
      if (claimed < 2 || claimed > limit) {
        boolean zip = length.get(0) == 'P' && length.get(1) == 'K';
        throw new OnnxException(
            zip
                ? "a zip archive, as PyTorch saves; expected safetensors"
                : "not a safetensors file, or cut short: its header claims %s bytes, there are %d"
                    .formatted(Long.toUnsignedString(claimed), limit));
      }
      ByteBuffer bytes = read(channel, LENGTH_BYTES, (int) claimed);
      if (bytes.get(0) != '{') {
        throw new OnnxException("header: expected an object, {...}");
      }
      header = StandardCharsets.UTF_8.newDecoder().decode(bytes).toString();
      start = LENGTH_BYTES + claimed;
      dataBytes = channel.size() - start;
    }
    Map<String, String> metadata = new LinkedHashMap<>();
    List<Entry> entries = entries(header, metadata);
    check(entries, dataBytes);
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    for (Entry e : entries) {
      tensors.put(e.name, Tensor.in(file, start + e.begin, e.name, e.type, e.dims));
    }
    return new Safetensors(file, tensors, metadata);
  }

  private static ByteBuffer read(FileChannel channel, long at, int count) throws IOException {
    if (channel.size() < at + count) {
      throw new OnnxException("not a safetensors file: it has %d bytes".formatted(channel.size()));
    }
    ByteBuffer bytes = ByteBuffer.allocate(count).order(ByteOrder.LITTLE_ENDIAN);
    while (bytes.hasRemaining() && channel.read(bytes, at + bytes.position()) >= 0) {}
    return bytes.flip();
  }

  /** Checks that the tensors lie in the data side by side, with nothing between or left over. */
  private static void check(List<Entry> entries, long dataBytes) {
    List<Entry> sorted = new ArrayList<>(entries);
    sorted.sort(Comparator.comparingLong(Entry::begin).thenComparingLong(Entry::end));
    long at = 0;
    for (Entry e : sorted) {
      if (e.begin != at) {
        throw problem(
            e.name,
            "expected data from byte %d on, met %d: a %s"
                .formatted(at, e.begin, e.begin < at ? "part is another tensor's" : "gap"));
      }
      if (e.end > dataBytes) {
        throw problem(e.name, "data ends at byte %d of %d: cut short".formatted(e.end, dataBytes));
      }
      at = e.end;
    }
    if (at != dataBytes) {
      throw new OnnxException("%d bytes after the last tensor".formatted(dataBytes - at));
    }
  }

  private static List<Entry> entries(String header, Map<String, String> metadata)
      throws IOException {
    List<Entry> entries = new ArrayList<>();
    try (JsonParser in = JSON.createParser(header)) {
      in.nextToken();
      while (in.nextToken() == JsonToken.FIELD_NAME) {
        String name = in.currentName();
        if (in.nextToken() != JsonToken.START_OBJECT) {
          throw problem(name, "expected an object, met " + in.currentToken());
        }
        if (name.equals("__metadata__")) {
          metadata(in, metadata);
        } else {
          entries.add(entry(in, name));
        }
      }
      if (in.nextToken() != null) {
        throw new OnnxException("header: more than one value");
      }
    }
    return entries;
  }

  private static void metadata(JsonParser in, Map<String, String> to) throws IOException {
    while (in.nextToken() == JsonToken.FIELD_NAME) {
      String key = in.currentName();
      if (in.nextToken() != JsonToken.VALUE_STRING) {
        throw problem("__metadata__", "'%s' is no text".formatted(key));
      }
      to.put(key, in.getText());
    }
  }

  private static Entry entry(JsonParser in, String name) throws IOException {
    DataType type = null;
    long[] dims = null;
    long[] place = null;
    while (in.nextToken() == JsonToken.FIELD_NAME) {
      String key = in.currentName();
      in.nextToken();
      switch (key) {
        case "dtype" -> type = type(in, name);
        case "shape" -> dims = sizes(in, name, key);
        case "data_offsets" -> place = sizes(in, name, key);
        default -> throw problem(name, "unknown key '%s'".formatted(key));
      }
    }
    if (type == null || dims == null || place == null || place.length != 2) {
      throw problem(name, "expected dtype, shape and data_offsets [begin, end]");
    }
    long wanted = bytes(name, type, dims);
    if (place[1] - place[0] != wanted) {
      throw problem(
          name,
          "%s %s wants %d bytes, data_offsets give %d"
              .formatted(type, Arrays.toString(dims), wanted, place[1] - place[0]));
    }
    return new Entry(name, type, dims, place[0], place[1]);
  }

  private static long bytes(String name, DataType type, long[] dims) {
    long bytes = type.bits() / 8;
    try {
      for (long d : dims) {
        bytes = Math.multiplyExact(bytes, d);
      }
      return bytes;
    } catch (ArithmeticException e) {
      throw problem(name, "shape %s overflows".formatted(Arrays.toString(dims)));
    }
  }

  private static DataType type(JsonParser in, String name) throws IOException {
    @Nullable String text = in.currentToken() == JsonToken.VALUE_STRING ? in.getText() : null;
    DataType type = text == null ? null : TYPES.get(text);
    if (type == null) {
      throw problem(
          name,
          "element type %s is none of %s"
              .formatted(text, TYPES.keySet().stream().sorted().toList()));
    }
    return type;
  }

  /** A list of whole numbers of 0 or more. */
  private static long[] sizes(JsonParser in, String name, String key) throws IOException {
    List<Long> sizes = new ArrayList<>();
    boolean list = in.currentToken() == JsonToken.START_ARRAY;
    while (list && in.nextToken() == JsonToken.VALUE_NUMBER_INT) {
      long size = in.getLongValue();
      sizes.add(size);
      list = size >= 0 && sizes.size() <= LARGEST_RANK;
    }
    if (!list || in.currentToken() != JsonToken.END_ARRAY) {
      throw problem(
          name,
          "%s: expected a list of at most %d whole numbers of 0 or more"
              .formatted(key, LARGEST_RANK));
    }
    return sizes.stream().mapToLong(Long::longValue).toArray();
  }

  private static OnnxException problem(String tensor, String what) {
    return new OnnxException("tensor '%s': %s".formatted(tensor, what));
  }
}
