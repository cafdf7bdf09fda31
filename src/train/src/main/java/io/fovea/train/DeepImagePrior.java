package io.fovea.train;

import io.fovea.image.Mask;
import io.fovea.image.Picture;
import io.fovea.onnx.Dim;
import io.fovea.onnx.Graph;
import io.fovea.onnx.Model;
import io.fovea.onnx.ValueInfo;
import io.fovea.runtime.Device;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Restores a picture by a net that is trained on nothing else: Ulyanov 2018, <a
 * href="https://arxiv.org/abs/1711.10925">Deep Image Prior</a>. From noise that stays, the net
 * learns to make the picture. What pictures have in common it learns first, so that for a while
 * what it makes has no noise, fills holes, or has the detail of a larger picture.
 *
 * <p>Nothing tells it what is right, so when to stop is a matter of {@link #iterations} and {@link
 * #patience}. Immutable configuration; the same seed, picture, net, machine and threads give the
 * same pixels.
 */
public final class DeepImagePrior {
  /** Iterations unless others are asked for, as the paper has them to denoise. */
  public static final int ITERATIONS = 1800;

  private static final int SMALLEST = 64; // two pixels below five halvings, which reflection needs
  private static final double HIGHEST_NOISE = 0.1; // as the paper has it
  private static final int LARGEST_FACTOR = 8;

  /** Hears how it goes; called after every iteration, on the thread that trains. */
  @FunctionalInterface
  public interface Listener {
    void iteration(Iteration iteration);
  }

  /** An iteration that is done. Its pictures can be asked for during the call only. */
  public static final class Iteration {
    private final int number;
    private final double loss;
    private final double variance;
    private final Tensor made;
    private final Tensor mean;

    Iteration(int number, double loss, double variance, Tensor made, Tensor mean) {
      this.number = number;
      this.loss = loss;
      this.variance = variance;
      this.made = made;
      this.mean = mean;
    }

    /** From 1. */
    public int number() {
      return number;
    }

    /** Mean squared error of what is known of the picture, whose levels lie in [0, 1]. */
    public double loss() {
      return loss;
    }

    /** How far the made pictures move from iteration to iteration, in squared levels. */
    public double variance() {
      return variance;
    }

    /** What the net made in this iteration, RGB. */
    public Picture picture() {
      return Observation.picture(made);
    }

    /** The average up to this iteration, RGB. */
    public Picture average() {
      return Observation.picture(mean);
    }
  }

  /**
   * A restored picture.
   *
   * @param picture of the channels of what was given; what is known by a mask is as it was
   * @param iteration whose average it is, from 1
   * @param iterations that were run
   * @param model the net after the last of them, in inference form; its input has the noise as its
   *     default, so that it makes the picture of nothing
   */
  public record Restored(Picture picture, int iteration, int iterations, Model model) {}

  private final Model net;
  private final int iterations;
  private final double learningRate;
  private final double jitter;
  private final double average;
  private final int patience;
  private final long seed;
  private final Device device;
  private final Listener listener;

  private DeepImagePrior(
      Model net,
      int iterations,
      double learningRate,
      double jitter,
      double average,
      int patience,
      long seed,
      Device device,
      Listener listener) {
    check(iterations >= 1, "1 iteration or more", iterations);
    check(learningRate > 0 && learningRate < 10, "a learning rate in (0, 10)", learningRate);
    check(jitter >= 0 && jitter < 10, "a deviation of the jitter in [0, 10)", jitter);
    check(average >= 0 && average < 1, "a share of the average to keep in [0, 1)", average);
    check(patience >= 0, "a patience of 0 or more", patience);
    this.net = net;
    this.iterations = iterations;
    this.learningRate = learningRate;
    this.jitter = jitter;
    this.average = average;
    this.patience = patience;
    this.seed = seed;
    this.device = device;
    this.listener = listener;
  }

  private static void check(boolean holds, String expected, Object met) {
    if (!holds) {
      throw new TrainException("deep image prior: expected %s, met %s".formatted(expected, met));
    }
  }

  /**
   * Restores by a net, in 1,800 iterations of Adam at 0.01, jitter 0.005, average 0.99, no
   * patience.
   *
   * @param net from noise {@code [batch, C, height, width]} to a picture {@code [batch, 3, height,
   *     width]} in [0, 1], of any size from 64 pixels on, with weights drawn; such as {@code
   *     dip_skip}
   */
  public static DeepImagePrior of(Model net) {
    return new DeepImagePrior(net, ITERATIONS, 0.01, 0.005, 0.99, 0, 0, Device.cpu(), i -> {});
  }

  /** Iterations at most. */
  public DeepImagePrior iterations(int most) {
    return new DeepImagePrior(
        net, most, learningRate, jitter, average, patience, seed, device, listener);
  }

  public DeepImagePrior learningRate(double rate) {
    return new DeepImagePrior(
        net, iterations, rate, jitter, average, patience, seed, device, listener);
  }

  /** Deviation of what is added to the noise anew in every iteration; the noise is up to 0.1. */
  public DeepImagePrior jitter(double deviation) {
    return new DeepImagePrior(
        net, iterations, learningRate, deviation, average, patience, seed, device, listener);
  }

  /** Share of the average of the made pictures that each iteration keeps; 0 for no average. */
  public DeepImagePrior average(double kept) {
    return new DeepImagePrior(
        net, iterations, learningRate, jitter, kept, patience, seed, device, listener);
  }

  /**
   * Stops where so many iterations have not made the pictures' variance smaller, and takes the one
   * where it was smallest, which without jitter is near where the net begins to learn the noise
   * (Wang 2021, <a href="https://arxiv.org/abs/2112.06074">2112.06074</a>, with exponential means).
   * Jitter moves the pictures too, so with it this may stop long before. With 0 the last one is
   * taken.
   */
  public DeepImagePrior patience(int n) {
    return new DeepImagePrior(
        net, iterations, learningRate, jitter, average, n, seed, device, listener);
  }

  /** Draws noise and jitter; the net's weights are the net's own. */
  public DeepImagePrior seed(long s) {
    return new DeepImagePrior(
        net, iterations, learningRate, jitter, average, patience, s, device, listener);
  }

  /** The CPU, a CUDA device, or {@link Device#auto}. */
  public DeepImagePrior device(Device d) {
    return new DeepImagePrior(
        net, iterations, learningRate, jitter, average, patience, seed, d, listener);
  }

  public DeepImagePrior listener(Listener l) {
    return new DeepImagePrior(
        net, iterations, learningRate, jitter, average, patience, seed, device, l);
  }

  /**
   * The picture without its noise.
   *
   * @throws TrainException where the net cannot be trained to make pictures of this size
   */
  public Restored denoise(Picture noisy) {
    Place place = Place.of(device);
    try (Observation seen = Observation.of(noisy, place)) {
      return run(seen, noisy.channels(), place);
    }
  }

  /**
   * The picture with its holes filled; all other pixels stay as they are.
   *
   * @param holes of the picture's size: all that is not 0
   * @throws TrainException where the sizes differ, where nothing or all is a hole, or as {@link
   *     #denoise}
   */
  public Restored inpaint(Picture picture, Mask holes) {
    if (holes.width() != picture.width() || holes.height() != picture.height()) {
      throw new TrainException("a %s for a picture of %s".formatted(holes, picture));
    }
    long known = holes.areas()[0];
    if (known == 0 || known == holes.classes().length) {
      throw new TrainException(
          "the mask is all " + (known == 0 ? "hole" : "black") + ": holes are what is not black");
    }
    Place place = Place.of(device);
    Restored all;
    try (Observation seen = Observation.outside(holes, picture, place)) {
      all = run(seen, picture.channels(), place);
    }
    byte[] pixels = picture.pixels().clone();
    for (int i = 0; i < pixels.length; i++) {
      if (holes.classes()[i / picture.channels()] != 0) {
        pixels[i] = all.picture.pixels()[i];
      }
    }
    Picture filled = Picture.of(picture.width(), picture.height(), picture.channels(), pixels);
    return new Restored(filled, all.iteration, all.iterations, all.model);
  }

  /**
   * A larger picture that gives this one when Pillow's bicubic filter shrinks it.
   *
   * @param factor on both sides, 2 to 8
   * @throws TrainException as {@link #denoise}
   */
  public Restored upscale(Picture small, int factor) {
    check(factor >= 2 && factor <= LARGEST_FACTOR, "a factor of 2 to 8", factor);
    Place place = Place.of(device);
    try (Observation seen = Observation.shrunk(small, factor, place)) {
      return run(seen, small.channels(), place);
    }
  }

  private Restored run(Observation seen, int channels, Place place) {
    Recipe recipe =
        Recipe.pictures().optimizer(new Optimizer.Adam(learningRate, 0.9, 0.999, 1e-8, 0));
    long[] shape = {
      1, noiseChannels(), Math.max(SMALLEST, seen.height()), Math.max(SMALLEST, seen.width())
    };
    try (PointerScope scope = new PointerScope();
        Learner learner =
            new Learner(net, recipe, place, new double[0], Learner.UNIT, Guides.none());
        Iterates iterates = new Iterates(average, patience > 0)) {
      var random = new GeneratorOptional(torch.make_generator_cpu(seed));
      Tensor noise = torch.empty(shape).uniform_(0, HIGHEST_NOISE, random);
      Tensor shaken = noise.clone();
      var input = Torch.bytesOf(shaken, noise.numel() * Float.BYTES).asFloatBuffer();
      int i = 0;
      while (i < iterations && (patience == 0 || i < iterates.bestAt() + patience || i == 0)) {
        int number = ++i;
        shake(shaken, noise, random);
        Targets judged = new Targets.Judged(made -> judge(number, made, seen, iterates));
        learner.step(input, shape, judged, learningRate);
      }
      Picture restored = Observation.picture(iterates.best());
      return new Restored(
          channels == 1 ? restored.toGrey() : restored,
          iterates.bestAt(),
          i,
          withDefault(learner.export(), noise));
    }
  }

  private void shake(Tensor shaken, Tensor noise, GeneratorOptional random) {
    if (jitter > 0) {
      try (PointerScope scope = new PointerScope();
          NoGradGuard guard = new NoGradGuard()) {
        shaken.normal_(0, jitter, random).add_(noise);
      }
    }
  }

  /** The error of what the net made, which is larger than the picture where that is small. */
  private Tensor judge(int number, Tensor all, Observation seen, Iterates iterates) {
    long[] met = Torch.shape(all);
    if (met.length != 4 || met[1] != 3 || met[2] < seen.height() || met[3] < seen.width()) {
      throw new TrainException(
          "expected a net that makes [1, 3, %d, %d], met one that makes %s"
              .formatted(seen.height(), seen.width(), Arrays.toString(met)));
    }
    Tensor made = all.narrow(2, 0, seen.height()).narrow(3, 0, seen.width());
    Tensor error = seen.error(made);
    Tensor values = made.detach();
    iterates.add(values);
    listener.iteration(
        new Iteration(number, error.item_float(), iterates.variance(), values, iterates.average()));
    return error;
  }

  private long noiseChannels() {
    List<ValueInfo> inputs = net.graph().inputs();
    List<Dim> shape = inputs.size() == 1 ? inputs.get(0).type().shape() : null;
    if (shape == null || shape.size() != 4 || !shape.get(1).isKnown()) {
      throw new TrainException(
          "expected a net with one input [batch, C, height, width] of known C, met " + inputs);
    }
    return shape.get(1).size();
  }

  /** The model whose input is this unless another is fed. */
  private static Model withDefault(Model model, Tensor input) {
    Graph graph = model.graph();
    String name = graph.inputs().get(0).name();
    var held = graph.proto().toBuilder().addInitializer(Torch.copy(name, input).proto());
    return model.withGraph(new Graph(held.build(), graph.folder()));
  }
}
