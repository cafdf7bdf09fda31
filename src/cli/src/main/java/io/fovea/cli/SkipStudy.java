package io.fovea.cli;

import io.fovea.cli.Findings.Chart;
import io.fovea.cli.Findings.Check;
import io.fovea.cli.Findings.Grid;
import io.fovea.cli.Findings.Line;
import io.fovea.cli.Findings.Photo;
import io.fovea.converters.Activation;
import io.fovea.converters.Initials;
import io.fovea.converters.Layers;
import io.fovea.converters.Normalization;
import io.fovea.converters.Options;
import io.fovea.converters.Style;
import io.fovea.converters.Window;
import io.fovea.image.Mask;
import io.fovea.image.Picture;
import io.fovea.onnx.Model;
import io.fovea.onnx.Value;
import io.fovea.runtime.Device;
import io.fovea.runtime.ImageModel;
import io.fovea.runtime.Segmenter;
import io.fovea.runtime.Task;
import io.fovea.train.Augmentation;
import io.fovea.train.Evaluation;
import io.fovea.train.Optimizer;
import io.fovea.train.Recipe;
import io.fovea.train.Target;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** A U-Net with and without its skip links, on thin curves and small discs. */
final class SkipStudy implements Study {
  private static final int SIDE = 48;
  private static final int LEVELS = 3;
  private static final int FILTERS = 8;
  private static final int NOISE = 25; // deviation, of 255 levels
  private static final double OPACITY = 0.5;
  private static final List<String> LABELS = List.of("ground", "disc", "curve");

  @Override
  public String name() {
    return "skip-links";
  }

  @Override
  public String claim() {
    return "The skip links of a U-Net bring back the places that its pools took: without them masks"
        + " of fine things are worse, though the net has more parameters.";
  }

  @Override
  public String paper() {
    return "Ronneberger 2015, https://arxiv.org/abs/1505.04597";
  }

  @Override
  public String setup() {
    return "A U-Net of three halvings and 8 filters at full size, and its twin in which each"
        + " up-convolution makes the channels that the skip would have brought. Pictures of 48x48 are"
        + " drawn by the seed: curves of one to two pixels' width and discs on noise; --data is not"
        + " taken. AdamW, cross-entropy and Dice.";
  }

  @Override
  public Findings run(Lab lab) {
    if (lab.data() != null) {
      throw new Fovea.UserException("--data: skip-links draws its own pictures");
    }
    Random random = new Random(lab.seed());
    StudyData.Parts data =
        new StudyData.Parts(drawn(random, lab.pick(240, 24)), drawn(random, lab.pick(80, 8)));
    int epochs = lab.pick(20, 2);
    Recipe recipe =
        Recipe.segmentation()
            .epochs(epochs)
            .batch(8)
            .optimizer(Optimizer.adamW(0.005))
            .augmentation(new Augmentation(0, Augmentation.Flip.RANDOM))
            .seed(lab.seed());
    Options options = Options.classes(LABELS.size()).withSeed(lab.seed());
    List<Line> lines = new ArrayList<>();
    List<List<String>> rows = new ArrayList<>();
    List<Photo> photos = new ArrayList<>();
    Picture first = data.held().picture(0);
    photos.add(new Photo("a picture", first));
    photos.add(
        new Photo(
            "its mask", ((Target.Pixels) data.held().target(0)).mask().overlay(first, OPACITY)));
    double[] figures = new double[2];
    double[] curves = new double[2];
    for (int i = 0; i < 2; i++) {
      boolean skips = i == 0;
      String name = skips ? "with skips" : "without skips";
      Model net = net(skips, options);
      Trial trial = Trial.of(name, net, recipe, data);
      figures[i] = trial.figure();
      curves[i] = Double.NaN;
      if (!trial.isDiverged()) {
        curves[i] = ((Evaluation.Pixels) trial.trained().kept().heldOut()).confusion().iou(2);
        photos.add(new Photo(name, answer(trial.trained().model(), first)));
      }
      lines.add(Line.percents(name, trial.figures(), 1));
      rows.add(
          List.of(
              name,
              Html.of("%,d", InspectCommand.parameters(net)),
              Lab.percent(figures[i]),
              Lab.percent(curves[i])));
    }
    List<Check> checks =
        List.of(
            Check.atLeast(
                "mean IoU with skips less that without, points",
                100 * (figures[0] - figures[1]),
                2),
            Check.atLeast("the same of curves alone", 100 * (curves[0] - curves[1]), 3));
    Grid grid =
        new Grid("Each net", List.of("net", "parameters", "mean IoU", "IoU of curves"), rows);
    Chart chart =
        Chart.of("Masks of held-out pictures while training", "epoch", "mean IoU, %", lines);
    return new Findings(checks, List.of(grid), List.of(chart), photos);
  }

