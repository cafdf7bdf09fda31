package io.fovea.cli;

import static io.fovea.cli.CommandRun.fovea;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Each study runs, small, and its page says what it found. */
class StudyTest {
  private static final String HOME = "fovea.home";
  private static String before = "";

  @BeforeAll
  static void atHome() {
    before = System.getProperty(HOME, "");
    System.setProperty(HOME, System.getProperty("fovea.root", "../.."));
  }

  @AfterAll
  static void asBefore() {
    if (before.isEmpty()) {
      System.clearProperty(HOME);
    } else {
      System.setProperty(HOME, before);
    }
  }

  static Stream<String> names() {
    return Study.all().stream().map(Study::name);
  }

  @ParameterizedTest
  @MethodSource("names")
  void writesClaimPaperTableAndPlotAndAVerdictThatFollowsFromItsNumbers(
      String name, @TempDir Path folder) throws Exception {
    Path page = folder.resolve("new/study.html");
    CommandRun run = fovea("study", name, "--quick", "--seed", 3, "--json", "-o", page);
    assertEquals(0, run.status(), run.err());
    JsonNode facts = new JsonMapper().readTree(run.out());
    boolean all = true;
    for (JsonNode check : facts.get("checks")) {
      double met = Double.parseDouble(check.get("met").asText());
      double bound = check.get("expected").get(1).asDouble();
      boolean least = check.get("expected").get(0).asText().equals("least");
      assertEquals(least ? met >= bound : met <= bound, check.get("holds").asBoolean(), name);
      all &= check.get("holds").asBoolean();
    }
    assertEquals(all, facts.get("borneOut").asBoolean());
    assertTrue(facts.get("checks").size() >= 2, run.out());
    Study study = Study.named(name);
    String html = Files.readString(page);
    String verdict = "This run " + (all ? "bears" : "does not bear") + " the claim out.";
    for (String text : List.of(study.claim(), study.paper(), study.setup(), verdict)) {
      assertTrue(html.contains(Html.text(text)), text);
    }
    assertTrue(html.contains("quick: a smaller one"), "a quick run says so");
    assertTrue(html.split("<table").length > 2, "a table of figures beside that of the verdict");
    assertTrue(html.contains("<svg class=\"plot\"") && html.contains("<path class=\"line c1\""));
    assertFalse(
        html.replaceAll("base64,[^\"]*", "").contains("NaN"),
        "what is no number is said otherwise");
  }

  @Test
  void showsItsPageInABrowser(@TempDir Path folder) throws Exception {
    Path page = folder.resolve("study.html");
    assertEquals(0, fovea("study", "locality", "--quick", "-o", page).status());
    ReportTest.assertShows(
        page,
        "Study: locality",
        "the claim out",
        "what permuting takes from convolutions",
        "full connections, permuted pixels");
  }

  @Test
  void givesTheSameNumbersForTheSameSeed(@TempDir Path folder) throws Exception {
    JsonMapper json = new JsonMapper();
    String[] line = {"study", "locality", "--quick", "--json", "-o", folder + "/a.html"};
    JsonNode first = json.readTree(fovea((Object[]) line).out()).get("checks");
    assertEquals(first, json.readTree(fovea((Object[]) line).out()).get("checks"));
  }

  @Test
  void holdsOnlyWhereEveryNumberDoes() {
    Findings.Check good = Findings.Check.atLeast("a", 2, 2);
    Findings.Check bad = Findings.Check.atMost("b", 3, 2);
    Findings.Check none = Findings.Check.atMost("c", Double.NaN, 2);
    assertTrue(found(good, good).isBorneOut());
    assertFalse(found(good, bad).isBorneOut());
    assertFalse(found(good, none).isBorneOut(), "NaN holds nowhere");
  }

  private static Findings found(Findings.Check... checks) {
    return new Findings(List.of(checks), List.of(), List.of(), List.of());
  }

  @Test
  void listsThem() {
    CommandRun run = fovea("study");
    assertEquals(0, run.status(), run.err());
    Study.all().forEach(s -> assertTrue(run.out().contains(s.name()), s.name()));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          luck                              | no study 'luck'; there are [vanishing-gradients, normalization,
          locality -o x.pdf                 | x.pdf: expected a name that ends in .html
          locality --data absent            | absent: no such folder
          skip-links --data test-data       | --data: skip-links draws its own pictures
          """)
  void answersAMistakeInALine(String line, String message) {
    CommandRun run = fovea((Object[]) ("study " + line).split(" +"));
    assertEquals(2, run.status(), run.err());
    assertTrue(run.err().contains(message), run.err());
  }
}
