package io.fovea.train;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.fovea.train.Verifier.Engine;
import io.fovea.train.Verifier.Result;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Pattern;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * ONNX's own node tests through the trainer's interpreter; {@code .ci/conformance} fetches them.
 */
class ConformanceTest {
  @ParameterizedTest
  @CsvSource({"debian, 600", "newer, 550"})
  void passesEveryCaseOfAnOperatorInScope(String folder, int least) throws IOException {
    Path root = Path.of(System.getProperty("fovea.root", "../.."));
    Path cases = root.resolve("target/conformance").resolve(folder);
    assumeTrue(Files.exists(cases), "skipped: no " + cases + "; .ci/conformance fetches it");
    Map<Pattern, String> excluded = exclusions();
    List<String> wrong = new ArrayList<>();
    int passed = 0;
    for (Path one : Verifier.cases(cases)) {
      String name = one.getFileName().toString();
      Result result = Verifier.STANDARD.verify(one, Engine.TORCH);
      boolean old = folder.equals("debian") && name.contains("BFLOAT16"); // stored there as uint16
      boolean out = old || excluded.keySet().stream().anyMatch(p -> p.matcher(name).matches());
      passed += result.passed() ? 1 : 0;
      if (result.passed() == out) {
        wrong.add(name + ": " + (out ? "is excluded, but passes" : result.reason()));
      }
    }
    assertTrue(wrong.isEmpty(), wrong.size() + " wrong:\n" + String.join("\n", wrong));
    assertTrue(passed >= least, passed + " passed");
  }

  private static Map<Pattern, String> exclusions() throws IOException {
    Map<Pattern, String> all = new LinkedHashMap<>();
    try (BufferedReader in =
        new BufferedReader(
            new InputStreamReader(
                Objects.requireNonNull(
                    ConformanceTest.class.getResourceAsStream("conformance-exclusions.tsv")),
                StandardCharsets.UTF_8))) {
      for (String line : in.lines().filter(l -> !l.startsWith("#")).toList()) {
        String[] columns = line.split("\t");
        all.put(Pattern.compile(columns[0]), columns[1]);
      }
    }
    return all;
  }
}
