package io.fovea.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fovea.converters.Architectures;
import io.fovea.converters.Options;
import io.fovea.image.Picture;
import io.fovea.image.Preprocessing;
import io.fovea.image.Resampling;
import io.fovea.image.Step;
import io.fovea.onnx.DataType;
import io.fovea.onnx.Dim;
import io.fovea.onnx.GraphBuilder;
import io.fovea.onnx.Model;
import io.fovea.onnx.Tensor;
import io.fovea.onnx.Value;
import io.fovea.runtime.Device;
import io.fovea.runtime.PictureTransformer;
import io.fovea.runtime.Specification;
import io.fovea.runtime.Task;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Critics that learn beside the net that makes pictures, and nets that make them of noise. */
class AdversarialTest {
  private static final double RATE = 0.5;
  private static final Recipe STEP =
      Recipe.generation().optimizer(new Optimizer.Sgd(0.1, 0, 0, false));

  @TempDir Path folder;

  /** A critic that says {@code 2 * mean + 0.25} of grey pictures as it is fed. */
  private Path mean() {
    GraphBuilder g = new GraphBuilder("mean", 17);
    Dim side = Dim.of("side");
    Value x = g.input("x", DataType.FLOAT, Dim.of("batch"), Dim.of(1), side, side);
    Value w = g.initializer(Tensor.of("w", new long[] {1, 1, 1, 1}, new float[] {2}));
    Value b = g.initializer(Tensor.of("b", new long[] {1}, new float[] {0.25f}));
    Value said = g.node("Conv", "conv", List.of(x, w, b));
    g.output(g.node("GlobalAveragePool", "pool", List.of(said)));
    Path file = folder.resolve("mean.onnx");
    g.build().write(file);
    return file;
  }

  /** Two pictures of one level each, in [0, 1]. */
  private static org.bytedeco.pytorch.Tensor pictures(float one, float other) {
    float[] all = {one, one, one, one, other, other, other, other};
    return Torch.copy(Tensor.of("", new long[] {2, 1, 2, 2}, all));
  }

  /** What the critic says of a level: it is fed [-1, 1]. */
  private static double said(double w, double b, double level) {
    return w * (2 * level - 1) + b;
  }

  private static Guides guides(Loss.Term term) {
    return Guides.of(STEP.loss(Loss.of(term)), Shades.FED, List.of(), Place.CPU);
  }

  private static double parameter(Critic critic, String name) {
    return critic.export().graph().initializers().get(name).floats()[0];
  }

  @Test
  void leastSquaresAndTheirStepAreAsByHand() {
    Torch.load();
    double[] real = {said(2, 0.25, 0.9), said(2, 0.25, 0.4)};
    double[] made = {said(2, 0.25, 0.2), said(2, 0.25, 0.7)};
    try (PointerScope scope = new PointerScope();
        Guides guides = guides(new Loss.Lsgan(mean(), RATE))) {
      Critic critic = guides.critic();
      double loss = 0;
      double slope = 0; // of the bias
      for (int i = 0; i < 2; i++) {
        loss += Math.pow(real[i] - 1, 2) / 4 + Math.pow(made[i], 2) / 4;
        slope += (real[i] - 1) / 2 + made[i] / 2;
      }
      double met = critic.learn(pictures(0.2f, 0.7f), pictures(0.9f, 0.4f), 0.1);
      assertEquals(loss, met, 1e-6);
      double b = parameter(critic, "b");
      assertEquals(0.25 - 0.1 * RATE * slope, b, 1e-6, "its rate is the term's share of the net's");
      double w = parameter(critic, "w");
      double wanted = (Math.pow(said(w, b, 0.2) - 1, 2) + Math.pow(said(w, b, 0.7) - 1, 2)) / 4;
      assertEquals(wanted, critic.error(pictures(0.2f, 0.7f)).item_float(), 1e-6);
    }
  }

  @Test
  void hingeAndItsStepAreAsByHand() {
    Torch.load();
    try (PointerScope scope = new PointerScope();
        Guides guides = guides(new Loss.Hinge(mean(), 1))) {
      Critic critic = guides.critic();
      double loss = 0; // of 1.85 nothing is left to learn, nor of -1.35
      loss += Math.max(0, 1 - said(2, 0.25, 0.9)) / 2 + Math.max(0, 1 - said(2, 0.25, 0.4)) / 2;
      loss += Math.max(0, 1 + said(2, 0.25, 0.1)) / 2 + Math.max(0, 1 + said(2, 0.25, 0.7)) / 2;
      assertEquals(loss, critic.learn(pictures(0.1f, 0.7f), pictures(0.9f, 0.4f), 0.1), 1e-6);
      double b = parameter(critic, "b");
      assertEquals(0.25 - 0.1 * (-0.5 + 0.5), b, 1e-6, "one of each is beyond its margin");
      double w = parameter(critic, "w");
      double slope = -0.5 * (2 * 0.4 - 1) + 0.5 * (2 * 0.7 - 1);
      assertEquals(2 - 0.1 * slope, w, 1e-6);
      double wanted = -(said(w, b, 0.1) + said(w, b, 0.7)) / 2;
      assertEquals(wanted, critic.error(pictures(0.1f, 0.7f)).item_float(), 1e-6);
    }
  }

