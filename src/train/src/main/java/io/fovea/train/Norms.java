package io.fovea.train;

import static io.fovea.train.Kernel.one;
import static io.fovea.train.Operators.add;

import java.util.Arrays;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;

/** Normalizations. */
final class Norms {
  private Norms() {}

  static void register() {
    add("BatchNormalization", 7, Norms::batch);
    add("InstanceNormalization", 6, Norms::instance);
    add("LayerNormalization", 17, Norms::layer);
    add("GroupNormalization", 21, Norms::group);
  }

  /**
   * While training, by the batch's own statistics; the running ones follow with ONNX's momentum,
   * which is one minus libtorch's. The running variance is the unbiased one, as PyTorch stores it:
   * ONNX would take the population's, but then no training could be compared with PyTorch's.
   */
  private static Kernel batch(Operation op) {
    double epsilon = op.f("epsilon", 1e-5f);
    double momentum = 1 - op.f("momentum", 0.9f);
    return one(
        in -> {
          Tensor x = in.x();
          if (in.training() && x.numel() == x.size(1)) {
            throw op.refuse(
                "expected more than one value per channel to train on, met "
                    + Arrays.toString(Torch.shape(x))
                    + "; use larger batches or pictures");
          }
          return torch.batch_norm(
              x,
              in.optional(1),
              in.optional(2),
              in.optional(3),
              in.optional(4),
              in.training(),
              momentum,
              epsilon,
              true);
        });
  }

  private static Kernel instance(Operation op) {
    double epsilon = op.f("epsilon", 1e-5f);
    return one(
        in ->
            torch.instance_norm(
                in.x(),
                in.optional(1),
                in.optional(2),
                new TensorOptional(),
                new TensorOptional(),
                true,
                0,
                epsilon,
                true));
  }

  private static Kernel layer(Operation op) {
    double epsilon = op.f("epsilon", 1e-5f);
    long axis = op.i("axis", -1);
    if (op.outputs() > 1) {
      throw op.refuse("its mean and deviation outputs are not trained with");
    }
    return one(
        in -> {
          long[] shape = Torch.shape(in.x());
          int from = (int) (axis < 0 ? axis + shape.length : axis);
          long[] normalized = Arrays.copyOfRange(shape, from, shape.length);
          return torch.layer_norm(
              in.x(), normalized, in.optional(1), in.optional(2), epsilon, true);
        });
  }

  private static Kernel group(Operation op) {
    double epsilon = op.f("epsilon", 1e-5f);
    long groups = op.i("num_groups", 1);
    return one(
        in -> torch.group_norm(in.x(), groups, in.optional(1), in.optional(2), epsilon, true));
  }
}
