package io.fovea.converters;

import io.fovea.onnx.Value;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * A head in the middle of a net that serves training alone: one more output of the graph, which the
 * trainer drops from the file that it writes.
 *
 * @param name of the output
 * @param weight factor on its loss
 * @param logits adds its nodes, which stand behind all others, and gives {@code [N, classes]}
 */
record Auxiliary(String name, double weight, Supplier<Value> logits) {
  /** Of the metadata that tells a trainer which outputs are such heads, and their weights. */
  static final String KEY = "fovea.auxiliary";

  /** Such as {@code {"aux1":0.3,"aux2":0.3}}. */
  static String toJson(List<Auxiliary> all) {
    return all.stream()
        .map(a -> "\"%s\":%s".formatted(a.name, a.weight))
        .collect(Collectors.joining(",", "{", "}"));
  }
}
