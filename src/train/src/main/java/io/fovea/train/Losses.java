package io.fovea.train;

import io.fovea.runtime.Task;
import java.util.Arrays;
import java.util.Objects;
import java.util.function.Function;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** The losses over libtorch; each gives a tensor of one number. */
final class Losses {
  private static final long EACH = 0; // libtorch's names of reductions
  private static final long MEAN = 1;
  private static final double SMOOTH = 0.5; // of the Tversky index: where a class is absent

  private Losses() {}

  /**
   * The loss of classes.
   *
   * @param output {@code [N, classes]} or {@code [N, classes, H, W]}: logits
   * @param sigmoid whether a sigmoid follows, so that every output is a yes or no of its own
   */
  static Tensor of(
      Loss loss, double smoothing, boolean sigmoid, Tensor output, Targets.Classes classes) {
    return of(loss, smoothing, new double[0], sigmoid, output, classes, Guides.none());
  }

  /**
   * The same.
   *
   * @param weights of each class in what is a mean over pictures or pixels, above 0; empty for 1
   * @param guides the nets that it asks, which have seen the batch
   */
  static Tensor of(
      Loss loss,
      double smoothing,
      double[] weights,
      boolean sigmoid,
      Tensor output,
      Targets.Classes classes,
      Guides guides) {
    Tensor logits = logits(output, classes.shape().length + 1);
    check(loss, logits, classes, sigmoid);
    Tensor wanted = Torch.beside(logits, tensor(classes));
    if (Arrays.stream(classes.classes()).allMatch(c -> c == Targets.IGNORED)) {
      return logits.sum().mul(new Scalar(0.0)); // nothing to learn here, instead of 0 / 0
    }
    return of(loss, smoothing, weights, sigmoid, logits, wanted, guides);
  }

  /**
   * The same of mixed pictures: the losses of both classes by their shares. For cross-entropy,
   * smoothed, weighted or of yes and no, that is the loss of soft targets.
   */
  static Tensor of(
      Loss loss,
      double smoothing,
      double[] weights,
      boolean sigmoid,
      Tensor output,
      Targets.Mixed mixed,
      Guides guides) {
    Tensor one = of(loss, smoothing, weights, sigmoid, output, mixed.one(), guides);
    Tensor other = of(loss, smoothing, weights, sigmoid, output, mixed.other(), guides);
    return one.mul(new Scalar(mixed.share())).add(other, new Scalar(1 - mixed.share()));
  }

  /** The same of targets that are checked, as a tensor of int64. */
  static Tensor of(
      Loss loss,
      double smoothing,
      double[] weights,
      boolean sigmoid,
      Tensor logits,
      Tensor wanted,
      Guides guides) {
    return sum(loss, term -> of(term, smoothing, weights, sigmoid, logits, wanted, guides));
  }

  private static Tensor of(
      Loss.Term term,
      double smoothing,
      double[] weights,
      boolean sigmoid,
      Tensor logits,
      Tensor wanted,
      Guides guides) {
    if (term instanceof Loss.Distill d) {
      Tensor soft = distilled(d, sigmoid, logits, wanted, guides).mul(new Scalar(d.weight()));
      Loss.Term hard = new Loss.CrossEntropy();
      return d.weight() == 1
          ? soft
          : of(hard, smoothing, weights, sigmoid, logits, wanted, guides)
              .mul(new Scalar(1 - d.weight()))
              .add(soft);
    }
    if (term instanceof Loss.Focal f) {
      return focal(f, sigmoid, logits, wanted, weights);
    }
    if (term instanceof Loss.Tversky t) {
      return tversky(t, sigmoid, logits, wanted);
    }
    return sigmoid || term instanceof Loss.BinaryCrossEntropy
        ? mean(binary(logits, wanted, smoothing), wanted, weights)
        : torch.cross_entropy_loss(
            logits, wanted, optional(logits, weights), MEAN, Targets.IGNORED, smoothing);
  }

  /** The weighted sum of a loss's terms. */
  private static Tensor sum(Loss loss, Function<Loss.Term, Tensor> of) {
    Tensor sum = null;
    for (Loss.Weighted t : loss.terms()) {
      Tensor each = of.apply(t.term());
      each = t.weight() == 1 ? each : each.mul(new Scalar(t.weight()));
      sum = sum == null ? each : sum.add(each);
    }
    return Objects.requireNonNull(sum);
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
    loss.check(shape.length == 1 ? Task.Kind.CLASSIFICATION : Task.Kind.SEGMENTATION);
    long largest =
        Arrays.stream(wanted.classes()).filter(c -> c != Targets.IGNORED).max().orElse(0);
    long outputs = met[1] == 1 && sigmoid ? 2 : met[1];
    if (largest >= outputs) {
      throw new TrainException(
          "the data has a class %d, the net has %d outputs".formatted(largest, outputs));
    }
  }

