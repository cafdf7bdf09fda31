package io.fovea.cli;

import io.fovea.cli.Findings.Chart;
import io.fovea.cli.Findings.Check;
import io.fovea.cli.Findings.Grid;
import io.fovea.cli.Findings.Line;
import io.fovea.converters.Architectures;
import io.fovea.converters.Normalization;
import io.fovea.converters.Options;
import io.fovea.onnx.Model;
import io.fovea.train.Augmentation;
import io.fovea.train.Optimizer;
import io.fovea.train.Recipe;
import io.fovea.train.Schedule;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Batch and layer normalization: steps to an accuracy, largest rate, training against test. */
final class NormalizationStudy implements Study {
  private static final int SIDE = 20;
  private static final int BATCH = 20;
  private static final int WINDOW = 10; // steps over which right answers are counted
  private static final double WANTED = 0.4; // share of right answers that steps are counted to
  private static final double LEARNS = 0.25; // share that tells that a rate still trains
  private static final double STILL = 1e-12; // a rate that changes nothing

  @Override
  public String name() {
    return "normalization";
  }

  @Override
  public String claim() {
    return "Nets with batch or layer normalization train at larger learning rates and in fewer"
        + " steps; layer normalization computes the same in training and in test, which batch"
        + " normalization does not.";
  }

  @Override
  public String paper() {
    return "Ioffe 2015, https://arxiv.org/abs/1502.03167; Ba 2016,"
        + " https://arxiv.org/abs/1607.06450";
  }

  @Override
  public String setup() {
    return "resnet8 of half width, without normalization, with batch and with layer normalization"
        + " (over channels), trained by SGD with momentum at constant rates. A rate trains where a"
        + " quarter of the answers of the last epoch are right; steps are counted until 40 % of 200"
        + " pictures in a row are, at the rate that is best for each. For the last part the trained"
        + " net is shown the training pictures in batches of 4 at a rate of 1e-12, which changes"
        + " nothing, and its right answers are counted in training and in test. One seed.";
  }

  /** What one normalization gave. */
  private record Arm(
      Normalization kind, double[] learned, double largest, double steps, double gap) {
    String text() {
      return kind == Normalization.NONE ? "none" : kind.toString();
    }
  }

  @Override
  public Findings run(Lab lab) {
    StudyData.Parts data = lab.classes(SIDE, false, 1000, 250);
    double[] rates =
        lab.quick() ? new double[] {0.01, 0.1} : new double[] {0.01, 0.03, 0.1, 0.3, 1, 3};
    List<Arm> arms = new ArrayList<>();
    List<List<String>> rows = new ArrayList<>();
    List<Line> lines = new ArrayList<>();
    for (Normalization kind :
        List.of(Normalization.NONE, Normalization.BATCH, Normalization.LAYER)) {
      Arm arm = arm(kind, lab, rates, data);
      arms.add(arm);
      rows.add(
          List.of(
              arm.text(),
              Html.number(arm.largest),
              Html.number(arm.steps),
              Html.number(100 * arm.gap)));
      double[] percent = arm.learned.clone();
      for (int i = 0; i < percent.length; i++) {
        percent[i] *= 100;
      }
      lines.add(new Line(arm.text(), rates, percent));
    }
    Grid grid =
        new Grid(
            "Each normalization",
            List.of(
                "normalization",
                "largest rate that trains",
                "steps to 40 %",
                "test less training, points"),
            rows);
    Chart chart =
        Chart.of(
                "Right answers of the last epoch; a gap is a training that diverged",
                "learning rate",
                "right answers in training, %",
                lines)
            .withLogX();
    return new Findings(
        checks(arms.get(0), arms.get(1), arms.get(2)), List.of(grid), List.of(chart), List.of());
  }

  private static List<Check> checks(Arm none, Arm batch, Arm layer) {
    return List.of(
        Check.atLeast(
            "largest rate with batch normalization, by that without",
            batch.largest / none.largest,
            2),
        Check.atLeast(
            "largest rate with layer normalization, by that without",
            layer.largest / none.largest,
            2),
        Check.atLeast(
            "steps without normalization, by those with batch normalization",
            none.steps / batch.steps,
            1.2),
        Check.atLeast(
            "steps without normalization, by those with layer normalization",
            none.steps / layer.steps,
            1.2),
        Check.atMost(
            "layer normalization: right answers in test less those in training, points either way",
            Math.abs(100 * layer.gap),
            0.1),
        Check.atLeast("batch normalization: the same", Math.abs(100 * batch.gap), 0.5));
  }

  private static Arm arm(Normalization kind, Lab lab, double[] rates, StudyData.Parts data) {
    Options options =
        Options.classes(data.classes()).withWidth(0.5).withNormalization(kind).withSeed(lab.seed());
    Model net = Architectures.named("resnet8").model(options);
    Recipe recipe =
        Recipe.classification()
            .epochs(lab.pick(6, 1))
            .batch(BATCH)
            .schedule(new Schedule(0, new Schedule.Constant()))
            .augmentation(Augmentation.none())
            .seed(lab.seed());
    double[] learned = new double[rates.length];
    double largest = 0;
    double steps = Double.POSITIVE_INFINITY;
    @Nullable Trial best = null;
    for (int i = 0; i < rates.length; i++) {
      Trial trial = Trial.of(kind + " at " + rates[i], net, recipe.optimizer(sgd(rates[i])), data);
      learned[i] = trial.learned();
      largest = learned[i] >= LEARNS ? rates[i] : largest;
      double needed = trial.isDiverged() ? Double.POSITIVE_INFINITY : trial.stepsTo(WANTED, WINDOW);
      steps = Math.min(steps, needed);
      best =
          !trial.isDiverged() && (best == null || trial.learned() > best.learned()) ? trial : best;
    }
    return new Arm(
        kind, learned, largest, steps, best == null ? Double.NaN : gap(best, recipe, data));
  }

  private static Optimizer sgd(double rate) {
    return new Optimizer.Sgd(rate, 0.9, 0, false);
  }

  /** Share of right answers in test less that in training, of the same pictures and weights. */
  private static double gap(Trial best, Recipe recipe, StudyData.Parts data) {
    StudyData.Parts same = new StudyData.Parts(data.training(), data.training());
    Recipe still = recipe.epochs(1).batch(4).optimizer(sgd(STILL));
    Trial shown = Trial.again("  the same weights again", best.trained().model(), still, same);
    return shown.figure() - shown.learned();
  }
}
