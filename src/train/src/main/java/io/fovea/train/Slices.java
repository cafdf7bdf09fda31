package io.fovea.train;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * The sliced Wasserstein distance between two sets of pictures (Rabin 2011, <a
 * href="https://doi.org/10.1007/978-3-642-24785-9_37">10.1007/978-3-642-24785-9_37</a>): pictures
 * are projected on directions that are drawn once, and how far the sorted projections of one set
 * lie from those of the other is averaged. Holds the projections, not the pictures. Not
 * thread-safe.
 */
final class Slices {
  private static final int DIRECTIONS = 128;
  private static final long SEED = 7; // any; the same for all trainings

  private final List<float[]> made = new ArrayList<>(); // [DIRECTIONS] of each picture
  private final List<float[]> real = new ArrayList<>();
  private float @Nullable [] directions; // [numbers of a picture, DIRECTIONS]

  /**
   * Adds as many of each.
   *
   * @param one made pictures, {@code count} times as many numbers in [0, 1] as a picture has
   * @param other real pictures
   */
  void add(float[] one, float[] other, int count) {
    try (Torch.Work work = Torch.work();
        PointerScope scope = new PointerScope();
        NoGradGuard guard = new NoGradGuard()) {
      project(one, count, made);
      project(other, count, real);
    }
  }

  private void project(float[] pictures, int count, List<float[]> to) {
    int size = pictures.length / count;
    Tensor x = Torch.floats(pictures, count, size);
    float[] all =
        Torch.copy("", torch.mm(x, Torch.floats(directions(size), size, DIRECTIONS))).floats();
    for (int i = 0; i < count; i++) {
      to.add(Arrays.copyOfRange(all, i * DIRECTIONS, (i + 1) * DIRECTIONS));
    }
  }

  /** Of length 1. */
  private float[] directions(int size) {
    if (directions == null || directions.length != size * DIRECTIONS) {
      Torch.seed(SEED);
      Tensor drawn = torch.randn(size, DIRECTIONS);
      Tensor length = torch.sum(drawn.square(), 0).sqrt().clamp_min(new Scalar(1e-12));
      directions = Torch.copy("", drawn.div(length)).floats();
    }
    return directions;
  }

  /** Pictures of each. */
  int count() {
    return real.size();
  }

  /** Between the made and the real ones. */
  double distance() {
    return distance(made, real);
  }

  /** Between every other real one and the rest: what chance alone makes of sets half as large. */
  double chance() {
    List<float[]> one = new ArrayList<>();
    List<float[]> other = new ArrayList<>();
    for (int i = 0; i + 1 < real.size(); i += 2) {
      one.add(real.get(i));
      other.add(real.get(i + 1));
    }
    return distance(one, other);
  }

  private static double distance(List<float[]> one, List<float[]> other) {
    int n = one.size();
    double sum = 0;
    for (int d = 0; d < DIRECTIONS; d++) {
      float[] a = sorted(one, d);
      float[] b = sorted(other, d);
      for (int i = 0; i < n; i++) {
        sum += Math.abs(a[i] - b[i]);
      }
    }
    return sum / ((double) n * DIRECTIONS);
  }

  private static float[] sorted(List<float[]> projections, int direction) {
    float[] all = new float[projections.size()];
    for (int i = 0; i < all.length; i++) {
      all[i] = projections.get(i)[direction];
    }
    Arrays.sort(all);
    return all;
  }
}
