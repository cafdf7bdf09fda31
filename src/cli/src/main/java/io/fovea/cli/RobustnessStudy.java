package io.fovea.cli;

import io.fovea.cli.Findings.Chart;
import io.fovea.cli.Findings.Check;
import io.fovea.cli.Findings.Grid;
import io.fovea.cli.Findings.Line;
import io.fovea.cli.Findings.Photo;
import io.fovea.converters.Architectures;
import io.fovea.converters.Options;
import io.fovea.image.Picture;
import io.fovea.image.Preprocessing;
import io.fovea.onnx.Model;
import io.fovea.runtime.Classifier;
import io.fovea.runtime.Device;
import io.fovea.runtime.ImageModel;
import io.fovea.train.Attack;
import io.fovea.train.Augmentation;
import io.fovea.train.Optimizer;
import io.fovea.train.Recipe;
import io.fovea.train.Schedule;
import java.util.ArrayList;
import java.util.List;

/** FGSM and PGD, before and after adversarial training; answers of ONNX Runtime. */
final class RobustnessStudy implements Study {
  private static final int SIDE = 24;
  private static final int LEVELS = 8;
  private static final int[] STRENGTHS = {2, 4, 8, 16};
  private static final int STEPS = 10;
  private static final int TRAINING_STEPS = 4;

  @Override
  public String name() {
    return "robustness";
  }

  @Override
  public String claim() {
    return "Changes that nobody sees make a trained net err, several small steps more than one large"
        + " one; training on such pictures makes it withstand many of them. The pictures fool the"
        + " same net in another runtime too.";
  }

  @Override
  public String paper() {
    return "Goodfellow 2015, https://arxiv.org/abs/1412.6572; Madry 2018,"
        + " https://arxiv.org/abs/1706.06083";
  }

  @Override
  public String setup() {
    return "resnet8 of half width on pictures of 24x24. FGSM takes one step of up to 8 of 255"
        + " levels, PGD ten of 2 levels from a place drawn within 8. Attacked pictures have whole"
        + " levels, are made by libtorch, and all accuracies are counted by ONNX Runtime. Adversarial"
        + " training goes on from the usual net for as many epochs again; each epoch's pictures are"
        + " attacked by four steps of PGD with the net as it then is, and the momentum starts anew.";
  }

  /** A net and what it answers. */
  private record Arm(
      String name, Model model, double clean, double fgsm, double pgd, double same) {}

  @Override
  public Findings run(Lab lab) {
    StudyData.Parts data = lab.classes(SIDE, false, 1000, 250);
    Options options = Options.classes(data.classes()).withWidth(0.5).withSeed(lab.seed());
    Recipe recipe =
        Recipe.classification()
            .epochs(lab.pick(20, 2))
            .batch(32)
            .optimizer(Optimizer.adamW(0.004))
            .augmentation(new Augmentation(2, Augmentation.Flip.RANDOM))
            .seed(lab.seed());
    Trial trial =
        Trial.of("usual training", Architectures.named("resnet8").model(options), recipe, data);
    Model usual = trial.trained().model();
    Model hardened = hardened(usual, recipe, data, lab);
    List<Arm> arms =
        List.of(
            arm("usual training", usual, data.held(), lab.seed()),
            arm("adversarial training", hardened, data.held(), lab.seed()));
    List<List<String>> rows = new ArrayList<>();
    List<Line> lines = new ArrayList<>();
    int[] strengths = lab.quick() ? new int[] {LEVELS} : STRENGTHS;
    double[] x = new double[strengths.length + 1];
    for (Arm arm : arms) {
      rows.add(
          List.of(
              arm.name,
              Lab.percent(arm.clean),
              Lab.percent(arm.fgsm),
              Lab.percent(arm.pgd),
              Lab.percent(arm.same)));
      double[] y = new double[x.length];
      y[0] = 100 * arm.clean;
      for (int i = 0; i < strengths.length; i++) {
        x[i + 1] = strengths[i];
        y[i + 1] =
            100 * accuracy(arm.model, attacked(arm.model, data.held(), strengths[i], lab.seed()));
      }
      lines.add(new Line(arm.name, x, y));
    }
    Arm before = arms.get(0);
    Arm after = arms.get(1);
    List<Check> checks =
        List.of(
            Check.atLeast(
                "accuracy that PGD takes from the usual net, points",
                100 * (before.clean - before.pgd),
                20),
            Check.atLeast(
                "accuracy of the usual net under FGSM less that under PGD, points",
                100 * (before.fgsm - before.pgd),
                0),
            Check.atLeast(
                "accuracy under PGD: adversarial less usual training, points",
                100 * (after.pgd - before.pgd),
                10),
            Check.atLeast(
                "pictures attacked by libtorch that ONNX Runtime answers alike, %",
                100 * Math.min(before.same, after.same), 99));
    Grid grid =
        new Grid(
            "Accuracy by ONNX Runtime, up to 8 levels",
            List.of("net", "clean", "FGSM", "PGD", "answered as libtorch does"),
            rows);
    Chart chart =
        Chart.of("Under PGD of any strength", "largest change, levels", "accuracy, %", lines);
    Picture first = data.held().picture(0);
    return new Findings(
        checks,
        List.of(grid),
        List.of(chart),
        List.of(
            new Photo("a picture", first),
            new Photo(
                "attacked by up to 8 levels",
                attacked(usual, data.held(), LEVELS, lab.seed()).picture(0))));
  }

