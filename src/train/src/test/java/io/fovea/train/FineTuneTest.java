package io.fovea.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fovea.image.Picture;
import io.fovea.image.Preprocessing;
import io.fovea.image.Step;
import io.fovea.onnx.DataType;
import io.fovea.onnx.Dim;
import io.fovea.onnx.GraphBuilder;
import io.fovea.onnx.Model;
import io.fovea.onnx.Tensor;
import io.fovea.onnx.Value;
import io.fovea.runtime.Task;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Files that other tools wrote, trained on. */
class FineTuneTest {
  private static final Dataset DATA = new Stripes(24, 1);
  private static final Recipe ONE =
      Recipe.classification()
          .epochs(1)
          .batch(8)
          .optimizer(Optimizer.sgd(0.05))
          .augmentation(Augmentation.none());

  /** A net that PyTorch exported: ten classes, opset 16, no metadata. */
  private static Model foreign() {
    return Model.read(TestData.own("oracle/residual/model.onnx"));
  }

  private static Trained train(Model model, Selection selection) {
    return Trainer.of(model)
        .recipe(ONE.selection(selection))
        .preprocessing(Stripes.FED)
        .fit(DATA, new Stripes(4, 2));
  }

  private static boolean changed(Model before, Model after, String name) {
    return !Arrays.equals(
        before.graph().initializers().get(name).floats(),
        after.graph().initializers().get(name).floats());
  }

  @Test
  void replacesAHeadAndKeepsAllElse(@TempDir Path folder) {
    Model old = foreign();
    Head head = Head.of(old, null);
    assertEquals(10, head.classes());
    Model four = head.withClasses(4, 0);
    Trained trained = train(four, Selection.all());
    assertTrue(trained.write(folder.resolve("four.onnx")) < 1e-4);
    Model after = Model.read(folder.resolve("four.onnx"));
    assertEquals(old.graph().proto().getNodeList(), after.graph().proto().getNodeList());
    assertEquals(old.opset(), after.opset());
    assertEquals(old.proto().getIrVersion(), after.proto().getIrVersion());
    assertEquals(old.proto().getProducerName(), after.proto().getProducerName());
    assertEquals(old.graph().inputs(), after.graph().inputs());
    assertEquals("output: float [N, 4]", after.graph().outputs().get(0).toString());
    assertEquals(
        old.graph().initializers().keySet().stream().toList(),
        after.graph().initializers().keySet().stream().toList());
  }

  /** A net of one convolution whose head is of a kind. */
  private static Model net(String kind) {
    GraphBuilder g = new GraphBuilder("net", 17);
    Random r = new Random(3);
    Value x =
        g.input("x", DataType.FLOAT, Dim.of("n"), Dim.of(3), Dim.of("height"), Dim.of("width"));
    Value y = g.node("Conv", "conv", List.of(x, g.initializer(weight(r, "w", 6, 3, 3, 3))));
    y = g.node("Relu", "relu", List.of(y));
    switch (kind) {
      case "Conv" -> {
        y = g.node("Conv", "head", List.of(y, g.initializer(weight(r, "head.w", 10, 6, 1, 1))));
        y = g.node("GlobalAveragePool", "pool", List.of(y));
        y = g.node("Reshape", "shape", List.of(y, g.initializer(Tensor.of("to", -1, 10))));
      }
      case "MatMul" -> {
        y = g.node("Flatten", "flat", List.of(g.node("GlobalAveragePool", "pool", List.of(y))));
        y = g.node("MatMul", "head", List.of(y, g.initializer(weight(r, "head.w", 6, 10))));
        y = g.node("Add", "add", List.of(y, g.initializer(weight(r, "head.b", 10))));
        y = g.node("Softmax", "softmax", List.of(y));
      }
      default -> throw new AssertionError(kind);
    }
    g.output(y);
    return g.build();
  }

  private static Tensor weight(Random random, String name, long... dims) {
    return SingleNode.uniform(random, DataType.FLOAT, dims).named(name);
  }

  @ParameterizedTest
  @ValueSource(strings = {"Conv", "MatMul"})
  void findsHeadsOfEveryKind(String kind, @TempDir Path folder) {
    Head head = Head.of(net(kind), null);
    assertTrue(head.toString().startsWith(kind + " 'head', weight ["), head.toString());
    assertTrue(
        train(head.withClasses(4, 0), Selection.all()).write(folder.resolve("x.onnx")) < 1e-4);
    assertEquals(10, Head.of(net(kind), "head").classes());
    String m = message(() -> Head.of(net(kind), "relu"));
    assertEquals("Relu 'relu': is no head: it has no weight of its own", m);
  }

