package io.fovea.train;

import io.fovea.runtime.Task;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What training makes small: a sum of weighted terms. As text it is what {@link #toString} writes
 * and {@link #of(String)} reads, such as {@code cross_entropy}, {@code focal(gamma=3)} or {@code l1
 * + 0.2*ms_ssim}; options that are left out have the papers' values. Immutable.
 *
 * <p>Classes are learned by what stands before a net's softmax or sigmoid; after a sigmoid every
 * output is a question of its own. Pictures are compared in [0, 1], whatever the range of the net.
 */
public record Loss(List<Weighted> terms) {
  public static final Loss CROSS_ENTROPY = of(new CrossEntropy());
  public static final Loss DICE = of(new Tversky(0.5, 0.5));

  /** The sum of the two. For pixels. */
  public static final Loss CROSS_ENTROPY_DICE = CROSS_ENTROPY.plus(1, new Tversky(0.5, 0.5));

  public static final Loss MSE = of(new Mse());
  public static final Loss L1 = of(new L1());

  /** A term and its factor in the sum, above 0. */
  public record Weighted(double weight, Term term) {
    public Weighted {
      if (!(weight > 0) || Double.isInfinite(weight)) {
        throw new TrainException(
            "loss %s: expected a weight above 0, met %s".formatted(term, weight));
      }
    }

    @Override
    public String toString() {
      return weight == 1 ? term.toString() : LossText.number(weight) + "*" + term;
    }
  }

  public Loss {
    terms = List.copyOf(terms);
    if (terms.isEmpty()) {
      throw new TrainException("loss: expected a term or more, met none");
    }
  }

  public static Loss of(Term term) {
    return new Loss(List.of(new Weighted(1, term)));
  }

  /**
   * Reads a loss.
   *
   * @throws TrainException naming what is not known, or not in its range
   */
  public static Loss of(String text) {
    return LossText.parse(text);
  }

  /** The sum of this and one more term. */
  public Loss plus(double weight, Term term) {
    List<Weighted> more = new ArrayList<>(terms);
    more.add(new Weighted(weight, term));
    return new Loss(more);
  }

  /**
   * The term that has a critic; null where none has.
   *
   * @throws TrainException where several have one
   */
  public @Nullable Adversarial adversarial() {
    List<Term> all =
        terms.stream().map(Weighted::term).filter(Adversarial.class::isInstance).toList();
    if (all.size() > 1) {
      throw new TrainException("loss %s: expected one critic, met %d".formatted(this, all.size()));
    }
    return all.isEmpty() ? null : (Adversarial) all.get(0);
  }

  /** Whether classes are learned, of pictures or of pixels, rather than values. */
  boolean isOfClasses() {
    return terms.stream().allMatch(t -> t.term instanceof OfClasses);
  }

  /** Whether some term's targets can be smoothed. */
  boolean smoothsLabels() {
    return terms.stream()
        .anyMatch(
            t ->
                t.term instanceof CrossEntropy
                    || t.term instanceof BinaryCrossEntropy
                    || (t.term instanceof Distill d && d.weight < 1));
  }

  /** Whether some term is a mean in which classes may have weights. */
  boolean weighsClasses() {
    return terms.stream()
        .anyMatch(
            t ->
                t.term instanceof OfClasses
                    && !(t.term instanceof Tversky)
                    && !(t.term instanceof Distill d && d.weight == 1));
  }

  /**
   * Checks that every term can learn from data of a kind.
   *
   * @throws TrainException naming the term that cannot
   */
  void check(Task.Kind kind) {
    for (Weighted t : terms) {
      if (!t.term.learns(kind)) {
        throw new TrainException(
            "loss %s does not fit the data: it is for %s".formatted(t.term, data(t.term)));
      }
    }
    if (terms.stream().allMatch(t -> t.term instanceof TotalVariation)) {
      throw new TrainException("loss " + this + " looks at no target; add one that does");
    }
  }

  private static String data(Term term) {
    return term instanceof OfClasses c
        ? c.learns(Task.Kind.CLASSIFICATION) ? "classes" : "masks"
        : term.learns(Task.Kind.REGRESSION) ? "values and pictures" : "pictures";
  }

  @Override
  public String toString() {
    return terms.stream().map(Weighted::toString).collect(Collectors.joining(" + "));
  }

  /** One loss of its own. */
  public sealed interface Term {
    /** Whether it can learn from data of a kind. */
    boolean learns(Task.Kind kind);
  }

  /** A term for classes, of pictures or of pixels. */
  public sealed interface OfClasses extends Term {
    @Override
    default boolean learns(Task.Kind kind) {
      return kind == Task.Kind.CLASSIFICATION || kind == Task.Kind.SEGMENTATION;
    }
  }

  /** A term for numbers: values, or the levels of pictures. */
  public sealed interface OfValues extends Term {
    @Override
    default boolean learns(Task.Kind kind) {
      return kind == Task.Kind.REGRESSION || kind == Task.Kind.PICTURE;
    }
  }

  /** A term for pictures alone. */
  public sealed interface OfPictures extends OfValues {
    @Override
    default boolean learns(Task.Kind kind) {
      return kind == Task.Kind.PICTURE;
    }
  }

  /** A term that looks at pictures through another net. */
  public sealed interface OfFeatures extends OfPictures {
    /** An ONNX file. */
    Path net();

    /** Names of its values. */
    List<String> at();
  }

  /**
   * Negative log-likelihood of the right class; after a sigmoid, {@link BinaryCrossEntropy}. The
   * recipe's label smoothing is for these two, also where {@link Distill} learns from the data.
   */
  public record CrossEntropy() implements OfClasses {
    @Override
    public String toString() {
      return "cross_entropy";
    }
  }

  /** Every output is asked whether the picture, or the pixel, is of its class. */
  public record BinaryCrossEntropy() implements OfClasses {
    @Override
    public String toString() {
      return "binary_cross_entropy";
    }
  }

  /**
   * Cross-entropy in which what is known well counts less, by {@code (1 - p)^gamma} where p is the
   * right answer's probability (Lin 2017, <a
   * href="https://arxiv.org/abs/1708.02002">1708.02002</a>).
   *
   * @param gamma 0 or more; 0 is cross-entropy
   * @param alpha weight of a yes, against {@code 1 - alpha} of a no, between 0 and 1, for nets that
   *     end in a sigmoid; null for none
   */
  public record Focal(double gamma, @Nullable Double alpha) implements OfClasses {
    public Focal {
      LossText.check("focal", "gamma", gamma, gamma >= 0, "0 or more");
      if (alpha != null) {
        LossText.check("focal", "alpha", alpha, alpha > 0 && alpha < 1, "between 0 and 1");
      }
    }

    @Override
    public String toString() {
      return alpha == null
          ? LossText.text("focal", "gamma", gamma)
          : LossText.text("focal", "gamma", gamma, "alpha", alpha);
    }
  }

  /**
   * One minus the mean of the classes' soft Tversky indices over the batch (Salehi 2017, <a
   * href="https://arxiv.org/abs/1706.05721">1706.05721</a>), for pixels: small objects count as
   * much as large ones. With two halves it is {@code dice} (Milletari 2016, <a
   * href="https://arxiv.org/abs/1606.04797">1606.04797</a>).
   *
   * @param alpha weight of pixels that are wrongly said to be of a class, 0 or more
   * @param beta weight of pixels of a class that are missed, 0 or more
   */
  public record Tversky(double alpha, double beta) implements OfClasses {
    public Tversky {
      LossText.check("tversky", "alpha", alpha, alpha >= 0, "0 or more");
      LossText.check("tversky", "beta", beta, beta >= 0, "0 or more");
    }

    @Override
    public boolean learns(Task.Kind kind) {
      return kind == Task.Kind.SEGMENTATION;
    }

    @Override
    public String toString() {
      return alpha == 0.5 && beta == 0.5
          ? "dice"
          : LossText.text("tversky", "alpha", alpha, "beta", beta);
    }
  }

  /** Mean of the squared errors. */
  public record Mse() implements OfValues {
    @Override
    public String toString() {
      return "mse";
    }
  }

  /** Mean of the absolute errors. */
  public record L1() implements OfValues {
    @Override
    public String toString() {
      return "l1";
    }
  }

  /**
   * Mean of {@code sqrt(error^2 + epsilon^2)}: absolute errors, rounded off where they are small
   * (Charbonnier 1994; for pictures Lai 2017, <a
   * href="https://arxiv.org/abs/1710.01992">1710.01992</a>).
   *
   * @param epsilon above 0, in the units of the errors
   */
  public record Charbonnier(double epsilon) implements OfValues {
    public Charbonnier {
      LossText.check("charbonnier", "epsilon", epsilon, epsilon > 0, "above 0");
    }

    @Override
    public String toString() {
      return LossText.text("charbonnier", "epsilon", epsilon);
    }
  }

  /**
   * One minus the structural similarity (<a href="https://doi.org/10.1109/TIP.2003.819861">Wang
   * 2004</a>): Gaussian windows of 11x11 pixels, sigma 1.5, that lie wholly in the picture; mean
   * over windows, planes and pictures. For pictures of 11x11 pixels or more.
   */
  public record Ssim() implements OfPictures {
    @Override
    public String toString() {
      return "ssim";
    }
  }

  /**
   * One minus the structural similarity at five scales (<a
   * href="https://doi.org/10.1109/ACSSC.2003.1292216">Wang 2003</a>), each half of the one before.
   * For pictures of 161x161 pixels or more, whose smallest scale has 11x11.
   */
  public record MsSsim() implements OfPictures {
    @Override
    public String toString() {
      return "ms_ssim";
    }
  }

  /**
   * Mean absolute difference of neighbours in a row, and that of neighbours in a column, of the
   * net's picture alone (after <a href="https://doi.org/10.1016/0167-2789(92)90242-F">Rudin
   * 1992</a>): smooths, beside another term.
   */
  public record TotalVariation() implements OfPictures {
    @Override
    public String toString() {
      return "total_variation";
    }
  }

  /**
   * A smaller net learns what a larger one says (Hinton 2015, <a
   * href="https://arxiv.org/abs/1503.02531">1503.02531</a>): {@code weight} times the divergence
   * from the teacher's probabilities, both softened by a temperature T, times {@code T^2}; and
   * {@code 1 - weight} times the cross-entropy of the data's own classes.
   *
   * @param teacher an ONNX file of the same classes; it sees what the net sees, in its own
   *     normalization
   * @param temperature above 0, by which logits are divided
   * @param weight of what the teacher says, above 0 and at most 1
   */
  public record Distill(Path teacher, double temperature, double weight) implements OfClasses {
    public Distill {
      LossText.check("distill", "temperature", temperature, temperature > 0, "above 0");
      LossText.check(
          "distill", "weight", weight, weight > 0 && weight <= 1, "above 0 and at most 1");
    }

    @Override
    public String toString() {
      return LossText.text(
          "distill", "teacher", teacher, "temperature", temperature, "weight", weight);
    }
  }

  /**
   * Sum of the mean squared differences of what another net sees in both pictures (Johnson 2016, <a
   * href="https://arxiv.org/abs/1603.08155">1603.08155</a>).
   *
   * @param net an ONNX file; it is fed as it says, else levels in [0, 1]
   * @param at names of its values, such as {@code relu2_2}; one or more
   */
  public record Perceptual(Path net, List<String> at) implements OfFeatures {
    public Perceptual {
      at = LossText.values("perceptual", at);
    }

    @Override
    public String toString() {
      return LossText.text("perceptual", at, "net", net);
    }
  }

  /**
   * How far the texture of the net's picture is from that of one picture, which is the same for all
   * (Gatys 2015, <a href="https://arxiv.org/abs/1508.06576">1508.06576</a>; for nets Johnson 2016,
   * <a href="https://arxiv.org/abs/1603.08155">1603.08155</a>): a value {@code f} of another net,
   * of C channels and H x W places, has the Gram matrix {@code G[c][d] = sum over places of f[c]
   * f[d] / (C H W)}; the loss is the mean of its squared differences from the other picture's, over
   * C x C and the batch, sum over the values. It grows with the fourth power of the net's numbers.
   * Looks at no target.
   *
   * @param net an ONNX file; it is fed as it says, else levels in [0, 1]
   * @param picture whose style is learned, of any size; how large its strokes are in pixels is part
   *     of it
   * @param at names of values {@code [N, C, H, W]}, such as {@code relu2_2}; one or more
   */
  public record Style(Path net, Path picture, List<String> at) implements OfFeatures {
    public Style {
      at = LossText.values("style", at);
    }

    @Override
    public String toString() {
      return LossText.text("style", at, "net", net, "picture", picture);
    }
  }

  /**
   * A term by which a net learns to make pictures that a second net, its critic, takes for real
   * ones. The critic learns beside it, one step before each of the net's, from what the net makes
   * and from the targets; by the recipe's optimizer and schedule. It gives a number for each
   * picture, or a map of them, as a fully convolutional net does, whose mean counts.
   */
  public sealed interface Adversarial extends OfPictures {
    /**
     * An ONNX file with the weights that it starts from; it stays as it is. It is fed as it says,
     * else levels in [-1, 1].
     */
    Path critic();

    /** Factor on the learning rate of the critic, above 0. */
    double rate();
  }

  /**
   * Least squares (Mao 2017, <a href="https://arxiv.org/abs/1611.04076">1611.04076</a>): the critic
   * shall say 1 of real pictures D(x) and 0 of those that are made, D(y), and the net have it say 1
   * of its own; {@code mean((D(x) - 1)^2) / 2 + mean(D(y)^2) / 2} and {@code mean((D(y) - 1)^2) /
   * 2}.
   */
  public record Lsgan(Path critic, double rate) implements Adversarial {
    public Lsgan {
      LossText.check("lsgan", "rate", rate, rate > 0, "above 0");
    }

    @Override
    public String toString() {
      return LossText.text("lsgan", "critic", critic, "rate", rate);
    }
  }

  /**
   * Hinge (Lim 2017, <a href="https://arxiv.org/abs/1705.02894">1705.02894</a>; Miyato 2018, <a
   * href="https://arxiv.org/abs/1802.05957">1802.05957</a>): the critic shall say 1 or more of real
   * pictures and -1 or less of those that are made; {@code mean(max(0, 1 - D(x))) + mean(max(0, 1 +
   * D(y)))}, and for the net {@code -mean(D(y))}.
   */
  public record Hinge(Path critic, double rate) implements Adversarial {
    public Hinge {
      LossText.check("hinge", "rate", rate, rate > 0, "above 0");
    }

    @Override
    public String toString() {
      return LossText.text("hinge", "critic", critic, "rate", rate);
    }
  }
}
