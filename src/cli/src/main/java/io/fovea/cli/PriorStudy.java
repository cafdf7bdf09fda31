package io.fovea.cli;

import io.fovea.cli.Findings.Chart;
import io.fovea.cli.Findings.Check;
import io.fovea.cli.Findings.Grid;
import io.fovea.cli.Findings.Line;
import io.fovea.cli.Findings.Photo;
import io.fovea.converters.Architectures;
import io.fovea.converters.Options;
import io.fovea.image.Picture;
import io.fovea.image.Resampling;
import io.fovea.onnx.Model;
import io.fovea.train.DataFolder;
import io.fovea.train.DeepImagePrior;
import io.fovea.train.DeepImagePrior.Restored;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/** Deep image prior: PSNR of one noisy picture over iterations. */
final class PriorStudy implements Study {
  private static final int SIDE = 96;
  private static final double NOISE = 25; // deviation, of 255 levels
  private static final int EVERY = 10; // iterations between two that are measured

  @Override
  public String name() {
    return "deep-image-prior";
  }

  @Override
  public String claim() {
    return "A net that learns one noisy picture from noise, and nothing else, makes the clean picture"
        + " before it makes the noise: stopped in time it denoises with no training data. The average"
        + " of what it makes is better than what it makes.";
  }

  @Override
  public String paper() {
    return "Ulyanov 2018, https://arxiv.org/abs/1711.10925; to stop: Wang 2021,"
        + " https://arxiv.org/abs/2112.06074";
  }

  @Override
  public String setup() {
    return "dip_skip at a quarter of its filters, Adam at 0.01, no jitter of the input, so that it"
        + " comes to the noise; a picture of 96x96 with Gaussian noise of deviation 25. The average"
        + " keeps 0.99; the one that is stopped is that where the made pictures move least, which is"
        + " found without the clean picture. With --data FOLDER the first picture of a folder of"
        + " classes, made as small.";
  }

  @Override
  public Findings run(Lab lab) {
    Path data = lab.data();
    Picture clean = data == null ? drawn() : first(data);
    Picture noisy = noisy(clean, new Random(lab.seed()));
    int iterations = lab.pick(1800, 30);
    int every = lab.pick(EVERY, 5);
    List<Double> at = new ArrayList<>();
    List<Double> made = new ArrayList<>();
    List<Double> averaged = new ArrayList<>();
    Options options = Options.defaults().withWidth(0.25).withChannels(8).withSeed(lab.seed());
    Model net = Architectures.named("dip_skip").model(options);
    Restored restored =
        DeepImagePrior.of(net)
            .iterations(iterations)
            .jitter(0)
            .patience(iterations) // never stops, and tells where it would have
            .seed(lab.seed())
            .listener(
                i -> {
                  if (i.number() % every == 0) {
                    at.add((double) i.number());
                    made.add(psnr(clean, i.picture()));
                    averaged.add(psnr(clean, i.average()));
                    if (i.number() % (20 * every) == 0) {
                      Terminal.note(
                          "iteration %d: PSNR %.2f dB", i.number(), made.get(made.size() - 1));
                    }
                  }
                })
            .denoise(noisy);
    double[] x = at.stream().mapToDouble(Double::doubleValue).toArray();
    double[] each = made.stream().mapToDouble(Double::doubleValue).toArray();
    double[] mean = averaged.stream().mapToDouble(Double::doubleValue).toArray();
    double before = psnr(clean, noisy);
    double stopped = psnr(clean, restored.picture());
    int best = best(each);
    int bestMean = best(mean);
    double[] flat = new double[x.length];
    Arrays.fill(flat, before);
    Chart chart =
        Chart.of(
            "PSNR against the clean picture",
            "iteration",
            "PSNR, dB",
            List.of(
                new Line("what the net makes", x, each),
                new Line("its average", x, mean),
                new Line("the noisy picture", x, flat)));
    Grid grid =
        new Grid(
            "PSNR",
            List.of("picture", "iteration", "PSNR, dB"),
            List.of(
                List.of("noisy", "–", Html.number(before)),
                List.of("made, best", Html.of("%.0f", x[best]), Html.number(each[best])),
                List.of("average, best", Html.of("%.0f", x[bestMean]), Html.number(mean[bestMean])),
                List.of("stopped", "" + restored.iteration(), Html.number(stopped)),
                List.of(
                    "made, last",
                    Html.of("%.0f", x[x.length - 1]),
                    Html.number(each[each.length - 1]))));
    List<Check> checks =
        List.of(
            Check.atLeast("best of what is made, over the noisy picture, dB", each[best] - before, 4),
            Check.atLeast(
                "that over the last of what is made, dB", each[best] - each[each.length - 1], 1),
            Check.atLeast("best average over the best of what is made, dB", mean[bestMean] - each[best], 0.1),
            Check.atLeast("stopped without the clean picture, over the noisy one, dB", stopped - before, 3));
    return new Findings(
        checks,
        List.of(grid),
        List.of(chart),
        List.of(
            new Photo("clean", clean),
            new Photo("noisy", noisy),
            new Photo("stopped, iteration " + restored.iteration(), restored.picture())));
  }

  private static int best(double[] values) {
    int best = 0;
    for (int i = 1; i < values.length; i++) {
      best = values[i] > values[best] ? i : best;
    }
    return best;
  }

  private static Picture first(Path data) {
    return DataFolder.of(data)
        .training()
        .picture(0)
        .toRgb()
        .resize(SIDE, SIDE, Resampling.BILINEAR);
  }

  /** Slopes of colour, a disc, a bar and stripes, with soft edges. */
  private static Picture drawn() {
    byte[] pixels = new byte[3 * SIDE * SIDE];
    for (int i = 0; i < SIDE * SIDE; i++) {
      double x = (double) (i % SIDE) / SIDE;
      double y = (double) (i / SIDE) / SIDE;
      double disc = soft(0.22 - Math.hypot(x - 0.3, y - 0.35));
      double bar = soft(Math.min(0.05 - Math.abs(x - 0.72), 0.35 - Math.abs(y - 0.5)));
      double stripes = y > 0.7 && x < 0.6 ? 0.5 + 0.5 * StrictMath.sin(50 * (x + y)) : 0;
      double[] rgb = {
        60 + 120 * x + 90 * disc - 50 * bar,
        90 + 80 * y - 60 * disc + 80 * bar + 60 * stripes,
        160 - 90 * x * y + 40 * stripes - 70 * disc
      };
      for (int k = 0; k < 3; k++) {
        pixels[3 * i + k] = (byte) Math.round(Math.max(0, Math.min(255, rgb[k])));
      }
    }
    return Picture.of(SIDE, SIDE, 3, pixels);
  }

  private static double soft(double inside) {
    return Math.max(0, Math.min(1, 0.5 + inside * SIDE));
  }

  private static Picture noisy(Picture clean, Random random) {
    byte[] pixels = clean.pixels().clone();
    for (int i = 0; i < pixels.length; i++) {
      double level = (pixels[i] & 255) + NOISE * random.nextGaussian();
      pixels[i] = (byte) Math.round(Math.max(0, Math.min(255, level)));
    }
    return Picture.of(clean.width(), clean.height(), clean.channels(), pixels);
  }

  private static double psnr(Picture wanted, Picture met) {
    double squares = 0;
    for (int i = 0; i < wanted.pixels().length; i++) {
      double d = (wanted.pixels()[i] & 255) - (met.pixels()[i] & 255);
      squares += d * d;
    }
    return 10 * Math.log10(255.0 * 255 * wanted.pixels().length / squares);
  }
}
