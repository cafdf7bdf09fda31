package io.fovea.cli;

import io.fovea.cli.Findings.Chart;
import io.fovea.cli.Findings.Check;
import io.fovea.cli.Findings.Grid;
import io.fovea.cli.Findings.Line;
import io.fovea.converters.Activation;
import io.fovea.converters.Draw;
import io.fovea.converters.Initials;
import io.fovea.converters.Layers;
import io.fovea.converters.Normalization;
import io.fovea.converters.Options;
import io.fovea.converters.Style;
import io.fovea.converters.Window;
import io.fovea.onnx.Model;
import io.fovea.onnx.Value;
import io.fovea.train.Augmentation;
import io.fovea.train.LayerFigures;
import io.fovea.train.Optimizer;
import io.fovea.train.Recipe;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.DoubleSupplier;

/** Vanishing gradients: by activation, by depth, with and without shortcuts. */
final class GradientStudy implements Study {
  private static final int SIDE = 16;
  private static final int FILTERS = 16;
  private static final List<Activation> ACTIVATIONS =
      List.of(Activation.SIGMOID, Activation.RELU, Activation.SWISH);

  @Override
  public String name() {
    return "vanishing-gradients";
  }

  @Override
  public String claim() {
    return "On its way back through many sigmoids the gradient fades, and deep nets do not learn;"
        + " ReLU and Swish keep more of it, and so do shortcuts.";
  }

  @Override
  public String paper() {
    return "Glorot 2010, https://proceedings.mlr.press/v9/glorot10a.html;"
        + " He 2016, https://arxiv.org/abs/1603.05027;"
        + " Ramachandran 2017, https://arxiv.org/abs/1710.05941";
  }

  @Override
  public String setup() {
    return "Nets of 16 filters in 3x3 convolutions without normalization, each after its activation,"
        + " two to a block, at three sizes. Plain and residual nets differ in the addition alone,"
        + " and in that the second convolution of a residual block starts smaller, by the root of"
        + " the number of blocks. Gradient norms are those of the first step. SGD with momentum,"
        + " gradients clipped to a norm of 1, no changes of pictures, one seed.";
  }

  /** A net that was trained. */
  private record Arm(int depth, boolean residual, Activation activation, Trial trial) {
    /**
     * Gradient norms of the blocks' convolutions, first layer first; NaN where it never stepped.
     */
    double[] norms() {
      double[] norms =
          trial.layers().stream()
              .filter(l -> l.layer().contains(".conv"))
              .mapToDouble(LayerFigures::gradientNorm)
              .toArray();
      return norms.length > 0 ? norms : new double[] {Double.NaN};
    }

    /** Powers of ten by which the first layer's gradient is smaller than the last one's. */
    double lost() {
      double[] norms = norms();
      return Math.log10(norms[norms.length - 1] / norms[0]);
    }

    String text() {
      return (residual ? "residual " : "plain ") + activation + ", " + depth + " layers";
    }
  }

  @Override
  public Findings run(Lab lab) {
    StudyData.Parts data = lab.classes(SIDE, false, 1000, 250);
    int[] depths = lab.quick() ? new int[] {8, 14} : new int[] {8, 20, 56};
    Recipe recipe =
        Recipe.classification()
            .epochs(lab.pick(8, 1))
            .batch(32)
            .optimizer(Optimizer.sgd(0.05))
            .clipNorm(1)
            .augmentation(Augmentation.none())
            .seed(lab.seed());
    Map<String, Arm> arms = new LinkedHashMap<>();
    List<List<String>> rows = new ArrayList<>();
    for (int depth : depths) {
      for (boolean residual : new boolean[] {false, true}) {
        for (Activation activation : ACTIVATIONS) {
          Options options =
              Options.classes(data.classes()).withActivation(activation).withSeed(lab.seed());
          String kind = key(residual, activation, depth);
          Trial trial = Trial.of(kind, net(depth, residual, options), recipe, data);
          Arm arm = new Arm(depth, residual, activation, trial);
          arms.put(kind, arm);
          double[] norms = arm.norms();
          rows.add(
              List.of(
                  arm.text(),
                  Html.number(norms[0]),
                  Html.number(norms[norms.length - 1]),
                  Html.number(arm.lost()),
                  Lab.percent(trial.figure())));
        }
      }
    }
    int deepest = depths[depths.length - 1];
    Grid grid =
        new Grid(
            "Each net",
            List.of(
                "net",
                "gradient norm, first layer",
                "last layer",
                "powers of ten lost",
                "held-out accuracy"),
            rows);
    return new Findings(
        checks(arms, deepest), List.of(grid), charts(arms, depths, deepest), List.of());
  }

