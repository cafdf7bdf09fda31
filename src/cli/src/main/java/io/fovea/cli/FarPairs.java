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
import io.fovea.onnx.Model;
import io.fovea.onnx.Value;
import io.fovea.runtime.Task;
import io.fovea.train.Augmentation;
import io.fovea.train.Optimizer;
import io.fovea.train.Recipe;
import io.fovea.train.Target;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * The part of the study of locality whose relation is long-range: two marks, too far apart for any
 * one place of the net to see both, are of one kind or not.
 */
final class FarPairs {
  private static final int SIDE = 32;
  private static final int FILTERS = 24;
  private static final int NOISE = 15; // deviation, of 255 levels
  private static final List<String> NAMES = List.of("1x1 convolutions", "non-local block");
  private static final String[] MARKS = { // 5x5
    "..#....#..#####..#....#..", // a plus
    "#...#.#.#...#...#.#.#...#", // a cross
    "######...##...##...######", // a frame
    "#####...............#####", // two bars
  };

  private FarPairs() {}

  static Findings run(Lab lab) {
    Random random = new Random(lab.seed());
    StudyData.Parts data =
        new StudyData.Parts(drawn(random, lab.pick(2000, 60)), drawn(random, lab.pick(500, 40)));
    Recipe recipe =
        Recipe.classification()
            .epochs(lab.pick(20, 2))
            .batch(32)
            .optimizer(Optimizer.adamW(0.003))
            .augmentation(Augmentation.none())
            .seed(lab.seed());
    List<Line> lines = new ArrayList<>();
    List<List<String>> rows = new ArrayList<>();
    double[] figures = new double[2];
    for (int i = 0; i < 2; i++) {
      Options plain = Options.classes(2).withChannels(1).withSeed(lab.seed());
      Model net = net(i == 0 ? plain : plain.with(Extra.NON_LOCAL));
      Trial trial = Trial.of("far pairs, " + NAMES.get(i), net, recipe, data);
      figures[i] = trial.figure();
      lines.add(Line.percents(NAMES.get(i), trial.figures(), 1));
      rows.add(
          List.of(
              NAMES.get(i),
              Html.of("%,d", InspectCommand.parameters(net)),
              Lab.percent(figures[i])));
    }
    Check check =
        Check.atLeast(
            "accuracy on far pairs: non-local block less 1x1 convolutions, points",
            100 * (figures[1] - figures[0]),
            10);
    Grid grid =
        new Grid(
            "Whether two far marks are of one kind",
            List.of("in the middle of the net", "parameters", "held-out accuracy"),
            rows);
    Chart chart =
        Chart.of("Far pairs: accuracy while training", "epoch", "held-out accuracy, %", lines);
    Photo photo = new Photo("two far marks", data.held().picture(0));
    return new Findings(List.of(check), List.of(grid), List.of(chart), List.of(photo));
  }

  /** One mark near the left edge, one near the right, in half of the pictures the same. */
  private static StudyData drawn(Random random, int count) {
    List<Picture> pictures = new ArrayList<>();
    List<Target> targets = new ArrayList<>();
    for (int n = 0; n < count; n++) {
      boolean same = random.nextBoolean();
      int left = random.nextInt(MARKS.length);
      int other = (left + 1 + random.nextInt(MARKS.length - 1)) % MARKS.length;
      byte[] levels = new byte[SIDE * SIDE];
      for (int i = 0; i < levels.length; i++) {
        levels[i] = StudyData.level(60 + NOISE * random.nextGaussian());
      }
      stamp(random, levels, MARKS[left], 1);
      stamp(random, levels, MARKS[same ? left : other], SIDE - 9);
      pictures.add(Picture.of(SIDE, SIDE, 1, levels));
      targets.add(new Target.Label(same ? 1 : 0));
    }
    List<String> labels = List.of("different", "same");
    return new StudyData(Task.Kind.CLASSIFICATION, labels, pictures, targets);
  }

  /** Draws a mark of five pixels at one of four columns from {@code left} on, at any row. */
  private static void stamp(Random random, byte[] levels, String mark, int left) {
    int column = left + random.nextInt(4);
    int row = random.nextInt(SIDE - 4);
    for (int i = 0; i < mark.length(); i++) {
      if (mark.charAt(i) == '#') {
        levels[(row + i / 5) * SIDE + column + i % 5] =
            StudyData.level(180 + NOISE * random.nextGaussian());
      }
    }
  }

  /**
   * [N, 1, H, W] -> [N, 2]. A place of the last maps sees 10 pixels of the picture, marks are 14 or
   * more apart; a mean over places and one linear layer cannot join what two of them saw.
   */
  private static Model net(Options o) {
    Style style = Style.of(Activation.RELU, Normalization.NONE, Initials.HE_IN);
    Layers l = new Layers("far-pairs", o, style);
    Value x = l.input(1);
    for (int i = 0; i < 2; i++) { // [N, C, H, W] -> [N, FILTERS, H/2, W/2]
      x = l.act("act" + i, l.conv("conv" + i, x, FILTERS, Window.of(3), true));
      x = l.maxPool("pool" + i, x, 2, 2, 0);
    }
    if (l.asked(Extra.NON_LOCAL)) {
      x = Blocks.nonLocal(l, "non_local", x);
    } else { // as many weights
      Value y = l.act("local.act", l.conv("local.conv1", x, FILTERS, Window.of(1), true));
      x = l.add("local", x, l.conv("local.conv2", y, FILTERS, Window.of(1), true));
    }
    x = l.act("act2", l.conv("conv2", x, FILTERS, Window.of(1), true));
    return l.output(l.linear("linear", l.globalAverage("average", x), o.classesOr(2)));
  }
}
