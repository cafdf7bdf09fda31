package io.fovea.cli;

import static io.fovea.cli.CommandRun.fovea;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.fovea.onnx.Model;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RecipeOptionsTest {
  private static final Path SHAPES =
      Path.of(System.getProperty("fovea.root", "../..")).resolve("test-data/shapes");

  @TempDir Path folder;

  private CommandRun train(Path output, Object... more) {
    List<Object> line = new ArrayList<>();
    line.addAll(List.of("train", "lenet5", "--data", SHAPES, "--size", 32, "-o", output));
    line.addAll(List.of(more));
    return fovea(line.toArray());
  }

  private Path file(String name, String yaml) throws IOException {
    return Files.writeString(folder.resolve(name), yaml);
  }

  @Test
  void trainsByAFileOverWhichOptionsWinAndShowsWhatCanBeReadAgain() throws IOException {
    Path recipe =
        file(
            "r.yaml",
            "epochs: 3\nbatch: 50\noptimizer: rmsprop\nmomentum: 0.5\n"
                + "whiten: false\nflip: alternate\nema: 0.9\nmilestones: [0.5]\nschedule: step\n"
                + "freeze: [^conv2]\nseed: 5\n");
    Path one = folder.resolve("one.onnx");
    CommandRun run =
        train(
            one,
            "--recipe",
            recipe,
            "--epochs",
            1,
            "--no-flip",
            "--freeze",
            "^conv1",
            "--freeze",
            "^fc1.(b|c,d)",
            "--milestones",
            "0.25,0.5",
            "--no-decay-norms",
            "--lr",
            "1e-3");
    assertEquals(0, run.status(), run.err());
    String shown =
        run.err().substring(run.err().indexOf("recipe:\n") + 8, run.err().indexOf("preprocessing"));
    for (String line :
        List.of(
            "epochs: 1",
            "batch: 50",
            "momentum: 0.5",
            "lr: 0.001",
            "flip: never",
            "seed: 5",
            "milestones: [0.25, 0.5]",
            "freeze: [^conv1, '^fc1.(b|c,d)']",
            "decay-norms: false")) {
      assertTrue(shown.contains("  " + line + "\n"), line + "\n" + shown);
    }
    Path two = folder.resolve("two.onnx");
    assertEquals(0, train(two, "--recipe", file("shown.yaml", shown)).status());
    assertArrayEquals(Files.readAllBytes(one), Files.readAllBytes(two));
    JsonNode stored = new JsonMapper().readTree(Model.read(two).metadata().get("fovea.provenance"));
    assertEquals("rmsprop", stored.at("/recipe/optimizer").asText());
    assertEquals(0.9, stored.at("/recipe/ema").asDouble());
  }

  @Test
  void answersAMistakeByFileAndLineOrByOption() throws IOException {
    Path recipe = file("bad.yaml", "epochs: 3\nlr: fast\n");
    CommandRun run = train(folder.resolve("x.onnx"), "--recipe", recipe);
    assertEquals(2, run.status());
    assertTrue(
        run.err().contains(recipe + ":2: lr: expected a number above 0, met fast"), run.err());
    run = train(folder.resolve("x.onnx"), "--class-weights", "1,-2");
    assertEquals(2, run.status());
    assertTrue(
        run.err().contains("--class-weights: expected none, balanced or a list, each a number"),
        run.err());
    run = train(folder.resolve("x.onnx"), "--beta1", 0.5);
    assertTrue(run.err().contains("--beta1: not a setting of the optimizer sgd"), run.err());
    run = train(folder.resolve("x.onnx"), "--recipe", folder.resolve("none.yaml"));
    assertTrue(run.err().contains("none.yaml: no such file"), run.err());
    assertFalse(Files.exists(folder.resolve("x.onnx")));
  }

  @Test
  void changesPicturesAsOptionsSay() throws IOException {
    Path net = folder.resolve("net.onnx");
    CommandRun run =
        fovea(
            "train",
            "resnet8",
            "--data",
            SHAPES,
            "--size",
            32,
            "--epochs",
            1,
            "--resized-crop",
            0.3,
            "--auto-augment",
            "randaugment",
            "--magnitude",
            5,
            "--hue",
            0.1,
            "--erasing",
            0.2,
            "--mixup",
            0.2,
            "--cutmix",
            1,
            "--stochastic-depth",
            0.1,
            "--initial-scale",
            0.5,
            "-o",
            net);
    assertEquals(0, run.status(), run.err());
    JsonNode stored = new JsonMapper().readTree(Model.read(net).metadata().get("fovea.provenance"));
    assertEquals("randaugment", stored.at("/recipe/auto-augment").asText());
    assertEquals(2, stored.at("/recipe/operations").asInt());
    assertEquals(0.1, stored.at("/recipe/stochastic-depth").asDouble());
    assertEquals(0.5, stored.at("/recipe/initial-scale").asDouble());
    run = train(folder.resolve("x.onnx"), "--magnitude", 5);
    assertEquals(2, run.status());
    assertTrue(
        run.err().contains("--magnitude: not a setting of the auto-augment none"), run.err());
    run = train(folder.resolve("x.onnx"), "--stochastic-depth", 0.5);
    assertTrue(run.err().contains("the net has no residual branches"), run.err());
  }

  @Test
  void turnsYesAndNoBothWays() throws IOException {
    Path recipe = file("r.yaml", "epochs: 1\nfreeze-statistics: true\nnesterov: false\n");
    CommandRun run =
        train(
            folder.resolve("y.onnx"),
            "--recipe",
            recipe,
            "--no-freeze-statistics",
            "--nesterov",
            "--class-weights",
            "balanced",
            "--balanced-sampling");
    assertEquals(0, run.status(), run.err());
    for (String line :
        List.of(
            "freeze-statistics: false",
            "nesterov: true",
            "class-weights: balanced",
            "balanced-sampling: true")) {
      assertTrue(run.err().contains("  " + line + "\n"), line + "\n" + run.err());
    }
  }
}
