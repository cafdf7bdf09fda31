package io.fovea.cli;

import static io.fovea.cli.CommandRun.fovea;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.fovea.converters.EmbeddedPreprocessing;
import io.fovea.image.Preprocessing;
import io.fovea.image.Resampling;
import io.fovea.image.Step.Resize;
import io.fovea.onnx.Attribute;
import io.fovea.onnx.DataType;
import io.fovea.onnx.Dim;
import io.fovea.onnx.GraphBuilder;
import io.fovea.onnx.Model;
import io.fovea.onnx.Value;
import io.fovea.runtime.Specification;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** fovea convert --embed-preprocessing. */
class EmbedTest {
  @TempDir Path folder;
  private Path net;
  private Path out;

  /** The mean of each channel of 32x32 pixels. */
  @BeforeEach
  void writeNet() {
    net = folder.resolve("net.onnx");
    out = folder.resolve("out.onnx");
    means(Dim.of(1)).write(net);
  }

  private static Model means(Dim batch) {
    GraphBuilder g = new GraphBuilder("means", 17);
    Value x = g.input("x", DataType.FLOAT, batch, Dim.of(3), Dim.of(32), Dim.of(32));
    Value mean = g.node("GlobalAveragePool", "mean", List.of(x));
    g.output(g.node("Flatten", "y", List.of(mean), Attribute.of("axis", 1)));
    return g.build();
  }

  private Path steps(String json) throws IOException {
    return Files.writeString(folder.resolve("steps.json"), json);
  }

  private static final String RESIZE =
      "[{\"step\":\"resize\",\"height\":32,\"width\":32,\"filter\":\"bicubic\"}]";

  @Test
  void theFileTakesRawPicturesAndSaysWhatIsInside() throws IOException {
    Path labels = Files.writeString(folder.resolve("labels.txt"), "red\ngreen\nblue\n");
    CommandRun run =
        fovea(
            "convert",
            net,
            "--embed-preprocessing",
            "--preprocessing",
            steps(RESIZE),
            "--labels",
            labels,
            "--dynamic-batch",
            "-o",
            out);
    assertEquals(0, run.status(), run.err());
    String line = net + ": its preprocessing is in the graph; largest difference 0.0e+00";
    assertTrue(run.out().contains(line), run.out());
    Model model = Model.read(out);
    assertEquals(
        "pictures: uint8 [batch, picture_height, picture_width, 3]",
        model.graph().inputs().get(0).toString());
    Specification s = Specification.of("out", model.metadata());
    assertEquals(Preprocessing.fromJson(RESIZE), s.preprocessing());
    assertEquals(List.of("red", "green", "blue"), s.labels());
  }

  @Test
  void theDifferenceIsAFactOfTheJson() throws IOException {
    CommandRun run =
        fovea(
            "convert",
            net,
            "--embed-preprocessing",
            "--preprocessing",
            steps(RESIZE),
            "--json",
            "-o",
            out);
    JsonNode facts = new ObjectMapper().readTree(run.out());
    assertEquals(0, facts.get("difference").asDouble());
    assertEquals(out.toString(), facts.get("file").asText());
  }

  private void assertMistake(String message, Object... more) {
    Object[] line = new Object[more.length + 5];
    System.arraycopy(
        new Object[] {"convert", net, "--embed-preprocessing", "-o", out}, 0, line, 0, 5);
    System.arraycopy(more, 0, line, 5, more.length);
    CommandRun run = fovea(line);
    assertEquals(2, run.status());
    assertTrue(run.err().startsWith("fovea: " + message), run.err());
    assertFalse(Files.exists(out));
  }

  @Test
  void mistakesAreOneLineAndNothingIsWritten() throws IOException {
    assertMistake(net + " does not say how pictures are fed to it: give --preprocessing");
    assertMistake(
        net + ": input 'x' takes [C, H, W] = [3, 32, 32], the steps give [3, 224, 224]",
        "--preprocessing",
        "imagenet");
    Path tiles = steps("[{\"step\":\"tiles\",\"height\":32,\"width\":32,\"overlap\":4}]");
    assertMistake(
        net + ": tiles cannot be embedded: a graph is fed whole pictures",
        "--preprocessing",
        tiles);
  }

  @Test
  void aGraphThatAnswersOtherwiseIsRefused() {
    Model before = means(Dim.of("n"));
    Preprocessing sharp = Preprocessing.of(new Resize(32, 32, Resampling.LANCZOS));
    Preprocessing soft = Preprocessing.of(new Resize(32, 32, Resampling.NEAREST));
    Model after = EmbeddedPreprocessing.embed(before, soft);
    assertEquals(0, EmbeddedCheck.difference("net", before, after, soft));
    var e =
        assertThrows(
            Fovea.UserException.class, () -> EmbeddedCheck.difference("net", before, after, sharp));
    assertTrue(
        String.valueOf(e.getMessage())
            .matches(
                "net: with its preprocessing inside it differs by .* largest value; not written"),
        e.getMessage());
  }
}
