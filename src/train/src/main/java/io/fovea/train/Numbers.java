package io.fovea.train;

import java.util.function.Function;
import org.bytedeco.javacpp.DoublePointer;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** Real numbers between Java and libtorch. */
final class Numbers {
  private Numbers() {}

  /** A vector of the element type of another tensor, and on its device. */
  static Tensor like(Tensor other, double... values) {
    Tensor vector =
        torch
            .from_blob(
                new DoublePointer(values),
                new long[] {values.length},
                new TensorOptions(ScalarType.Double))
            .to(other.scalar_type(), false, true, null);
    return Torch.beside(other, vector);
  }

  /** The numbers of an input: read once where they are constant; none where it is left out. */
  static Function<Frame, double[]> of(Operation op, int input) {
    if (!op.has(input)) {
      return in -> new double[0];
    }
    io.fovea.onnx.Tensor constant = op.constants().get(op.node().inputs().get(input));
    if (constant != null) {
      double[] values = constant.doubles();
      return in -> values;
    }
    return in -> Torch.copy("", in.get(input)).doubles();
  }
}
