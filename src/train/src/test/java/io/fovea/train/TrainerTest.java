package io.fovea.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fovea.converters.Activation;
import io.fovea.converters.Architectures;
import io.fovea.converters.Normalization;
import io.fovea.converters.Options;
import io.fovea.image.Picture;
import io.fovea.onnx.Model;
import io.fovea.onnx.Tensor;
import io.fovea.runtime.Classifier;
import io.fovea.runtime.Device;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.bytedeco.javacpp.Pointer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class TrainerTest {
  private static final Recipe SHORT =
      Recipe.classification()
          .epochs(2)
          .batch(16)
          .optimizer(Optimizer.adamW(0.01))
          .augmentation(Augmentation.none());

  private static Model net(int classes) {
    return Architectures.named("resnet8").model(Options.classes(classes).withWidth(0.5));
  }

  @Test
  void learnsAndWritesAFileThatScoresTheSame(@TempDir Path folder) {
    Dataset held = new Stripes(40, 2);
    Trained trained =
        Trainer.of(net(4))
            .recipe(SHORT.epochs(6))
            .preprocessing(Stripes.FED)
            .fit(new Stripes(160, 1), held);
    var history = trained.history();
    assertTrue(history.get(5).loss() < 0.5 * history.get(0).loss(), history.toString());
    assertTrue(accuracy(history.get(5)) >= 0.9, history.toString());
    Path file = folder.resolve("deeper/shapes.onnx");
    assertTrue(trained.write(file) < 1e-4);
    try (Classifier c = Classifier.load(file, Device.cpu())) {
      assertEquals(held.labels(), c.labels());
      Evaluation.Classes e = Evaluation.of(c, held, done -> {});
      assertEquals(accuracy(history.get(5)), e.confusion().accuracy(), 1e-9);
      assertEquals(40, e.confusion().count());
    }
    assertTrue(Model.read(file).metadata().containsKey("fovea.provenance"));
  }

  private static double accuracy(Trainer.Epoch epoch) {
    return ((Evaluation.Classes) epoch.heldOut()).confusion().accuracy();
  }

  @Test
  void givesTheSameFileFromTheSameSeed() {
    Dataset data = new Stripes(32, 1);
    Dataset held = new Stripes(4, 2);
    Trainer trainer = Trainer.of(net(4)).recipe(SHORT.epochs(1)).preprocessing(Stripes.FED);
    byte[] one = trainer.fit(data, held).model().toBytes();
    assertArrayEquals(one, trainer.fit(data, held).model().toBytes());
    byte[] other = trainer.recipe(SHORT.epochs(1).seed(1)).fit(data, held).model().toBytes();
    assertFalse(java.util.Arrays.equals(one, other));
  }

  @Test
  void trainsOnFromAWrittenFile(@TempDir Path folder) {
    Dataset data = new Stripes(32, 1);
    Dataset held = new Stripes(4, 2);
    Path file = folder.resolve("first.onnx");
    Trainer.of(net(4))
        .recipe(SHORT.epochs(1))
        .preprocessing(Stripes.FED)
        .fit(data, held)
        .write(file);
    Trained second = Trainer.of(Model.read(file)).recipe(SHORT.epochs(1)).fit(data, held);
    assertEquals(
        Model.read(file).graph().proto().getNodeList(),
        second.model().graph().proto().getNodeList());
  }

  @ParameterizedTest
  @EnumSource(Activation.class)
  void trainsEveryActivation(Activation activation) {
    trains(Options.classes(4).withWidth(0.5).withActivation(activation));
  }

  @ParameterizedTest
  @EnumSource(Normalization.class)
  void trainsEveryNormalization(Normalization normalization) {
    trains(Options.classes(4).withWidth(0.5).withNormalization(normalization));
  }

  /** Three steps: the loss is finite, first and last layer move, both engines agree afterwards. */
  private static void trains(Options options) {
    Model net = Architectures.named("resnet8").model(options);
    Recipe recipe = SHORT.epochs(1).optimizer(Optimizer.adamW(0.001));
    Trained trained =
        Trainer.of(net)
            .recipe(recipe)
            .preprocessing(Stripes.FED)
            .fit(new Stripes(20, 1), new Stripes(4, 2));
    for (String name : new String[] {"conv1.weight", "linear.weight"}) {
      Tensor before = net.graph().initializers().get(name);
      Tensor after = trained.model().graph().initializers().get(name);
      assertFalse(java.util.Arrays.equals(before.floats(), after.floats()), name);
    }
    assertTrue(trained.write(Path.of("target", "trains.onnx")) < 1e-4);
  }

  /** The same net with one more node at its end. */
  private static Model ending(String operator, Model net) {
    var graph = net.proto().getGraph().toBuilder();
    var last = graph.getNodeBuilder(graph.getNodeCount() - 1); // the Identity that is the output
    last.setOpType(operator);
    return new Model(net.proto().toBuilder().setGraph(graph).build(), null);
  }

  @ParameterizedTest
  @ValueSource(strings = {"Softmax", "LogSoftmax"})
  void learnsWhatStandsBeforeASoftmaxAndAppliesNothingTwice(String operator, @TempDir Path folder) {
    Dataset data = new Stripes(32, 1);
    Trainer plain = Trainer.of(net(4)).recipe(SHORT).preprocessing(Stripes.FED);
    Trainer same = Trainer.of(ending(operator, net(4))).recipe(SHORT).preprocessing(Stripes.FED);
    Trained one = plain.fit(data, data);
    Trained two = same.fit(data, data);
    for (int epoch = 0; epoch < 2; epoch++) {
      assertEquals(one.history().get(epoch).loss(), two.history().get(epoch).loss(), 1e-6);
    }
    assertTrue(
        two.model()
            .metadata()
            .get("fovea.task")
            .contains(operator.equals("Softmax") ? "probabilities" : "logits"));
    one.write(folder.resolve("one.onnx"));
    two.write(folder.resolve("two.onnx"));
    try (Classifier a = Classifier.load(folder.resolve("one.onnx"), Device.cpu());
        Classifier b = Classifier.load(folder.resolve("two.onnx"), Device.cpu())) {
      assertArrayEquals(
          a.score(data.picture(0)).probabilities(),
          b.score(data.picture(0)).probabilities(),
          1e-5f);
    }
  }

  @Test
  void learnsYesOrNoByASigmoid(@TempDir Path folder) {
    record TwoOf(Dataset four) implements Dataset {
      @Override
      public int size() {
        return four.size();
      }

      @Override
      public List<String> labels() {
        return List.of("straight", "slanted");
      }

      @Override
      public Picture picture(int index) {
        return four.picture(index);
      }

      @Override
      public Target target(int index) {
        return new Target.Label(((Target.Label) four.target(index)).index() / 2);
      }
    }
    Dataset data = new TwoOf(new Stripes(160, 1));
    Path file = folder.resolve("slanted.onnx");
    Trained trained =
        Trainer.of(ending("Sigmoid", net(1)))
            .recipe(SHORT.epochs(5))
            .preprocessing(Stripes.FED)
            .fit(data, data);
    trained.write(file);
    try (Classifier c = Classifier.load(file, Device.cpu())) {
      assertEquals(data.labels(), c.labels());
      Evaluation.Classes e = Evaluation.of(c, data, done -> {});
      assertTrue(e.confusion().accuracy() > 0.9, e.headline());
      assertEquals(accuracy(trained.history().get(4)), e.confusion().accuracy(), 1e-9);
    }
  }

  @Test
  void holdsNoMoreNativeMemoryAfterFiveHundredStepsThanAfterAHundred() throws Exception {
    for (long last = -1; last != Pointer.totalCount(); Thread.sleep(500)) {
      last = Pointer.totalCount();
      System.gc(); // what other tests left
    }
    long[] count = new long[2];
    long[] bytes = new long[2];
    FloatBuffer pixels =
        ByteBuffer.allocateDirect(4 * 4 * 3 * 16 * 16)
            .order(ByteOrder.nativeOrder())
            .asFloatBuffer();
    Random random = new Random(1);
    while (pixels.hasRemaining()) {
      pixels.put((float) random.nextGaussian());
    }
    pixels.flip();
    try (Learner learner = new Learner(net(4), SHORT.optimizer(Optimizer.sgd(0.01)))) {
      for (int step = 1; step <= 500; step++) {
        learner.step(pixels, new long[] {4, 3, 16, 16}, Targets.Classes.of(0, 1, 2, 3), 0.001);
        if (step == 100 || step == 500) {
          count[step / 500] = Pointer.totalCount();
          bytes[step / 500] = Pointer.totalBytes();
        }
      }
    }
    assertEquals(count[0], count[1], "live pointers");
    assertEquals(bytes[0], bytes[1], "bytes of live pointers");
  }

  @Test
  void saysWhatDoesNotFit(@TempDir Path folder) throws Exception {
    Dataset data = new Stripes(8, 1);
    Trainer trainer = Trainer.of(net(3)).recipe(SHORT).preprocessing(Stripes.FED);
    String classes = message(() -> trainer.fit(data, data));
    assertTrue(classes.contains("the net has 3 outputs, the data has 4 classes"), classes);
    String feeding = message(() -> Trainer.of(net(4)).fit(data, data));
    assertTrue(feeding.contains("does not say how pictures are fed"), feeding);
    String rate =
        message(
            () -> Trainer.of(net(4)).recipe(SHORT.optimizer(Optimizer.sgd(-1))).fit(data, data));
    assertTrue(rate.contains("lr: expected a number above 0"), rate);
    Path classA = Files.createDirectories(folder.resolve("data/a"));
    Path classB = Files.createDirectories(folder.resolve("data/b"));
    Files.writeString(classA.resolve("broken.jpg"), "no picture");
    Files.writeString(classB.resolve("broken.jpg"), "no picture");
    Dataset broken = Dataset.folder(folder.resolve("data"));
    String file = message(() -> Trainer.of(net(2)).preprocessing(Stripes.FED).fit(broken, broken));
    assertTrue(file.contains("broken.jpg"), file);
  }

  @Test
  void refusesToTrainANormalizationOnOneValueAChannel() {
    Model net = net(4);
    FloatBuffer one = ByteBuffer.allocateDirect(12).order(ByteOrder.nativeOrder()).asFloatBuffer();
    try (Learner learner = new Learner(net, SHORT)) {
      String m =
          message(() -> learner.step(one, new long[] {1, 3, 1, 1}, Targets.Classes.of(0), 0.1));
      assertTrue(
          m.startsWith("BatchNormalization 'bn1': expected more than one value per channel"), m);
    }
  }

  @Test
  void listsEveryNodeThatCannotBeTrained() {
    Model model = net(4);
    var nodes = model.proto().getGraph().toBuilder();
    for (int i = 0; i < nodes.getNodeCount(); i++) {
      if (nodes.getNode(i).getOpType().equals("Relu")) {
        nodes.getNodeBuilder(i).setOpType("NonMaxSuppression");
      }
    }
    Model odd = new Model(model.proto().toBuilder().setGraph(nodes).build(), null);
    String m = message(() -> new TorchGraph(odd, Selection.all()));
    assertTrue(
        m.contains("7 of") && m.contains("NonMaxSuppression 'relu': not trained with at opset 17"),
        m);
  }

  private static String message(Runnable action) {
    return String.valueOf(assertThrows(TrainException.class, action::run).getMessage());
  }
}
