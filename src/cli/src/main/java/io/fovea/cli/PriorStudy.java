package io.fovea.cli;

import io.fovea.cli.Findings.Chart;
import io.fovea.cli.Findings.Check;
import io.fovea.cli.Findings.Grid;
import io.fovea.cli.Findings.Line;
import io.fovea.cli.Findings.Photo;
import io.fovea.converters.Architectures;
import io.fovea.converters.Options;
import io.fovea.image.Mask;
import io.fovea.image.Picture;
import io.fovea.image.Resampling;
import io.fovea.train.DataFolder;
import io.fovea.train.DeepImagePrior;
import io.fovea.train.DeepImagePrior.Iteration;
import io.fovea.train.DeepImagePrior.Restored;
import io.fovea.train.Similarity;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.function.Function;

/** Deep image prior: PSNR over iterations of one picture that is noisy, has holes, or is small. */
final class PriorStudy implements Study {
  private static final int SIDE = 96;
  private static final double NOISE = 25; // deviation, of 255 levels
  private static final int EVERY = 10; // iterations between two that are measured
  private static final int FACTOR = 2;
  private static final int SPREADING = 500; // passes in which holes are filled from their edges

  @Override
  public String name() {
    return "deep-image-prior";
  }

  @Override
  public String claim() {
    return "A net that learns one noisy picture from noise, and nothing else, makes the clean picture"
        + " before it makes the noise: stopped in time it denoises with no training data, better by"
        + " an average of what it makes. In the same way it fills holes and makes a picture larger,"
        + " better than interpolation does.";
  }

  @Override
  public String paper() {
    return "Ulyanov 2018, https://arxiv.org/abs/1711.10925; to stop: Wang 2021,"
        + " https://arxiv.org/abs/2112.06074";
  }

  @Override
  public String setup() {
    return "dip_skip at a quarter of its filters, Adam at 0.01; a picture of 96x96, with Gaussian"
        + " noise of deviation 25, with half of its pixels missing, or shrunk to 48x48. To denoise,"
        + " the input has no jitter, so that the net comes to the noise; the average keeps 0.99; the"
        + " one that is stopped is that where the made pictures move least, which is found without"
        + " the clean picture. The other two run 1,000 iterations as fovea restore does, against"
        + " holes that take the mean of their neighbours until it settles, and bicubic resampling."
        + " With --data FOLDER the first picture of a folder of classes, made as small.";
  }

  /** PSNR of what is made, and of its average, from time to time. */
  private static final class Watched implements DeepImagePrior.Listener {
    private final String task;
    private final Picture clean;
    private final int every;
    private final List<Double> at = new ArrayList<>();
    private final List<Double> made = new ArrayList<>();
    private final List<Double> averaged = new ArrayList<>();

    Watched(String task, Picture clean, int every) {
      this.task = task;
      this.clean = clean;
      this.every = every;
    }

    @Override
    public void iteration(Iteration i) {
      if (i.number() % every == 0) {
        at.add((double) i.number());
        made.add(Similarity.psnr(i.picture(), clean));
        averaged.add(Similarity.psnr(i.average(), clean));
      }
      if (i.number() % (20 * every) == 0) {
        Terminal.note(
            "%s, iteration %d: PSNR %.2f dB", task, i.number(), made.get(made.size() - 1));
      }
    }

    private static double[] array(List<Double> values) {
      return values.stream().mapToDouble(Double::doubleValue).toArray();
    }

    /** What is made, its average, and what stays the same. */
    Chart chart(String title, String other, double psnr) {
      double[] x = array(at);
      double[] flat = new double[x.length];
      Arrays.fill(flat, psnr);
      return Chart.of(
          title,
          "iteration",
          "PSNR, dB",
          List.of(
              new Line("what the net makes", x, array(made)),
              new Line("its average", x, array(averaged)),
              new Line(other, x, flat)));
    }
  }

  @Override
  public Findings run(Lab lab) {
    Path data = lab.data();
    Picture clean = data == null ? drawn() : first(data);
    Options options = Options.defaults().withWidth(0.25).withChannels(8).withSeed(lab.seed());
    DeepImagePrior prior =
        DeepImagePrior.of(Architectures.named("dip_skip").model(options)).seed(lab.seed());
    int every = lab.pick(EVERY, 4);
    int most = lab.pick(1800, 12);
    Findings denoised =
        denoised(prior.iterations(most), most, clean, new Watched("denoise", clean, every), lab);
    Mask holes = holes(new Random(lab.seed()));
    Picture damaged = damaged(clean, holes);
    DeepImagePrior shorter = prior.iterations(lab.pick(1000, 12));
    Findings filled =
        against(
            "With half of its pixels missing",
            shorter,
            new Watched("inpaint", clean, every),
            p -> p.inpaint(damaged, holes),
            List.of(
                new Photo("half missing", damaged),
                new Photo("filled from neighbours", spread(damaged, holes))),
            1);
    Picture small = clean.resize(SIDE / FACTOR, SIDE / FACTOR, Resampling.BICUBIC);
    Findings upscaled =
        against(
            "Twice as large",
            shorter,
            new Watched("upscale", clean, every),
            p -> p.upscale(small, FACTOR),
            List.of(
                new Photo("half the size", small),
                new Photo("bicubic", small.resize(SIDE, SIDE, Resampling.BICUBIC))),
            0.5);
    return denoised.and(filled).and(upscaled);
  }