  private static String key(boolean residual, Activation activation, int depth) {
    return (residual ? "residual " : "plain ") + activation + " " + depth;
  }

  private static List<Check> checks(Map<String, Arm> arms, int depth) {
    Arm sigmoid = at(arms, false, Activation.SIGMOID, depth);
    Arm relu = at(arms, false, Activation.RELU, depth);
    Arm swish = at(arms, false, Activation.SWISH, depth);
    Arm shortcuts = at(arms, true, Activation.SIGMOID, depth);
    Arm best = at(arms, true, Activation.RELU, depth);
    String of = " of " + depth + " layers";
    return List.of(
        Check.atLeast("powers of ten that plain sigmoids" + of + " lose", sigmoid.lost(), 3),
        Check.atLeast("that more than plain ReLUs", sigmoid.lost() - relu.lost(), 2),
        Check.atLeast("that more than plain Swishes", sigmoid.lost() - swish.lost(), 2),
        Check.atLeast("that more than residual sigmoids", sigmoid.lost() - shortcuts.lost(), 2),
        Check.atLeast(
            "accuracy of the residual ReLUs less that of the plain sigmoids, points",
            100 * (best.trial().figure() - sigmoid.trial().figure()),
            10));
  }

  private static Arm at(Map<String, Arm> arms, boolean residual, Activation a, int depth) {
    Arm arm = arms.get(key(residual, a, depth));
    if (arm == null) {
      throw new IllegalStateException(key(residual, a, depth));
    }
    return arm;
  }

  private static List<Chart> charts(Map<String, Arm> arms, int[] depths, int deepest) {
    List<Chart> charts = new ArrayList<>();
    for (boolean residual : new boolean[] {false, true}) {
      List<Line> norms = new ArrayList<>();
      List<Line> figures = new ArrayList<>();
      for (Activation a : ACTIVATIONS) {
        double[] found = at(arms, residual, a, deepest).norms();
        norms.add(Line.of(a.toString(), aboveZero(found), 1));
        double[] accuracy = new double[depths.length];
        double[] layers = new double[depths.length];
        for (int i = 0; i < depths.length; i++) {
          layers[i] = depths[i];
          accuracy[i] = 100 * at(arms, residual, a, depths[i]).trial().figure();
        }
        figures.add(new Line(a.toString(), layers, accuracy));
      }
      String kind = residual ? "Residual" : "Plain";
      charts.add(
          Chart.of(
                  kind + " nets of " + deepest + " layers: gradient norm in the first step",
                  "layer",
                  "gradient norm",
                  norms)
              .withLogY());
      charts.add(Chart.of(kind + " nets: accuracy", "layers", "held-out accuracy, %", figures));
    }
    return charts;
  }

  /**
   * [N, channels, H, W] -> [N, classes].
   *
   * @param depth 6n + 2 layers
   */
  private static Model net(int depth, boolean residual, Options o) {
    int blocks = (depth - 2) / 6; // of each size
    Initials initials = Initials.HE_IN;
    Draw last = residual ? smaller(initials.conv(), Math.sqrt(3 * blocks)) : initials.conv();
    Layers l = new Layers("chain", o, Style.of(Activation.RELU, Normalization.NONE, initials));
    Value x = l.conv("first", l.input(o.channelsOr(3)), FILTERS, Window.of(3), true);
    for (int size = 0; size < 3; size++) {
      x = size > 0 ? l.maxPool("pool" + size, x, 2, 2, 0) : x;
      for (int i = 0; i < blocks; i++) {
        String at = "size" + size + "." + i;
        Value y = l.conv(at + ".conv1", l.act(at + ".act1", x), FILTERS, Window.of(3), true);
        y = l.conv(at + ".conv2", l.act(at + ".act2", y), FILTERS, Window.of(3), true, last);
        x = residual ? l.add(at + ".add", x, y) : y;
      }
    }
    x = l.globalAverage("average", l.act("act", x));
    return l.output(l.linear("linear", x, o.classesOr(10)));
  }

  private static Draw smaller(Draw draw, double times) {
    return (random, in, out) -> {
      DoubleSupplier values = draw.from(random, in, out);
      return () -> values.getAsDouble() / times;
    };
  }

  /** On a logarithmic axis a gradient that is lost altogether has no place. */
  private static double[] aboveZero(double[] norms) {
    return Arrays.stream(norms).map(n -> n > 0 ? n : Double.NaN).toArray();
  }
}
