package io.fovea.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fovea.runtime.Task;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SettingsTest {
  @TempDir Path folder;

  private Path file(String yaml) {
    try {
      return Files.writeString(folder.resolve("r.yaml"), yaml);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private Recipe read(String yaml) {
    return Recipe.classification().with(file(yaml));
  }

  @Test
  void readsARecipe() {
    Recipe met =
        read(
            """
            # a short one
            epochs: 9
            optimizer: adam
            lr: 1e-3
            schedule: step
            milestones: [0.3, .6]
            flip: never
            freeze: ["^conv1", 'bn\\d']
            class-weights: [1, 2.5]
            whiten: true
            seed: -7
            """);
    assertEquals(
        Recipe.classification()
            .epochs(9)
            .optimizer(Optimizer.adam(1e-3))
            .schedule(new Schedule(0.1, new Schedule.Steps(List.of(0.3, 0.6), 0.1)))
            .augmentation(new Augmentation(2, Augmentation.Flip.NEVER))
            .selection(new Selection(List.of("^conv1", "bn\\d"), 0, List.of(), 1, true, 1, false))
            .classWeights(ClassWeights.of(List.of(1.0, 2.5)))
            .whiten(true)
            .seed(-7),
        met);
  }

  @Test
  void readsTheReadmesRecipe() throws IOException {
    String readme =
        Files.readString(Path.of(System.getProperty("fovea.root", "../..")).resolve("README.md"));
    int begin = readme.indexOf("```yaml") + 8;
    Recipe met = read(readme.substring(begin, readme.indexOf("```", begin)));
    assertEquals(30, met.epochs());
    assertEquals(4, met.accumulate());
    assertEquals(ClassWeights.balanced(), met.classWeights());
    assertEquals(Schedule.oneCycle(), met.schedule());
    assertEquals(5, met.patience());
  }

  @Test
  void readsWhatItWrites() {
    List<Recipe> all = new ArrayList<>();
    for (Task.Kind task : Task.Kind.values()) {
      all.add(Recipe.of(task));
    }
    Recipe plain = Recipe.classification();
    all.add(plain.optimizer(Optimizer.adam(3e-9)).schedule(Schedule.oneCycle()));
    all.add(plain.optimizer(Optimizer.rmsProp(12345678)).classWeights(ClassWeights.balanced()));
    all.add(plain.schedule(new Schedule(0, new Schedule.Steps(List.of(0.25), 0.5))).patience(3));
    all.add(plain.loss(Loss.of("cross_entropy + 1e-7*focal(gamma=3,alpha=0.25)")));
    all.add(plain.loss(Loss.of(new Loss.Distill(Path.of("big, old: #1.onnx"), 4, 0.9))));
    all.add(plain.loss(Loss.of(new Loss.Perceptual(Path.of("v.onnx"), List.of("a", "b = c")))));
    all.add(plain.schedule(new Schedule(0.3, new Schedule.Polynomial(1, 0.01))).average(0.9999));
    all.add(
        plain
            .schedule(new Schedule(0.1, new Schedule.Constant()))
            .classWeights(ClassWeights.of(List.of(1.0, 0.1)))
            .selection(
                new Selection(
                    List.of("a: b", "true", "#x", "7"), 2, List.of("[é\"']"), 0.5, false, 64, true))
            .accumulate(4)
            .clipNorm(1.5)
            .balancedSampling(true)
            .seed(Long.MIN_VALUE));
    Augmentation usual = plain.augmentation();
    all.add(
        plain.augmentation(
            usual
                .withResizedCrop(0.08)
                .withOperations(new Operations.RandAugment(3, 12))
                .withJitter(new Jitter(0.4, 0.3, 0.2, 0.1))
                .withErasing(0.25)
                .withMixup(0.2)
                .withCutmix(1)));
    Operations trivial = new Operations.TrivialAugment();
    all.add(
        plain.augmentation(usual.withOperations(trivial)).stochasticDepth(0.1).initialScale(0.5));
    all.add(plain.precision(Precision.AUTO));
    for (Recipe recipe : all) {
      String yaml = recipe.toYaml();
      assertEquals(recipe, Recipe.regression().with(file(yaml)), yaml);
      assertTrue(yaml.startsWith("epochs: 10\n"), yaml);
    }
    assertTrue(plain.toYaml().contains("\nweight-decay: 0.0005\n"), plain.toYaml());
  }

  @Test
  void letsTheLineWinOverTheFileAndAnotherOptimizerBringItsOwnSettings() {
    Settings file = Settings.read(file("optimizer: sgd\nlr: 0.4\nmomentum: 0.8\nclip-norm: 2"));
    Settings rate = Settings.none().with(Setting.LR, List.of("0.3"), "--lr");
    assertEquals(
        new Optimizer.Sgd(0.3, 0.8, 5e-4, true),
        file.then(rate).over(Recipe.classification()).optimizer());
    Settings other = Settings.none().with(Setting.OPTIMIZER, List.of("AdamW"), "--optimizer");
    Recipe met = file.then(other).over(Recipe.classification());
    assertEquals(Optimizer.adamW(0.002), met.optimizer());
    assertEquals(2, met.clipNorm());
    Settings same = Settings.none().with(Setting.OPTIMIZER, List.of("sgd"), "--optimizer");
    assertEquals(
        new Optimizer.Sgd(0.4, 0.8, 5e-4, true),
        file.then(same).over(Recipe.segmentation()).optimizer());
  }

  @Test
  void letsOtherOperationsBringTheirOwnSettings() {
    Settings file = Settings.read(file("auto-augment: randaugment\nmagnitude: 5\ncrop: 7"));
    Settings more = Settings.none().with(Setting.OPERATIONS, List.of("4"), "--operations");
    Augmentation met = file.then(more).over(Recipe.classification()).augmentation();
    assertEquals(new Operations.RandAugment(4, 5), met.operations());
    assertEquals(7, met.crop());
    Settings other =
        Settings.none().with(Setting.AUTO_AUGMENT, List.of("trivialaugment"), "--auto-augment");
    met = file.then(other).over(Recipe.classification()).augmentation();
    assertEquals(new Operations.TrivialAugment(), met.operations());
    assertEquals(7, met.crop());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "epochs: 1\nepoch: 2 | :2: epoch: no such setting; there is epochs",
        "learning_rate: 1 | :1: learning_rate: no such setting; there is lr, rest-rate, schedule, ",
        "colour: 1 | :1: colour: no such setting; there is ",
        "gpu_count: 1 | :1: gpu_count: no such setting; 'fovea train --help' lists them",
        "weight_decay: 1 | :1: weight_decay: no such setting; there is weight-decay",
        "epochs: 1\nlr: 1\nepochs: 2 | :3: epochs: expected once, met twice",
        "epochs: ten | :1: epochs: expected a whole number of 1 or more, met ten",
        "epochs: '10' | :1: epochs: expected a whole number of 1 or more, met '10'",
        "epochs: 1.5 | :1: epochs: expected a whole number of 1 or more, met 1.5",
        "epochs: 99999999999 | :1: epochs: expected a whole number of 1 or more, met 99999999999",
        "epochs: | :1: epochs: expected a whole number of 1 or more, met nothing",
        "epochs: [1] | :1: epochs: expected a whole number of 1 or more, met a list",
        "epochs: {a: 1} | :1: epochs: expected a whole number of 1 or more, met a mapping",
        "lr: 0 | :1: lr: expected a number above 0, met 0",
        "lr: .inf | :1: lr: expected a number above 0, met .inf",
        "warmup: 1 | :1: warmup: expected a number in [0, 1), met 1",
        "whiten: yes | :1: whiten: expected true or false, met yes",
        "optimizer: lion | :1: optimizer: expected one of sgd, adam, adamw, rmsprop, muon, met lion",
        "optimizer: 1 | :1: optimizer: expected one of sgd, adam, adamw, rmsprop, muon, met 1",
        "epochs: 1\nloss: focal(gama=2) | :2: loss: loss focal: unknown option 'gama'",
        "loss: focal(gamma=-1) | :1: loss: loss focal: expected gamma 0 or more, met -1",
        "loss: 1 | :1: loss: expected a loss, such as l1 + 0.2*ms_ssim, met 1",
        "freeze: conv | :1: freeze: expected a list, each a text, met conv",
        "freeze: [3] | :1: freeze: expected a list, each a text, met 3",
        "freeze: ['('] | recipe: pattern '(': ",
        "milestones: [0.5, 2] | :1: milestones: expected a list, each a number in (0, 1), met 0.5, 2",
        "class-weights: all | :1: class-weights: expected none, balanced or a list, each a number",
        "beta1: 0.9 | :1: beta1: not a setting of the optimizer sgd",
        "power: 2\nschedule: step | :1: power: not a setting of the schedule step",
        "auto-augment: autoaugment | :1: auto-augment: expected one of none, randaugment, triv",
        "auto-augment: trivialaugment\nmagnitude: 9 | :2: magnitude: not a setting of the auto-augment trivialaugment",
        "operations: 2 | :1: operations: not a setting of the auto-augment none",
        "resized-crop: 2 | :1: resized-crop: expected a number in [0, 1], met 2",
        "crop-aspect: 0.5 | :1: crop-aspect: expected a number of 1 or more, met 0.5",
        "hue: 0.7 | :1: hue: expected a number in [0, 0.5], met 0.7",
        "mixup: -1 | :1: mixup: expected a number of 0 or more, met -1",
        "initial-scale: 0 | :1: initial-scale: expected a number in (0, 1], met 0",
        "stochastic-depth: 1 | :1: stochastic-depth: expected a number in [0, 1), met 1",
        "precision: half | :1: precision: expected one of float, bfloat16, auto, met half",
        "- epochs | :1: expected settings such as 'epochs: 10', met a list",
        "epochs: [1 | :1: not YAML: ",
        "a: &a [x, x]\nb: &b [*a, *a] | :1: a: no such setting",
        "epochs: !!java.lang.Long 1 | :1: epochs: expected a whole number"
      })
  void namesFileLineKeyAndWhatWasExpected(String text) {
    int cut = text.lastIndexOf(" | ");
    Path file = file(text.substring(0, cut));
    TrainException e = assertThrows(TrainException.class, () -> Recipe.classification().with(file));
    String message = String.valueOf(e.getMessage());
    String wanted = text.substring(cut + 3);
    assertTrue(
        message.startsWith(wanted.startsWith(":") ? file + wanted : wanted),
        message + "\nbut wanted " + wanted);
  }

  @Test
  void refusesAFileThatIsNoRecipeAtAll() throws IOException {
    Path bytes = Files.write(folder.resolve("b.yaml"), new byte[] {0, 1, 2, (byte) 0xff});
    TrainException e = assertThrows(TrainException.class, () -> Settings.read(bytes));
    assertTrue(e.getMessage().startsWith(bytes + ": not YAML: "), e.getMessage());
    Path long1 = file("# " + "x".repeat(200_000) + "\nepochs: 1");
    e = assertThrows(TrainException.class, () -> Settings.read(long1));
    assertTrue(e.getMessage().contains("limit"), e.getMessage());
    Path none = folder.resolve("none.yaml");
    e = assertThrows(TrainException.class, () -> Settings.read(none));
    assertEquals(none + ": no such file", e.getMessage());
    assertEquals(Recipe.classification(), read("# nothing\n"));
  }
}
