package io.fovea.converters;

import java.util.Random;
import java.util.function.DoubleSupplier;

/** How the first values of a tensor are drawn. */
@FunctionalInterface
public interface Draw {
  /**
   * A source of values.
   *
   * @param fanIn values that a unit takes in
   * @param fanOut values that a unit gives out: filters times the kernel's area
   */
  DoubleSupplier from(Random random, long fanIn, long fanOut);

  /** All zero. */
  Draw ZERO = (random, in, out) -> () -> 0;

  /** Normal, variance 2 / inputs: He 2015, <a href="https://arxiv.org/abs/1502.01852">PReLU</a>. */
  Draw HE_IN = (random, in, out) -> normal(Math.sqrt(2.0 / in)).from(random, in, out);

  /** Normal, variance 2 / outputs: the same, for the gradient on its way back. */
  Draw HE_OUT = (random, in, out) -> normal(Math.sqrt(2.0 / out)).from(random, in, out);

  /** Uniform, variance 2 / inputs. */
  Draw HE_UNIFORM = (random, in, out) -> uniform(Math.sqrt(6.0 / in)).from(random, in, out);

  /** Uniform within the inverse root of the number of inputs: LeCun 1998. */
  Draw LECUN = (random, in, out) -> uniform(1 / Math.sqrt(in)).from(random, in, out);

  /** Uniform, variance 2 / (inputs + outputs): Glorot 2010. */
  Draw GLOROT = (random, in, out) -> uniform(Math.sqrt(6.0 / (in + out))).from(random, in, out);

  /**
   * The first filters of a square convolution, as many as it has inputs, pass one input each on
   * (Dirac's delta); the rest as LeCun's.
   *
   * @param size height and width of the odd kernel
   */
  static Draw passing(int size) {
    return (random, in, out) -> {
      DoubleSupplier rest = LECUN.from(random, in, out);
      int area = size * size;
      long[] drawn = new long[1];
      return () -> {
        long filter = drawn[0] / in;
        long place = drawn[0]++ % in;
        boolean passes = place == filter * area + area / 2;
        return filter * area < in ? (passes ? 1 : 0) : rest.getAsDouble();
      };
    };
  }

  /** Normal around 0. */
  static Draw normal(double deviation) {
    return (random, in, out) -> () -> random.nextGaussian() * deviation;
  }

  /** Normal around 0 without what lies beyond two deviations. */
  static Draw truncated(double deviation) {
    return (random, in, out) ->
        () -> {
          double value = random.nextGaussian();
          while (Math.abs(value) > 2) {
            value = random.nextGaussian();
          }
          return value * deviation;
        };
  }

  /** Uniform in (-bound, bound). */
  static Draw uniform(double bound) {
    return (random, in, out) -> () -> (2 * random.nextDouble() - 1) * bound;
  }

  /** Each the same. */
  static Draw constant(double value) {
    return (random, in, out) -> () -> value;
  }
}
