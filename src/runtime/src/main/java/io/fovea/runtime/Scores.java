package io.fovea.runtime;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;

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
    return top(labels, probabilities, 0, count);
  }

  /**
   * The likeliest of the classes whose probabilities begin at a place; of equals, the first.
   *
   * @param labels of all of these classes
   */
  static List<Score> top(List<String> labels, float[] probabilities, int from, int count) {
    int n = Math.min(count, labels.size());
    int[] best = new int[n];
    int found = 0;
    for (int i = 0; i < labels.size(); i++) {
      float p = probabilities[from + i];
      int at = found;
      while (at > 0 && p > probabilities[from + best[at - 1]]) {
        at--;
      }
      if (at < n) {
        int moved = Math.min(found, n - 1) - at;
        System.arraycopy(best, at, best, at + 1, moved);
        best[at] = i;
        found = Math.min(found + 1, n);
      }
    }
    List<Score> top = new ArrayList<>(found);
    for (int i = 0; i < found; i++) {
      top.add(new Score(best[i], labels.get(best[i]), probabilities[from + best[i]]));
    }
    return Collections.unmodifiableList(top);
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
    toProbabilities(logits, 0, logits.length);
  }

  /** The same of those from one place up to another. */
  static void toProbabilities(float[] logits, int from, int to) {
    if (to - from == 1) {
      logits[from] = (float) (1 / (1 + Math.exp(-logits[from])));
      return;
    }
    float max = Float.NEGATIVE_INFINITY;
    for (int i = from; i < to; i++) {
      max = Math.max(max, logits[i]);
    }
    double sum = 0;
    for (int i = from; i < to; i++) {
      sum += Math.exp(logits[i] - max);
    }
    for (int i = from; i < to; i++) {
      logits[i] = (float) (Math.exp(logits[i] - max) / sum);
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
