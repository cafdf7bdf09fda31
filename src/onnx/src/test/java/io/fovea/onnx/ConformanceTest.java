package io.fovea.onnx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.protobuf.InvalidProtocolBufferException;
import io.fovea.onnx.proto.GraphProto;
import io.fovea.onnx.proto.TensorProto;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * ONNX's own cases, one operator each: what is inferred is what the case's answer has. The folders
 * are said by {@code -Dfovea.conformance=FOLDER[:FOLDER]} or the environment variable {@code
 * FOVEA_CONFORMANCE}; Debian's libonnx-testdata is found by itself.
 */
class ConformanceTest {
  private static final String DEBIAN = "/usr/share/libonnx-testdata/data/node";

  private static List<Path> cases() {
    String set = Objects.requireNonNullElse(System.getenv("FOVEA_CONFORMANCE"), DEBIAN);
    String said = System.getProperty("fovea.conformance", "");
    List<Path> cases = new ArrayList<>();
    for (String folder : (said.isEmpty() ? set : said).split(File.pathSeparator)) {
      if (Files.isDirectory(Path.of(folder))) {
        try (Stream<Path> all = Files.list(Path.of(folder))) {
          all.filter(f -> Files.exists(f.resolve("model.onnx"))).sorted().forEach(cases::add);
        } catch (IOException e) {
          throw new AssertionError(e);
        }
      }
    }
    assumeTrue(!cases.isEmpty(), "no conformance cases: set -Dfovea.conformance=FOLDER[:FOLDER]");
    return cases;
  }

  @Test
  void whatIsInferredIsWhatTheAnswersHave() throws IOException {
    compare(false, 0.7);
  }

  /** With the case's inputs as constants, so that shapes which they hold can be followed. */
  @Test
  void whatIsInferredFromKnownInputsIsWhatTheAnswersHave() throws IOException {
    compare(true, 0.85);
  }

  private static Model fed(Model model, Path folder) throws IOException {
    GraphProto.Builder graph = model.proto().getGraph().toBuilder();
    for (int i = 0; i < graph.getInputCount(); i++) {
      Path file = folder.resolve("test_data_set_0/input_" + i + ".pb");
      if (graph.getInput(i).getType().hasTensorType() && Files.exists(file)) {
        TensorProto tensor = TensorProto.parseFrom(Files.readAllBytes(file));
        graph.addInitializer(tensor.toBuilder().setName(graph.getInput(i).getName()));
      }
    }
    return model.withGraph(new Graph(graph.build(), null));
  }

  private static void compare(boolean feed, double least) throws IOException {
    int whole = 0;
    int outputs = 0;
    List<String> wrong = new ArrayList<>();
    Map<String, Integer> open = new TreeMap<>();
    List<Path> cases = cases();
    for (Path folder : cases) {
      Model model = Model.read(folder.resolve("model.onnx"));
      Map<String, TensorType> types;
      try {
        types = ShapeInference.infer(feed ? fed(model, folder) : model);
      } catch (OnnxException e) {
        wrong.add(folder.getFileName() + ": " + e.getMessage());
        continue;
      }
      List<ValueInfo> declared = model.graph().outputs();
      for (int i = 0; i < declared.size(); i++) {
        TensorType answer = answer(declared.get(i), folder, i);
        if (answer == null) {
          continue;
        }
        TensorType ours = Objects.requireNonNull(types.get(declared.get(i).name()));
        outputs++;
        if (!agree(ours, answer)) {
          wrong.add("%s: inferred %s, is %s".formatted(folder.getFileName(), ours, answer));
        } else if (ours.equals(answer)) {
          whole++;
        } else {
          List<Node> nodes = model.graph().nodes();
          open.merge(nodes.get(nodes.size() - 1).operator(), 1, Integer::sum);
        }
      }
    }
    System.out.printf(
        "%d cases: %d of %d outputs inferred whole; not: %s%n", cases.size(), whole, outputs, open);
    assertEquals(List.of(), wrong);
    assertTrue(whole > least * outputs, whole + " of " + outputs);
  }

  /** Nets of many exporters, by the answers that lie beside them. */
  @ParameterizedTest
  @MethodSource("io.fovea.onnx.SharedModels#all")
  void realModelsGiveTheShapesOfTheirAnswers(Path file) throws IOException {
    String light = file.getFileName().toString().replace(".onnx", "_output_0.pb");
    Path folder = Objects.requireNonNull(file.getParent());
    Path answer =
        Files.exists(folder.resolve(light))
            ? folder.resolve(light)
            : folder.resolve("test_data_set_0/output_0.pb");
    Model model = Model.read(file);
    TensorType ours = ShapeInference.infer(model).get(model.graph().outputs().get(0).name());
    assertNotNull(ours.shape(), "no shape of the output");
    if (Files.exists(answer)) {
      Tensor tensor = Tensor.read(answer);
      TensorType is = TensorType.of(tensor.type(), tensor.dims());
      assertTrue(agree(ours, is), "inferred %s, is %s".formatted(ours, is));
    }
  }

  /** The type of what a case answers; null where that is no tensor. */
  private static @Nullable TensorType answer(ValueInfo output, Path folder, int i)
      throws IOException {
    Path file = folder.resolve("test_data_set_0/output_" + i + ".pb");
    if (!output.proto().getType().hasTensorType() || !Files.exists(file)) {
      return null;
    }
    try {
      TensorProto proto = TensorProto.parseFrom(Files.readAllBytes(file));
      Tensor tensor = Tensor.of(proto);
      return TensorType.of(tensor.type(), tensor.dims());
    } catch (InvalidProtocolBufferException e) {
      throw new AssertionError(file.toString(), e);
    }
  }

  private static boolean agree(TensorType ours, TensorType answer) {
    boolean bits = ours.elements() == DataType.BFLOAT16 && answer.elements() == DataType.UINT16;
    if (ours.elements() != DataType.UNDEFINED && ours.elements() != answer.elements() && !bits) {
      return false;
    }
    if (ours.shape() == null) {
      return true;
    }
    List<Dim> is = Objects.requireNonNull(answer.shape());
    boolean agree = ours.shape().size() == is.size();
    for (int k = 0; agree && k < is.size(); k++) {
      agree = !ours.shape().get(k).isKnown() || ours.shape().get(k).equals(is.get(k));
    }
    return agree;
  }
}