  @Test
  void leavesWhatIsFrozenAsItIs() {
    Model model = Head.of(foreign(), null).withClasses(4, 0);
    List<List<String>> layers = Roles.layers(model.graph());
    String first = layers.get(0).get(0);
    String last = layers.get(layers.size() - 1).get(0);
    Model depth =
        train(model, new Selection(List.of(), layers.size() - 1, List.of(), 1, true, 1, false))
            .model();
    Model pattern =
        train(model, new Selection(List.of("^" + first + "$"), 0, List.of(), 1, true, 1, false))
            .model();
    Model body = train(model, new Selection(List.of(), 0, List.of(), 0, true, 1, false)).model();
    assertFalse(changed(model, depth, first));
    assertTrue(changed(model, depth, last));
    assertFalse(changed(model, pattern, first));
    assertTrue(changed(model, pattern, layers.get(1).get(0)));
    assertFalse(changed(model, body, first));
    assertTrue(changed(model, body, last));
    for (String state : Roles.of(model.graph()).state()) {
      assertFalse(changed(model, depth, state), state + " of a frozen layer moved");
      assertTrue(changed(model, body, state), state);
    }
    Model still = train(model, new Selection(List.of(), 0, List.of(), 1, true, 1, true)).model();
    for (String state : Roles.of(model.graph()).state()) {
      assertFalse(changed(model, still, state), state);
    }
  }

  @Test
  void trainsConstantsThatArePutDown() {
    Model model = Model.read(TestData.shared("oracle/training/spatial-transformer/model.onnx"));
    assertFalse(Roles.of(model.graph()).parameters().contains("0.base"));
    Recipe recipe = ONE.selection(new Selection(List.of(), 0, List.of("base"), 1, true, 1, false));
    try (Learner learner = new Learner(model, recipe)) {
      assertTrue(learner.graph().roles().parameters().contains("0.base"));
    }
    String m =
        message(
            () ->
                train(four(), new Selection(List.of("nothing"), 0, List.of(), 1, true, 1, false)));
    assertTrue(m.contains("pattern 'nothing' fits no parameter; there are ["), m);
  }

  @Test
  void decaysOnlyWeightsWhereAsked() {
    Model model = Head.of(foreign(), null).withClasses(4, 0);
    Optimizer decay = new Optimizer.AdamW(1e-12, 0.9, 0.999, 1e-8, 1e9); // decay alone moves
    List<String> names = Roles.of(model.graph()).parameters();
    for (boolean all : new boolean[] {true, false}) {
      Selection selection = new Selection(List.of(), 0, List.of(), 1, all, 1, false);
      Model after =
          Trainer.of(model)
              .recipe(ONE.optimizer(decay).selection(selection))
              .preprocessing(Stripes.FED)
              .fit(DATA, DATA)
              .model();
      for (String name : names) {
        float[] before = model.graph().initializers().get(name).floats();
        float[] now = after.graph().initializers().get(name).floats();
        boolean vector = model.graph().initializers().get(name).dims().length == 1;
        double moved = Math.abs(before[0] - now[0]) / Math.max(1e-9, Math.abs(before[0]));
        boolean decayed = before[0] == 0 || moved > 1e-4;
        assertTrue(before[0] == 0 || decayed == (all || !vector), name + " moved by " + moved);
      }
    }
  }

  @Test
  void untiesWhatExportersMerged() {
    GraphBuilder g = new GraphBuilder("tied", 17);
    Value x = g.input("x", DataType.FLOAT, Dim.of("n"), Dim.of(4));
    Value w = g.initializer(weight(new Random(1), "w", 4, 4));
    Value y = g.node("MatMul", "a", List.of(x, w));
    g.output(g.node("MatMul", "b", List.of(y, w)));
    Model tied = g.build();
    assertEquals(Map.of("w", 2), Surgery.tied(tied.graph()));
    Model untied = Surgery.untied(tied);
    assertEquals(List.of("w", "w_2"), Roles.of(untied.graph()).parameters());
    assertArrayEquals(
        untied.graph().initializers().get("w").floats(),
        untied.graph().initializers().get("w_2").floats());
    assertTrue(Surgery.notes(tied).get(0).startsWith("1 parameters are used by several nodes"));
    assertEquals(List.of(), Surgery.notes(untied));
    assertTrue(Surgery.notes(net("Conv")).get(0).startsWith("the net has no normalization layers"));
  }

