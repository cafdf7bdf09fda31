package io.fovea.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.fovea.onnx.Tensor;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.junit.jupiter.api.Test;

/** Optimizers against PyTorch's definitions, written out in doubles. */
class UpdaterTest {
  private static final double RATE = 0.05;
  private static final double DECAY = 0.3;
  private static final int STEPS = 4;
  private static final float[] START = {1.5f, -0.25f, 0.75f};
  private static final float[] SLOPE = {0.5f, -2, 0.01f};

  /** What a step makes of a parameter, whose gradient it is given; {@code s} is its state. */
  private interface Rule {
    double step(int t, double p, double g, double[] s);
  }

  /** The loss is sum(slope * p^2 / 2): its gradient is slope * p. */
  private static void follows(Optimizer optimizer, Rule rule) {
    Torch.load();
    double[] wanted = new double[START.length];
    for (int i = 0; i < wanted.length; i++) {
      double[] state = new double[2];
      double p = START[i];
      for (int t = 1; t <= STEPS; t++) {
        p = rule.step(t, p, SLOPE[i] * p, state);
      }
      wanted[i] = p;
    }
    float[] met = met(optimizer, 0);
    for (int i = 0; i < wanted.length; i++) {
      assertEquals(wanted[i], met[i], 2e-6, optimizer.toString());
    }
  }

  private static float[] met(Optimizer optimizer, double clip) {
    try (PointerScope scope = new PointerScope()) {
      var p = Torch.copy(Tensor.of("p", new long[] {START.length}, START)).set_requires_grad(true);
      var slope = Torch.copy(Tensor.of("slope", new long[] {SLOPE.length}, SLOPE));
      try (Updater updater = Updater.of(optimizer, List.of(new Updater.Parameter(p, 1, true)))) {
        for (int t = 0; t < STEPS; t++) {
          p.mul(p).mul(slope).sum().mul(new Scalar(0.5)).backward();
          if (clip > 0) {
            updater.clip(clip);
          }
          updater.step(RATE);
        }
      }
      return Torch.copy("p", p).floats();
    }
  }

  @Test
  void sgdIsPyTorchs() {
    follows(
        new Optimizer.Sgd(RATE, 0.9, DECAY, false),
        (t, p, g, s) -> {
          double d = g + DECAY * p;
          s[0] = t == 1 ? d : 0.9 * s[0] + d;
          return p - RATE * s[0];
        });
    follows(
        new Optimizer.Sgd(RATE, 0.9, DECAY, true),
        (t, p, g, s) -> {
          double d = g + DECAY * p;
          s[0] = t == 1 ? d : 0.9 * s[0] + d;
          return p - RATE * (d + 0.9 * s[0]);
        });
    follows(new Optimizer.Sgd(RATE, 0, DECAY, false), (t, p, g, s) -> p - RATE * (g + DECAY * p));
  }

  private static double adam(int t, double p, double g, double[] s) {
    s[0] = 0.8 * s[0] + 0.2 * g;
    s[1] = 0.95 * s[1] + 0.05 * g * g;
    double mean = s[0] / (1 - Math.pow(0.8, t));
    double square = s[1] / (1 - Math.pow(0.95, t));
    return p - RATE * mean / (Math.sqrt(square) + 1e-3);
  }

  @Test
  void adamIsPyTorchs() {
    follows(
        new Optimizer.Adam(RATE, 0.8, 0.95, 1e-3, DECAY),
        (t, p, g, s) -> adam(t, p, g + DECAY * p, s));
  }

  @Test
  void adamWIsPyTorchs() {
    follows(
        new Optimizer.AdamW(RATE, 0.8, 0.95, 1e-3, DECAY),
        (t, p, g, s) -> adam(t, p * (1 - RATE * DECAY), g, s));
  }

  @Test
  void rmsPropIsPyTorchs() {
    for (double momentum : new double[] {0, 0.7}) {
      follows(
          new Optimizer.RmsProp(RATE, 0.9, momentum, 1e-3, DECAY),
          (t, p, g, s) -> {
            double d = g + DECAY * p;
            s[0] = 0.9 * s[0] + 0.1 * d * d;
            s[1] = momentum * s[1] + d / (Math.sqrt(s[0]) + 1e-3);
            return p - RATE * s[1];
          });
    }
  }

  @Test
  void muonMovesAllButKernelsBySgd() {
    follows(
        new Optimizer.Muon(RATE, 0.6, 0.5, DECAY),
        (t, p, g, s) -> {
          double d = g + DECAY * p;
          s[0] = t == 1 ? d : 0.9 * s[0] + d;
          return p - 0.5 * RATE * (d + 0.9 * s[0]);
        });
  }

