package io.fovea.runtime;

import java.nio.FloatBuffer;
import java.util.Random;

/** Standard normal numbers, which a generator makes pictures of. */
final class Noise {
  private Noise() {}

  /**
   * Writes the numbers of one picture; the same on every machine and in every Java.
   *
   * @param seed that draws them; neighbours have nothing in common
   */
  static void put(FloatBuffer to, int count, long seed) {
    Random random = new Random(mixed(seed));
    for (int i = 0; i < count; i++) {
      to.put((float) random.nextGaussian());
    }
  }

  /** The finalizer of SplitMix64: {@link Random} starts alike from seeds that lie close. */
  private static long mixed(long seed) {
    long z = seed + 0x9E3779B97F4A7C15L;
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }
}