  private static Picture answer(Model model, Picture picture) {
    try (Segmenter net =
        Segmenter.of(ImageModel.load("net", model.toBytes(), Device.cpu()), null)) {
      return net.segment(List.of(picture)).get(0).overlay(picture, OPACITY);
    }
  }

  private static StudyData drawn(Random random, int count) {
    List<Picture> pictures = new ArrayList<>();
    List<Target> targets = new ArrayList<>();
    for (int n = 0; n < count; n++) {
      byte[] classes = new byte[SIDE * SIDE];
      for (int i = 0; i < 2; i++) {
        disc(random, classes);
        curve(random, classes);
      }
      byte[] levels = new byte[classes.length];
      for (int i = 0; i < levels.length; i++) {
        double level = (classes[i] == 0 ? 80 : 150) + NOISE * random.nextGaussian();
        levels[i] = StudyData.level(level);
      }
      pictures.add(Picture.of(SIDE, SIDE, 1, levels));
      targets.add(new Target.Pixels(Mask.of(SIDE, SIDE, classes)));
    }
    return new StudyData(Task.Kind.SEGMENTATION, LABELS, pictures, targets);
  }

  private static void disc(Random random, byte[] classes) {
    double radius = 3 + 4 * random.nextDouble();
    stamp(classes, SIDE * random.nextDouble(), SIDE * random.nextDouble(), radius, 1);
  }

  /** A walk that turns a little at each half pixel. */
  private static void curve(Random random, byte[] classes) {
    double radius = 0.6 + 0.5 * random.nextDouble();
    double x = SIDE * random.nextDouble();
    double y = SIDE * random.nextDouble();
    double angle = 2 * Math.PI * random.nextDouble();
    double bend = 0.04 * random.nextGaussian();
    for (int step = 0; step < 3 * SIDE; step++) {
      stamp(classes, x, y, radius, 2);
      x += 0.5 * StrictMath.cos(angle);
      y += 0.5 * StrictMath.sin(angle);
      angle += bend;
    }
  }

  private static void stamp(byte[] classes, double x, double y, double radius, int label) {
    for (int row = (int) (y - radius); row <= y + radius; row++) {
      for (int column = (int) (x - radius); column <= x + radius; column++) {
        boolean inside = row >= 0 && row < SIDE && column >= 0 && column < SIDE;
        if (inside && Math.hypot(row - y, column - x) <= radius) {
          classes[row * SIDE + column] = (byte) label;
        }
      }
    }
  }

  private static Model net(boolean skips, Options o) {
    Style style = Style.of(Activation.RELU, Normalization.BATCH, Initials.HE_IN);
    Layers l = new Layers(skips ? "skips" : "no-skips", o, style);
    Value x = l.input(o.channelsOr(1));
    Value[] seen = new Value[LEVELS];
    for (int i = 0; i < LEVELS; i++) { // [N, C, H, W] -> [N, 2C, H/2, W/2]
      seen[i] = twice(l, "down" + i, x, FILTERS << i);
      x = l.maxPool("down" + i + ".pool", seen[i], 2, 2, 0);
    }
    x = twice(l, "bottom", x, FILTERS << LEVELS);
    for (int i = LEVELS - 1; i >= 0; i--) { // [N, 2C, H/2, W/2] -> [N, C, H, W]
      int filters = FILTERS << i;
      Value up = l.doubled("up" + i + ".up", x, skips ? filters : 2 * filters);
      Value all = skips ? l.concat("up" + i + ".concat", 1, List.of(seen[i], up)) : up;
      x = twice(l, "up" + i, all, filters);
    }
    return l.outputAtInputSize(l.conv("head", x, o.classesOr(2), Window.of(1), true));
  }

  private static Value twice(Layers l, String at, Value x, int filters) {
    Value y = l.conv(at + ".conv1", x, filters, 3, 1);
    y = l.act(at + ".act1", l.norm(at + ".norm1", y));
    y = l.conv(at + ".conv2", y, filters, 3, 1);
    return l.act(at + ".act2", l.norm(at + ".norm2", y));
  }
}
