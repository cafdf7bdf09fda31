package io.fovea.train;

import io.fovea.image.Picture;
import io.fovea.runtime.Classifier;
import io.fovea.runtime.Scores;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntConsumer;

/**
 * How well a classifier does on pictures of known classes. Immutable.
 *
 * @param confusion {@code [class][answer]}: how often a class got an answer
 * @param calibrationError expected calibration error over 15 bins of the likeliest class's
 *     probability, in [0, 1] (<a href="https://arxiv.org/abs/1706.04599">Guo 2017</a>)
 */
public record Evaluation(List<String> labels, int[][] confusion, double calibrationError) {
  private static final int BINS = 15;
  private static final int BATCH = 32;

  /** Scores a data set by ONNX Runtime; {@code progress} hears how many pictures are done. */
  public static Evaluation of(Classifier classifier, Dataset data, IntConsumer progress) {
    List<String> labels = classifier.labels();
    if (data.labels().size() > labels.size()) {
      throw new TrainException(
          "%s has %d classes, the data has %d"
              .formatted(classifier.model().name(), labels.size(), data.labels().size()));
    }
    int[][] confusion = new int[labels.size()][labels.size()];
    double[] confidence = new double[BINS];
    int[] right = new int[BINS];
    for (int from = 0; from < data.size(); from += BATCH) {
      List<Picture> pictures = new ArrayList<>();
      List<Integer> classes = new ArrayList<>();
      for (int i = from; i < Math.min(data.size(), from + BATCH); i++) {
        Dataset.Sample sample = data.get(i);
        pictures.add(sample.picture());
        classes.add(index(labels, data.labels().get(sample.label()), sample.label()));
      }
      List<Scores> scores = classifier.score(pictures);
      for (int i = 0; i < classes.size(); i++) {
        Scores.Score best = scores.get(i).best();
        confusion[classes.get(i)][best.index()]++;
        int bin = Math.min(BINS - 1, (int) (best.probability() * BINS));
        confidence[bin] += best.probability();
        right[bin] += best.index() == classes.get(i) ? 1 : 0;
      }
      progress.accept(from + classes.size());
    }
    double error = 0;
    for (int bin = 0; bin < BINS; bin++) {
      error += Math.abs(confidence[bin] - right[bin]) / data.size();
    }
    return new Evaluation(labels, confusion, error);
  }

  /** The model's number of a class: by name where both have names, else by position. */
  private static int index(List<String> labels, String name, int position) {
    int named = labels.indexOf(name);
    return named >= 0 ? named : position;
  }

  public int count() {
    int all = 0;
    for (int c = 0; c < labels.size(); c++) {
      all += count(c);
    }
    return all;
  }

  /** Pictures of a class. */
  public int count(int label) {
    int all = 0;
    for (int n : confusion[label]) {
      all += n;
    }
    return all;
  }

  public int correct() {
    int right = 0;
    for (int c = 0; c < labels.size(); c++) {
      right += confusion[c][c];
    }
    return right;
  }

  /** Share of right answers, in [0, 1]. */
  public double accuracy() {
    return (double) correct() / count();
  }

  /** Share of a class's pictures that got its answer. */
  public double recall(int label) {
    return (double) confusion[label][label] / count(label);
  }

  /** Share of an answer that was right. */
  public double precision(int label) {
    int answers = 0;
    for (int[] row : confusion) {
      answers += row[label];
    }
    return (double) confusion[label][label] / answers;
  }
}
