package io.fovea.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fovea.converters.Architecture;
import io.fovea.converters.Architectures;
import io.fovea.converters.Options;
import io.fovea.onnx.Model;
import io.fovea.onnx.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Nets of masks and pictures learn, and ONNX Runtime then gives what libtorch does. */
class PictureTrainingTest {
  private static final double RATE = 0.05;
  private static final long BATCH = 3;

  @ParameterizedTest
  @CsvSource({
    "unet, 33, 19, down1.conv1.weight, head.weight",
    "fcn_resnet50, 33, 47, backbone.conv1.weight, classifier.4.weight",
    "deeplabv3_resnet50, 33, 47, backbone.conv1.weight, classifier.4.weight",
    "dip_skip, 45, 39, level1.down1.conv.weight, head.weight",
    "style_transfer, 21, 26, conv1.conv2d.weight, deconv3.conv2d.weight",
    "espcn_x2, 9, 12, conv1.weight, conv3.weight",
    "espcn_x3, 9, 12, conv1.weight, conv3.weight",
    "espcn_x4, 9, 12, conv1.weight, conv3.weight",
    "dcgan_generator, 1, 2, main.0.weight, main.12.weight",
    "dcgan_discriminator, 64, 80, main.0.weight, main.11.weight"
  })
  void learnsInThreeStepsAndStaysTheSameInBothEngines(
      String name, int height, int width, String first, String last) {
    Architecture a = Architectures.named(name);
    boolean masks = a.task() == Architecture.Task.SEGMENTATION;
    Options options = Options.defaults().withWidth(0.125);
    Model net = a.model(masks ? options.withClasses(3) : options);
    Recipe recipe =
        Recipe.classification()
            .optimizer(new Optimizer.Sgd(RATE, 0, 0, false))
            .loss(masks ? Loss.CROSS_ENTROPY : Loss.MSE);
    Random random = new Random(1);
    long[] shape = {BATCH, a.channels(), height, width};
    FloatBuffer pixels = pixels(random, shape);
    try (Learner learner = new Learner(net, recipe)) {
      Tensor before = learner.infer(pixels, shape);
      Targets targets = masks ? classes(random, before.dims()) : values(random, before.dims());
      learner.step(pixels, shape, targets, RATE);
      Model once = learner.export();
      for (String parameter : List.of(first, last)) {
        assertMoved(parameter, net, once);
      }
      learner.step(pixels, shape, targets, RATE);
      learner.step(pixels, shape, targets, RATE);
      assertAgree(learner, pixels, shape);
      long[] other = {1, a.channels(), height + 3, width + 1};
      assertAgree(learner, pixels(random, other), other);
    }
  }

  private static FloatBuffer pixels(Random random, long... shape) {
    int size = (int) Arrays.stream(shape).reduce(1, (x, y) -> x * y);
    ByteBuffer bytes = ByteBuffer.allocateDirect(4 * size).order(ByteOrder.nativeOrder());
    FloatBuffer pixels = bytes.asFloatBuffer();
    while (pixels.hasRemaining()) {
      pixels.put(random.nextFloat());
    }
    return pixels.flip();
  }

  private static Targets classes(Random random, long... output) {
    long[] shape = {output[0], output[2], output[3]};
    long size = output[0] * output[2] * output[3];
    return new Targets.Classes(random.longs(size, 0, output[1]).toArray(), shape);
  }

  private static Targets values(Random random, long... output) {
    float[] values = new float[(int) Arrays.stream(output).reduce(1, (x, y) -> x * y)];
    for (int i = 0; i < values.length; i++) {
      values[i] = random.nextFloat();
    }
    return new Targets.Values(values, output);
  }

  /** Plain gradient descent: what a parameter moved by is its gradient times the rate. */
  private static void assertMoved(String name, Model before, Model after) {
    float[] from = before.graph().initializers().get(name).floats();
    float[] to = after.graph().initializers().get(name).floats();
    double largest = 0;
    for (int i = 0; i < to.length; i++) {
      assertTrue(Float.isFinite(to[i]), name);
      largest = Math.max(largest, Math.abs(to[i] - from[i]));
    }
    assertTrue(largest > 0, name + " has no gradient");
  }

  private static void assertAgree(Learner learner, FloatBuffer pixels, long... shape) {
    float[] copy = new float[pixels.remaining()];
    pixels.duplicate().get(copy);
    Tensor met = learner.infer(pixels, shape);
    try (Runner served = new Runner.OnnxRuntime(learner.export())) {
      Tensor wanted = served.run(List.of(Tensor.of("input", shape, copy))).get(0);
      assertArrayEquals(wanted.dims(), met.dims());
      float[] right = wanted.floats();
      double largest = 0;
      for (float v : right) {
        largest = Math.max(largest, Math.abs(v));
      }
      float[] values = met.floats();
      for (int i = 0; i < right.length; i++) {
        assertEquals(right[i], values[i], 1e-4 * largest);
      }
    }
  }
}
