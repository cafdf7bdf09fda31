package io.fovea.runtime;

import java.io.BufferedInputStream;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Finds the operator that makes a model's output, which ONNX Runtime does not show: a model that
 * ends in a softmax must not get a second one. It walks the file's <a
 * href="https://protobuf.dev/programming-guides/encoding/">protobuf encoding</a>, as defined by <a
 * href="https://github.com/onnx/onnx/blob/main/onnx/onnx.proto">onnx.proto</a>, and skips all but
 * the names in its nodes: scoring needs no protobuf library, and weights are not read.
 */
final class LastOperator {
  private static final int GRAPH = 7; // of ModelProto
  private static final int NODE = 1; // of GraphProto
  private static final int INPUT = 1; // of NodeProto, as are the next
  private static final int OUTPUT = 2;
  private static final int OPERATOR = 4;
  private static final int DOMAIN = 7;

  private static final int LONGEST_NAME = 1 << 16;

  /** Operators that leave it to their first input what the numbers are. */
  private static final Set<String> PASS =
      Set.of(
          "Cast", "Flatten", "Identity", "Reshape", "Resize", "Squeeze", "Transpose", "Unsqueeze");

  private final InputStream in;
  private final Map<String, Node> makers = new HashMap<>();
  private long at;

  private LastOperator(InputStream in) {
    this.in = in;
  }

  /** The operator that makes a value, such as {@code Softmax}; empty where that is unknown. */
  static String of(Path file, String value) {
    try (InputStream in = new BufferedInputStream(Files.newInputStream(file))) {
      return new LastOperator(in).find(Files.size(file), value);
    } catch (IOException | RuntimeException e) {
      return ""; // ONNX Runtime has the last word on a file
    }
  }

  /** The same of the bytes of a file. */
  static String of(byte[] file, String value) {
    try {
      return new LastOperator(new ByteArrayInputStream(file)).find(file.length, value);
    } catch (IOException | RuntimeException e) {
      return "";
    }
  }

  private String find(long size, String value) throws IOException {
    message(size, this::model);
    String wanted = value;
    for (int i = 0; i < makers.size(); i++) {
      Node maker = makers.get(wanted);
      if (maker == null || !maker.isStandard()) {
        return "";
      }
      if (!PASS.contains(maker.operator)) {
        return maker.operator;
      }
      wanted = maker.input;
    }
    return "";
  }

  private void model(int field, long end) throws IOException {
    if (field == GRAPH) {
      message(end, this::graph);
    }
  }

  private void graph(int field, long end) throws IOException {
    if (field == NODE) {
      Node node = new Node();
      message(end, node);
      node.outputs.forEach(o -> makers.put(o, node));
    }
  }

  /** What is done with a field that has a length; what it leaves unread is skipped. */
  private interface Field {
    void read(int number, long end) throws IOException;
  }

  private final class Node implements Field {
    private final List<String> outputs = new ArrayList<>();
    private String operator = "";
    private String domain = "";
    private String input = "";

    @Override
    public void read(int number, long end) throws IOException {
      switch (number) {
        case INPUT -> input = input.isEmpty() ? text(end) : input;
        case OUTPUT -> outputs.add(text(end));
        case OPERATOR -> operator = text(end);
        case DOMAIN -> domain = text(end);
        default -> {}
      }
    }

    boolean isStandard() {
      return domain.isEmpty() || domain.equals("ai.onnx");
    }
  }

  private void message(long end, Field field) throws IOException {
    while (at < end) {
      long tag = varint();
      switch ((int) tag & 7) {
        case 0 -> varint();
        case 1 -> skip(8);
        case 2 -> {
          long length = varint();
          if (length < 0 || length > end - at) {
            throw new IOException("a field leaves its message");
          }
          long next = at + length;
          field.read((int) (tag >>> 3), next);
          skip(next - at);
        }
        case 5 -> skip(4);
        default -> throw new IOException("no such wire type");
      }
    }
  }

  private String text(long end) throws IOException {
    byte[] bytes = in.readNBytes((int) Math.min(end - at, LONGEST_NAME));
    at += bytes.length;
    return new String(bytes, StandardCharsets.UTF_8);
  }

  private long varint() throws IOException {
    long value = 0;
    for (int shift = 0; shift < Long.SIZE; shift += 7) {
      int b = in.read();
      if (b < 0) {
        throw new IOException("it ends within a number");
      }
      at++;
      value |= (b & 0x7fL) << shift;
      if (b < 0x80) {
        return value;
      }
    }
    throw new IOException("a number of more than 64 bits");
  }

  private void skip(long bytes) throws IOException {
    in.skipNBytes(bytes);
    at += bytes;
  }
}
