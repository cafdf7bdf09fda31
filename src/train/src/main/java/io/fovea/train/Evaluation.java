package io.fovea.train;

import io.fovea.image.Mask;
import io.fovea.image.Picture;
import io.fovea.image.PictureReader;
import io.fovea.image.Preprocessing;
import io.fovea.runtime.Classifier;
import io.fovea.runtime.PictureTransformer;
import io.fovea.runtime.Regressor;
import io.fovea.runtime.Segmenter;
import io.fovea.runtime.Task;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;

/** How well a model does on data whose answers are known. */
public sealed interface Evaluation {
  int BATCH = 32;

  /** The figures that matter most, in a line. */
  String headline();

  /**
   * What nets are compared by, more is better: accuracy, mean IoU, mean R2, PSNR, or a distance,
   * negative.
   */
  double figure();

  /** The worst mistakes, worst first; none where no single pictures were looked at. */
  List<Mistake> mistakes();

  /** All figures by name, as JSON has them, in an order that stays. */
  Map<String, Object> facts();

  /** Of a classifier. */
  record Classes(Confusion confusion, Calibration calibration, List<Mistake> mistakes)
      implements Evaluation {
    /** Expected calibration error, in [0, 1]. */
    public double calibrationError() {
      return calibration.error();
    }

    @Override
    public String headline() {
      return "accuracy %.2f %%".formatted(100 * confusion.accuracy());
    }

    @Override
    public double figure() {
      return confusion.accuracy();
    }

    @Override
    public Map<String, Object> facts() {
      Map<String, Object> facts = new LinkedHashMap<>();
      facts.put("accuracy", confusion.accuracy());
      facts.put("interval", confusion.interval());
      facts.put("correct", confusion.correct());
      facts.put("count", confusion.count());
      facts.put("calibrationError", calibrationError());
      facts.put("labels", confusion.labels());
      facts.put("confusion", confusion.counts());
      return facts;
    }
  }

  /** Of a segmenter; the confusion counts pixels. */
  record Pixels(Confusion confusion, List<Mistake> mistakes) implements Evaluation {
    @Override
    public String headline() {
      return "mean IoU %.2f %%, pixel accuracy %.2f %%"
          .formatted(100 * confusion.meanIou(), 100 * confusion.accuracy());
    }

    @Override
    public double figure() {
      return confusion.meanIou();
    }

    @Override
    public Map<String, Object> facts() {
      Map<String, Object> facts = new LinkedHashMap<>();
      facts.put("meanIou", confusion.meanIou());
      facts.put("meanDice", confusion.meanDice());
      facts.put("pixelAccuracy", confusion.accuracy());
      facts.put("pixels", confusion.count());
      Map<String, Object> classes = new LinkedHashMap<>();
      for (int c = 0; c < confusion.labels().size(); c++) {
        Map<String, Object> figures = new LinkedHashMap<>();
        figures.put("iou", confusion.iou(c));
        figures.put("dice", confusion.dice(c));
        figures.put("recall", confusion.recall(c));
        figures.put("precision", confusion.precision(c));
        classes.put(confusion.labels().get(c), figures);
      }
      facts.put("classes", classes);
      facts.put("confusion", confusion.counts());
      return facts;
    }
  }

  /**
   * Of a regressor: the errors of each value, in its own units.
   *
   * @param pairs of some pictures, spread evenly over the data
   */
  record Values(List<Error> errors, List<Pair> pairs, List<Mistake> mistakes)
      implements Evaluation {
    /** What should have been said of a picture, and what was. */
    public record Pair(float[] wanted, float[] said) {}

    /**
     * The errors of one value.
     *
     * @param mse mean of the squared errors
     * @param mae mean of the absolute errors
     * @param r2 share of the variance that is explained, at most 1; NaN where there is no variance
     */
    public record Error(String name, int count, double mse, double mae, double r2) {}

    /** Mean over the values. */
    public double r2() {
      return errors.stream().mapToDouble(Error::r2).average().orElse(Double.NaN);
    }

    @Override
    public String headline() {
      double mae = errors.stream().mapToDouble(Error::mae).average().orElse(Double.NaN);
      double mse = errors.stream().mapToDouble(Error::mse).average().orElse(Double.NaN);
      return "MAE %.4g, MSE %.4g, R2 %.4f".formatted(mae, mse, r2());
    }

    @Override
    public double figure() {
      return r2();
    }

    @Override
    public Map<String, Object> facts() {
      Map<String, Object> facts = new LinkedHashMap<>();
      facts.put("values", errors);
      facts.put("r2", r2());
      return facts;
    }
  }

