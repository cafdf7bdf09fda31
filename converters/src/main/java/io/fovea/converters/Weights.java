package io.fovea.converters;

import io.fovea.onnx.Tensor;
import java.util.Arrays;
import java.util.Random;
import java.util.function.DoubleSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Draws initial weights. Each tensor has a generator of its own, from the seed and the tensor's
 * name, so that adding a layer changes no other. Without a seed, tensors have a shape but no data.
 */
final class Weights {
  private final @Nullable Long seed;

  Weights(@Nullable Long seed) {
    this.seed = seed;
  }

  Tensor draw(Draw draw, String name, long fanIn, long fanOut, long... dims) {
    if (seed == null) {
      return Tensor.outline(name, dims);
    }
    Random random = new OwnRandom(seed * 0x9E3779B97F4A7C15L + name.hashCode());
    DoubleSupplier source = draw.from(random, fanIn, fanOut);
    float[] values = new float[size(dims)];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) source.getAsDouble();
    }
    return Tensor.of(name, dims, values);
  }

  static Tensor filled(String name, float value, long... dims) {
    float[] values = new float[size(dims)];
    Arrays.fill(values, value);
    return Tensor.of(name, dims, values);
  }

  private static int size(long... dims) {
    return Math.toIntExact(Arrays.stream(dims).reduce(1, Math::multiplyExact));
  }

  /**
   * The numbers of {@link Random}, by the formula that its documentation fixes, for one thread:
   * more than twice as fast, and drawing is most of what building a net takes.
   */
  static final class OwnRandom extends Random {
    private static final long serialVersionUID = 1L;
    private static final long FACTOR = 0x5DEECE66DL;
    private static final long MASK = (1L << 48) - 1;

    private long state;

    OwnRandom(long seed) {
      super(0);
      state = (seed ^ FACTOR) & MASK;
    }

    @Override
    protected int next(int bits) {
      state = (state * FACTOR + 0xB) & MASK;
      return (int) (state >>> (48 - bits));
    }
  }
}
