package io.fovea.cli;

import static io.fovea.cli.CommandRun.fovea;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FoundRateTest {
  private static final Path SHAPES =
      Path.of(System.getProperty("fovea.root", "../..")).resolve("test-data/shapes");

  @TempDir Path folder;

  private static CommandRun train(Object... more) {
    List<Object> line = new ArrayList<>();
    line.addAll(List.of("train", "resnet8", "--width", 0.25, "--data", SHAPES, "--size", 16));
    line.addAll(List.of(more));
    return fovea(line.toArray());
  }

  @Test
  void tellsARateAndKeepsTheCurve() throws IOException {
    Path net = folder.resolve("net.onnx");
    Path log = folder.resolve("log");
    Path report = folder.resolve("rates.html");
    CommandRun run = train("--find-lr", "-o", net, "--log", log, "--report", report);
    assertEquals(0, run.status(), run.err());
    assertTrue(run.out().contains("lowest"), run.out());
    assertTrue(run.out().contains("falls fastest"), run.out());
    assertTrue(run.out().contains("suggestion: --lr 0."), run.out());
    assertFalse(Files.exists(net), "nothing is trained");
    List<String> lines = Files.readAllLines(log.resolve("learning-rates.jsonl"));
    JsonNode last = new JsonMapper().readTree(lines.get(lines.size() - 1));
    assertTrue(last.get("learningRate").asDouble() > 0.01, last.toString());
    assertTrue(last.get("loss").asDouble() > 0, last.toString());
    String page = Files.readString(report);
    assertTrue(page.contains("suggestion: --lr 0."), page);
    assertTrue(page.contains("Loss over learning rates"), page);
  }

  @Test
  void tellsARateAsJson() throws IOException {
    CommandRun run = train("--find-lr", "--json");
    assertEquals(0, run.status(), run.err());
    JsonNode found = new JsonMapper().readTree(run.out());
    double rate = found.get("suggestion").asDouble();
    assertTrue(rate > 1e-5 && rate <= 1, run.out());
    assertEquals(1e-6, found.get("points").get(0).get("learningRate").asDouble(), 1e-12);
  }

  @Test
  void refusesToGoOn() {
    for (String option : List.of("--resume", "--resume-anyway")) {
      CommandRun run = train("--find-lr", option, "--checkpoint", folder.resolve("c.safetensors"));
      assertEquals(2, run.status());
      assertTrue(run.err().contains("--find-lr trains nothing that could go on"), run.err());
    }
  }

  @Test
  void trainsNoCritic() {
    CommandRun run = train("--find-lr", "--critic-out", folder.resolve("critic.onnx"));
    assertEquals(2, run.status());
    assertTrue(
        run.err().contains("--find-lr trains no critic: it takes no --critic-out"), run.err());
  }

  @Test
  void trainsIntoAFileOnly() {
    CommandRun run = train();
    assertEquals(2, run.status());
    assertTrue(run.err().contains("Missing required option: '--output=FILE'"), run.err());
  }
}
