package io.fovea.train;

import io.fovea.image.Mask;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.Tensor;

/** What the outputs of a batch are compared with. */
sealed interface Targets {
  /** Stands for a pixel that is not learned from; no class has this number. */
  long IGNORED = -100;

  /**
   * Classes.
   *
   * @param shape {@code [N]}, or {@code [N, H, W]} for each pixel
   */
  record Classes(long[] classes, long... shape) implements Targets {
    static Classes of(long... classes) {
      return new Classes(classes, classes.length);
    }
  }

  /**
   * Classes of pictures that are mixed of two.
   *
   * @param share of the first, in [0, 1]
   */
  record Mixed(Classes one, Classes other, double share) implements Targets {
    /** The class of the larger share of each. */
    Classes most() {
      return share >= 0.5 ? one : other;
    }
  }

  /** Real numbers, {@code [N, ...]}, row-major. */
  record Values(float[] values, long... shape) implements Targets {}

  /**
   * Whatever somebody else compares outputs with.
   *
   * @param error of an output, a tensor of one number; called once a step
   */
  record Judged(UnaryOperator<Tensor> error) implements Targets {}

  /** Whether all are numbers. */
  default boolean isFinite() {
    if (this instanceof Values v) {
      for (float value : v.values) {
        if (!Float.isFinite(value)) {
          return false;
        }
      }
    }
    return true;
  }

  /** The targets of a batch, all of one kind and size. */
  static Targets of(List<Target> all) {
    int n = all.size();
    Target first = all.get(0);
    if (first instanceof Target.Label) {
      return Classes.of(all.stream().mapToLong(t -> ((Target.Label) t).index()).toArray());
    }
    if (first instanceof Target.Pixels p) {
      int size = p.mask().classes().length;
      long[] classes = new long[n * size];
      for (int i = 0; i < classes.length; i++) {
        int c = ((Target.Pixels) all.get(i / size)).mask().classes()[i % size] & 255;
        classes[i] = c == Mask.IGNORED ? IGNORED : c;
      }
      return new Classes(classes, n, p.mask().height(), p.mask().width());
    }
    List<Float> values = new ArrayList<>();
    for (Target t : all) {
      for (float v : ((Target.Values) t).values()) {
        values.add(v);
      }
    }
    float[] flat = new float[values.size()];
    for (int i = 0; i < flat.length; i++) {
      flat[i] = values.get(i);
    }
    return new Values(flat, n, flat.length / n);
  }
}
