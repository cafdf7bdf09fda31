package io.fovea.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fovea.image.Preprocessing;
import io.fovea.onnx.Model;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How a model is run fastest is measured. */
class PlanTest {
  @TempDir Path folder;

  private Path file(Model model) throws IOException {
    return Files.write(folder.resolve("net.onnx"), model.toBytes());
  }

  @Test
  void theFastestOfWhatWasTriedIsChosen() throws IOException {
    List<Plan> tried = new ArrayList<>();
    Path net = file(Nets.net(Nets::means));
    Plan best = Plan.measure(net, Device.cpu(), Preprocessing.named("imagenet"), tried::add);
    double fastest = tried.stream().mapToDouble(Plan::rate).max().orElse(0);
    assertTrue(tried.contains(best), best.toString());
    assertTrue(best.rate() > fastest / 1.2, "%s of %s".formatted(best, tried));
    int processors = Runtime.getRuntime().availableProcessors();
    assertTrue(tried.stream().anyMatch(p -> p.threads() == 1 && p.runs() == processors));
    assertTrue(tried.stream().allMatch(p -> p.threads() * p.runs() <= processors));
  }

  @Test
  void aModelThatCannotBeFedIsRefused() throws IOException {
    Path net = file(Nets.net(Nets::means));
    var e =
        assertThrows(
            ScoringException.class, () -> Plan.measure(net, Device.cpu(), null, plan -> {}));
    assertEquals(
        net
            + ": the file does not say how pictures are fed to it; name a preprocessing, such as"
            + " imagenet",
        e.getMessage());
  }
}
