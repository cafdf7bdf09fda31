package io.fovea.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fovea.converters.Architectures;
import io.fovea.converters.Options;
import io.fovea.image.Preprocessing;
import io.fovea.image.Step;
import io.fovea.onnx.DataType;
import io.fovea.onnx.Model;
import io.fovea.runtime.Specification;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Losses that ask another net: a teacher of classes, and one that sees features. */
class GuidesTest {
  private static final Recipe PLAIN = Recipe.classification();

  private static Model net(long seed) {
    return Architectures.named("resnet8").model(Options.classes(4).withWidth(0.5).withSeed(seed));
  }

  private static Path written(Path folder, Model model, Preprocessing fed) {
    Specification said = Specification.none().withPreprocessing(fed);
    Path file = folder.resolve("guide.onnx");
    Model whole = model;
    for (var pair : said.toMetadata().entrySet()) {
      whole = whole.withMetadata(pair.getKey(), pair.getValue());
    }
    whole.write(file);
    return file;
  }

  private static Tensor pictures(int channels) {
    return Torch.copy(
        SingleNode.uniform(new Random(3), DataType.FLOAT, new long[] {2, channels, 32, 32}));
  }

  @Test
  void softensBothAndMixesInTheDataItself(@TempDir Path folder) {
    Path file = written(folder, net(5), Stripes.FED);
    Loss.Distill term = new Loss.Distill(file, 3, 0.75);
    float[] student = {0.5f, -1, 2, 0, 1, 1, -0.5f, 0.25f};
    Torch.load();
    try (PointerScope scope = new PointerScope();
        Guides guides = Guides.of(PLAIN.loss(Loss.of(term)), Stripes.FED, List.of(), Place.CPU)) {
      Tensor x = pictures(Stripes.FED.channels());
      guides.see(x);
      float[] teacher = Torch.copy("", guides.teacher(term)).floats();
      Tensor logits = Torch.copy(io.fovea.onnx.Tensor.of("", new long[] {2, 4}, student));
      double met =
          Losses.of(
                  Loss.of(term), 0, new double[0], false, logits, Targets.Classes.of(2, 0), guides)
              .item_float();
      double wanted = 0;
      for (int n = 0; n < 2; n++) {
        double[] t = softmax(teacher, n, 3);
        double[] s = softmax(student, n, 3);
        for (int c = 0; c < 4; c++) {
          wanted += 0.75 * 9 * t[c] * Math.log(t[c] / s[c]) / 2;
        }
        wanted -= 0.25 * Math.log(softmax(student, n, 1)[n == 0 ? 2 : 0]) / 2;
      }
      assertEquals(wanted, met, 1e-5);
      try (TorchGraph same = new TorchGraph(net(5), Selection.all())) {
        float[] right = Torch.copy("", same.infer(x)).floats();
        org.junit.jupiter.api.Assertions.assertArrayEquals(right, teacher, 1e-6f);
      }
    }
  }

  private static double[] softmax(float[] logits, int row, double temperature) {
    double[] p = new double[4];
    double sum = 0;
    for (int c = 0; c < 4; c++) {
      p[c] = Math.exp(logits[4 * row + c] / temperature);
      sum += p[c];
    }
    for (int c = 0; c < 4; c++) {
      p[c] /= sum;
    }
    return p;
  }

  @Test
  void aTeacherSeesPicturesInItsOwnNormalization(@TempDir Path folder) {
    Step color = new Step.Color(Step.Channels.RGB);
    Step own = new Step.Normalize(1, List.of(100f, 110f, 120f), List.of(50f, 60f, 70f));
    Step bgr = new Step.Color(Step.Channels.BGR);
    Step others = new Step.Normalize(255, List.of(0.5f, 0.4f, 0.3f), List.of(0.2f, 0.3f, 0.1f));
    Path file = written(folder, net(5), Preprocessing.of(color, own));
    Torch.load();
    try (PointerScope scope = new PointerScope();
        Guide guide = Guide.of("distill", file, null, Place.CPU)) {
      float[] levels = {10, 20, 200};
      float[] fed = new float[3]; // blue, green, red
      for (int k = 0; k < 3; k++) {
        float mean = ((Step.Normalize) others).mean().get(k);
        fed[k] = (levels[2 - k] / 255 - mean) / ((Step.Normalize) others).std().get(k);
      }
      Tensor x = Torch.copy(io.fovea.onnx.Tensor.of("", new long[] {1, 3, 1, 1}, fed));
      boolean reversed = Guide.isBgr(Preprocessing.of(bgr, others));
      float[] met = Torch.copy("", guide.fed(x, (Step.Normalize) others, reversed)).floats();
      for (int k = 0; k < 3; k++) {
        assertEquals((levels[k] - (100 + 10 * k)) / (50 + 10 * k), met[k], 1e-4);
      }
    }
  }

