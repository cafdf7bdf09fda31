package io.fovea.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fovea.converters.Architectures;
import io.fovea.converters.Extra;
import io.fovea.converters.Options;
import io.fovea.onnx.Model;
import io.fovea.onnx.Tensor;
import io.fovea.onnx.ValueInfo;
import io.fovea.runtime.Specification;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Heads in the middle of a net, which serve training alone. */
class AuxiliaryTest {
  private static final Options NARROW = Options.classes(4).withWidth(0.125).withDropout(0);
  private static final Map<String, Double> WEIGHTS = Map.of("aux1", 0.3, "aux2", 0.3);
  private static final Recipe THREE_STEPS =
      Recipe.classification()
          .epochs(1)
          .batch(8)
          .optimizer(Optimizer.sgd(0.05))
          .augmentation(Augmentation.none());

  private static Model googlenet(Options options) {
    return Architectures.named("googlenet").model(options);
  }

  private static Model withHeads() {
    return googlenet(NARROW.with(Extra.AUXILIARY));
  }

  private static List<String> outputs(Model model) {
    return model.graph().outputs().stream().map(ValueInfo::name).toList();
  }

  private static Trained trained(Model model) {
    return Trainer.of(model)
        .recipe(THREE_STEPS)
        .preprocessing(Stripes.FED)
        .fit(new Stripes(24, 1), new Stripes(4, 2));
  }

  private static double step(Learner learner) {
    long[] shape = {4, 3, 32, 32};
    FloatBuffer pixels =
        ByteBuffer.allocateDirect(4 * 4 * 3 * 32 * 32)
            .order(ByteOrder.nativeOrder())
            .asFloatBuffer();
    for (int i = 0; i < pixels.capacity(); i++) {
      pixels.put(i, (float) Math.sin(i));
    }
    Targets wanted = new Targets.Classes(new long[] {0, 1, 2, 3}, new long[] {4});
    return learner.step(pixels, shape, wanted, 0.05);
  }

  @Test
  void weighTheirLossesAndMoveThemselvesAndTheBodyBefore() {
    try (Learner plain = new Learner(googlenet(NARROW), THREE_STEPS);
        Learner helped = new Learner(withHeads(), THREE_STEPS)) {
      Map<String, Tensor> start = helped.graph().state();
      double more = step(helped) - step(plain);
      assertEquals(0.6 * Math.log(4), more, 0.05); // heads that know nothing yet
      step(helped);
      step(plain);
      Map<String, Tensor> alone = plain.graph().state();
      Map<String, Tensor> end = helped.graph().state();
      String[] moved = {"aux1.fc2.weight", "aux2.conv.conv.weight", "conv1.conv.weight"};
      for (String name : moved) {
        assertFalse(Arrays.equals(start.get(name).floats(), end.get(name).floats()), name);
      }
      String body = "inception4a.branch1.conv.weight";
      assertFalse(Arrays.equals(alone.get(body).floats(), end.get(body).floats()));
    }
  }

  @Test
  void areDroppedOnExportAndRecorded(@TempDir Path folder) {
    Path file = folder.resolve("net.onnx");
    assertTrue(trained(withHeads()).write(file) < 1e-4); // the scores that libtorch gives
    Model served = Model.read(file);
    Model plain = googlenet(NARROW);
    assertEquals(List.of("output"), outputs(served));
    assertEquals(plain.graph().initializers().keySet(), served.graph().initializers().keySet());
    assertEquals(plain.graph().proto().getNodeList(), served.graph().proto().getNodeList());
    assertFalse(served.metadata().containsKey("fovea.auxiliary"));
    Specification said = Specification.of("net", served.metadata());
    assertEquals(WEIGHTS, said.provenance().get("droppedOnExport"));
  }

  @Test
  void takeAnotherNumberOfClassesTogetherWithTheHead() {
    Model ten = googlenet(NARROW.withClasses(10).with(Extra.AUXILIARY));
    Model four = Head.of(ten, null).withClasses(4, 1);
    for (ValueInfo output : four.graph().outputs()) {
      assertEquals(4, output.type().shape().get(1).size(), output.name());
    }
    for (String name : List.of("fc.weight", "aux1.fc2.weight", "aux2.fc2.weight")) {
      assertEquals(4, four.graph().initializers().get(name).dims()[0], name);
    }
    assertEquals(List.of("output"), outputs(trained(four).model()));
  }

  @Test
  void areUnknownWithoutMetadataSoThatTheFirstOutputAloneIsLearned() {
    Model heads = withHeads();
    Model foreign = new Model(heads.proto().toBuilder().clearMetadataProps().build(), null);
    Trained trained = trained(foreign);
    assertEquals(List.of("output", "aux1", "aux2"), outputs(trained.model()));
    String head = "aux1.fc2.weight";
    assertArrayEquals(
        heads.graph().initializers().get(head).floats(),
        trained.model().graph().initializers().get(head).floats());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"{\"aux3\":0.3}", "{\"output\":1}", "{\"aux1\":null}", "{\"aux1\":", "[]"})
  void mustBeOutputsOfTheGraph(String json) {
    Model model = withHeads().withMetadata("fovea.auxiliary", json);
    TrainException e = assertThrows(TrainException.class, () -> Auxiliary.of(model));
    assertTrue(e.getMessage().startsWith("metadata 'fovea.auxiliary': "), e.getMessage());
  }
}
