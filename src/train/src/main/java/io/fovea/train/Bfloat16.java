package io.fovea.train;

import io.fovea.onnx.Node;
import java.util.Arrays;
import java.util.Set;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/** Convolutions and matrix products that compute in bfloat16 while they are trained. */
final class Bfloat16 {
  private static final Set<String> OPERATORS = Set.of("Conv", "ConvTranspose", "Gemm", "MatMul");

  private Bfloat16() {}

  /**
   * Whether a node gains by it. What oneDNN 3.7 (AVX-512 BF16) gets wrong with channels last stays
   * exact: the gradients by kernels of dilated convolutions, now and then NaN, and of strided ones
   * of 1x1, which overwrite other memory.
   */
  static boolean takes(Node node) {
    return node.domain().isEmpty()
        && OPERATORS.contains(node.operator())
        && ones(node, "dilations")
        && (ones(node, "strides") || !ones(node, "kernel_shape"));
  }

  private static boolean ones(Node node, String attribute) {
    return Arrays.stream(node.attribute(attribute, new long[0])).allMatch(n -> n == 1);
  }

  /** The same on rounded floats, with floats as its results; in inference, the same. */
  static Kernel kernel(Kernel exact) {
    return in -> {
      if (!in.training()) {
        return exact.run(in);
      }
      @Nullable Tensor[] rounded = in.inputs().clone();
      for (int i = 0; i < rounded.length; i++) {
        Tensor input = rounded[i];
        if (input != null && is(input, ScalarType.Float)) {
          rounded[i] = input.to(ScalarType.BFloat16);
        }
      }
      Tensor[] results = exact.run(new Frame(rounded, true, -1));
      for (int i = 0; i < results.length; i++) {
        Tensor result = results[i];
        if (is(result, ScalarType.BFloat16)) {
          results[i] = result.to(ScalarType.Float);
          result.close(); // gradients hold on to what they need
        }
      }
      for (int i = 0; i < rounded.length; i++) {
        Tensor copy = rounded[i];
        if (copy != null && copy != in.inputs()[i]) {
          copy.close();
        }
      }
      return results;
    };
  }

  private static boolean is(Tensor tensor, ScalarType type) {
    return tensor.scalar_type().intern() == type;
  }
}
