package io.fovea.cli;

import io.fovea.cli.Findings.Chart;
import io.fovea.cli.Findings.Check;
import io.fovea.cli.Findings.Grid;
import io.fovea.cli.Findings.Line;
import io.fovea.cli.Findings.Photo;
import io.fovea.converters.Activation;
import io.fovea.converters.Blocks;
import io.fovea.converters.Extra;
import io.fovea.converters.Initials;
import io.fovea.converters.Layers;
import io.fovea.converters.Normalization;
import io.fovea.converters.Options;
import io.fovea.converters.Style;
import io.fovea.converters.Window;
import io.fovea.image.Picture;
import io.fovea.image.Preprocessing;
import io.fovea.image.Resampling;
import io.fovea.image.Step;
import io.fovea.onnx.Model;
import io.fovea.onnx.Value;
import io.fovea.train.Augmentation;
import io.fovea.train.Optimizer;
import io.fovea.train.PixelStatistics;
import io.fovea.train.Recipe;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/** Pictures of many sizes: stretched, cropped, letterboxed, or as they are. */
final class SizeStudy implements Study {
  private static final int SIDE = 40;
  private static final int BATCH = 32;
  private static final int[] FILTERS = {16, 32, 64};

  @Override
  public String name() {
    return "variable-size";
  }

  @Override
  public String claim() {
    return "A net that takes pictures of any size, by pools in grids or as a fully convolutional one,"
        + " does better than one that sees a crop, and no worse than one that sees pictures"
        + " stretched.";
  }

  @Override
  public String paper() {
    return "He 2014, https://arxiv.org/abs/1406.4729; Long 2015, https://arxiv.org/abs/1411.4038";
  }

  @Override
  public String setup() {
    return "The same pictures, fed in five ways of 1,600 pixels at most: stretched to 40x40, its"
        + " middle 40x40 after the shorter side is made 40, letterboxed into 40x40, and twice in its"
        + " own proportions, smaller where it has more pixels. The net has six 3x3 convolutions with"
        + " group normalization, halves twice, and ends in a global mean and a linear layer; with SPP"
        + " in grids of 1, 2 and 4 in its place; or fully convolutional, in classes at each place and"
        + " their mean. Pictures of own proportions come one at a time, and 32 make a step, as with"
        + " all. AdamW, no changes of pictures, one seed.";
  }

  /** How pictures come to a net. */
  private enum Way {
    STRETCHED(new Step.Resize(SIDE, SIDE, Resampling.BILINEAR)),
    CROPPED(new Step.ResizeShorter(SIDE, Resampling.BILINEAR), new Step.CenterCrop(SIDE, SIDE)),
    LETTERBOXED(new Step.Letterbox(SIDE, SIDE, 114, Resampling.BILINEAR)),
    SPP(new Step.LimitPixels(SIDE * SIDE, Resampling.BILINEAR)),
    FULLY_CONVOLUTIONAL(new Step.LimitPixels(SIDE * SIDE, Resampling.BILINEAR));

    private final List<Step> steps;

    Way(Step... steps) {
      this.steps = List.of(steps);
    }

    boolean isOfOneSize() {
      return ordinal() < SPP.ordinal();
    }

    String text() {
      return switch (this) {
        case STRETCHED -> "stretched";
        case CROPPED -> "middle cropped";
        case LETTERBOXED -> "letterboxed";
        case SPP -> "own proportions, SPP";
        case FULLY_CONVOLUTIONAL -> "own proportions, fully convolutional";
      };
    }

    Preprocessing steps(Step... last) {
      Step rgb = new Step.Color(Step.Channels.RGB);
      Stream<Step> own = Stream.concat(Stream.of(rgb), steps.stream());
      return new Preprocessing(Stream.concat(own, Arrays.stream(last)).toList());
    }
  }