  /** Trained on as many epochs again, each of pictures that are attacked as the net then is. */
  private static Model hardened(Model usual, Recipe recipe, StudyData.Parts data, Lab lab) {
    Model model = usual;
    for (int epoch = 1; epoch <= recipe.epochs(); epoch++) {
      StudyData attacked;
      try (Attack attack = attack(model)) {
        StudyData t = data.training();
        attacked =
            t.withPictures(
                attack.pgd(t.pictures(), t.classes(), LEVELS, TRAINING_STEPS, lab.seed() + epoch));
      }
      double rate = 0.002 * (1 - (epoch - 1.0) / recipe.epochs());
      Recipe once =
          recipe
              .epochs(1)
              .optimizer(Optimizer.adamW(rate))
              .schedule(new Schedule(0, new Schedule.Constant()))
              .seed(lab.seed() + epoch);
      Trial trial =
          Trial.again(
              "adversarial epoch " + epoch,
              model,
              once,
              new StudyData.Parts(attacked, data.held()));
      model = trial.trained().model();
    }
    return model;
  }

  private static Arm arm(String name, Model model, StudyData held, long seed) {
    StudyData once;
    StudyData often = attacked(model, held, LEVELS, seed);
    double same = 0;
    try (Attack attack = attack(model)) {
      once = held.withPictures(attack.fgsm(held.pictures(), held.classes(), LEVELS));
      int[] here = attack.answers(often.pictures());
      int[] there = answers(model, often);
      for (int i = 0; i < here.length; i++) {
        same += here[i] == there[i] ? 1.0 / here.length : 0;
      }
    }
    return new Arm(
        name, model, accuracy(model, held), accuracy(model, once), accuracy(model, often), same);
  }

  private static Attack attack(Model model) {
    try (Classifier net = classifier(model)) {
      Preprocessing fed = net.preprocessing();
      return Attack.of(model, fed);
    }
  }

  private static StudyData attacked(Model model, StudyData held, int levels, long seed) {
    try (Attack attack = attack(model)) {
      return held.withPictures(attack.pgd(held.pictures(), held.classes(), levels, STEPS, seed));
    }
  }

  private static Classifier classifier(Model model) {
    return Classifier.of(ImageModel.load("net", model.toBytes(), Device.cpu()), null);
  }

  private static int[] answers(Model model, StudyData data) {
    try (Classifier net = classifier(model)) {
      return net.score(data.pictures()).stream().mapToInt(s -> s.best().index()).toArray();
    }
  }

  private static double accuracy(Model model, StudyData data) {
    int[] said = answers(model, data);
    int[] wanted = data.classes();
    double right = 0;
    for (int i = 0; i < said.length; i++) {
      right += said[i] == wanted[i] ? 1 : 0;
    }
    return right / said.length;
  }
}
