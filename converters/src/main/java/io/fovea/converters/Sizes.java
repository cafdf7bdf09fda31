package io.fovea.converters;

import io.fovea.onnx.Attribute;
import io.fovea.onnx.Tensor;
import io.fovea.onnx.Value;
import java.util.List;

/**
 * What fits pictures to sizes that are known only when the graph runs. Values are {@code [N, C, H,
 * W]}, sizes {@code [height, width]}.
 */
final class Sizes {
  private Sizes() {}

  /** Height and width. */
  static Value of(Layers l, String name, Value x) {
    return l.node("Shape", name, x, Attribute.of("start", 2), Attribute.of("end", 4));
  }

  /** The first rows and columns, as many as a size says. */
  static Value cropped(Layers l, String name, Value x, Value size) {
    Value starts = l.constant(name + ".starts", 0, 0);
    return l.node("Slice", name, List.of(x, starts, size, l.constant(name + ".axes", 2, 3)));
  }

  /** Stretched to a size, bilinearly between the centres of pixels. */
  static Value resized(Layers l, String name, Value x, Value size) {
    Attribute end = Attribute.of("end", 2);
    Value counts = l.node("Shape", name + ".counts", x, Attribute.of("start", 0), end);
    Value sizes = l.concat(name + ".sizes", 0, List.of(counts, size));
    Attribute mode = Attribute.of("mode", "linear");
    return l.node("Resize", name, List.of(x, Value.NONE, Value.NONE, sizes), mode);
  }

  /** [N, C, H, W] -> [N, C, 2H, 2W], bilinearly between the centres of pixels. */
  static Value doubled(Layers l, String name, Value x) {
    return doubled(l, name, x, Attribute.of("mode", "linear"));
  }

  /** [N, C, H, W] -> [N, C, 2H, 2W], each pixel four times. */
  static Value repeated(Layers l, String name, Value x) {
    Attribute from = Attribute.of("coordinate_transformation_mode", "asymmetric");
    return doubled(l, name, x, from, Attribute.of("nearest_mode", "floor"));
  }

  private static Value doubled(Layers l, String name, Value x, Attribute... how) {
    float[] twice = {1, 1, 2, 2};
    Value scales = l.fixed(Tensor.of(name + ".scales", new long[] {4}, twice));
    return l.node("Resize", name, List.of(x, Value.NONE, scales), how);
  }

  /** Mirrored at each side, but for its outermost pixel: height and width are above {@code n}. */
  static Value mirrored(Layers l, String name, Value x, int n) {
    Value pads = l.constant(name + ".pads", 0, 0, n, n, 0, 0, n, n);
    return l.node("Pad", name, List.of(x, pads), Attribute.of("mode", "reflect"));
  }
}
