package io.fovea.runtime;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fovea.image.Picture;
import io.fovea.image.Preprocessing;
import io.fovea.onnx.Attribute;
import io.fovea.onnx.GraphBuilder;
import io.fovea.onnx.Model;
import io.fovea.onnx.Tensor;
import io.fovea.onnx.Value;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LastOperatorTest {
  private static final Preprocessing UNIT = Preprocessing.named("zero-one");
  private static final Picture PICTURE = ClassifierTest.noise(5, 5, 1);

  @TempDir private Path folder;

  private static Nets.Body ending(String operator) {
    return (g, x) -> g.node(operator, "last", List.of(Nets.means(g, x)));
  }

  /** A graph whose numbers are passed on by other operators. */
  private static Value passed(GraphBuilder g, Value x) {
    Value p = g.node("Softmax", "p", List.of(Nets.means(g, x)), Attribute.of("axis", 1));
    Value same = g.node("Identity", "same", List.of(p));
    Value shape = g.initializer(Tensor.of("shape", -1L, 3, 1));
    Value high = g.node("Reshape", "high", List.of(same, shape));
    Value flat = g.node("Squeeze", "low", List.of(high, g.initializer(Tensor.of("two", 2L))));
    return g.node("Cast", "cast", List.of(flat), Attribute.of("to", 1));
  }

  @Test
  void theOperatorThatMakesTheNumbersIsFoundInFilesAndBytes() {
    assertLast("Softmax", Nets.net(ending("Softmax")), "last");
    assertLast("LogSoftmax", Nets.net(ending("LogSoftmax")), "last");
    assertLast("Sigmoid", Nets.net(ending("Sigmoid")), "last");
    assertLast("Softmax", Nets.net(LastOperatorTest::passed), "cast");
    assertLast("GlobalAveragePool", Nets.net(Nets::means), "flat");
    assertLast("", Nets.net(Nets::means), "none");
    assertLast("", Nets.net(Nets::means), "x");
  }

  private void assertLast(String expected, Model net, String value) {
    assertEquals(expected, LastOperator.of(net.toBytes(), value));
    Path file = folder.resolve("net.onnx");
    net.write(file);
    assertEquals(expected, LastOperator.of(file, value));
    assertEquals("", LastOperator.of(folder.resolve("nothing.onnx"), value));
  }

  @Test
  void aModelThatEndsInProbabilitiesGetsNoSecondSoftmax() {
    try (Classifier logits = Classifier.of(Nets.load(Nets::means), UNIT)) {
      float[] expected = logits.score(PICTURE).probabilities();
      assertEquals(Task.Output.LOGITS, logits.model().output());
      for (Nets.Body body :
          List.of(ending("Softmax"), ending("LogSoftmax"), LastOperatorTest::passed)) {
        try (Classifier c = Classifier.of(Nets.load(body), UNIT)) {
          assertArrayEquals(expected, c.score(PICTURE).probabilities(), 1e-5f);
        }
      }
    }
    try (Classifier c = Classifier.of(Nets.load(ending("Sigmoid")), UNIT)) {
      assertEquals(Task.Output.PROBABILITIES, c.model().output());
      for (float p : c.score(PICTURE).probabilities()) {
        assertTrue(p > 0.5 && p < 0.75, "a sigmoid of a mean in [0, 1]: " + p);
      }
    }
  }

  @Test
  void whatTheFileSaysOfItselfWins() {
    Model net =
        Nets.with(Nets.net(ending("Softmax")), Task.Kind.CLASSIFICATION, Task.Output.LOGITS);
    try (ImageModel m = Nets.load(net)) {
      assertEquals(Task.Output.LOGITS, m.output());
    }
  }

  @Test
  void oneOutputMakesTwoClasses() {
    Nets.Body logit =
        (g, x) ->
            g.node(
                "Flatten",
                "flat",
                List.of(g.node("GlobalAveragePool", "mean", List.of(Nets.red(g, x)))));
    Nets.Body sigmoid = (g, x) -> g.node("Sigmoid", "p", List.of(logit.of(g, x)));
    Preprocessing raw = Preprocessing.named("raw");
    Picture red = Picture.of(1, 1, 3, new byte[] {102, 0, 0}); // the logit is 2
    float p = (float) (1 / (1 + Math.exp(-2)));
    for (Nets.Body body : List.of(logit, sigmoid)) {
      try (Classifier c = Classifier.of(Nets.load(body), raw)) {
        assertEquals(List.of("0", "1"), c.labels());
        assertArrayEquals(new float[] {1 - p, p}, c.score(red).probabilities(), 1e-6f);
        assertEquals("1", c.score(red).best().label());
      }
    }
    Model named =
        Nets.with(
            Nets.net(sigmoid), Task.Kind.CLASSIFICATION, Task.Output.PROBABILITIES, "no", "yes");
    try (Classifier c = Classifier.of(Nets.load(named), raw)) {
      assertEquals("yes", c.score(red).best().label());
    }
  }

  @Test
  void damagedFilesAreUnknown() throws Exception {
    byte[] whole = Nets.net(LastOperatorTest::passed).toBytes();
    for (int length = 0; length < whole.length; length++) {
      String met = LastOperator.of(Arrays.copyOf(whole, length), "cast");
      // What follows the graph says nothing of it.
      assertTrue(met.isEmpty() || length > 0.9 * whole.length, "cut to " + length + ": " + met);
    }
    Random random = new Random(7);
    Path file = folder.resolve("damaged.onnx");
    for (int i = 0; i < 2000; i++) {
      byte[] damaged = whole.clone();
      for (int k = 0; k <= i % 5; k++) {
        damaged[random.nextInt(damaged.length)] = (byte) random.nextInt(256);
      }
      String met = LastOperator.of(damaged, "cast");
      if (i % 20 == 0) {
        assertEquals(met, LastOperator.of(Files.write(file, damaged), "cast"));
      }
    }
  }

  /** Two nodes that feed one another, which no checked model has. */
  @Test
  void aCircleIsUnknown() {
    byte[] node = message(1, "y", 2, "y", 4, "Identity");
    assertEquals("", LastOperator.of(field(7, field(1, node)), "y"));
    byte[] own = message(1, "x", 2, "y", 4, "Softmax", 7, "com.example");
    assertEquals("", LastOperator.of(field(7, field(1, own)), "y"));
    byte[] standard = message(1, "x", 2, "y", 4, "Softmax", 7, "ai.onnx");
    assertEquals("Softmax", LastOperator.of(field(7, field(1, standard)), "y"));
  }

  private static byte[] message(Object... fields) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (int i = 0; i < fields.length; i += 2) {
      byte[] text = ((String) fields[i + 1]).getBytes(StandardCharsets.UTF_8);
      out.writeBytes(field((int) fields[i], text));
    }
    return out.toByteArray();
  }

  private static byte[] field(int number, byte[] content) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(number << 3 | 2);
    out.write(content.length);
    out.writeBytes(content);
    return out.toByteArray();
  }
}
