package io.fovea.train;

import io.fovea.image.Mask;
import io.fovea.onnx.Tensor;
import io.fovea.runtime.Task;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Counts answers until all are there. Not thread-safe. */
sealed interface Tally {
  Evaluation evaluation();

  /**
   * Adds a batch.
   *
   * @param output what the net gave in inference, {@code [N, ...]}
   */
  void add(Tensor output, Ending.Kind ending, Targets targets);

  /** The tally that a task wants. */
  static Tally of(Dataset data) {
    return of(data, Learner.UNIT);
  }

  /**
   * The same.
   *
   * @param range of a net that makes pictures
   */
  static Tally of(Dataset data, Task.Range range) {
    return switch (data.task()) {
      case SEGMENTATION -> new OfPixels(data.labels());
      case REGRESSION -> new OfValues(data.labels());
      case PICTURE -> new OfPictures(range);
      default -> new OfClasses(data.labels());
    };
  }

  private static float[] item(float[] all, int n, int i) {
    int size = all.length / n;
    return Arrays.copyOfRange(all, i * size, (i + 1) * size);
  }

  /** Of pictures. */
  final class OfClasses implements Tally {
    private final Confusion confusion;
    private final Calibration.Counts calibration = new Calibration.Counts();

    OfClasses(List<String> labels) {
      this.confusion = Confusion.of(labels);
    }

    /** Counts an answer, and gives it. */
    int add(float[] probabilities, int label) {
      int best = 0;
      for (int c = 1; c < probabilities.length; c++) {
        best = probabilities[c] > probabilities[best] ? c : best;
      }
      confusion.add(label, best);
      calibration.add(probabilities[best], best == label);
      return best;
    }

    @Override
    public void add(Tensor output, Ending.Kind ending, Targets targets) {
      long[] labels = ((Targets.Classes) targets).classes();
      float[] all = output.floats();
      for (int i = 0; i < labels.length; i++) {
        float[] one = item(all, labels.length, i);
        if (ending == Ending.Kind.OTHER || ending == Ending.Kind.LOG_SOFTMAX) {
          softmax(one);
        } else if (one.length == 1) {
          one = new float[] {1 - one[0], one[0]};
        }
        add(one, (int) labels[i]);
      }
    }

    private static void softmax(float[] logits) {
      float max = Float.NEGATIVE_INFINITY;
      for (float v : logits) {
        max = Math.max(max, v);
      }
      double sum = 0;
      for (float v : logits) {
        sum += Math.exp(v - max);
      }
      for (int i = 0; i < logits.length; i++) {
        logits[i] = (float) (Math.exp(logits[i] - max) / sum);
      }
    }

    Confusion confusion() {
      return confusion;
    }

    Calibration calibration() {
      return calibration.calibration();
    }

    @Override
    public Evaluation.Classes evaluation() {
      return new Evaluation.Classes(confusion, calibration(), List.of());
    }
  }

  /** Of pixels. */
  final class OfPixels implements Tally {
    private final Confusion confusion;

    OfPixels(List<String> labels) {
      this.confusion = Confusion.of(labels);
    }

    /** Counts a picture's pixels, and gives the share of them that is wrong. */
    double add(byte[] answers, byte[] wanted) {
      int seen = 0;
      int wrong = 0;
      for (int i = 0; i < wanted.length; i++) {
        int label = wanted[i] & 255;
        int answer = answers[i] & 255;
        if (label != Mask.IGNORED && answer != Mask.IGNORED) {
          confusion.add(label, answer);
          seen++;
          wrong += label == answer ? 0 : 1;
        }
      }
      return (double) wrong / Math.max(1, seen);
    }

    @Override
    public void add(Tensor output, Ending.Kind ending, Targets targets) {
      Targets.Classes wanted = (Targets.Classes) targets;
      int n = (int) wanted.shape()[0];
      int pixels = wanted.classes().length / n;
      float[] all = output.floats();
      int classes = all.length / wanted.classes().length;
      float yes = ending == Ending.Kind.SIGMOID ? 0.5f : 0;
      for (int i = 0; i < wanted.classes().length; i++) {
        if (wanted.classes()[i] == Targets.IGNORED) {
          continue;
        }
        int at = i / pixels * classes * pixels + i % pixels; // [N, C, H, W]
        int best = classes == 1 && all[at] > yes ? 1 : 0;
        for (int c = 1; c < classes; c++) {
          best = all[at + c * pixels] > all[at + best * pixels] ? c : best;
        }
        confusion.add((int) wanted.classes()[i], best);
      }
    }

    Confusion confusion() {
      return confusion;
    }

    @Override
    public Evaluation.Pixels evaluation() {
      return new Evaluation.Pixels(confusion, List.of());
    }
  }

  /** Of values. */
  final class OfValues implements Tally {
    private static final int PAIRS = 1000;

    private final List<String> names;
    private final List<float[]> met = new ArrayList<>();
    private final List<float[]> wanted = new ArrayList<>();

    OfValues(List<String> names) {
      this.names = names;
    }

    void add(float[] answers, float[] values) {
      met.add(answers);
      wanted.add(values);
    }