  private static Findings denoised(
      DeepImagePrior prior, int patience, Picture clean, Watched watched, Lab lab) {
    Picture noisy = noisy(clean, new Random(lab.seed()));
    Restored restored =
        prior
            .jitter(0)
            .patience(patience) // never stops, and tells where it would have
            .listener(watched)
            .denoise(noisy);
    double[] each = Watched.array(watched.made);
    double[] mean = Watched.array(watched.averaged);
    double before = Similarity.psnr(noisy, clean);
    double stopped = Similarity.psnr(restored.picture(), clean);
    int best = best(each);
    int bestMean = best(mean);
    int last = each.length - 1;
    Grid grid =
        new Grid(
            "With noise",
            List.of("picture", "iteration", "PSNR, dB"),
            List.of(
                row("noisy", Html.NOTHING, before),
                row("made, best", iteration(watched, best), each[best]),
                row("made, last", iteration(watched, last), each[last]),
                row("average, best", iteration(watched, bestMean), mean[bestMean]),
                row("average, last", iteration(watched, last), mean[last]),
                row("stopped", "" + restored.iteration(), stopped)));
    List<Check> checks =
        List.of(
            Check.atLeast(
                "denoising: best of what is made, over the noisy picture, dB",
                each[best] - before,
                4),
            Check.atLeast("that over the last of what is made, dB", each[best] - each[last], 1),
            Check.atLeast(
                "best average over the best of what is made, dB", mean[bestMean] - each[best], 0.1),
            Check.atLeast(
                "stopped without the clean picture, over the noisy one, dB", stopped - before, 3));
    return new Findings(
        checks,
        List.of(grid),
        List.of(watched.chart("With noise", "the noisy picture", before)),
        List.of(
            new Photo("clean", clean),
            new Photo("noisy", noisy),
            new Photo("stopped, iteration " + restored.iteration(), restored.picture())));
  }

  /**
   * What is restored against what interpolation makes of the same.
   *
   * @param shown what is given, and what interpolation makes of it
   * @param bound of the gain, in dB
   */
  private static Findings against(
      String title,
      DeepImagePrior prior,
      Watched watched,
      Function<DeepImagePrior, Restored> task,
      List<Photo> shown,
      double bound) {
    Picture restored = task.apply(prior.listener(watched)).picture();
    Photo other = shown.get(1);
    double usual = Similarity.psnr(other.picture(), watched.clean);
    double met = Similarity.psnr(restored, watched.clean);
    List<Photo> photos = new ArrayList<>(shown);
    photos.add(new Photo(title + ", restored", restored));
    return new Findings(
        List.of(
            Check.atLeast(
                "%s: restored over %s, dB"
                    .formatted(title.toLowerCase(Locale.ROOT), other.caption()),
                met - usual,
                bound)),
        List.of(
            new Grid(
                title,
                List.of("picture", "PSNR, dB"),
                List.of(
                    List.of(other.caption(), Html.number(usual)),
                    List.of("restored", Html.number(met))))),
        List.of(watched.chart(title, other.caption(), usual)),
        photos);
  }

  private static List<String> row(String picture, String iteration, double psnr) {
    return List.of(picture, iteration, Html.number(psnr));
  }

  private static String iteration(Watched watched, int index) {
    return Html.of("%.0f", watched.at.get(index));
  }

  private static int best(double[] values) {
    int best = 0;
    for (int i = 1; i < values.length; i++) {
      best = values[i] > values[best] ? i : best;
    }
    return best;
  }

  private static Picture first(Path data) {
    Picture first = DataFolder.of(data).training().picture(0);
    return first.toRgb().resize(SIDE, SIDE, Resampling.BILINEAR);
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
        pixels[3 * i + k] = StudyData.level(rgb[k]);
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
      pixels[i] = StudyData.level((pixels[i] & 255) + NOISE * random.nextGaussian());
    }
    return Picture.of(SIDE, SIDE, 3, pixels);
  }

  /** Half of the pixels. */
  private static Mask holes(Random random) {
    byte[] classes = new byte[SIDE * SIDE];
    for (int i = 0; i < classes.length; i++) {
      classes[i] = (byte) (random.nextBoolean() ? 1 : 0);
    }
    return Mask.of(SIDE, SIDE, classes);
  }

  private static Picture damaged(Picture clean, Mask holes) {
    byte[] pixels = clean.pixels().clone();
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = holes.classes()[i / 3] == 0 ? pixels[i] : 0;
    }
    return Picture.of(SIDE, SIDE, 3, pixels);
  }

  /** Each hole takes the mean of its neighbours until that settles: Laplace's equation. */
  private static Picture spread(Picture damaged, Mask holes) {
    double[] levels = new double[damaged.pixels().length];
    for (int i = 0; i < levels.length; i++) {
      levels[i] = holes.classes()[i / 3] == 0 ? damaged.pixels()[i] & 255 : 127;
    }
    int[][] sides = {{0, -1}, {0, 1}, {-1, 0}, {1, 0}};
    for (int pass = 0; pass < SPREADING; pass++) {
      for (int i = 0; i < levels.length; i++) {
        if (holes.classes()[i / 3] != 0) {
          double sum = 0;
          int count = 0;
          for (int[] side : sides) {
            int row = i / 3 / SIDE + side[0];
            int column = i / 3 % SIDE + side[1];
            if (row >= 0 && row < SIDE && column >= 0 && column < SIDE) {
              sum += levels[3 * (row * SIDE + column) + i % 3];
              count++;
            }
          }
          levels[i] = sum / count;
        }
      }
    }
    byte[] pixels = new byte[levels.length];
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = StudyData.level(levels[i]);
    }
    return Picture.of(SIDE, SIDE, 3, pixels);
  }
}