  /** Kernels [2, 3, 1, 1] and, taller than wide, [3, 2, 1, 1]; the gradient is always the same. */
  @Test
  void muonMovesKernelsByOrthogonalMatricesAndKeepsTheirNorm() {
    Torch.load();
    double[][] wide = {{1, -2, 0.5}, {0.25, 3, -1}};
    double[][] slope = {{0.3, 0.1, -2}, {1, -0.4, 0.7}};
    assertMoves(wide, slope);
    assertMoves(transposed(wide), transposed(slope));
  }

  private static void assertMoves(double[][] kernel, double[][] slope) {
    double momentum = 0.6;
    double[][] p = kernel;
    double norm = norm(p);
    double speed = 0;
    for (int t = 0; t < STEPS; t++) {
      speed = momentum * speed + 1;
      double[][] step = orthogonal(sum(slope, 1 + momentum * speed, slope, 0));
      p = sum(p, 1, step, -RATE);
      p = sum(p, norm / norm(p), p, 0);
    }
    long[] dims = {kernel.length, kernel[0].length, 1, 1};
    try (PointerScope scope = new PointerScope()) {
      var met = Torch.copy(Tensor.of("p", dims, floats(kernel))).set_requires_grad(true);
      var g = Torch.copy(Tensor.of("g", dims, floats(slope)));
      Optimizer muon = new Optimizer.Muon(RATE, momentum, 1, DECAY);
      try (Updater updater = Updater.of(muon, List.of(new Updater.Parameter(met, 1, true)))) {
        for (int t = 0; t < STEPS; t++) {
          met.mul(g).sum().backward();
          updater.step(RATE);
        }
      }
      assertArrayEquals(floats(p), Torch.copy("p", met).floats(), 1e-5f);
    }
  }

  /** Three iterations, of which Jordan says that they take singular values to about 1. */
  private static double[][] orthogonal(double[][] matrix) {
    double[][] x = sum(matrix, 1 / norm(matrix), matrix, 0);
    for (int i = 0; i < 3; i++) {
      double[][] a = product(x, transposed(x));
      double[][] b = sum(a, -4.7750, product(a, a), 2.0315);
      x = sum(x, 3.4445, product(b, x), 1);
    }
    return x;
  }

  private static double[][] product(double[][] a, double[][] b) {
    double[][] c = new double[a.length][b[0].length];
    for (int i = 0; i < c.length; i++) {
      for (int j = 0; j < c[0].length; j++) {
        for (int k = 0; k < b.length; k++) {
          c[i][j] += a[i][k] * b[k][j];
        }
      }
    }
    return c;
  }

  private static double[][] sum(double[][] a, double share, double[][] b, double other) {
    double[][] c = new double[a.length][a[0].length];
    for (int i = 0; i < c.length; i++) {
      for (int j = 0; j < c[0].length; j++) {
        c[i][j] = share * a[i][j] + other * b[i][j];
      }
    }
    return c;
  }

  private static double[][] transposed(double[][] a) {
    double[][] c = new double[a[0].length][a.length];
    for (int i = 0; i < c.length; i++) {
      for (int j = 0; j < c[0].length; j++) {
        c[i][j] = a[j][i];
      }
    }
    return c;
  }

  private static double norm(double[][] a) {
    return Math.sqrt(Arrays.stream(a).flatMapToDouble(Arrays::stream).map(v -> v * v).sum());
  }

  private static float[] floats(double[][] a) {
    float[] all = new float[a.length * a[0].length];
    for (int i = 0; i < all.length; i++) {
      all[i] = (float) a[i / a[0].length][i % a[0].length];
    }
    return all;
  }

  @Test
  void clipsAllGradientsTogether() {
    Optimizer plain = new Optimizer.Sgd(RATE, 0, 0, false);
    double[] p = {START[0], START[1], START[2]};
    for (int t = 0; t < STEPS; t++) {
      double norm = 0;
      for (int i = 0; i < p.length; i++) {
        norm += Math.pow(SLOPE[i] * p[i], 2);
      }
      double factor = Math.min(1, 0.4 / Math.sqrt(norm));
      for (int i = 0; i < p.length; i++) {
        p[i] -= RATE * factor * SLOPE[i] * p[i];
      }
    }
    Torch.load();
    float[] met = met(plain, 0.4);
    for (int i = 0; i < p.length; i++) {
      assertEquals(p[i], met[i], 1e-6);
    }
    assertArrayEquals(met(plain, 0), met(plain, 1e6));
  }
}