  /** The numbers of the classes, {@code [1, C, 1, ...]}. */
  private static Tensor classes(long count, Tensor wanted) {
    return Torch.beside(wanted, Reductions.range(count))
        .reshape(Torch.along(1, count, wanted.dim() + 1));
  }

  /**
   * What each output says yes to, as ones: a single one to the second of two classes. None where
   * the target is ignored.
   */
  private static Tensor yes(Tensor logits, Tensor wanted) {
    Tensor yes =
        logits.size(1) == 1
            ? wanted.unsqueeze(1).eq(new Scalar(1))
            : wanted.unsqueeze(1).eq(classes(logits.size(1), wanted));
    return yes.to(logits.scalar_type());
  }

  private static Tensor known(Tensor wanted) {
    return wanted.unsqueeze(1).ne(new Scalar(Targets.IGNORED)).to(ScalarType.Float);
  }

  private static Tensor vector(Tensor beside, double[] values) {
    float[] floats = new float[values.length];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = (float) values[i];
    }
    return Torch.beside(beside, Torch.floats(floats, floats.length));
  }

  private static TensorOptional optional(Tensor beside, double[] weights) {
    return weights.length == 0 ? new TensorOptional() : new TensorOptional(vector(beside, weights));
  }

  /**
   * {@code [N, classes, ...]}: of each output.
   *
   * @param smoothing share of each target that is yes and no alike
   */
  private static Tensor binary(Tensor logits, Tensor wanted, double smoothing) {
    Tensor yes = yes(logits, wanted);
    Tensor target =
        smoothing == 0 ? yes : yes.mul(new Scalar(1 - smoothing)).add(new Scalar(smoothing / 2));
    return torch.binary_cross_entropy_with_logits(
        logits, target, new TensorOptional(), new TensorOptional(), EACH);
  }

  /** The mean of what is not ignored, in which each class has its weight. */
  private static Tensor mean(Tensor each, Tensor wanted, double[] weights) {
    Tensor known = known(wanted);
    if (weights.length > 0) {
      Tensor classes = wanted.clamp_min(new Scalar(0)).flatten();
      Tensor counts = vector(each, weights).index_select(0, classes);
      known = known.mul(counts.reshape(Torch.shape(wanted)).unsqueeze(1));
    }
    known = known.expand_as(each);
    return each.mul(known).sum().div(known.sum());
  }

  private static Tensor focal(
      Loss.Focal focal, boolean sigmoid, Tensor logits, Tensor wanted, double[] weights) {
    Double alpha = focal.alpha();
    if (alpha != null && !sigmoid) {
      throw new TrainException("loss " + focal + ": alpha is for nets that end in a sigmoid");
    }
    Tensor entropy =
        sigmoid
            ? binary(logits, wanted, 0)
            : torch
                .cross_entropy_loss(logits, wanted, new TensorOptional(), EACH, Targets.IGNORED, 0)
                .unsqueeze(1);
    Tensor doubt = rest(entropy.neg().exp()).clamp_min(new Scalar(1e-12)); // 0 has no gradient
    Tensor each = entropy.mul(doubt.pow(new Scalar(focal.gamma())));
    if (alpha != null) {
      Tensor weight = yes(logits, wanted).mul(new Scalar(2 * alpha - 1)).add(new Scalar(1 - alpha));
      each = each.mul(weight);
    }
    return mean(each, wanted, weights);
  }

  /** Divergence from what the teacher says, both softened, times the squared temperature. */
  private static Tensor distilled(
      Loss.Distill term, boolean sigmoid, Tensor logits, Tensor wanted, Guides guides) {
    boolean asks = guides.of(term).ending() == Ending.Kind.SIGMOID;
    Tensor said = logits(guides.teacher(term), (int) logits.dim());
    if (asks != sigmoid || !Arrays.equals(Torch.shape(said), Torch.shape(logits))) {
      throw guides
          .of(term)
          .problem(
              "expected %s %s as the net's, met %s %s"
                  .formatted(
                      what(sigmoid),
                      Arrays.toString(Torch.shape(logits)),
                      what(asks),
                      Arrays.toString(Torch.shape(said))));
    }
    Scalar cooler = new Scalar(1 / term.temperature());
    Tensor t = said.mul(cooler);
    Tensor s = logits.mul(cooler);
    Tensor divergence =
        sigmoid ? divergence(t, s).add(divergence(t.neg(), s.neg())) : divergence(t, s, 1);
    return mean(divergence, wanted, new double[0])
        .mul(new Scalar(term.temperature() * term.temperature()));
  }

  private static String what(boolean sigmoid) {
    return sigmoid ? "logits of a sigmoid," : "logits";
  }

  /** Of the distributions over an axis, which stays with one element. */
  private static Tensor divergence(Tensor teacher, Tensor student, int axis) {
    Tensor log = torch.log_softmax(teacher, axis);
    Tensor each = log.exp().mul(log.sub(torch.log_softmax(student, axis)));
    return torch.sum(each, axis).unsqueeze(axis);
  }

  /** Of one of the two answers to each question. */
  private static Tensor divergence(Tensor teacher, Tensor student) {
    return torch.sigmoid(teacher).mul(torch.logsigmoid(teacher).sub(torch.logsigmoid(student)));
  }

  private static Tensor tversky(Loss.Tversky index, boolean sigmoid, Tensor logits, Tensor wanted) {
    Tensor known = known(wanted);
    Tensor p = (sigmoid ? torch.sigmoid(logits) : torch.softmax(logits, 1)).mul(known);
    Tensor t = yes(logits, wanted);
    long[] all = {0, 2, 3}; // [N, C, H, W] -> [C]
    Tensor both = torch.sum(p.mul(t), all);
    Tensor wrong = torch.sum(p, all).sub(both).mul(new Scalar(index.alpha()));
    Tensor missed = torch.sum(t, all).sub(both).mul(new Scalar(index.beta()));
    Tensor right = both.add(new Scalar(SMOOTH));
    return rest(right.div(right.add(wrong).add(missed)).mean()); // 1: absent and not said
  }

  private static Tensor rest(Tensor share) {
    return share.neg().add(new Scalar(1.0));
  }

  /**
   * The loss of values.
   *
   * @param output {@code [N, ...]}, as the values are; pictures {@code [N, C, H, W]} in [0, 1]
   * @param unit of each value; empty for 1
   */
  static Tensor of(Loss loss, double[] unit, Tensor output, Targets.Values wanted) {
    return of(loss, unit, output, wanted, Guides.none());
  }

  /** The same, with the nets that it asks. */
  static Tensor of(Loss loss, double[] unit, Tensor output, Targets.Values wanted, Guides guides) {
    Tensor met = logits(output, wanted.shape().length);
    Tensor values = values(met, wanted);
    boolean pictures = wanted.shape().length == 4;
    loss.check(pictures ? Task.Kind.PICTURE : Task.Kind.REGRESSION);
    if (unit.length > 0) {
      float[] factors = new float[unit.length];
      for (int k = 0; k < factors.length; k++) {
        factors[k] = (float) (1 / unit[k]);
      }
      Tensor factor = Torch.beside(met, Torch.floats(factors, 1, factors.length));
      met = met.mul(factor);
      values = values.mul(factor);
    }
    return of(loss, met, values, guides);
  }

  /** Targets as a tensor, on the device of what they are compared with. */
  static Tensor values(Tensor met, Targets.Values wanted) {
    if (!Arrays.equals(Torch.shape(met), wanted.shape())) {
      throw new TrainException(
          "expected an output %s, met %s"
              .formatted(Arrays.toString(wanted.shape()), Arrays.toString(Torch.shape(met))));
    }
    return Torch.beside(met, Torch.floats(wanted.values(), wanted.shape()));
  }

  /** The same of values of one shape, in their units. */
  static Tensor of(Loss loss, Tensor made, Tensor wanted, Guides guides) {
    return sum(loss, term -> of(term, made, wanted, guides));
  }

  private static Tensor of(Loss.Term term, Tensor made, Tensor wanted, Guides guides) {
    if (term instanceof Loss.Perceptual p) {
      return guides.perceptual(p, made, wanted);
    }
    if (term instanceof Loss.Style s) {
      return guides.style(s, made);
    }
    if (term instanceof Loss.Adversarial) {
      return Objects.requireNonNull(guides.critic()).error(made);
    }
    if (term instanceof Loss.Mse) {
      return torch.mse_loss(made, wanted);
    }
    if (term instanceof Loss.L1) {
      return torch.l1_loss(made, wanted);
    }
    if (term instanceof Loss.Charbonnier c) {
      Scalar rounding = new Scalar(c.epsilon() * c.epsilon());
      return made.sub(wanted).square().add(rounding).sqrt().mean();
    }
    if (term instanceof Loss.TotalVariation) {
      return Similarity.totalVariation(made);
    }
    return rest(
        term instanceof Loss.Ssim
            ? Similarity.of(made, wanted)
            : Similarity.ofScales(made, wanted));
  }

  private static Tensor tensor(Targets.Classes wanted) {
    return torch
        .from_blob(
            new LongPointer(wanted.classes()), wanted.shape(), new TensorOptions(ScalarType.Long))
        .clone();
  }
}
