package io.fovea.converters;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fovea.onnx.DataType;
import io.fovea.onnx.Model;
import io.fovea.onnx.OnnxException;
import io.fovea.onnx.Safetensors;
import io.fovea.onnx.Tensor;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PublishedWeightsTest {
  private static final Architecture NET = Architectures.named("resnet8");

  @TempDir Path folder;
  private Model drawn;
  private Map<String, Tensor> state;

  @BeforeEach
  void draw() {
    drawn = NET.model(Options.classes(7).withSeed(5));
    state = new TreeMap<>(drawn.graph().initializers());
    state.values().removeIf(t -> !t.type().isFloating());
  }

  private Safetensors checkpoint() throws IOException {
    Path file = folder.resolve("net.safetensors");
    try (OutputStream out = Files.newOutputStream(file)) {
      Safetensors.write(
          out, state.values().stream().map(Safetensors.Part::of).toList(), Map.of("format", "pt"));
    }
    return Safetensors.read(file);
  }

  private String refused(Options options) throws IOException {
    Safetensors checkpoint = checkpoint();
    Model graph = NET.outline(options);
    OnnxException e =
        assertThrows(OnnxException.class, () -> PublishedWeights.load(graph, checkpoint));
    assertTrue(e.getMessage().contains("net.safetensors does not fit graph 'resnet8'"));
    return e.getMessage();
  }

  @Test
  void givesAnOutlineTheCheckpointsNumbers() throws IOException {
    state.put("bn1.num_batches_tracked", Tensor.of("bn1.num_batches_tracked", 1L));
    Model filled = PublishedWeights.load(NET.outline(Options.classes(7)), checkpoint()).model();
    assertArrayEquals(drawn.toBytes(), filled.toBytes());
  }

  @Test
  void widensHalfPrecision() throws IOException {
    Tensor bias = drawn.graph().initializers().get("linear.bias");
    float[] values = bias.floats();
    ByteBuffer halves = ByteBuffer.allocate(2 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    for (float v : values) {
      halves.putShort((short) (Float.floatToIntBits(v) >> 16));
    }
    state.put(bias.name(), Tensor.of(bias.name(), DataType.BFLOAT16, bias.dims(), halves.flip()));
    Model filled = PublishedWeights.load(NET.outline(Options.classes(7)), checkpoint()).model();
    Tensor met = filled.graph().initializers().get("linear.bias");
    assertEquals(DataType.FLOAT, met.type());
    assertArrayEquals(values, met.floats(), 0.01f);
  }

  @Test
  void listsWhatIsMissingAndWhatIsUnexpected() throws IOException {
    state.remove("bn1.weight");
    state.remove("layer2.0.conv1.weight");
    state.put("head.weight", Tensor.of("head.weight", new long[] {1}, new float[1]));
    String message = refused(Options.classes(7));
    assertTrue(
        message.contains("2 missing in the checkpoint:\n  bn1.weight\n  layer2.0.conv1.weight"));
    assertTrue(message.contains("1 not in the graph:\n  head.weight"), message);
  }

  @Test
  void capsTheListOfNames() throws IOException {
    for (int i = 0; i < 30; i++) {
      String name = "other%d.weight".formatted(i);
      state.put(name, Tensor.of(name, new long[] {1}, new float[1]));
    }
    String message = refused(Options.classes(7));
    assertTrue(message.contains("30 not in the graph:") && message.contains("and 10 more"));
  }

  @Test
  void namesTheTensorAndBothShapesAndHintsAtTheClasses() throws IOException {
    String message = refused(Options.classes(10));
    assertTrue(
        message.contains(
            "linear.weight: the graph has float [10, 64], the checkpoint float [7, 64]"),
        message);
    assertTrue(message.contains("option classes: 7 would fit"), message);
    assertFalse(refused(Options.classes(7).withWidth(2.0)).contains("would fit"));
  }

  @Test
  void refusesWholeNumbersForFloats() throws IOException {
    Tensor bias = state.get("linear.bias");
    state.put(
        "linear.bias",
        Tensor.of("linear.bias", DataType.INT64, bias.dims(), ByteBuffer.allocate(8 * 7)));
    assertTrue(refused(Options.classes(7)).contains("checkpoint int64 [7]"));
  }

  @Test
  void skipsAuxiliaryHeadsThatTheGraphDoesNotHave() throws IOException {
    List<String> heads = new ArrayList<>();
    for (String name :
        List.of("AuxLogits.fc.weight", "aux1.conv.weight", "aux_classifier.0.bias")) {
      heads.add(name);
      state.put(name, Tensor.of(name, new long[] {1}, new float[1]));
    }
    PublishedWeights loaded = PublishedWeights.load(NET.outline(Options.classes(7)), checkpoint());
    assertEquals(heads, loaded.skipped());
    assertEquals(state.size() - heads.size(), loaded.loaded().size());
  }

  @Test
  void anOutlineHasShapesButIsNeitherReadNorWritten() {
    Model outline = NET.outline(Options.classes(7));
    for (Tensor t : drawn.graph().initializers().values()) {
      assertArrayEquals(t.dims(), outline.graph().initializers().get(t.name()).dims());
    }
    Tensor weight = outline.graph().initializers().get("conv1.weight");
    OnnxException read = assertThrows(OnnxException.class, weight::floats);
    assertEquals("tensor 'conv1.weight': has a shape but no data", read.getMessage());
    Path file = folder.resolve("x.onnx");
    assertThrows(OnnxException.class, () -> outline.write(file));
    assertFalse(file.toFile().exists());
  }
}
