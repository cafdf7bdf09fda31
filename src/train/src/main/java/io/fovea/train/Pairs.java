package io.fovea.train;

import io.fovea.image.Picture;
import io.fovea.image.Preprocessing;
import io.fovea.image.Resampling;
import io.fovea.image.Step;
import io.fovea.onnx.Model;
import io.fovea.onnx.Node;
import io.fovea.runtime.Specification;
import io.fovea.runtime.Task;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Targets that are pictures, beside the pictures that a net is fed: as large, or a whole number of
 * times as large.
 */
final class Pairs {
  /** Operators each of whose numbers depends on all of a picture. */
  private static final Set<String> OF_THE_WHOLE =
      Set.of(
          "InstanceNormalization",
          "GroupNormalization",
          "MeanVarianceNormalization",
          "GlobalAveragePool",
          "GlobalMaxPool",
          "GlobalLpPool",
          "MatMul");

  private Pairs() {}

  /**
   * Checks that a target can follow what the steps do to its picture.
   *
   * @throws TrainException naming the step that it cannot follow
   */
  static void check(Preprocessing fed) {
    for (Step step : fed.steps()) {
      boolean follows =
          step instanceof Step.Color
              || step instanceof Step.Resize
              || step instanceof Step.Tiles
              || step instanceof Step.Normalize
              || (step instanceof Step.Decode d && !d.reduced());
      if (!follows) {
        throw new TrainException(
            "pairs of pictures take the steps color, resize, tiles and normalize, met " + step);
      }
    }
  }

  /**
   * How many times as large as its picture a target is.
   *
   * @param name of the picture, for messages
   */
  private static int scale(Picture picture, Picture target, String name) {
    int scale = target.width() / picture.width();
    if (scale < 1
        || target.width() != scale * picture.width()
        || target.height() != scale * picture.height()) {
      throw new TrainException(
          "%s: the picture is %dx%d, its target %dx%d; expected as large, or a whole number of times"
              .formatted(name, picture.width(), picture.height(), target.width(), target.height()));
    }
    return scale;
  }

  /**
   * A target as its picture is fed.
   *
   * @param whole the picture as it was read
   * @param prepared the picture after its steps
   * @param cut what was cut out of the picture before them; null for nothing
   */
  static Target.Made fitted(
      Target.Made target,
      Picture whole,
      Picture prepared,
      @Nullable Box cut,
      Preprocessing fed,
      String name) {
    Step.Tiles tiles = fed.tiles();
    if (cut == null
        && tiles != null
        && (whole.width() < tiles.width() || whole.height() < tiles.height())) {
      throw new TrainException(
          "%s: expected %dx%d pixels or more, a tile's, met %dx%d"
              .formatted(name, tiles.width(), tiles.height(), whole.width(), whole.height()));
    }
    int scale = scale(whole, target.picture(), name);
    Picture made = fed.channels() == 3 ? target.picture().toRgb() : target.picture().toGrey();
    if (cut != null) {
      made = made.crop(scale * cut.x(), scale * cut.y(), scale * cut.width(), scale * cut.height());
    }
    boolean resized =
        made.width() != scale * prepared.width() || made.height() != scale * prepared.height();
    return new Target.Made(
        resized
            ? made.resize(scale * prepared.width(), scale * prepared.height(), Resampling.BICUBIC)
            : made);
  }

  /**
   * What stands for black and white in the pictures that a net makes: as its file says, else [-1,
   * 1] after a tanh, [0, 1] after a sigmoid, and after all else as in the pictures that it is fed,
   * or [0, 1] where their planes differ.
   */
  static Task.Range range(Model model, Specification known, Preprocessing fed) {
    Task.Range said = known.task() == null ? null : known.task().range();
    if (said != null) {
      return said;
    }
    Node last = Ending.last(model.graph(), model.graph().outputs().get(0).name());
    String operator = last == null ? "" : last.operator();
    Task.Range alike = operator.equals("Sigmoid") ? Learner.UNIT : Task.Range.of(fed);
    return operator.equals("Tanh")
        ? new Task.Range(-1, 1)
        : Objects.requireNonNullElse(alike, Learner.UNIT);
  }

  /**
   * How a net that has learned is fed: whole pictures where it looks at all of one at once, so that
   * windows would differ where they meet; else as it was.
   */
  static Preprocessing served(Model model, Preprocessing fed) {
    boolean whole =
        model.graph().nodes().stream().anyMatch(n -> OF_THE_WHOLE.contains(n.operator()));
    return whole
        ? new Preprocessing(fed.steps().stream().filter(s -> !(s instanceof Step.Tiles)).toList())
        : fed;
  }

  /** What should be made of a picture, by its target. */
  static Picture wanted(Target target, Picture picture) {
    return target instanceof Target.Made made ? made.picture() : picture;
  }

  /**
   * The mean of the squared differences of two pictures' levels, in [0, 1].
   *
   * @throws TrainException where they differ in size
   */
  static double error(Picture made, Picture wanted) {
    if (made.width() != wanted.width() || made.height() != wanted.height()) {
      throw new TrainException(
          "expected pictures of %dx%d as the targets are, met %dx%d"
              .formatted(wanted.width(), wanted.height(), made.width(), made.height()));
    }
    byte[] a = made.pixels();
    byte[] b = (made.channels() == 1 ? wanted.toGrey() : wanted.toRgb()).pixels();
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      double difference = ((a[i] & 255) - (b[i] & 255)) / 255.0;
      sum += difference * difference;
    }
    return sum / a.length;
  }

  /**
   * The targets of a batch, {@code [N, C, H, W]} in [0, 1], planes in the order of those that are
   * fed.
   */
  static Targets.Values targets(List<Target> all, Preprocessing fed, String name) {
    Picture first = ((Target.Made) all.get(0)).picture();
    List<Step> colors = fed.steps().stream().filter(Step.Color.class::isInstance).toList();
    List<Picture> pictures = new ArrayList<>();
    for (Target target : all) {
      Picture picture = ((Target.Made) target).picture();
      if (picture.width() != first.width() || picture.height() != first.height()) {
        throw new TrainException(
            "%s: expected targets of %dx%d as the others of the batch, met %dx%d"
                .formatted(name, first.width(), first.height(), picture.width(), picture.height()));
      }
      pictures.add(picture);
    }
    return new Targets.Values(
        levels(pictures, new Preprocessing(colors)),
        all.size(),
        fed.channels(),
        first.height(),
        first.width());
  }

  /** Pictures of one size and number of channels as {@code [N, C, H, W]} in [0, 1]. */
  static float[] levels(List<Picture> all) {
    boolean grey = all.get(0).channels() == 1;
    return levels(
        all, Preprocessing.of(new Step.Color(grey ? Step.Channels.GREY : Step.Channels.RGB)));
  }

  private static float[] levels(List<Picture> all, Preprocessing colors) {
    int channels = colors.channels();
    Step unit =
        new Step.Normalize(
            255, Collections.nCopies(channels, 0f), Collections.nCopies(channels, 1f));
    Preprocessing steps =
        new Preprocessing(Stream.concat(colors.steps().stream(), Stream.of(unit)).toList());
    int size = channels * all.get(0).width() * all.get(0).height();
    FloatBuffer values = FloatBuffer.allocate(Math.multiplyExact(all.size(), size));
    all.forEach(picture -> steps.tensor(picture, values));
    return values.array();
  }
}