  @Test
  void eachStepChangesItsOwnNetAlone() {
    Torch.load();
    try (PointerScope scope = new PointerScope();
        Guides guides = guides(new Loss.Lsgan(mean(), 1))) {
      Critic critic = guides.critic();
      org.bytedeco.pytorch.Tensor made = pictures(0.2f, 0.7f).set_requires_grad(true);
      critic.learn(made, pictures(0.9f, 0.4f), 0.1);
      assertFalse(made.grad().defined(), "the critic's step reaches the pictures");
      double w = parameter(critic, "w");
      double b = parameter(critic, "b");
      critic.error(made).backward();
      float slope = (float) ((said(w, b, 0.2) - 1) / 2 * 2 * w / 4);
      assertEquals(slope, Torch.copy("", made.grad()).floats()[0], 1e-6);
      assertFalse(
          critic.memory().graph().tensor("w").mutable_grad().defined(),
          "the net's step leaves the critic a gradient");
      assertEquals(w, parameter(critic, "w"));
    }
  }

  private Recipe recipe(boolean normalizes) {
    Loss loss = Loss.of(new Loss.Lsgan(Shades.criticIn(folder, normalizes), 1));
    return Recipe.generation()
        .batch(32)
        .optimizer(new Optimizer.Adam(0.002, 0.5, 0.9, 1e-8, 0))
        .loss(loss);
  }

  private static Trainer trainer(Model net, Recipe recipe) {
    return Trainer.of(net).recipe(recipe).preprocessing(Shades.FED);
  }

  private static Evaluation.Generated heldOut(Trained trained, int epoch) {
    return (Evaluation.Generated) trained.history().get(epoch).heldOut();
  }

  @Test
  void aGeneratorLearnsMeanAndSpreadAndServesPictures() throws IOException {
    Recipe recipe = recipe(false).epochs(24).schedule(Schedule.cosine(0));
    Trained trained =
        trainer(Shades.generator(), recipe).fit(new Shades(512, 1), new Shades(200, 2));
    Evaluation.Generated last = heldOut(trained, 23);
    assertTrue(
        last.distance() < 0.4 * heldOut(trained, 0).distance(), trained.history().toString());
    assertTrue(last.chance() < 0.1 && last.count() == 200, last.toString());
    Path file = folder.resolve("shades.onnx");
    assertTrue(trained.write(file) < 1e-5, "libtorch and ONNX Runtime differ");
    Specification said = Specification.of("shades", Model.read(file).metadata());
    Task.Range range = new Task.Range(-1, 1);
    assertEquals(new Task(Task.Kind.GENERATION, Task.Output.VALUES, range), said.task());
    assertNull(said.preprocessing(), "no pictures are fed");
    try (PictureTransformer shades = PictureTransformer.load(file, Device.cpu())) {
      double sum = 0;
      double squares = 0;
      List<Picture> made = shades.generate(400, 3);
      for (Picture p : made) {
        assertEquals("4x4 grey", p.toString());
        double level = 0;
        for (byte b : p.pixels()) {
          level += (b & 255) / 16.0;
        }
        sum += level / 400;
        squares += level * level / 400;
      }
      assertEquals(100, sum, 12, "mean of the levels");
      assertEquals(25, Math.sqrt(squares - sum * sum), 10, "their deviation");
      assertArrayEquals(made.get(9).pixels(), shades.generate(1, 12).get(0).pixels());
    }
    Model critic = trained.critic();
    assertNotNull(critic);
    assertFalse(
        java.util.Arrays.equals(
            critic.graph().initializers().get("first.weight").floats(),
            Shades.critic(1, 1, false).graph().initializers().get("first.weight").floats()),
        "the critic has learned");
    assertArrayEquals(
        Shades.critic(1, 1, false).toBytes(),
        Files.readAllBytes(folder.resolve("critic.onnx")),
        "its file stays");
    Trained again = // a generator that is trained on is one still
        trainer(Model.read(file), recipe.epochs(1)).fit(new Shades(64, 1), new Shades(20, 2));
    assertTrue(heldOut(again, 0).distance() < heldOut(trained, 0).distance());
  }

