package io.fovea.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What people see, and what programs read. */
class TerminalTest {
  private static final String ESCAPE = "\u001B";

  @TempDir Path folder;

  @Test
  void colorsNothingInAPipe() throws Exception {
    CommandRun mistake = CommandRun.java("-Dfovea.home=.", "inspect", "none.onnx");
    assertEquals("fovea: none.onnx: no such file\ntry: fovea inspect --help\n", mistake.err());
    assertEquals(2, mistake.status());
    CommandRun table = CommandRun.java("-Dfovea.home=.", "architectures", "lenet5");
    assertTrue(table.out().contains("stage    "), table.out());
    assertFalse((table.out() + table.err()).contains(ESCAPE), "no colour in a pipe");
  }

  @Test
  void colorsErrorsAndHeadingsOnATerminal() throws Exception {
    CommandRun mistake = CommandRun.java("-Dpicocli.ansi=true", "inspect", "none.onnx");
    assertTrue(mistake.err().startsWith(ESCAPE + "[1m" + ESCAPE + "[31mfovea:"), mistake.err());
    CommandRun table = CommandRun.java("-Dpicocli.ansi=true", "architectures", "lenet5");
    assertTrue(table.out().contains(ESCAPE + "[1mstage "), table.out());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "trian | Did you mean: fovea train | try: fovea --help",
        "doctor --jsno | Possible solutions: --json | try: fovea doctor --help",
        "new resnet18 | Missing required option: '--output=FILE' | try: fovea new --help",
        "inspect none.onnx | fovea: none.onnx: no such file | try: fovea inspect --help"
      })
  void answersAMistakeInThreeLinesAtMost(String line, String message, String hint) {
    CommandRun run = CommandRun.fovea((Object[]) line.split(" "));
    assertEquals(2, run.status());
    assertEquals("", run.out());
    assertTrue(run.err().startsWith("fovea: "), run.err());
    assertTrue(run.err().contains(message), run.err());
    assertTrue(run.err().endsWith(hint + System.lineSeparator()), run.err());
    assertTrue(run.err().lines().count() <= 3, run.err());
  }

  @Test
  void notesAreSilentWhereAskedFor() {
    PrintStream stderr = System.err;
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    try {
      System.setErr(new PrintStream(err, true, StandardCharsets.UTF_8));
      Terminal.note("%d of %s", 1, "two");
      Terminal.setQuiet(true);
      Terminal.note("not this");
      assertFalse(Terminal.showsProgress());
    } finally {
      Terminal.setQuiet(false);
      System.setErr(stderr);
    }
    assertEquals("1 of two" + System.lineSeparator(), err.toString(StandardCharsets.UTF_8));
  }

  @ParameterizedTest
  @ValueSource(strings = {"--quiet inspect none.onnx", "inspect --quiet none.onnx"})
  void quietCommandsStillTellResultsAndErrors(String line) {
    CommandRun run = CommandRun.fovea((Object[]) line.split(" "));
    assertTrue(run.err().startsWith("fovea: none.onnx: no such file"), run.err());
    assertFalse(Terminal.isQuiet(), "the next command starts as ever");
    assertTrue(CommandRun.fovea("doctor", "--quiet").out().contains("onnxruntime"));
  }

  private static JsonNode json(Object... args) throws IOException {
    CommandRun run = CommandRun.fovea(args);
    assertEquals(0, run.status(), run.err());
    assertEquals(1, run.out().lines().count(), run.out());
    return new ObjectMapper().readTree(run.out());
  }

  @Test
  void describesAnArchitectureInJson() throws IOException {
    JsonNode net = json("architectures", "lenet5", "--json");
    assertEquals("classification", net.get("task").asText());
    assertEquals(61_706, net.get("parameters").asLong());
    assertEquals(32, net.get("smallest").asInt());
    assertEquals(416_520, net.get("multiplyAdds").asLong());
    JsonNode first = net.get("stages").get(0);
    assertEquals("conv1", first.get("name").asText());
    assertEquals("[1,6,28,28]", first.get("output").toString());
    assertEquals(156, first.get("parameters").asLong());
    JsonNode layers = json("architectures", "lenet5", "--layers", "--json").get("layers");
    assertEquals("conv1.act", layers.get(1).get("name").asText());
  }

  @Test
  void writesAndDiagnosesInJson() throws IOException {
    Path file = folder.resolve("net.onnx");
    JsonNode net = json("new", "resnet8", "--classes", "3", "-o", file, "--json");
    assertEquals(file.toString(), net.get("file").asText());
    assertEquals("resnet8", net.get("architecture").asText());
    assertEquals(17, net.get("opset").asInt());
    assertEquals(75_290 - 7 * 65, net.get("parameters").asLong());
    JsonNode doctor = json("doctor", "--json");
    assertEquals(System.getProperty("java.version"), doctor.get("java").asText());
    assertTrue(doctor.get("providers").toString().contains("\"name\":\"cpu\""), doctor.toString());
    assertTrue(
        doctor.get("libraries").isArray() && doctor.has("trainingOnCuda"), doctor.toString());
  }
}