  /**
   * Of a net that makes pictures, whose levels are taken to lie in [0, 1].
   *
   * @param psnr mean of the pictures' peak signal-to-noise ratios, in dB, each at most 100
   * @param mse mean of the squared errors
   */
  record Pictures(int count, double psnr, double mse, List<Mistake> mistakes)
      implements Evaluation {
    @Override
    public String headline() {
      return "PSNR %.2f dB".formatted(psnr);
    }

    @Override
    public double figure() {
      return psnr;
    }

    @Override
    public Map<String, Object> facts() {
      Map<String, Object> facts = new LinkedHashMap<>();
      facts.put("psnr", psnr);
      facts.put("mse", mse);
      facts.put("count", count);
      return facts;
    }
  }

  /**
   * Of a net that makes pictures of noise: how far they are from real ones as a whole, by the
   * sliced Wasserstein distance of as many of each (Rabin 2011, <a
   * href="https://doi.org/10.1007/978-3-642-24785-9_37">10.1007/978-3-642-24785-9_37</a>; 128
   * directions, levels in [0, 1]). It tells whether brightness, colours and their arrangement vary
   * alike, not whether a picture looks real. While training, the noise is the same for every epoch.
   *
   * @param distance 0 or more, less is better
   * @param chance the distance of one half of the real pictures from the other, below which nothing
   *     is told apart
   */
  record Generated(int count, double distance, double chance) implements Evaluation {
    @Override
    public String headline() {
      return "distance %.4f from real pictures, whose halves are %.4f apart"
          .formatted(distance, chance);
    }

    @Override
    public double figure() {
      return -distance;
    }

    @Override
    public List<Mistake> mistakes() {
      return List.of();
    }

    @Override
    public Map<String, Object> facts() {
      Map<String, Object> facts = new LinkedHashMap<>();
      facts.put("distance", distance);
      facts.put("chance", chance);
      facts.put("count", count);
      return facts;
    }
  }

  /** Scores a data set by ONNX Runtime; {@code progress} hears how many pictures are done. */
  static Classes of(Classifier classifier, Dataset data, IntConsumer progress) {
    List<String> labels = classifier.labels();
    check(classifier.model().name(), labels, data);
    Tally.OfClasses tally = new Tally.OfClasses(labels);
    Mistake.Worst worst = new Mistake.Worst();
    batches(
        data,
        classifier.preprocessing().reader(),
        progress,
        (at, pictures, targets) -> {
          var scores = classifier.score(pictures);
          for (int i = 0; i < targets.size(); i++) {
            int label = ((Target.Label) targets.get(i)).index();
            int wanted = index(labels, data.labels(), label);
            float[] probabilities = scores.get(i).probabilities();
            int said = tally.add(probabilities, wanted);
            if (said != wanted) {
              double p = probabilities[said];
              String text = "%s, %.1f %%".formatted(labels.get(said), 100 * p);
              worst.add(new Mistake(at.get(i), labels.get(wanted), text, p, null, null));
            }
          }
        });
    return new Classes(tally.confusion(), tally.calibration(), worst.list());
  }

  /** Compares masks with a data set's own, at each picture's own size. */
  static Pixels of(Segmenter segmenter, Dataset data, IntConsumer progress) {
    List<String> labels = segmenter.labels();
    check(segmenter.model().name(), labels, data);
    Tally.OfPixels tally = new Tally.OfPixels(labels);
    Mistake.Worst worst = new Mistake.Worst();
    batches(
        data,
        segmenter.preprocessing().reader(),
        progress,
        (at, pictures, targets) -> {
          List<Mask> masks = segmenter.segment(pictures);
          for (int i = 0; i < masks.size(); i++) {
            Mask wanted = ((Target.Pixels) targets.get(i)).mask();
            double wrong = tally.add(masks.get(i).classes(), wanted.classes());
            if (wrong > 0) {
              String said = "%.2f %% of pixels wrong".formatted(100 * wrong);
              worst.add(new Mistake(at.get(i), "", said, wrong, masks.get(i), null));
            }
          }
        });
    return new Pixels(tally.confusion(), worst.list());
  }

  /** Compares values with a data set's own. */
  static Values of(Regressor regressor, Dataset data, IntConsumer progress) {
    check(regressor.model().name(), regressor.names(), data);
    Tally.OfValues tally = new Tally.OfValues(regressor.names());
    batches(
        data,
        regressor.preprocessing().reader(),
        progress,
        (at, pictures, targets) -> {
          List<float[]> values = regressor.predict(pictures);
          for (int i = 0; i < values.size(); i++) {
            tally.add(values.get(i), ((Target.Values) targets.get(i)).values());
          }
        });
    return tally.evaluation();
  }

