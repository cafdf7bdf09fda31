package io.fovea.converters;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.fovea.onnx.Model;
import io.fovea.onnx.Tensor;
import io.fovea.onnx.Value;
import io.fovea.runtime.Device;
import io.fovea.runtime.ImageModel;
import java.nio.FloatBuffer;
import java.util.function.IntBinaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SpatialTransformerTest {
  private static final Options OPTIONS = Options.classes(7).withChannels(3);

  @ParameterizedTest
  @CsvSource({"28, 28", "27, 31", "1, 1", "5, 64", "33, 4"})
  void startsAsIdentityAtAnySize(int height, int width) {
    Layers l = SpatialTransformer.layers(OPTIONS);
    Model model = l.output(SpatialTransformer.transformed(l, OPTIONS, l.input(3)));
    float[] picture = picture(2 * 3, height, width);
    long[] shape = {2, 3, height, width};
    assertArrayEquals(picture, run(model, picture, shape), 1e-5f);
  }

  @ParameterizedTest
  @CsvSource({"28, 28", "27, 31", "1, 1", "5, 64", "33, 4"})
  void readsWhereTheMapSays(int h, int w) {
    maps(h, w, (y, x) -> y * w + w - 1 - x, -1, 0, 0, 1, 0, 0);
    maps(h, w, (y, x) -> (h - 1 - y) * w + x, 1, 0, 0, -1, 0, 0);
    maps(h, w, (y, x) -> y * w + Math.min(x + 1, w - 1), 1, 0, 0, 1, 2f / w, 0);
    maps(h, w, (y, x) -> Math.max(y - 2, 0) * w + x, 1, 0, 0, 1, 0, -4f / h);
    if (h == w) { // x is read at -y, y at x
      maps(h, w, (y, x) -> x * w + w - 1 - y, 0, 1, -1, 0, 0, 0);
    }
  }

  private static void maps(int h, int w, IntBinaryOperator source, float... theta) {
    Layers l = SpatialTransformer.layers(OPTIONS);
    Value x = l.input(3);
    Value map = l.fixed(Tensor.of("theta", new long[] {1, 6}, theta));
    Model model = l.output(SpatialTransformer.sampled(l, "transformer", x, map));
    float[] picture = picture(3, h, w);
    float[] wanted = new float[picture.length];
    for (int i = 0; i < wanted.length; i++) {
      int at = i % (h * w);
      wanted[i] = picture[i - at + source.applyAsInt(at / w, at % w)];
    }
    assertArrayEquals(wanted, run(model, picture, new long[] {1, 3, h, w}), 1e-4f);
  }

  @Test
  void hasTheParametersThatItsDocumentationSays() {
    Model model = Architectures.named("spatial_transformer").model(Options.defaults());
    long met =
        model.graph().initializers().values().stream()
            .filter(t -> t.type().isFloating())
            .mapToLong(Tensor::size)
            .sum();
    assertEquals(120_776, met);
  }

  private static float[] run(Model model, float[] picture, long[] shape) {
    try (ImageModel served = ImageModel.load("transformer", model.toBytes(), Device.cpu())) {
      return served.run(FloatBuffer.wrap(picture), shape).values();
    }
  }

  private static float[] picture(int channels, int height, int width) {
    float[] values = new float[channels * height * width];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) Math.sin(i);
    }
    return values;
  }
}