  @Override
  public Findings run(Lab lab) {
    StudyData.Parts data = lab.classesAsTheyAre(1000, 250);
    Recipe recipe =
        Recipe.classification()
            .epochs(lab.pick(16, 1))
            .optimizer(Optimizer.adamW(0.004))
            .augmentation(Augmentation.none())
            .seed(lab.seed());
    Options options = Options.classes(data.classes()).withSeed(lab.seed());
    Preprocessing plain = Way.STRETCHED.steps();
    Step normalize = PixelStatistics.of(data.training(), plain, 1000).normalize();
    List<Line> lines = new ArrayList<>();
    List<List<String>> rows = new ArrayList<>();
    List<Photo> photos = new ArrayList<>();
    Picture widest = widest(data.held());
    double[] figures = new double[Way.values().length];
    for (Way way : Way.values()) {
      Model net = net(way, way == Way.SPP ? options.with(Extra.SPP) : options);
      Recipe paced = way.isOfOneSize() ? recipe.batch(BATCH) : recipe.batch(1).accumulate(BATCH);
      Trial trial = Trial.of(way.text(), net, way.steps(normalize), paced, data);
      figures[way.ordinal()] = trial.figure();
      lines.add(Line.percents(way.text(), trial.figures(), 1));
      rows.add(
          List.of(
              way.text(),
              Html.of("%,d", InspectCommand.parameters(net)),
              Lab.percent(trial.figure())));
      if (way != Way.FULLY_CONVOLUTIONAL) {
        photos.add(new Photo(way.text(), way.steps().picture(widest)));
      }
    }
    return new Findings(
        checks(figures),
        List.of(
            new Grid(
                "Each way to feed a net", List.of("way", "parameters", "held-out accuracy"), rows)),
        List.of(Chart.of("Accuracy while training", "epoch", "held-out accuracy, %", lines)),
        photos);
  }

  private static List<Check> checks(double[] figures) {
    List<Check> checks = new ArrayList<>();
    for (Way way : List.of(Way.SPP, Way.FULLY_CONVOLUTIONAL)) {
      double own = figures[way.ordinal()];
      double cropped = 100 * (own - figures[Way.CROPPED.ordinal()]);
      double stretched = 100 * (own - figures[Way.STRETCHED.ordinal()]);
      checks.add(Check.atLeast(way.text() + ": accuracy over that of crops, points", cropped, 2));
      checks.add(
          Check.atLeast(way.text() + ": over that of stretched pictures, points", stretched, -2));
    }
    return checks;
  }

  /** The picture whose sides differ most. */
  private static Picture widest(StudyData data) {
    Picture widest = data.picture(0);
    for (Picture p : data.pictures()) {
      widest = aspect(p) > aspect(widest) ? p : widest;
    }
    return widest;
  }

  private static double aspect(Picture p) {
    return Math.max(p.width(), p.height()) / (double) Math.min(p.width(), p.height());
  }

  /** [N, 3, H, W] -> [N, classes]. */
  private static Model net(Way way, Options o) {
    Style style = Style.of(Activation.RELU, Normalization.GROUP, Initials.HE_IN);
    Layers l = new Layers("sizes", o, style);
    Value x = l.input(3);
    for (int i = 0; i < FILTERS.length; i++) { // [N, C, H, W] -> [N, FILTERS[i], H/2, W/2]
      x = i > 0 ? l.maxPool("pool" + i, x, 2, 2, 0) : x;
      for (String half : List.of("a", "b")) {
        x = l.conv("conv" + i + half, x, FILTERS[i], 3, 1);
        x = l.act("act" + i + half, l.norm("norm" + i + half, x));
      }
    }
    int classes = o.classesOr(10);
    if (way == Way.FULLY_CONVOLUTIONAL) {
      return l.output(l.globalAverage("average", l.conv("head", x, classes, Window.of(1), true)));
    }
    return l.output(l.linear("linear", Blocks.pooled(l, "pooled", x), classes));
  }
}
