package io.fovea.cli;

import static io.fovea.cli.CommandRun.fovea;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.fovea.converters.Architectures;
import io.fovea.converters.Options;
import io.fovea.image.Picture;
import io.fovea.image.Preprocessing;
import io.fovea.onnx.Model;
import io.fovea.onnx.Sha256;
import io.fovea.onnx.Tensor;
import io.fovea.runtime.Device;
import io.fovea.runtime.ImageModel;
import io.fovea.runtime.Specification;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Published weights from the command line to answers. */
class WeightsTest {
  private static final String STEPS =
      """
      [{"step": "color", "channels": "rgb"},
       {"step": "normalize", "divisor": 255,
        "mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225]}]
      """;

  @TempDir Path folder;

  @Test
  void giveTheLogitsThatWerePublishedWithThem() throws IOException {
    Path net =
        Path.of(System.getProperty("fovea.shared", "shared"), "data/pretrained/cifar10_resnet20");
    assumeTrue(Files.exists(net), "skipped: no " + net + ", set -Dfovea.shared=FOLDER");
    Path steps = Files.writeString(folder.resolve("steps.json"), STEPS);
    Path out = folder.resolve("resnet20.onnx");
    CommandRun run =
        fovea(
            "convert",
            "resnet20",
            "--weights",
            net.resolve("resnet20.safetensors"),
            "--preprocessing",
            steps,
            "-o",
            out);
    assertEquals(0, run.status(), run.err());
    assertTrue(run.out().contains("resnet20: 97 tensors from "), run.out());
    JsonNode expected = new ObjectMapper().readTree(net.resolve("expected_logits.json").toFile());
    Picture all = Picture.read(net.resolve("images.png"));
    Model model = Model.read(out);
    Preprocessing fed = Specification.of(out.toString(), model.metadata()).preprocessing();
    int count = expected.get("logits").size();
    FloatBuffer pixels = FloatBuffer.allocate(count * 3 * 32 * 32);
    for (int i = 0; i < count; i++) {
      fed.tensor(fed.picture(all.crop(32 * i, 0, 32, 32)), pixels);
    }
    try (ImageModel served = ImageModel.load(out, Device.cpu())) {
      float[] met = served.run(pixels.flip(), new long[] {count, 3, 32, 32}).values();
      for (int i = 0; i < count; i++) {
        for (int k = 0; k < 10; k++) {
          double wanted = expected.get("logits").get(i).get(k).asDouble();
          assertEquals(wanted, met[10 * i + k], 1e-3, "picture %d, class %d".formatted(i, k));
        }
      }
    }
  }

  /** A checkpoint as frameworks write it. */
  private Path checkpoint(Model model) throws IOException {
    ByteArrayOutputStream data = new ByteArrayOutputStream();
    List<String> entries = new ArrayList<>();
    for (Tensor t : model.graph().initializers().values()) {
      if (t.type().isFloating()) {
        int begin = data.size();
        byte[] bytes = new byte[t.bytes().remaining()];
        t.bytes().get(bytes);
        data.write(bytes);
        entries.add(
            "\"%s\":{\"dtype\":\"F32\",\"shape\":%s,\"data_offsets\":[%d,%d]}"
                .formatted(t.name(), Arrays.toString(t.dims()), begin, data.size()));
      }
    }
    byte[] header = ("{" + String.join(",", entries) + "}").getBytes(StandardCharsets.UTF_8);
    ByteBuffer length =
        ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(header.length);
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    all.write(length.array());
    all.write(header);
    data.writeTo(all);
    return Files.write(folder.resolve("net.safetensors"), all.toByteArray());
  }

  @Test
  void makeAFileThatScoresAtOnce() throws IOException {
    Model drawn = Architectures.named("resnet8").model(Options.classes(3).withSeed(3));
    Path weights = checkpoint(drawn);
    Path steps = Files.writeString(folder.resolve("steps.json"), STEPS);
    Path labels = Files.writeString(folder.resolve("labels.txt"), "cat\ndog\ncow\n");
    Path out = folder.resolve("net.onnx");
    CommandRun run =
        fovea(
            "convert",
            "resnet8",
            "--classes",
            3,
            "--weights",
            weights,
            "--labels",
            labels,
            "--preprocessing",
            steps,
            "-o",
            out,
            "--json");
    assertEquals(0, run.status(), run.err());
    assertEquals(49 - 12, new ObjectMapper().readTree(run.out()).get("loaded").asInt());
    Specification s = Specification.of("net", Model.read(out).metadata());
    assertEquals(List.of("cat", "dog", "cow"), s.labels());
    assertEquals("net.safetensors", s.provenance().get("weights"));
    assertEquals(Sha256.of(weights), s.provenance().get("weightsSha256"));
    assertEquals("classification, logits", String.valueOf(s.task()));
    Path data = Path.of(System.getProperty("fovea.root", "../.."), "test-data");
    CommandRun score = fovea("score", out, data.resolve("sizes/star-640x480.jpg"));
    assertEquals(0, score.status(), score.err());
    assertTrue(score.out().matches("(?s).*(cat|dog|cow),0\\..*"), score.out());
    // the same weights into a file
    Path other = folder.resolve("other.onnx");
    Architectures.named("resnet8").model(Options.classes(3).withSeed(4)).write(other);
    Path filled = folder.resolve("filled.onnx");
    assertEquals(0, fovea("convert", other, "--weights", weights, "-o", filled).status());
    assertArrayEquals(
        drawn.graph().initializers().get("linear.weight").floats(),
        Model.read(filled).graph().initializers().get("linear.weight").floats());
  }

  private void refuses(String message, Object... args) {
    CommandRun run = fovea(args);
    assertEquals(2, run.status(), run.err());
    assertTrue(run.err().contains(message), run.err());
    assertFalse(run.err().contains("\tat "), run.err());
    assertFalse(Files.exists(folder.resolve("x.onnx")));
  }

  @Test
  void areRefusedWhereSomethingDoesNotFit() throws IOException {
    Path weights = checkpoint(Architectures.named("resnet8").model(Options.classes(3)));
    Path labels = Files.writeString(folder.resolve("labels.txt"), "cat\ndog\n");
    Path x = folder.resolve("x.onnx");
    Path file = folder.resolve("file.onnx");
    Architectures.named("resnet8").model(Options.classes(3)).write(file);
    refuses(
        "the last layer alone differs; option classes: 3 would fit",
        "convert",
        "resnet8",
        "--weights",
        weights,
        "-o",
        x);
    refuses(
        "labels.txt: has 2 labels, the graph gives 3",
        "convert",
        file,
        "--labels",
        labels,
        "-o",
        x);
    refuses("an architecture has no weights: give --weights", "convert", "resnet8", "-o", x);
    refuses("no architecture 'resnet10'", "convert", "resnet10", "--weights", weights, "-o", x);
    refuses("none.st: no such file", "convert", "resnet8", "--weights", "none.st", "-o", x);
    refuses(
        "are for architectures, not",
        "convert",
        file,
        "--weights",
        weights,
        "--classes",
        3,
        "-o",
        x);
    refuses(
        "--preprocessing: gives 3 channels, the graph takes 1",
        "convert",
        "lenet5",
        "--weights",
        checkpoint(Architectures.named("lenet5").model(Options.defaults())),
        "--preprocessing",
        "imagenet",
        "-o",
        x);
  }
}
