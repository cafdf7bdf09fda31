package io.fovea.train;

import io.fovea.runtime.Task;
import java.util.List;

/**
 * How much each class counts in the terms of a loss that are means over pictures or pixels:
 * cross-entropies and focal. Immutable.
 *
 * @param byRarity whether each counts as rare as it is: all samples over those of the class, over
 *     the number of classes
 * @param values else the factors in the order of the labels; empty for 1
 */
public record ClassWeights(boolean byRarity, List<Double> values) {
  /** Pictures whose pixels are counted. */
  private static final int SAMPLE = 1000;

  public ClassWeights {
    values = List.copyOf(values);
    if (!values.isEmpty()) {
      Setting.CLASS_WEIGHTS.check(values);
    }
  }

  /** All classes count alike. */
  public static ClassWeights none() {
    return new ClassWeights(false, List.of());
  }

  /** Each class counts as rare as it is in the training data; of masks, in up to 1000 of them. */
  public static ClassWeights balanced() {
    return new ClassWeights(true, List.of());
  }

  /** Factors in the order of the labels, each above 0. */
  public static ClassWeights of(List<Double> values) {
    return new ClassWeights(false, values);
  }

  /** The factors for a data set; empty for 1. */
  double[] of(Dataset data) {
    if (isNone()) {
      return new double[0];
    }
    if (data.task() == Task.Kind.REGRESSION || data.task() == Task.Kind.PICTURE) {
      throw new TrainException(
          "class-weights: expected data of classes, met "
              + (data.task() == Task.Kind.PICTURE ? "pictures" : "values"));
    }
    int classes = data.labels().size();
    if (byRarity) {
      return balanced(data, classes);
    }
    if (values.size() != classes) {
      throw new TrainException(
          "class-weights: expected one for each of %d classes, met %d"
              .formatted(classes, values.size()));
    }
    return values.stream().mapToDouble(Double::doubleValue).toArray();
  }

  private static double[] balanced(Dataset data, int classes) {
    long[] counts = new long[classes];
    long all = 0;
    boolean masks = data.size() > 0 && data.target(0) instanceof Target.Pixels;
    Dataset counted = masks ? Subset.drawn(data, SAMPLE, 0) : data;
    for (int i = 0; i < counted.size(); i++) {
      long[] seen = ((Targets.Classes) Targets.of(List.of(counted.target(i)))).classes();
      for (long c : seen) {
        if (c != Targets.IGNORED) {
          counts[(int) c]++;
          all++;
        }
      }
    }
    double[] weights = new double[classes];
    for (int c = 0; c < classes; c++) {
      weights[c] = counts[c] == 0 ? 1 : (double) all / classes / counts[c];
    }
    return weights;
  }

  /** Whether all classes count alike. */
  boolean isNone() {
    return !byRarity && values.isEmpty();
  }
}
