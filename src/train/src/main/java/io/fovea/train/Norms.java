package io.fovea.train;

import static io.fovea.train.Kernel.one;
import static io.fovea.train.Operators.add;

import java.util.Arrays;
import java.util.stream.LongStream;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;

/** Normalizations. */
final class Norms {
  private Norms() {}

  static void register() {
    add("BatchNormalization", 7, Norms::batch);
    add("InstanceNormalization", 1, Norms::instance);
    add("LayerNormalization", 17, Norms::layer);
    add("GroupNormalization", 18, Norms::groupOfGroups);
    add("GroupNormalization", 21, Norms::group);
    add("RMSNormalization", 23, Norms::rootMeanSquare);
    add("MeanVarianceNormalization", 9, Norms::meanVariance);
  }

  /**
   * While training, by the batch's own statistics; the running ones follow with ONNX's momentum,
   * which is one minus libtorch's. The running variance is the unbiased one, as PyTorch stores it:
   * ONNX would take the population's, but then no training could be compared with PyTorch's.
   */
  private static Kernel batch(Operation op) {
    double epsilon = op.f("epsilon", 1e-5f);
    double momentum = 1 - op.f("momentum", 0.9f);
    if (op.outputs() > 1) {
      return inFile(epsilon, momentum);
    }
    boolean always = op.i("training_mode", 0) != 0;
    return one(
        in -> {
          Tensor x = in.x();
          boolean training = in.training() || always;
          if (training && x.numel() == x.size(1)) {
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
              training,
              momentum,
              epsilon,
              true);
        });
  }

  /**
   * A node that gives its running statistics: they are values of the graph, by ONNX's own rule (the
   * population's variance), and nothing outside of it changes.
   */
  private static Kernel inFile(double epsilon, double momentum) {
    return in -> {
      Tensor x = in.x();
      long[] axes = LongStream.range(0, x.dim()).filter(a -> a != 1).toArray();
      Tensor mean = torch.mean(x, axes, false, null);
      Tensor variance = torch.var(x, axes, false, false);
      long[] along = Torch.along(1, x.size(1), x.dim());
      Tensor y =
          x.sub(mean.reshape(along))
              .div(variance.reshape(along).add(new Scalar(epsilon)).sqrt())
              .mul(in.get(1).reshape(along))
              .add(in.get(2).reshape(along));
      return new Tensor[] {
        y, moved(in.get(3), mean, momentum), moved(in.get(4), variance, momentum)
      };
    };
  }

  private static Tensor moved(Tensor from, Tensor to, double share) {
    return from.mul(new Scalar(1 - share)).add(to.mul(new Scalar(share)));
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
    return in -> {
      Tensor x = in.x();
      long[] shape = Torch.shape(x);
      int from = (int) (axis < 0 ? axis + shape.length : axis);
      long[] normalized = Arrays.copyOfRange(shape, from, shape.length);
      boolean fits =
          Arrays.equals(Torch.shape(in.get(1)), normalized)
              && (!in.has(2) || Arrays.equals(Torch.shape(in.get(2)), normalized));
      if (fits && op.outputs() == 1) {
        return new Tensor[] {
          torch.layer_norm(x, normalized, in.optional(1), in.optional(2), epsilon, true)
        };
      }
      long[] axes = LongStream.range(from, shape.length).toArray();
      Tensor mean = torch.mean(x, axes, true, null);
      Tensor inverse = torch.var(x, axes, false, true).add(new Scalar(epsilon)).rsqrt();
      Tensor y = x.sub(mean).mul(inverse).mul(in.get(1));
      return new Tensor[] {in.has(2) ? y.add(in.get(2)) : y, mean, inverse};
    };
  }

  private static Kernel group(Operation op) {
    double epsilon = op.f("epsilon", 1e-5f);
    long groups = op.i("num_groups", 1);
    return one(
        in -> torch.group_norm(in.x(), groups, in.optional(1), in.optional(2), epsilon, true));
  }

  /** Before opset 21 scale and bias are of a group, not of a channel. */
  private static Kernel groupOfGroups(Operation op) {
    double epsilon = op.f("epsilon", 1e-5f);
    long groups = op.i("num_groups", 1);
    return one(
        in -> {
          Tensor x = in.x();
          Tensor y =
              torch.group_norm(
                  x, groups, new TensorOptional(), new TensorOptional(), epsilon, true);
          long each = x.size(1) / groups;
          long[] along = Torch.along(1, x.size(1), x.dim());
          return y.mul(torch.repeat_interleave(in.get(1), each).reshape(along))
              .add(torch.repeat_interleave(in.get(2), each).reshape(along));
        });
  }

  private static Kernel rootMeanSquare(Operation op) {
    double epsilon = op.f("epsilon", 1e-5f);
    long axis = op.i("axis", -1);
    return one(
        in -> {
          Tensor x = in.x();
          long from = axis < 0 ? axis + x.dim() : axis;
          long[] axes = LongStream.range(from, x.dim()).toArray();
          Tensor square = torch.mean(x.mul(x), axes, true, null);
          return x.mul(square.add(new Scalar(epsilon)).rsqrt()).mul(in.get(1));
        });
  }

  private static Kernel meanVariance(Operation op) {
    long[] axes = op.node().attribute("axes", new long[] {0, 2, 3});
    return one(
        in -> {
          Tensor x = in.x();
          Tensor centered = x.sub(torch.mean(x, axes, true, null));
          Tensor deviation = torch.mean(centered.mul(centered), axes, true, null).sqrt();
          return centered.div(deviation.add(new Scalar(1e-9)));
        });
  }
}
