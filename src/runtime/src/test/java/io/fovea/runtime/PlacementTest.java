package io.fovea.runtime;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fovea.image.Preprocessing;
import io.fovea.onnx.Attribute;
import io.fovea.onnx.Model;
import java.io.File;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PlacementTest {
  @TempDir Path folder;

  private Path write(Model model) {
    Path file = folder.resolve("net.onnx");
    model.write(file);
    return file;
  }

  @Test
  void tellsWhatEachNodeRunsOn() {
    Path file =
        write(
            Nets.net((g, x) -> Nets.means(g, g.node("Sin", "wave", List.of(Nets.blurred(g, x))))));
    Placement met = Placement.of(file, Device.auto(), null);
    List<String> operators = met.nodes().stream().map(Placement.Node::operator).toList();
    assertTrue(operators.containsAll(List.of("Sin", "GlobalAveragePool")), operators.toString());
    Placement.Node wave =
        met.nodes().stream().filter(n -> n.operator().equals("Sin")).findFirst().orElseThrow();
    assertEquals("Sin 'wave'", wave.toString());
    Placement cpu = Placement.of(file, Device.cpu(), new int[] {31, 17});
    assertEquals(Map.of("CPUExecutionProvider", cpu.nodes().size()), cpu.counts());
    assertEquals(Device.cpu(), cpu.device());
    assertEquals("asked for", cpu.reason());
  }

  @Test
  void runsAFileAtTheSizeThatItIsFed() {
    // A kernel of 300 pixels runs where preprocessing makes pictures of 320, and not at 224.
    Model net =
        Nets.net(
            (g, x) ->
                g.node(
                    "AveragePool", "wide", List.of(x), Attribute.ints("kernel_shape", 300, 300)));
    Path bare = write(net);
    var e = assertThrows(ScoringException.class, () -> Placement.of(bare, Device.cpu(), null));
    assertTrue(e.getMessage().contains("a blank picture cannot be run"), e.getMessage());
    assertEquals(1, Placement.of(bare, Device.cpu(), new int[] {300, 400}).nodes().size());
    Preprocessing fed =
        Preprocessing.fromJson(
            "[{\"step\":\"color\",\"channels\":\"rgb\"},"
                + "{\"step\":\"resize\",\"height\":320,\"width\":320,\"filter\":\"bilinear\"}]");
    String key = Specification.PREPROCESSING;
    Path told = write(net.withMetadata(key, fed.toJson()));
    assertEquals(1, Placement.of(told, Device.cpu(), null).nodes().size());
  }

  @Test
  void leavesNothingBehind() {
    Path file = write(Nets.net(Nets::strongest));
    String[] before = profiles();
    Placement.of(file, Device.auto(), null);
    ImageModel.load(file, Device.cpu().asStrict()).close();
    assertThrows(
        ScoringException.class, () -> Placement.of(folder.resolve("no"), Device.cpu(), null));
    assertArrayEquals(before, profiles());
  }

  private static String[] profiles() {
    File temporary = new File(System.getProperty("java.io.tmpdir"));
    return temporary.list((f, name) -> name.startsWith("fovea-profile"));
  }
}
