package io.fovea.converters;

import io.fovea.onnx.Tensor;
import java.util.Arrays;
import java.util.Random;

/**
 * Draws initial weights. Each tensor has a generator of its own, from the seed and the tensor's
 * name, so that adding a layer changes no other.
 */
final class Weights {
  private final long seed;

  Weights(long seed) {
    this.seed = seed;
  }

  /** Normal around 0 (He 2015, <a href="https://arxiv.org/abs/1502.01852">1502.01852</a>). */
  Tensor heNormal(String name, long fan, long... dims) {
    Random random = random(name);
    float[] values = new float[size(dims)];
    double std = Math.sqrt(2.0 / fan);
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (random.nextGaussian() * std);
    }
    return Tensor.of(name, dims, values);
  }

  /** Uniform within the inverse root of the number of inputs of a unit, as LeCun 1998 draws. */
  Tensor uniform(String name, long fanIn, long... dims) {
    Random random = random(name);
    float[] values = new float[size(dims)];
    double bound = 1 / Math.sqrt(fanIn);
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) ((2 * random.nextDouble() - 1) * bound);
    }
    return Tensor.of(name, dims, values);
  }

  static Tensor filled(String name, float value, long... dims) {
    float[] values = new float[size(dims)];
    Arrays.fill(values, value);
    return Tensor.of(name, dims, values);
  }

  private Random random(String name) {
    return new OwnRandom(seed * 0x9E3779B97F4A7C15L + name.hashCode());
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