  /** Compares pictures with those that should be made of a data set's, at their own size. */
  static Pictures of(PictureTransformer transformer, Dataset data, IntConsumer progress) {
    Tally.OfPictures tally = new Tally.OfPictures(transformer.range());
    Mistake.Worst worst = new Mistake.Worst();
    batches(
        data,
        transformer.preprocessing().reader(),
        progress,
        (at, pictures, targets) -> {
          List<Picture> made = transformer.transform(pictures);
          for (int i = 0; i < made.size(); i++) {
            Picture wanted = Pairs.wanted(targets.get(i), pictures.get(i));
            double error = Pairs.error(made.get(i), wanted);
            double psnr = tally.add(error);
            if (error > 0 && worst.keeps(error)) {
              String said = "PSNR %.2f dB".formatted(psnr);
              Picture small = Mistake.small(made.get(i));
              worst.add(new Mistake(at.get(i), "", said, error, null, small));
            }
          }
        });
    Pictures all = tally.evaluation();
    return new Pictures(all.count(), all.psnr(), all.mse(), worst.list());
  }

  /**
   * Compares the pictures that a generator makes of the seeds 0, 1, 2 and so on with as many real
   * ones.
   *
   * @param fed brings a real picture to the size of those that are made
   * @throws TrainException naming a picture that it does not bring there
   */
  static Generated of(
      PictureTransformer generator, Preprocessing fed, Dataset real, IntConsumer progress) {
    Slices slices = new Slices();
    batches(
        real,
        fed.reader(),
        progress,
        (at, pictures, targets) -> {
          List<Picture> made = generator.generate(pictures.size(), slices.count());
          List<Picture> shown = pictures.stream().map(fed::picture).toList();
          String expected = made.get(0).toString();
          for (int i = 0; i < shown.size(); i++) {
            if (!shown.get(i).toString().equals(expected)) {
              throw new TrainException(
                  "%s: expected %s as %s makes, met %s"
                      .formatted(
                          real.name(at.get(i)), expected, generator.model().name(), shown.get(i)));
            }
          }
          slices.add(Pairs.levels(made), Pairs.levels(shown), made.size());
        });
    return new Generated(slices.count(), slices.distance(), slices.chance());
  }

  /** What is done with some pictures, by their positions, and what should be said of them. */
  interface Use {
    void accept(List<Integer> at, List<Picture> pictures, List<Target> targets);
  }

  private static void batches(Dataset data, PictureReader reader, IntConsumer progress, Use use) {
    for (int from = 0; from < data.size(); from += BATCH) {
      List<Integer> at = new ArrayList<>();
      List<Picture> pictures = new ArrayList<>();
      List<Target> targets = new ArrayList<>();
      int end = Math.min(data.size(), from + BATCH);
      for (int i = from; i < end; i++) {
        Picture picture = data.picture(i, reader);
        if (!data.isLeftOut(i)) {
          at.add(i);
          pictures.add(picture);
          targets.add(data.target(i));
        }
      }
      if (!at.isEmpty()) {
        use.accept(at, pictures, targets);
      }
      progress.accept(end);
    }
  }

  /** Names of the data must be the model's; where either only counts, its numbers are. */
  private static void check(String model, List<String> labels, Dataset data) {
    boolean values = data.task() == Task.Kind.REGRESSION;
    String what = values ? "values" : "classes";
    boolean counted = isCounted(labels) || isCounted(data.labels());
    List<String> unknown = data.labels().stream().filter(l -> !labels.contains(l)).toList();
    boolean byPosition = data.task() != Task.Kind.CLASSIFICATION; // pixels and values have no names
    boolean fits = byPosition ? labels.equals(data.labels()) : unknown.isEmpty();
    int met = data.labels().size();
    if (counted ? met > labels.size() || (values && met < labels.size()) : !fits) {
      throw new TrainException(
          counted
              ? "%s has %d %s, the data has %d".formatted(model, labels.size(), what, met)
              : "%s has the %s %s, the data has %s".formatted(model, what, labels, data.labels()));
    }
  }

  private static boolean isCounted(List<String> labels) {
    return IntStream.range(0, labels.size()).allMatch(i -> labels.get(i).equals("" + i));
  }

  /** The model's number of a class: by name where both have names, else by position. */
  private static int index(List<String> labels, List<String> names, int position) {
    int named = labels.indexOf(names.get(position));
    return named >= 0 ? named : position;
  }
}
