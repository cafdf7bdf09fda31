package io.fovea.converters;

import io.fovea.onnx.Model;
import io.fovea.runtime.Device;
import io.fovea.runtime.ImageModel;
import io.fovea.runtime.Output;
import java.nio.FloatBuffer;

/** A net in ONNX Runtime, for tests. */
final class Served implements AutoCloseable {
  private final ImageModel model;

  Served(Model model) {
    this.model = ImageModel.load(model.graph().name(), model.toBytes(), Device.cpu());
  }

  /** Its answer to pixels [n, c, h, w]. */
  Output run(float[] pixels, int n, int c, int h, int w) {
    return model.run(FloatBuffer.wrap(pixels), new long[] {n, c, h, w});
  }

  /** Its answer to a wave. */
  Output run(int n, int c, int h, int w) {
    return run(wave(n * c * h * w), n, c, h, w);
  }

  static float[] wave(int size) {
    float[] pixels = new float[size];
    for (int i = 0; i < size; i++) {
      pixels[i] = (float) Math.sin(i);
    }
    return pixels;
  }

  @Override
  public void close() {
    model.close();
  }
}
