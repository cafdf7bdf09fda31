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
import io.fovea.image.Picture;
import io.fovea.onnx.Model;
import io.fovea.onnx.Value;
import io.fovea.train.Augmentation;
import io.fovea.train.Optimizer;
import io.fovea.train.Recipe;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;

/**
 * A convolutional net and a fully connected one, on pictures and on permuted pixels; and a
 * non-local block on far pairs.
 */
final class LocalityStudy implements Study {
  private static final int SIDE = 24;
  private static final int[] FILTERS = {16, 32, 64};

  @Override
  public String name() {
    return "locality";
  }

  @Override
  public String claim() {
    return "Convolutions do better than full connections with as many parameters because neighbouring"
        + " pixels belong together: where pixels are permuted, the same for all pictures, they lose"
        + " their lead, and full connections lose nothing. What stands far apart a non-local block"
        + " joins where convolutions do not.";
  }

  @Override
  public String paper() {
    return "LeCun 1998, http://yann.lecun.com/exdb/publis/pdf/lecun-98.pdf; Wang 2018,"
        + " https://arxiv.org/abs/1711.07971";
  }

  @Override
  public String setup() {
    return "Three 3x3 convolutions, each with a 2x2 pool, and a global mean against one hidden layer"
        + " whose width makes the number of parameters equal to within half a unit; grey pictures of"
        + " 24x24, AdamW, no changes of pictures. Accuracies are means over the seeds. For far"
        + " pairs a net of two 3x3 convolutions tells whether two marks, drawn on noise by the seed"
        + " and farther apart than any of its places sees, are of one kind: with a non-local block"
        + " in the middle, and with 1x1 convolutions of as many weights, one seed.";
  }

  @Override
  public Findings run(Lab lab) {
    int seeds = lab.pick(3, 1);
    StudyData.Parts plain = lab.classes(SIDE, true, 1000, 250);
    int[] order = order(lab.seed());
    StudyData.Parts permuted = plain.map(p -> permuted(p, order));
    int epochs = lab.pick(25, 2);
    double[][] figures = new double[4][]; // CNN, CNN permuted, full, full permuted
    double[] ends = new double[4];
    long[] parameters = new long[2];
    for (int seed = 0; seed < seeds; seed++) {
      Options options =
          Options.classes(plain.classes()).withChannels(1).withSeed(lab.seed() + seed);
      Model cnn = convolutional(options);
      parameters[0] = InspectCommand.parameters(cnn);
      Model full = connected(options, parameters[0]);
      parameters[1] = InspectCommand.parameters(full);
      Recipe recipe =
          Recipe.classification()
              .epochs(epochs)
              .batch(32)
              .optimizer(Optimizer.adamW(0.003))
              .augmentation(Augmentation.none())
              .seed(lab.seed() + seed);
      for (int i = 0; i < 4; i++) {
        String name = names().get(i) + ", seed " + (lab.seed() + seed);
        Trial trial = Trial.of(name, i < 2 ? cnn : full, recipe, i % 2 == 0 ? plain : permuted);
        ends[i] += trial.figure() / seeds;
        figures[i] = seed == 0 ? trial.figures() : figures[i];
      }
    }
    List<Line> lines = new ArrayList<>();
    List<List<String>> rows = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      lines.add(Line.percents(names().get(i), figures[i], 1));
      rows.add(List.of(names().get(i), Html.of("%,d", parameters[i / 2]), Lab.percent(ends[i])));
    }
    List<Check> checks =
        List.of(
            Check.atLeast(
                "accuracy on pictures: convolutions less full connections, points",
                100 * (ends[0] - ends[2]),
                5),
            Check.atLeast(
                "what permuting takes from convolutions, points", 100 * (ends[0] - ends[1]), 5),
            Check.atMost(
                "what permuting changes of full connections, points either way",
                Math.abs(100 * (ends[2] - ends[3])),
                4));
    Grid grid =
        new Grid(
            "Each net, mean of " + seeds + (seeds == 1 ? " seed" : " seeds"),
            List.of("net and pictures", "parameters", "held-out accuracy"),
            rows);
    Chart chart =
        Chart.of("Accuracy while training, first seed", "epoch", "held-out accuracy, %", lines);
    return new Findings(
            checks,
            List.of(grid),
            List.of(chart),
            List.of(
                new Photo("a picture", plain.held().picture(0)),
                new Photo("its pixels permuted", permuted.held().picture(0))))
        .and(FarPairs.run(lab));
  }

  private static List<String> names() {
    return List.of(
        "convolutions",
        "convolutions, permuted pixels",
        "full connections",
        "full connections, permuted pixels");
  }

  private static int[] order(long seed) {
    List<Integer> order = new ArrayList<>();
    for (int i = 0; i < SIDE * SIDE; i++) {
      order.add(i);
    }
    Collections.shuffle(order, new Random(seed));
    return order.stream().mapToInt(Integer::intValue).toArray();
  }

  private static Picture permuted(Picture grey, int[] order) {
    byte[] to = new byte[order.length];
    for (int i = 0; i < to.length; i++) {
      to[i] = grey.pixels()[order[i]];
    }
    return Picture.of(grey.width(), grey.height(), 1, to);
  }

  private static Layers layers(String name, Options o) {
    return new Layers(name, o, Style.of(Activation.RELU, Normalization.NONE, Initials.HE_IN));
  }

  private static Model convolutional(Options o) {
    Layers l = layers("convolutions", o);
    Value x = l.input(1);
    for (int i = 0; i < FILTERS.length; i++) { // [N, C, H, W] -> [N, FILTERS[i], H/2, W/2]
      x = l.act("act" + i, l.conv("conv" + i, x, FILTERS[i], Window.of(3), true));
      x = l.maxPool("pool" + i, x, 2, 2, 0);
    }
    return l.output(l.linear("linear", l.globalAverage("average", x), o.classesOr(10)));
  }

  /** One hidden layer, as wide as makes this many parameters. */
  private static Model connected(Options o, long parameters) {
    int inputs = SIDE * SIDE;
    int classes = o.classesOr(10);
    int width = (int) Math.max(1, Math.round((parameters - classes) / (inputs + 1.0 + classes)));
    Layers l = layers("connections", o);
    Value flat = l.constant("flat.shape", 0, inputs);
    Value x = l.node("Reshape", "flat", List.of(l.input(1), flat)); // [N, 1, H, W] -> [N, HW]
    x = l.act("act", l.linear("hidden", x, width));
    return l.output(l.linear("linear", x, classes));
  }
}