  @Test
  void putsDropoutBeforeTheHead(@TempDir Path folder) {
    Model model = Surgery.withDropout(Head.of(foreign(), null).withClasses(4, 0), 0.5);
    Trained trained = train(model, Selection.all());
    assertTrue(trained.write(folder.resolve("dropout.onnx")) < 1e-4);
    assertEquals(
        1, model.graph().nodes().stream().filter(n -> n.operator().equals("Dropout")).count());
    assertTrue(message(() -> Surgery.withDropout(model, 1)).contains("a ratio in [0, 1)"));
  }

  @Test
  void keepsTheNetOfTheLastWholeEpochWhenTheLossIsNoNumber(@TempDir Path folder) {
    Model model = Head.of(foreign(), null).withClasses(1, 0);
    AtomicBoolean damaged = new AtomicBoolean();
    record Sums(Dataset of, AtomicBoolean damaged) implements Dataset {
      @Override
      public Task.Kind task() {
        return Task.Kind.REGRESSION;
      }

      @Override
      public int size() {
        return of.size();
      }

      @Override
      public List<String> labels() {
        return List.of("sum");
      }

      @Override
      public Picture picture(int index) {
        return of.picture(index);
      }

      @Override
      public Target target(int index) {
        return new Target.Values(new float[] {damaged.get() ? Float.NaN : index});
      }
    }
    Dataset data = new Sums(DATA, damaged);
    Trainer trainer =
        Trainer.of(model)
            .recipe(Recipe.regression().epochs(3).batch(8))
            .preprocessing(Stripes.FED)
            .listener(
                new Trainer.Listener() {
                  @Override
                  public void epoch(Trainer.Epoch epoch) {
                    damaged.set(true);
                  }
                });
    DivergedException e = assertThrows(DivergedException.class, () -> trainer.fit(data, data));
    assertEquals(
        "epoch 2, step 1: the loss is NaN: the data's values are no numbers; the net of epoch 1 is"
            + " kept",
        e.getMessage());
    assertEquals(1, e.epoch());
    assertTrue(e.lastGood().write(folder.resolve("kept.onnx")) < 1e-3);
    for (Tensor t : Model.read(folder.resolve("kept.onnx")).graph().initializers().values()) {
      if (t.type() == DataType.FLOAT) {
        for (float v : t.floats()) {
          assertTrue(Float.isFinite(v), t.name());
        }
      }
    }
  }

  @Test
  void namesWhatDivergedFirst() {
    Recipe wild = ONE.optimizer(new Optimizer.Sgd(1e30, 0.9, 0, false));
    Trainer trainer = Trainer.of(four()).recipe(wild).preprocessing(Stripes.FED);
    String m = message(() -> trainer.fit(DATA, DATA));
    assertTrue(
        m.matches(
            "(epoch 1, step \\d+: the loss is .*: (first from|parameter) .*|after epoch 1: .*)"),
        m);
  }

  private static Model four() {
    return Head.of(foreign(), null).withClasses(4, 0);
  }

  @Test
  void saysWhichFilesCannotBeTrained() {
    Model model = four();
    var half = model.proto().toBuilder();
    var input = half.getGraphBuilder().getInputBuilder(0).getTypeBuilder().getTensorTypeBuilder();
    input.setElemType(DataType.FLOAT16.code());
    Model odd = new Model(half.build(), null);
    String type = message(() -> train(odd, Selection.all()));
    assertTrue(type.contains("expected pictures, float [N, C, H, W], met float16"), type);
    String channels =
        message(
            () ->
                Trainer.of(model)
                    .preprocessing(Preprocessing.of(new Step.Color(Step.Channels.GREY)))
                    .fit(DATA, DATA));
    assertEquals("the preprocessing gives 1 channels, the net wants 3", channels);
    assertTrue(Trainability.of(model).isTrainable());
    SingleNode loop = new SingleNode("Loop", 16).input(Tensor.of("n", 3));
    assertTrue(Trainability.of(loop.model()).reasons().get(0).startsWith("Loop 'out0'"));
  }

  private static String message(Runnable action) {
    return String.valueOf(assertThrows(TrainException.class, action::run).getMessage());
  }
}