    @Override
    public void add(Tensor output, Ending.Kind ending, Targets targets) {
      Targets.Values values = (Targets.Values) targets;
      int n = (int) values.shape()[0];
      float[] all = output.floats();
      for (int i = 0; i < n; i++) {
        add(item(all, n, i), item(values.values(), n, i));
      }
    }

    @Override
    public Evaluation.Values evaluation() {
      List<Evaluation.Values.Error> errors = new ArrayList<>();
      int n = wanted.size();
      for (int k = 0; k < names.size(); k++) {
        int at = k;
        double mean = wanted.stream().mapToDouble(v -> v[at]).average().orElse(0);
        double squares = 0;
        double sizes = 0;
        double variance = 0;
        for (int i = 0; i < n; i++) {
          double error = met.get(i)[k] - wanted.get(i)[k];
          squares += error * error;
          sizes += Math.abs(error);
          variance += Math.pow(wanted.get(i)[k] - mean, 2);
        }
        double r2 = variance == 0 ? Double.NaN : 1 - squares / variance;
        errors.add(new Evaluation.Values.Error(names.get(k), n, squares / n, sizes / n, r2));
      }
      List<Evaluation.Values.Pair> pairs = new ArrayList<>();
      int apart = Math.max(1, (n + PAIRS - 1) / PAIRS);
      for (int i = 0; i < n; i += apart) {
        pairs.add(new Evaluation.Values.Pair(wanted.get(i), met.get(i)));
      }
      return new Evaluation.Values(errors, List.copyOf(pairs), worst());
    }

    /** By the largest error in standard deviations of its value. */
    private List<Mistake> worst() {
      Mistake.Worst worst = new Mistake.Worst();
      double[] deviation = new double[names.size()];
      for (int k = 0; k < deviation.length; k++) {
        int at = k;
        double mean = wanted.stream().mapToDouble(v -> v[at]).average().orElse(0);
        double square =
            wanted.stream().mapToDouble(v -> Math.pow(v[at] - mean, 2)).average().orElse(0);
        deviation[k] = square == 0 ? 1 : Math.sqrt(square);
      }
      for (int i = 0; i < wanted.size(); i++) {
        int most = 0;
        double badness = -1;
        for (int k = 0; k < deviation.length; k++) {
          double error = Math.abs(met.get(i)[k] - wanted.get(i)[k]) / deviation[k];
          if (error > badness) {
            most = k;
            badness = error;
          }
        }
        String form = names.get(most) + " %.4g";
        worst.add(
            new Mistake(
                i,
                form.formatted(wanted.get(i)[most]),
                form.formatted(met.get(i)[most]),
                badness,
                null,
                null));
      }
      return worst.list();
    }
  }

  /** Of pictures that are made. */
  final class OfPictures implements Tally {
    private final Task.Range range;
    private int count;
    private double decibels;
    private double squares;

    OfPictures(Task.Range range) {
      this.range = range;
    }

    /** Adds a picture, by the mean of its squared errors in [0, 1], and gives its PSNR. */
    double add(double error) {
      double psnr = Similarity.decibels(error);
      count++;
      squares += error;
      decibels += psnr;
      return psnr;
    }

    @Override
    public void add(Tensor output, Ending.Kind ending, Targets targets) {
      Targets.Values wanted = (Targets.Values) targets;
      float[] made = shown(output, wanted, range);
      float[] right = wanted.values();
      int size = right.length / (int) wanted.shape()[0];
      for (int from = 0; from < right.length; from += size) {
        double sum = 0;
        for (int i = from; i < from + size; i++) {
          sum += Math.pow((double) made[i] - right[i], 2);
        }
        add(sum / size);
      }
    }

    /** What a net made as it is shown: levels in [0, 1], as many as are wanted. */
    static float[] shown(Tensor output, Targets.Values wanted, Task.Range range) {
      float[] made = output.floats();
      if (made.length != wanted.values().length) {
        throw new TrainException(
            "expected an output %s, met %s"
                .formatted(Arrays.toString(wanted.shape()), Arrays.toString(output.dims())));
      }
      for (int i = 0; i < made.length; i++) {
        float level = (made[i] - range.low()) / (range.high() - range.low());
        made[i] = Math.min(1, Math.max(0, level));
      }
      return made;
    }

    @Override
    public Evaluation.Pictures evaluation() {
      return new Evaluation.Pictures(count, decibels / count, squares / count, List.of());
    }
  }

  /** Of pictures that are made of noise, beside real ones. */
  final class OfGenerated implements Tally {
    private final Task.Range range;
    private final Slices slices = new Slices();

    OfGenerated(Task.Range range) {
      this.range = range;
    }

    @Override
    public void add(Tensor output, Ending.Kind ending, Targets targets) {
      Targets.Values real = (Targets.Values) targets;
      float[] made = OfPictures.shown(output, real, range);
      slices.add(made, real.values(), (int) real.shape()[0]);
    }

    @Override
    public Evaluation.Generated evaluation() {
      return new Evaluation.Generated(slices.count(), slices.distance(), slices.chance());
    }
  }
}
