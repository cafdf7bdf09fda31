package io.fovea.runtime;

import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * What a classifier says of one picture. Immutable.
 *
 * @param labels names of the classes, in the order of the probabilities
 * @param probabilities one a class, each in [0, 1]; of sum 1, unless the model ends in a sigmoid of
 *     each
 */
public record Scores(List<String> labels, float[] probabilities) {
  /**
   * One class and its probability.
   *
   * @param index position of the class in the model's output
   * @param probability in [0, 1]
   */
  public record Score(int index, String label, float probability) {}

  /** The likeliest class. */
  public Score best() {
    return top(1).get(0);
  }

  /** The likeliest classes, likeliest first; of equals, the first in the output. */
  public List<Score> top(int count) {
    return IntStream.range(0, probabilities.length)
        .mapToObj(i -> new Score(i, labels.get(i), probabilities[i]))
        .sorted(Comparator.comparingDouble((Score s) -> -s.probability))
        .limit(count)
        .toList();
  }

  /**
   * Scores from the raw numbers of a model; the array becomes part of them. A single number is that
   * of the second of two classes.
   */
  static Scores of(List<String> labels, float[] values, Task.Output output) {
    if (output == Task.Output.LOGITS) {
      toProbabilities(values);
    }
    return new Scores(labels, values.length == 1 ? new float[] {1 - values[0], values[0]} : values);
  }

  /** The mean of some scores, which are of the same classes. */
  static Scores mean(List<Scores> all) {
    float[] mean = new float[all.get(0).probabilities.length];
    for (int c = 0; c < mean.length; c++) {
      double sum = 0;
      for (Scores s : all) {
        sum += s.probabilities[c];
      }
      mean[c] = (float) (sum / all.size());
    }
    return new Scores(all.get(0).labels, mean);
  }

  /** Changes logits in place: the sigmoid of a single one, else their softmax. */
  static void toProbabilities(float[] logits) {
    if (logits.length == 1) {
      logits[0] = (float) (1 / (1 + Math.exp(-logits[0])));
    } else {
      softmax(logits);
    }
  }

  private static void softmax(float[] values) {
    float max = Float.NEGATIVE_INFINITY;
    for (float v : values) {
      max = Math.max(max, v);
    }
    double sum = 0;
    double[] e = new double[values.length];
    for (int i = 0; i < e.length; i++) {
      e[i] = Math.exp(values[i] - max);
      sum += e[i];
    }
    for (int i = 0; i < e.length; i++) {
      values[i] = (float) (e[i] / sum);
    }
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Scores s
        && labels.equals(s.labels)
        && Arrays.equals(probabilities, s.probabilities);
  }

  @Override
  public int hashCode() {
    return 31 * labels.hashCode() + Arrays.hashCode(probabilities);
  }
}
