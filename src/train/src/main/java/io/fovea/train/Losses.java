package io.fovea.train;

import java.util.Arrays;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** The losses over libtorch; each gives a tensor of one number. */
final class Losses {
  private static final long MEAN = 1;

  private Losses() {}

  /**
   * The loss of classes.
   *
   * @param output {@code [N, classes]} or {@code [N, classes, H, W]}: logits
   * @param sigmoid whether a sigmoid follows, so that every output is a yes or no of its own
   */
  static Tensor of(
      Loss loss, double smoothing, boolean sigmoid, Tensor output, Targets.Classes classes) {
    return of(loss, smoothing, new double[0], sigmoid, output, classes);
  }

  /**
   * The same, its cross-entropy a weighted mean.
   *
   * @param weights of each class, above 0; empty for 1
   */
  static Tensor of(
      Loss loss,
      double smoothing,
      double[] weights,
      boolean sigmoid,
      Tensor output,
      Targets.Classes classes) {
    Tensor logits = logits(output, classes.shape().length + 1);
    check(loss, logits, classes, sigmoid);
    Tensor wanted = Torch.beside(logits, tensor(classes));
    if (Arrays.stream(classes.classes()).allMatch(c -> c == Targets.IGNORED)) {
      return logits.sum().mul(new Scalar(0.0)); // nothing to learn here, instead of 0 / 0
    }
    if (loss == Loss.DICE) {
      return dice(logits, wanted, sigmoid);
    }
    Tensor entropy =
        sigmoid
            ? binary(logits, wanted, weights)
            : torch.cross_entropy_loss(
                logits, wanted, optional(logits, weights), MEAN, Targets.IGNORED, smoothing);
    return loss == Loss.CROSS_ENTROPY ? entropy : entropy.add(dice(logits, wanted, sigmoid));
  }

  /** Without the ones behind the classes that some nets end in: [N, C, 1, 1] -> [N, C]. */
  private static Tensor logits(Tensor output, int rank) {
    long[] shape = Torch.shape(output);
    boolean longer = shape.length > rank;
    return longer && Arrays.stream(shape, rank, shape.length).allMatch(n -> n == 1)
        ? output.reshape(Arrays.copyOf(shape, rank))
        : output;
  }

  private static void check(Loss loss, Tensor logits, Targets.Classes wanted, boolean sigmoid) {
    long[] met = Torch.shape(logits);
    long[] shape = wanted.shape();
    boolean fits = met.length == shape.length + 1 && met[0] == shape[0];
    for (int i = 1; fits && i < shape.length; i++) {
      fits = met[i + 1] == shape[i];
    }
    if (!fits) {
      throw new TrainException(
          shape.length == 1
              ? "expected an output [%d, classes], met %s".formatted(shape[0], Arrays.toString(met))
              : "expected an output [%d, classes, %d, %d], met %s"
                  .formatted(shape[0], shape[1], shape[2], Arrays.toString(met)));
    }
    if (!loss.isOfClasses() || (shape.length == 1 && loss != Loss.CROSS_ENTROPY)) {
      throw new TrainException("loss " + loss + " does not learn such targets");
    }
    long largest =
        Arrays.stream(wanted.classes()).filter(c -> c != Targets.IGNORED).max().orElse(0);
    long outputs = met[1] == 1 && sigmoid ? 2 : met[1];
    if (largest >= outputs) {
      throw new TrainException(
          "the data has a class %d, the net has %d outputs".formatted(largest, outputs));
    }
  }

  /** [N, C, ...] of zeros and ones; ignored pixels are zero everywhere. */
  private static Tensor oneHot(Tensor wanted, long classes) {
    Tensor each =
        Torch.beside(wanted, Reductions.range(classes))
            .reshape(Torch.along(1, classes, wanted.dim() + 1));
    return wanted.unsqueeze(1).eq(each).to(ScalarType.Float);
  }

