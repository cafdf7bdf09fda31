package io.fovea.onnx;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Types of the normalization operators. */
final class Norms {
  private Norms() {}

  static List<TensorType> batch(Call c) {
    for (int i = 1; i < 5; i++) {
      perChannel(c, i);
    }
    TensorType mean = c.type(3);
    TensorType variance = c.type(4);
    return List.of(c.floating(0), mean, variance, mean, variance); // what training gives beside it
  }

  static List<TensorType> instance(Call c) {
    c.same(3);
    perChannel(c, 1);
    perChannel(c, 2);
    return List.of(c.floating(0));
  }

  static List<TensorType> group(Call c) {
    return c.opset() < 21 ? List.of(c.floating(0)) : instance(c); // once a scale a group
  }

  static List<TensorType> layer(Call c) {
    c.same(3);
    List<Dim> shape = c.shape(0);
    if (shape != null) {
      int axis = c.axis(c.node().attribute("axis", -1), shape.size());
      List<Dim> normalized = shape.subList(axis, shape.size());
      for (int i = 1; i < 3 && c.has(i); i++) {
        List<Dim> weight = c.shape(i);
        if (weight != null && !normalized.equals(weight)) {
          Rules.broadcast(c, normalized, weight);
        }
      }
    }
    return List.of(c.floating(0), statistics(shape, c), statistics(shape, c));
  }

  private static TensorType statistics(@Nullable List<Dim> x, Call c) {
    List<Dim> shape = null;
    if (x != null) {
      int axis = c.axis(c.node().attribute("axis", -1), x.size());
      shape = new ArrayList<>(x.subList(0, axis));
      shape.addAll(Collections.nCopies(x.size() - axis, Dim.of(1)));
    }
    return new TensorType(DataType.of(Math.toIntExact(c.node().attribute("stash_type", 1))), shape);
  }

  private static void perChannel(Call c, int i) {
    List<Dim> shape = c.shape(0);
    if (shape == null || shape.size() < 2) {
      return; // [N] counts as one channel
    }
    Dim channels = c.shape(i, 1, "[C]").get(0);
    if (c.differ(channels, shape.get(1))) {
      throw c.fail("input has %s channels, input %d has %s".formatted(shape.get(1), i, channels));
    }
  }
}
