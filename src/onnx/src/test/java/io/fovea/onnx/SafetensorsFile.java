package io.fovea.onnx;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** Writes small checkpoints. */
final class SafetensorsFile {
  private SafetensorsFile() {}

  /** A file of any header, with data behind it. */
  static Path write(Path file, String header, byte[] data) throws IOException {
    return Files.write(file, bytes(header, data));
  }

  static byte[] bytes(String header, byte[] data) {
    byte[] text = header.getBytes(StandardCharsets.UTF_8);
    return ByteBuffer.allocate(8 + text.length + data.length)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(text.length)
        .put(text)
        .put(data)
        .array();
  }

  /** A file of a graph's float initializers, as frameworks write them. */
  static Path of(Path file, Iterable<Tensor> tensors) throws IOException {
    ByteArrayOutputStream data = new ByteArrayOutputStream();
    List<String> entries = new ArrayList<>(List.of("\"__metadata__\":{\"format\":\"pt\"}"));
    Map<String, String> types =
        Map.of(
            "float", "F32", "float16", "F16", "bfloat16", "BF16", "double", "F64", "int64", "I64");
    for (Tensor t : tensors) {
      int begin = data.size();
      byte[] bytes = new byte[t.bytes().remaining()];
      t.bytes().get(bytes);
      data.write(bytes);
      entries.add(
          "\"%s\":{\"dtype\":\"%s\",\"shape\":%s,\"data_offsets\":[%d,%d]}"
              .formatted(
                  t.name(),
                  types.get(t.type().toString()),
                  Arrays.toString(t.dims()),
                  begin,
                  data.size()));
    }
    return write(file, "{" + String.join(",", entries) + "}  ", data.toByteArray());
  }
}
