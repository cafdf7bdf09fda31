package io.fovea.cli;

import io.fovea.converters.Architectures;
import io.fovea.converters.Options;
import io.fovea.image.Mask;
import io.fovea.image.Picture;
import io.fovea.runtime.Device;
import io.fovea.train.DeepImagePrior;
import io.fovea.train.DeepImagePrior.Iteration;
import io.fovea.train.DeepImagePrior.Restored;
import io.fovea.train.Libtorch;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "restore",
    description = {
      "Restores a picture by a net that learns from nothing else (deep image prior).",
      "Time and memory grow with the number of pixels; of --upscale, with those of the result."
    })
final class RestoreCommand implements Callable<Integer> {
  private static final double QUALITY = 0.95;
  private static final int CHANNELS = 8; // of the noise; the paper's 32 take longer

  // Peaks of resident memory from 256x256 to 768x768 pixels, at width 0.25 and 1, lie within 10 %.
  private static final double PROCESS_BYTES = 350 << 20;
  private static final double PIXEL_BYTES = 800;
  private static final double WIDTH_BYTES = 7300; // of a pixel, at width 1

  @Parameters(paramLabel = "PICTURE", description = "of any format, size and channels")
  Path input = Path.of("");

  @Option(names = "--denoise", description = "takes the noise away")
  boolean denoise;

  @Option(
      names = "--inpaint",
      paramLabel = "MASK",
      description = "fills what is not black in a mask of the picture's size")
  @Nullable Path holes;

  @Option(
      names = "--upscale",
      paramLabel = "FACTOR",
      description = "makes it larger, by 2 to 8 on both sides")
  @Nullable Integer factor;

  @Option(
      names = {"-o", "--output", "--out"},
      required = true,
      paramLabel = "FILE",
      description = "the restored picture, .png or .jpg")
  Path output = Path.of("");

  @Option(
      names = "--iterations",
      paramLabel = "N",
      description = "at most; default: ${DEFAULT-VALUE}")
  int iterations = DeepImagePrior.ITERATIONS;

  @Option(
      names = "--patience",
      paramLabel = "N",
      description =
          "iterations without steadier pictures, after which it stops and takes the steadiest; 0:"
              + " all are run and the last is taken; default: ${DEFAULT-VALUE}")
  int patience;

  @Option(
      names = "--average",
      paramLabel = "SHARE",
      description = "kept of the average of the made pictures; 0: none; default: ${DEFAULT-VALUE}")
  double average = 0.99;

  @Option(
      names = "--lr",
      paramLabel = "RATE",
      description = "learning rate of Adam; default: ${DEFAULT-VALUE}")
  double learningRate = 0.01;

  @Option(
      names = "--width",
      paramLabel = "FACTOR",
      description =
          "factor on the filters of dip_skip, whose paper has 1; default: ${DEFAULT-VALUE}")
  double width = 0.25;

  @Option(
      names = "--seed",
      paramLabel = "N",
      description = "draws weights and noise; default: ${DEFAULT-VALUE}")
  long seed;

  @Option(
      names = "--device",
      paramLabel = "DEVICE",
      description = "cpu, cuda:N or auto; default: ${DEFAULT-VALUE}")
  String device = "cpu";

  @Option(
      names = "--model-out",
      paramLabel = "FILE",
      description = "also the net, an .onnx file that makes the picture of its own noise")
  @Nullable Path model;

  @Option(names = "--json", description = "one JSON object")
  boolean json;

  @Override
  public Integer call() throws IOException {
    int tasks = (denoise ? 1 : 0) + (holes == null ? 0 : 1) + (factor == null ? 0 : 1);
    if (tasks != 1) {
      String met = tasks == 0 ? "none" : tasks == 2 ? "two" : "all three";
      throw new Fovea.UserException(
          "expected one of --denoise, --inpaint and --upscale, met " + met);
    }
    OutputFile.picture(output);
    if (model != null) {
      OutputFile.model(model);
    }
    Picture picture = Picture.read(input);
    Mask mask = holes == null ? null : Mask.read(holes);
    if (mask != null && (mask.width() != picture.width() || mask.height() != picture.height())) {
      throw new Fovea.UserException(
          "%s: a mask of %dx%d for a picture of %dx%d"
              .formatted(holes, mask.width(), mask.height(), picture.width(), picture.height()));
    }
    checkMemory(picture);
    Restored restored;
    try (IterationLines lines = new IterationLines(iterations)) {
      restored = restored(prior().listener(lines), picture, mask);
    }
    write(restored);
    return 0;
  }

