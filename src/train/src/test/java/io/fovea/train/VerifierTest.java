package io.fovea.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fovea.onnx.Tensor;
import io.fovea.train.Verifier.Engine;
import io.fovea.train.Verifier.Result;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class VerifierTest {
  private static final Verifier EXACT = new Verifier(1e-5, 1e-5);

  @ParameterizedTest
  @ValueSource(strings = {"plain-relu", "residual", "residual-swish"})
  void followsPyTorchStepByStep(String net) {
    assertPasses(EXACT.verify(TestData.own("oracle").resolve(net), Engine.TORCH));
  }

  @ParameterizedTest
  @ValueSource(strings = {"inception", "unet", "se-mobile", "convnext"})
  void followsPyTorchOnMoreNets(String net) {
    assertPasses(EXACT.verify(TestData.shared("oracle/training").resolve(net), Engine.TORCH));
  }

  @ParameterizedTest
  @EnumSource(Engine.class)
  void findsAWrongAnswerAndSaysWhere(Engine engine, @TempDir Path folder) throws IOException {
    Path set = copy(folder);
    Tensor right = Tensor.read(set.resolve("output_0.pb"));
    float[] values = right.floats();
    values[7] += 1;
    Tensor wrong = Tensor.of("output", right.dims(), values);
    Files.write(set.resolve("output_0.pb"), wrong.proto().toByteArray());
    Result result = EXACT.verify(folder, engine);
    assertFalse(result.passed());
    assertTrue(result.reason().startsWith("output 0: expected " + (double) values[7] + " at 7"));
    assertEquals(1, result.absolute(), 1e-4);
    assertPasses(new Verifier(0, 2).verify(folder, engine));
  }

  private static Path copy(Path folder) throws IOException {
    Path source = TestData.own("oracle/plain-relu");
    Path set = Files.createDirectories(folder.resolve("test_data_set_0"));
    Files.copy(source.resolve("model.onnx"), folder.resolve("model.onnx"));
    for (String name : new String[] {"input_0.pb", "output_0.pb"}) {
      Files.copy(source.resolve("test_data_set_0").resolve(name), set.resolve(name));
    }
    return set;
  }

  @ParameterizedTest
  @EnumSource(Engine.class)
  void failsACaseThatCannotRunWithItsReason(Engine engine, @TempDir Path folder)
      throws IOException {
    Path set = copy(folder);
    Files.writeString(set.resolve("input_0.pb"), "no tensor");
    assertTrue(EXACT.verify(folder, engine).reason().contains("input_0.pb"));
    Files.delete(set.resolve("input_0.pb"));
    assertTrue(EXACT.verify(folder, engine).reason().startsWith("expected inputs"));
    Files.writeString(folder.resolve("model.onnx"), "no model");
    Result result = EXACT.verify(folder, engine);
    assertFalse(result.passed());
    assertTrue(result.reason().contains("model.onnx"), result.reason());
    assertTrue(Double.isNaN(result.absolute()));
  }

  @Test
  void findsAllCasesBelowAFolder(@TempDir Path folder) {
    assertEquals(3, Verifier.cases(TestData.own("oracle")).size());
    TrainException e = assertThrows(TrainException.class, () -> Verifier.cases(folder));
    assertTrue(String.valueOf(e.getMessage()).endsWith("no model.onnx in it or below"));
  }

  private static void assertPasses(Result result) {
    assertTrue(result.passed(), result.toString());
  }
}
