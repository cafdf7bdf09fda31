package io.fovea.cli;

import io.fovea.cli.Findings.Chart;
import io.fovea.cli.Findings.Check;
import io.fovea.cli.Findings.Grid;
import io.fovea.cli.Findings.Line;
import io.fovea.cli.Findings.Photo;
import io.fovea.converters.Architectures;
import io.fovea.converters.Options;
import io.fovea.image.Picture;
import io.fovea.onnx.Model;
import io.fovea.runtime.Classifier;
import io.fovea.runtime.Device;
import io.fovea.runtime.ImageModel;
import io.fovea.runtime.Scores;
import io.fovea.train.Augmentation;
import io.fovea.train.Optimizer;
import io.fovea.train.Recipe;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Turned pictures: a planar net, the same on more turned pictures, and one of quarter turns. */
final class EquivarianceStudy implements Study {
  private static final int SIDE = 28;
  private static final List<String> NAMES =
      List.of("planar (z2cnn)", "planar, pictures in four turns", "quarter turns (p4cnn)");

  @Override
  public String name() {
    return "equivariance";
  }

  @Override
  public String claim() {
    return "On pictures at any angle a net whose filters are tied over quarter turns does better than"
        + " its planar twin of about as many parameters, and its answer stays when the picture is"
        + " turned by a quarter.";
  }

  @Override
  public String paper() {
    return "Cohen 2016, https://arxiv.org/abs/1602.07576";
  }

  @Override
  public String setup() {
    return "Grey pictures of 28x28, each turned once by an angle drawn from all; the planar net also"
        + " on each picture in four turns, in a quarter of the epochs and so as many steps. Answers"
        + " are compared with those for the picture turned by a quarter, both by ONNX Runtime."
        + " AdamW; with --data MNIST_FOLDER the paper's kind of digits, of which 2,000 are trained"
        + " on.";
  }

  @Override
  public Findings run(Lab lab) {
    Random random = new Random(lab.seed());
    StudyData.Parts upright = lab.classes(SIDE, true, 2000, 1000);
    StudyData.Parts data = upright.map(p -> StudyData.turned(p, 2 * Math.PI * random.nextDouble()));
    StudyData more = data.training();
    StudyData turn = more;
    for (int i = 0; i < 3; i++) {
      turn = turn.map(StudyData::quarter);
      more = more.and(turn);
    }
    int epochs = lab.pick(16, 4);
    Recipe recipe =
        Recipe.classification()
            .batch(32)
            .optimizer(Optimizer.adamW(0.004))
            .augmentation(Augmentation.none())
            .seed(lab.seed());
    Options options = Options.classes(data.classes()).withSeed(lab.seed());
    List<Line> lines = new ArrayList<>();
    List<List<String>> rows = new ArrayList<>();
    double[] figures = new double[3];
    double[] moved = new double[3];
    for (int i = 0; i < 3; i++) {
      Model net = Architectures.named(i < 2 ? "z2cnn" : "p4cnn").model(options);
      boolean four = i == 1;
      Trial trial =
          Trial.of(
              NAMES.get(i),
              net,
              recipe.epochs(four ? epochs / 4 : epochs),
              four ? new StudyData.Parts(more, data.held()) : data);
      figures[i] = trial.figure();
      moved[i] = trial.isDiverged() ? Double.NaN : moved(trial.trained().model(), data.held());
      lines.add(Line.percents(NAMES.get(i), trial.figures(), four ? 4 : 1));
      rows.add(
          List.of(
              NAMES.get(i),
              Html.of("%,d", InspectCommand.parameters(net)),
              Lab.percent(figures[i]),
              Lab.percent(moved[i])));
    }
    List<Check> checks =
        List.of(
            Check.atLeast(
                "accuracy: quarter turns less planar, points", 100 * (figures[2] - figures[0]), 1),
            Check.atMost(
                "answers of the net of quarter turns that a quarter turn changes, %",
                100 * moved[2], 0.5),
            Check.atLeast("those of the planar net, %", 100 * moved[0], 2));
    Grid grid =
        new Grid(
            "Each net",
            List.of(
                "net", "parameters", "held-out accuracy", "answers that a quarter turn changes"),
            rows);
    Chart chart =
        Chart.of(
            "Accuracy while training",
            "passes over as many pictures",
            "held-out accuracy, %",
            lines);
    return new Findings(
        checks,
        List.of(grid),
        List.of(chart),
        List.of(
            new Photo("a picture", upright.held().picture(0)),
            new Photo("as it is learned", data.held().picture(0)),
            new Photo("by a quarter turn", StudyData.quarter(data.held().picture(0)))));
  }

  /** Share of the pictures whose answer a quarter turn changes. */
  private static double moved(Model model, StudyData held) {
    try (Classifier net =
        Classifier.of(ImageModel.load("net", model.toBytes(), Device.cpu()), null)) {
      List<Picture> turned = held.pictures().stream().map(StudyData::quarter).toList();
      List<Scores> before = net.score(held.pictures());
      List<Scores> after = net.score(turned);
      double changed = 0;
      for (int i = 0; i < before.size(); i++) {
        changed += before.get(i).best().index() == after.get(i).best().index() ? 0 : 1;
      }
      return changed / before.size();
    }
  }
}