  private DeepImagePrior prior() {
    Device trained = Libtorch.usable(ServingOptions.device(device));
    Options options = Options.defaults().withWidth(width).withChannels(CHANNELS).withSeed(seed);
    return DeepImagePrior.of(Architectures.named("dip_skip").model(options))
        .iterations(iterations)
        .learningRate(learningRate)
        .average(average)
        .patience(patience)
        .seed(seed)
        .device(trained);
  }

  private Restored restored(DeepImagePrior prior, Picture picture, @Nullable Mask mask) {
    if (factor != null) {
      return prior.upscale(picture, factor);
    }
    return mask != null ? prior.inpaint(picture, mask) : prior.denoise(picture);
  }

  /** Tells what the size costs, and refuses what the machine cannot hold. */
  private void checkMemory(Picture picture) {
    int times = factor == null ? 1 : Math.max(1, factor);
    long pixels = (long) picture.width() * times * picture.height() * times;
    double gib = (PROCESS_BYTES + pixels * (PIXEL_BYTES + width * WIDTH_BYTES)) / (1 << 30);
    Terminal.note(
        "%dx%d: about %,.0f MiB of memory",
        picture.width() * times, picture.height() * times, 1024 * gib);
    double has = memoryBytes() / (double) (1 << 30);
    if (gib > has && device.equals("cpu")) {
      throw new Fovea.UserException(
          "%s: %dx%d takes about %.0f GiB of memory, the machine has %.0f; a smaller picture or"
                  .formatted(input, picture.width() * times, picture.height() * times, gib, has)
              + " --width takes less");
    }
  }

  private static long memoryBytes() {
    return ManagementFactory.getOperatingSystemMXBean()
            instanceof com.sun.management.OperatingSystemMXBean machine
        ? machine.getTotalMemorySize()
        : Long.MAX_VALUE;
  }

  private void write(Restored restored) {
    if (OutputFile.isJpeg(output)) {
      restored.picture().writeJpeg(output, QUALITY);
    } else {
      restored.picture().writePng(output);
    }
    if (model != null) {
      restored.model().write(model);
    }
    Picture p = restored.picture();
    if (json) {
      Map<String, Object> facts = new LinkedHashMap<>();
      facts.put("file", output.toString());
      facts.put("width", p.width());
      facts.put("height", p.height());
      facts.put("iteration", restored.iteration());
      facts.put("iterations", restored.iterations());
      System.out.println(Json.text(facts));
    } else {
      System.out.printf(
          "%s: %s, of iteration %d; %d were run%n",
          output, p, restored.iteration(), restored.iterations());
    }
  }

  /** A bar on a terminal, else ten lines with the time that is left at most. */
  private static final class IterationLines implements DeepImagePrior.Listener, AutoCloseable {
    private final int most;
    private final Progress bar;
    private final long start = System.nanoTime();

    IterationLines(int most) {
      this.most = most;
      this.bar = new Progress("restore", most);
    }

    @Override
    public void iteration(Iteration i) {
      bar.at(i.number());
      bar.note("error %.5f".formatted(i.loss()));
      if (!Terminal.showsProgress() && i.number() % Math.max(1, most / 10) == 0) {
        double seconds = (System.nanoTime() - start) / 1e9;
        Terminal.note(
            "iteration %d/%d: error %.5f, %.0f s, at most %.0f s left",
            i.number(), most, i.loss(), seconds, seconds / i.number() * (most - i.number()));
      }
    }

    @Override
    public void close() {
      bar.close();
    }
  }
}