  /** What each output says yes to: a single one to the second of two classes. */
  private static Tensor yes(Tensor logits, Tensor wanted) {
    return logits.size(1) == 1
        ? wanted.unsqueeze(1).eq(new Scalar(1)).to(ScalarType.Float)
        : oneHot(wanted, logits.size(1));
  }

  private static Tensor known(Tensor wanted) {
    return wanted.unsqueeze(1).ne(new Scalar(Targets.IGNORED)).to(ScalarType.Float);
  }

  private static Tensor vector(Tensor beside, double[] values) {
    float[] floats = new float[values.length];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = (float) values[i];
    }
    return Torch.beside(beside, floats(floats, floats.length));
  }

  private static TensorOptional optional(Tensor beside, double[] weights) {
    return weights.length == 0 ? new TensorOptional() : new TensorOptional(vector(beside, weights));
  }

  private static Tensor binary(Tensor logits, Tensor wanted, double[] weights) {
    Tensor each =
        torch.binary_cross_entropy_with_logits(
            logits, yes(logits, wanted), new TensorOptional(), new TensorOptional(), 0);
    Tensor known = known(wanted);
    if (weights.length > 0) {
      Tensor classes = wanted.clamp_min(new Scalar(0)).flatten();
      Tensor counts = vector(logits, weights).index_select(0, classes);
      known = known.mul(counts.reshape(Torch.shape(wanted)).unsqueeze(1));
    }
    known = known.expand_as(each);
    return each.mul(known).sum().div(known.sum());
  }

  private static Tensor dice(Tensor logits, Tensor wanted, boolean sigmoid) {
    Tensor known = known(wanted);
    Tensor p = (sigmoid ? torch.sigmoid(logits) : torch.softmax(logits, 1)).mul(known);
    Tensor t = yes(logits, wanted);
    long[] all = {0, 2, 3}; // [N, C, H, W] -> [C]
    Tensor both = torch.sum(p.mul(t), all);
    Tensor sum = torch.sum(p, all).add(torch.sum(t, all));
    Tensor one = Torch.beside(sum, new Tensor(torch.ones(1)));
    Tensor each = both.mul(new Scalar(2.0)).add(one).div(sum.add(one)); // 1: absent and not said
    return each.mean().neg().add(new Scalar(1.0));
  }

  /**
   * The loss of values.
   *
   * @param output {@code [N, ...]}, as the values are
   * @param unit of each value; empty for 1
   */
  static Tensor of(Loss loss, double[] unit, Tensor output, Targets.Values wanted) {
    Tensor met = logits(output, wanted.shape().length);
    if (!Arrays.equals(Torch.shape(met), wanted.shape())) {
      throw new TrainException(
          "expected an output %s, met %s"
              .formatted(Arrays.toString(wanted.shape()), Arrays.toString(Torch.shape(met))));
    }
    if (loss.isOfClasses()) {
      throw new TrainException("loss " + loss + " does not learn values; mse and l1 do");
    }
    Tensor values = Torch.beside(met, floats(wanted.values(), wanted.shape()));
    if (unit.length > 0) {
      float[] factors = new float[unit.length];
      for (int k = 0; k < factors.length; k++) {
        factors[k] = (float) (1 / unit[k]);
      }
      Tensor factor = Torch.beside(met, floats(factors, 1, factors.length));
      met = met.mul(factor);
      values = values.mul(factor);
    }
    return loss == Loss.MSE ? torch.mse_loss(met, values) : torch.l1_loss(met, values);
  }

  private static Tensor floats(float[] values, long... shape) {
    return torch
        .from_blob(new FloatPointer(values), shape, new TensorOptions(ScalarType.Float))
        .clone();
  }

  private static Tensor tensor(Targets.Classes wanted) {
    return torch
        .from_blob(
            new LongPointer(wanted.classes()), wanted.shape(), new TensorOptions(ScalarType.Long))
        .clone();
  }
}