  @Test
  void comparesWhatANetSees(@TempDir Path folder) {
    Path file = written(folder, net(5), Preprocessing.of());
    String value = net(5).graph().nodes().get(2).outputs().get(0);
    Loss.Perceptual term = new Loss.Perceptual(file, List.of(value));
    Torch.load();
    try (PointerScope scope = new PointerScope();
        Guides guides =
            Guides.of(PLAIN.loss(Loss.of(term)), Preprocessing.of(), List.of(), Place.CPU)) {
      Tensor made = pictures(3).abs();
      Tensor wanted = torch.flip(made, 3);
      made.set_requires_grad(true);
      Tensor error = guides.perceptual(term, made, wanted);
      error.backward();
      assertTrue(error.item_float() > 0);
      assertTrue(made.grad().abs().sum().item_float() > 0, "no gradient reaches the picture");
      Guide net = guides.of(term);
      Step.Normalize levels = new Step.Normalize(255, List.of(0f), List.of(1f));
      Tensor a = net.values(net.fed(made, levels, false))[0];
      Tensor b = net.values(net.fed(wanted, levels, false))[0];
      assertEquals(torch.mse_loss(a, b).item_float(), error.item_float(), 1e-6);
      assertEquals(0, guides.perceptual(term, wanted, wanted).item_float());
    }
  }

  @Test
  void trainsAndLeavesTheTeacherAsItIs(@TempDir Path folder) throws IOException {
    Path file = written(folder, net(5), Stripes.FED);
    byte[] before = java.nio.file.Files.readAllBytes(file);
    Loss loss = Loss.of(new Loss.Distill(file, 4, 0.9));
    Recipe recipe =
        Recipe.classification().epochs(2).batch(8).augmentation(Augmentation.none()).loss(loss);
    Trained trained =
        Trainer.of(net(1))
            .recipe(recipe)
            .preprocessing(Stripes.FED)
            .fit(new Stripes(24, 1), new Stripes(8, 2));
    assertTrue(trained.history().get(1).loss() < trained.history().get(0).loss());
    assertTrue(trained.model().metadata().toString().contains("distill("), "provenance");
    org.junit.jupiter.api.Assertions.assertArrayEquals(
        before, java.nio.file.Files.readAllBytes(file));
  }

  @Test
  void namesFileAndValue(@TempDir Path folder) throws IOException {
    Path file = written(folder, net(5), Stripes.FED);
    Preprocessing fed = Stripes.FED;
    String value = message(new Loss.Perceptual(file, List.of("relu9_9")), fed, List.of());
    assertTrue(value.startsWith("loss perceptual: " + file + ": has no value 'relu9_9'"), value);
    Path none = folder.resolve("none.onnx");
    String missing = message(new Loss.Distill(none, 4, 0.9), fed, List.of());
    assertTrue(missing.startsWith("loss distill: " + none), missing);
    Specification said = Specification.none().withLabels(List.of("a", "b", "c", "d"));
    Model labelled = net(5);
    for (var pair : said.toMetadata().entrySet()) {
      labelled = labelled.withMetadata(pair.getKey(), pair.getValue());
    }
    labelled.write(file);
    String labels = message(new Loss.Distill(file, 4, 0.9), fed, List.of("a", "b", "d", "c"));
    assertTrue(
        labels.endsWith("knows the classes [a, b, c, d], the data has [a, b, d, c]"), labels);
    assertFalse(labels.contains("null"), labels);
  }

  private static String message(Loss.Term term, Preprocessing fed, List<String> labels) {
    return String.valueOf(
        assertThrows(
                TrainException.class,
                () -> Guides.of(PLAIN.loss(Loss.of(term)), fed, labels, Place.CPU).close())
            .getMessage());
  }
}