  @Test
  void theSameSeedGivesTheSameNet() {
    Recipe recipe = recipe(true).epochs(1);
    Dataset data = new Shades(64, 1);
    byte[] one = trainer(Shades.generator(), recipe).fit(data, data).model().toBytes();
    assertArrayEquals(one, trainer(Shades.generator(), recipe).fit(data, data).model().toBytes());
    byte[] other = trainer(Shades.generator(), recipe.seed(1)).fit(data, data).model().toBytes();
    assertFalse(java.util.Arrays.equals(one, other));
  }

  @Test
  void helpsANetThatMakesPicturesOfPictures() throws IOException {
    Path pairs = PairsTest.folder(folder.resolve("pairs"), 12, 2);
    Loss loss = Loss.of("mse + 0.001*hinge(critic=\"" + Shades.criticIn(folder, true) + "\")");
    Dataset data = DataFolder.of(pairs).training();
    Model net = Architectures.named("espcn_x2").model(Options.defaults().withWidth(0.25));
    Recipe recipe = Recipe.pictures().epochs(3).batch(4).optimizer(Optimizer.adamW(0.005));
    Trained plain = trainer(net, recipe).fit(data, data);
    Trained helped = trainer(net, recipe.loss(loss)).fit(data, data);
    assertEquals("PSNR", helped.kept().heldOut().headline().substring(0, 4));
    assertTrue(helped.history().get(2).loss() < helped.history().get(0).loss());
    assertNotEquals(plain.history().get(2).loss(), helped.history().get(2).loss());
    assertNotNull(helped.critic());
    assertNull(plain.critic());
  }

  private String refused(Model net, Recipe recipe, Preprocessing fed, Dataset data) {
    Trainer trainer = Trainer.of(net).recipe(recipe).preprocessing(fed);
    return String.valueOf(
        assertThrows(TrainException.class, () -> trainer.fit(data, data)).getMessage());
  }

  private String refused(Recipe recipe) {
    return refused(Shades.generator(), recipe.epochs(1), Shades.FED, new Shades(32, 1));
  }

  @Test
  void namesWhatDoesNotFit() throws IOException {
    Recipe good = recipe(false);
    String net = "the net makes pictures of noise [N, 5, 1, 1]";
    String which = net + ", which have no target of their own: expected loss lsgan(critic=FILE) or";
    assertTrue(refused(good.loss(Loss.MSE)).startsWith(which), refused(good.loss(Loss.MSE)));
    assertTrue(refused(good.loss(Loss.of("mse + " + good.loss()))).startsWith(which));
    String classes = refused(Shades.generator(), good, Shades.FED, new Stripes(32, 1));
    assertTrue(classes.contains("does not fit the data: it is for pictures"), classes);
    Dataset pairs = DataFolder.of(PairsTest.folder(folder.resolve("pairs"), 4, 2)).training();
    assertEquals(
        net + ": expected pictures alone, each its own target, met data of picture",
        refused(Shades.generator(), good, Shades.FED, pairs));
    String size =
        refused(
            Shades.generator(),
            good,
            Preprocessing.of(
                new Step.Color(Step.Channels.GREY), new Step.Resize(8, 6, Resampling.BILINEAR)),
            new Shades(32, 1));
    assertEquals(net + ": of 4x4 pixels, the preprocessing gives pictures of 6x8", size);
    assertTrue(refused(good.accumulate(2)).startsWith("accumulate: loss lsgan("));
    String two = refused(good.loss(Loss.of(good.loss() + " + " + good.loss())));
    assertTrue(two.endsWith("expected one critic, met 2"), two);

    Torch.load();
    Path file = mean();
    try (PointerScope scope = new PointerScope();
        Guides guides = guides(new Loss.Hinge(file, 1))) {
      var rgb = pictures(0.2f, 0.7f).expand(-1, 3, -1, -1);
      TrainException e = assertThrows(TrainException.class, () -> guides.critic().error(rgb));
      assertEquals(
          "loss hinge: " + file + ": expected pictures of 1 channels, met 3", e.getMessage());
    }
    file = folder.resolve("critic.onnx");
    Shades.critic(1, 2, false).write(file);
    String answers = refused(good);
    assertTrue(
        answers.contains(
            "loss lsgan: "
                + file
                + ": expected a number or a map for each picture, [32, 1, ...],"
                + " met [32, 2, 1, 1]"),
        answers);
    Path none = folder.resolve("none.onnx");
    String missing = refused(good.loss(Loss.of(new Loss.Hinge(none, 1))));
    assertTrue(missing.startsWith("loss hinge: " + none), missing);
  }
}
