package io.fovea.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.fovea.onnx.Model;
import io.fovea.onnx.Tensor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Nets that PyTorch exported, with its answers, losses and weights after eight steps of SGD. */
class PyTorchTrajectoryTest {
  private static final double BOUND = 1e-5;

  @ParameterizedTest
  @ValueSource(strings = {"plain-relu", "residual", "residual-swish"})
  void forwardEqualsPyTorchs(String net) {
    Path folder = TestData.own("oracle").resolve(net);
    Model model = Model.read(folder.resolve("model.onnx"));
    Tensor input = Tensor.read(folder.resolve("test_data_set_0/input_0.pb"));
    float[] wanted = Tensor.read(folder.resolve("test_data_set_0/output_0.pb")).floats();
    try (Learner learner = new Learner(model, Optimizer.sgd(0.1), 0)) {
      float[] met = learner.infer(direct(input), input.dims());
      assertEquals(wanted.length, met.length);
      for (int i = 0; i < met.length; i++) {
        assertEquals(wanted[i], met[i], BOUND, "output " + i);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"plain-relu", "residual", "residual-swish"})
  void trainingFollowsPyTorchStepByStep(String net) throws IOException {
    Path folder = TestData.own("oracle").resolve(net);
    Path train = folder.resolve("train");
    JsonNode said = new ObjectMapper().readTree(train.resolve("training.json").toFile());
    Optimizer sgd =
        new Optimizer.Sgd(
            said.get("lr").asDouble(),
            said.get("momentum").asDouble(),
            said.get("weight_decay").asDouble(),
            false);
    try (Learner learner = new Learner(Model.read(folder.resolve("model.onnx")), sgd, 0)) {
      for (int step = 0; step < said.get("steps").asInt(); step++) {
        Tensor x = Tensor.read(train.resolve("x_" + step + ".pb"));
        long[] y = Tensor.read(train.resolve("y_" + step + ".pb")).longs();
        double loss = learner.step(direct(x), x.dims(), y, sgd.learningRate());
        double wanted = said.get("losses").get(step).asDouble();
        assertEquals(wanted, loss, BOUND * wanted, "loss of step " + step);
      }
      Model trained = learner.graph().export();
      for (JsonNode name : said.get("after")) {
        Tensor wanted = Tensor.read(train.resolve("after_" + name.asText() + ".pb"));
        Tensor met = trained.graph().initializers().get(name.asText());
        double distance = distance(wanted.floats(), met.floats());
        assertTrue(distance <= BOUND, name.asText() + " is off by " + distance);
      }
    }
  }

  /** Norm of the difference over the norm. */
  private static double distance(float[] wanted, float[] met) {
    double difference = 0;
    double norm = 0;
    for (int i = 0; i < wanted.length; i++) {
      difference += Math.pow(wanted[i] - met[i], 2);
      norm += Math.pow(wanted[i], 2);
    }
    return Math.sqrt(difference / norm);
  }

  static FloatBuffer direct(Tensor tensor) {
    float[] values = tensor.floats();
    return ByteBuffer.allocateDirect(4 * values.length)
        .order(ByteOrder.nativeOrder())
        .asFloatBuffer()
        .put(values)
        .flip();
  }
}
