package io.fovea.train;

import io.fovea.image.Preprocessing;
import io.fovea.onnx.Dim;
import io.fovea.onnx.Model;
import io.fovea.runtime.Task;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** What a training demands of graph, recipe and data, told before hours of it are lost. */
final class Demands {
  private Demands() {}

  /**
   * Tells what does not fit.
   *
   * @throws TrainException saying what was expected and what was met
   */
  static void check(
      Model model, Recipe recipe, Preprocessing fed, Dataset training, Dataset validation) {
    if (training.size() < 2) {
      throw new TrainException("expected at least two pictures to train on");
    }
    checkTask(model, recipe, training);
    Noise noise = Noise.of(model);
    if (recipe.loss().adversarial() != null && recipe.accumulate() > 1) {
      throw new TrainException(
          "accumulate: loss %s steps its critic with every batch; expected 1, met %d"
              .formatted(recipe.loss(), recipe.accumulate()));
    }
    if (!validation.labels().equals(training.labels())) {
      throw new TrainException(
          "the held-out part: expected the classes %s as what is trained on has, met %s"
              .formatted(training.labels(), validation.labels()));
    }
    boolean pictures = training.task() == Task.Kind.PICTURE;
    if (fed.tiles() != null && !pictures && training.task() != Task.Kind.SEGMENTATION) {
      throw new TrainException(
          "tiles are for masks and pictures; classes and values are of whole pictures");
    }
    List<Dim> input = model.graph().inputs().get(0).type().shape();
    if (noise != null) {
      checkNoise(model, noise, recipe.loss(), fed, training);
    } else if (input != null
        && input.size() == 4
        && input.get(1).contradicts(Dim.of(fed.channels()))) {
      throw new TrainException(
          "the preprocessing gives %d channels, the net wants %s"
              .formatted(fed.channels(), input.get(1)));
    }
    if (pictures && noise == null) {
      Pairs.check(fed);
    }
    if (pictures) {
      List<Dim> output = model.graph().outputs().get(0).type().shape();
      if (output != null && output.get(1).contradicts(Dim.of(fed.channels()))) {
        throw new TrainException(
            "the preprocessing gives pictures of %d channels, the net makes some of %s"
                .formatted(fed.channels(), output.get(1)));
      }
    }
  }

  private static void checkNoise(
      Model model, Noise noise, Loss loss, Preprocessing fed, Dataset training) {
    String net = "the net makes pictures of noise " + noise;
    if (!(training.target(0) instanceof Target.Itself)) {
      throw new TrainException(
          "%s: expected pictures alone, each its own target, met data of %s"
              .formatted(net, training.task().name().toLowerCase(Locale.ROOT)));
    }
    boolean asksACritic =
        loss.terms().stream()
            .map(Loss.Weighted::term)
            .allMatch(t -> t instanceof Loss.Adversarial || t instanceof Loss.TotalVariation);
    if (loss.adversarial() == null || !asksACritic) {
      throw new TrainException(
          "%s, which have no target of their own: expected loss lsgan(critic=FILE) or"
                  .formatted(net)
              + " hinge(critic=FILE), met "
              + loss);
    }
    if (Guide.isBgr(fed)) {
      throw new TrainException(net + ": expected them in grey or rgb, met bgr");
    }
    List<Dim> made = noise.made(model);
    int[] sides = fed.shape(1, 1);
    boolean isOne = Arrays.equals(sides, fed.shape(1000, 500));
    if (isOne
        && (made.get(2).contradicts(Dim.of(sides[1]))
            || made.get(3).contradicts(Dim.of(sides[2])))) {
      throw new TrainException(
          "%s: of %sx%s pixels, the preprocessing gives pictures of %dx%d"
              .formatted(net, made.get(3), made.get(2), sides[2], sides[1]));
    }
  }

  private static void checkTask(Model model, Recipe recipe, Dataset training) {
    boolean values = training.task() == Task.Kind.REGRESSION;
    recipe.loss().check(training.task());
    recipe.augmentation().check(training.task());
    boolean whole = values || training.task() == Task.Kind.CLASSIFICATION;
    if (recipe.initialScale() < 1 && !whole) {
      throw new TrainException(
          "initial-scale does not fit the data: it is for classes and values of whole pictures");
    }
    if (!recipe.classWeights().isNone() && !recipe.loss().weighsClasses()) {
      throw new TrainException(
          "class-weights: loss %s counts all classes alike".formatted(recipe.loss()));
    }
    if (recipe.labelSmoothing() > 0 && !recipe.loss().smoothsLabels()) {
      throw new TrainException(
          "label-smoothing: loss %s has no targets to smooth".formatted(recipe.loss()));
    }
    List<Dim> shape = model.graph().outputs().get(0).type().shape();
    if (training.task() == Task.Kind.PICTURE) {
      if (shape != null && shape.size() != 4) {
        throw new TrainException(
            "the data is pictures, the net's output is %s; expected [batch, channels, height, width]"
                .formatted(shape));
      }
      return;
    }
    if (training.labels().size() < (values ? 1 : 2)) {
      throw new TrainException("expected two classes or more, met %s".formatted(training.labels()));
    }
    if (shape == null || shape.size() < 2) {
      return;
    }
    boolean perPixel = training.task() == Task.Kind.SEGMENTATION;
    if (perPixel != (shape.size() == 4 && !shape.get(2).equals(Dim.of(1)))) {
      throw new TrainException(
          perPixel
              ? "the data is masks, the net's output is %s; expected [batch, classes, height, width]"
                  .formatted(shape)
              : "the net's output is %s, but the data has no masks".formatted(shape));
    }
    int count = training.labels().size();
    boolean binary = count == 2 && Ending.of(model.graph()).kind() == Ending.Kind.SIGMOID;
    if (shape.get(1).isKnown()
        && shape.get(1).size() != count
        && !(binary && shape.get(1).size() == 1)) {
      throw new TrainException(
          "the net has %s outputs, the data has %d %s"
              .formatted(shape.get(1), count, values ? "values" : "classes"));
    }
  }
}
