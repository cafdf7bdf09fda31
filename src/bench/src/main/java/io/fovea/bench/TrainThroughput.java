package io.fovea.bench;

import io.fovea.converters.Architectures;
import io.fovea.converters.Options;
import io.fovea.image.Picture;
import io.fovea.image.Preprocessing;
import io.fovea.onnx.Graph;
import io.fovea.onnx.Model;
import io.fovea.train.Augmentation;
import io.fovea.train.DataFolder;
import io.fovea.train.Dataset;
import io.fovea.train.Layout;
import io.fovea.train.Libtorch;
import io.fovea.train.Optimizer;
import io.fovea.train.Recipe;
import io.fovea.train.Roles;
import io.fovea.train.Target;
import io.fovea.train.Trainer;
import io.fovea.train.TrainingStep;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Random;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Training of nets (10 classes, 64x64, resnet20 32x32): the whole trainer, with its loader, against
 * the same loop written directly against {@code org.bytedeco.pytorch} with data in memory. For
 * steps a second the two take turns in one process, so that a noisy machine disturbs both; for
 * memory each has a process of its own. The trainer learns from noise, or from the pictures that
 * the system property {@code data} names, such as CIFAR-10's, which it decodes, moves and mirrors
 * beside. The property {@code layout} is the trainer's, {@code channels_last} unless given; the
 * direct loop has its channels first.
 */
public final class TrainThroughput {
  private static final int WARM = 3;
  private static final List<Net> NETS =
      List.of(
          new Net("resnet18", 64, 32, DirectResNet18::new, m -> m),
          new Net("mobilenet_v2", 64, 32, DirectMobileNetV2::new, m -> m),
          new Net("convnext_tiny", 64, 8, DirectConvNext::new, m -> m),
          new Net("convnext_tiny-exported", 64, 8, DirectConvNext::new, Exported::of),
          new Net("resnet20", 32, 128, DirectResNet20::new, m -> m));

  private TrainThroughput() {}

  /** A net in both forms. */
  private record Net(
      String name, int size, int batch, Supplier<DirectNet> builder, UnaryOperator<Model> as) {
    static Net named(String name) {
      return NETS.stream()
          .filter(n -> n.name.equals(name))
          .findFirst()
          .orElseThrow(() -> new IllegalArgumentException("no net '" + name + "' in " + NETS));
    }

    private Model model() {
      String plain = name.replace("-exported", "");
      return as.apply(Architectures.named(plain).model(Options.classes(DirectNet.CLASSES)));
    }

    double direct(int steps) {
      Graph graph = model().graph();
      long parameters =
          Roles.of(graph).parameters().stream()
              .map(graph.initializers()::get)
              .mapToLong(p -> Objects.requireNonNull(p).size())
              .sum();
      return DirectNet.train(builder, parameters, batch, size, WARM, steps);
    }

    private Dataset data(int pictures) {
      if (DATA == null) {
        return new Noise(size, pictures);
      }
      Dataset all = DataFolder.of(Path.of(DATA)).training();
      return all.split(Math.min(0.9, (pictures + 10.0) / all.size()), 0).get(1); // of all classes
    }

    /** Steps a second of the trainer; {@code done} runs after the last one. */
    double fovea(int steps, Runnable done) {
      long[] from = new long[1];
      long[] to = new long[1];
      Trainer.of(model())
          .recipe(
              Recipe.classification()
                  .epochs(1)
                  .batch(batch)
                  .layout(LAYOUT)
                  .optimizer(new Optimizer.Sgd(0.01, 0.9, 5e-4, false))
                  .augmentation(
                      DATA == null
                          ? Augmentation.none()
                          : new Augmentation(4, Augmentation.Flip.RANDOM)))
          .preprocessing(Preprocessing.named("zero-one"))
          .listener(
              new Trainer.Listener() {
                @Override
                public void step(TrainingStep step) {
                  if (step.number() == WARM) {
                    from[0] = System.nanoTime();
                  }
                  if (step.number() == WARM + steps) {
                    to[0] = System.nanoTime();
                    done.run();
                  }
                }
              })
          .fit(data((WARM + steps) * batch), data(2));
      return steps / ((to[0] - from[0]) / 1e9);
    }
  }

  private static final @Nullable String DATA = System.getProperty("data");
  private static final Layout LAYOUT =
      Layout.valueOf(System.getProperty("layout", "channels_last").toUpperCase(Locale.ROOT));

  /**
   * Arguments: rounds (5), steps a round (20), nets (resnet18); {@code --memory SIDE NET STEPS},
   * side {@code fovea} or {@code direct}, trains but that and answers the process's peak of
   * resident memory in KiB.
   */
  public static void main(String[] args) throws IOException {
    int threads = Libtorch.threads(); // set here, so that a process of the direct loop has them too
    if (args.length == 4 && args[0].equals("--memory")) {
      alone(args[1], Net.named(args[2]), Integer.parseInt(args[3]));
      return;
    }
    int rounds = args.length > 0 ? Integer.parseInt(args[0]) : 5;
    int steps = args.length > 1 ? Integer.parseInt(args[1]) : 20;
    List<String> names =
        args.length > 2 ? List.of(args).subList(2, args.length) : List.of("resnet18");
    System.out.println("libtorch " + Libtorch.version() + ", " + threads + " threads");
    for (Net net : names.stream().map(Net::named).toList()) {
      System.out.printf(
          "%s: median ratio of steps/s %.3f%n", net.name, speedRatio(net, rounds, steps));
      long fovea = peak("fovea", net, steps);
      long direct = peak("direct", net, steps);
      System.out.printf(
          "%s: peak memory fovea %d MiB, direct %d MiB, ratio %.3f%n",
          net.name, fovea >> 10, direct >> 10, (double) fovea / direct);
    }
  }

  private static double speedRatio(Net net, int rounds, int steps) {
    List<Double> ratios = new ArrayList<>();
    for (int round = 1; round <= rounds; round++) {
      double fovea = net.fovea(steps, () -> {});
      double direct = net.direct(steps);
      ratios.add(fovea / direct);
      System.out.printf(
          "%s round %d: fovea %.3f steps/s, direct %.3f steps/s, ratio %.3f%n",
          net.name, round, fovea, direct, fovea / direct);
    }
    return ratios.stream().sorted().toList().get(rounds / 2);
  }

  private static void alone(String side, Net net, int steps) {
    if (side.equals("fovea")) {
      net.fovea(steps, () -> Child.answer(Child.peakKib()));
    } else {
      net.direct(steps);
      Child.answer(Child.peakKib());
    }
  }

  private static long peak(String side, Net net, int steps) throws IOException {
    String[] args = {"--memory", side, net.name, Integer.toString(steps)};
    try (Child child = Child.start(Child.classPath(), List.of(), TrainThroughput.class, args)) {
      return Long.parseLong(child.answer());
    }
  }

  /** Pictures of noise, drawn when asked for. */
  private record Noise(int side, int size) implements Dataset {
    @Override
    public List<String> labels() {
      return IntStream.range(0, DirectNet.CLASSES).mapToObj(Integer::toString).toList();
    }

    @Override
    public Picture picture(int index) {
      byte[] pixels = new byte[side * side * 3];
      new Random(index).nextBytes(pixels);
      return Picture.of(side, side, 3, pixels);
    }

    @Override
    public Target target(int index) {
      return new Target.Label(index % DirectNet.CLASSES);
    }
  }
}
