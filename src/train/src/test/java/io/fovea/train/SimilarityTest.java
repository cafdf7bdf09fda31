package io.fovea.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fovea.image.Picture;
import io.fovea.onnx.DataType;
import java.util.Arrays;
import java.util.function.BinaryOperator;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Against the papers' formulas, window by window in Java. */
class SimilarityTest {
  private static final double[] WEIGHTS = {0.0448, 0.2856, 0.3001, 0.2363, 0.1333};

  /** A picture of waves and noise, and another one that is somewhat like it. */
  private static double[][] picture(int height, int width, int seed, double difference) {
    double[][] levels = new double[height][width];
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        int noise = (y * 7919 + x * 104729 + seed * 1299709) % 256;
        double wave = 0.5 + 0.4 * Math.sin(x / 5.0 + y / 9.0);
        levels[y][x] = (1 - difference) * wave + difference * noise / 255.0;
      }
    }
    return levels;
  }

  /** {@code {SSIM, contrast and structure}}, each the mean over all windows that fit. */
  private static double[] means(double[][] a, double[][] b) {
    double[][] w = new double[11][11];
    double sum = 0;
    for (int i = 0; i < 121; i++) {
      double dy = i / 11 - 5;
      double dx = i % 11 - 5;
      w[i / 11][i % 11] = Math.exp(-(dy * dy + dx * dx) / (2 * 1.5 * 1.5));
      sum += w[i / 11][i % 11];
    }
    int rows = a.length - 10;
    int columns = a[0].length - 10;
    double full = 0;
    double structures = 0;
    for (int at = 0; at < rows * columns; at++) {
      double ma = 0;
      double mb = 0;
      for (int i = 0; i < 121; i++) {
        double weight = w[i / 11][i % 11] / sum;
        ma += weight * a[at / columns + i / 11][at % columns + i % 11];
        mb += weight * b[at / columns + i / 11][at % columns + i % 11];
      }
      double va = 0;
      double vb = 0;
      double cov = 0;
      for (int i = 0; i < 121; i++) {
        double weight = w[i / 11][i % 11] / sum;
        double da = a[at / columns + i / 11][at % columns + i % 11] - ma;
        double db = b[at / columns + i / 11][at % columns + i % 11] - mb;
        va += weight * da * da;
        vb += weight * db * db;
        cov += weight * da * db;
      }
      double c1 = 0.01 * 0.01;
      double c2 = 0.03 * 0.03;
      double luminance = (2 * ma * mb + c1) / (ma * ma + mb * mb + c1);
      double contrast = (2 * Math.sqrt(va * vb) + c2) / (va + vb + c2);
      double structure = (cov + c2 / 2) / (Math.sqrt(va * vb) + c2 / 2);
      full += luminance * contrast * structure;
      structures += contrast * structure;
    }
    return new double[] {full / rows / columns, structures / rows / columns};
  }

  private static double[][] halved(double[][] p) {
    double[][] half = new double[(p.length + 1) / 2][(p[0].length + 1) / 2];
    for (int y = 0; y < half.length; y++) {
      for (int x = 0; x < half[0].length; x++) {
        int down = Math.min(2 * y + 1, p.length - 1); // an edge is its own mirror
        int right = Math.min(2 * x + 1, p[0].length - 1);
        half[y][x] = (p[2 * y][2 * x] + p[down][2 * x] + p[2 * y][right] + p[down][right]) / 4;
      }
    }
    return half;
  }

  private static double[] flat(double[][]... planes) {
    return Arrays.stream(planes).flatMap(Arrays::stream).flatMapToDouble(Arrays::stream).toArray();
  }

  private static Tensor tensor(DataType type, double[] values, long... shape) {
    return Torch.copy(SingleNode.tensor("", type, shape, values));
  }

  private static double met(BinaryOperator<Tensor> f, DataType type, double[][] a, double[][] b) {
    try (PointerScope scope = new PointerScope()) {
      long[] shape = {1, 1, a.length, a[0].length};
      return f.apply(tensor(type, flat(a), shape), tensor(type, flat(b), shape))
          .to(org.bytedeco.pytorch.global.torch.ScalarType.Double)
          .item_double();
    }
  }

  @Test
  void isThePapersFormula() {
    double[][] a = picture(23, 17, 1, 0.1);
    double[][] b = picture(23, 17, 2, 0.3);
    double wanted = means(a, b)[0];
    assertTrue(wanted > 0.2 && wanted < 0.9, "a case that says nothing: " + wanted);
    assertEquals(0.8147668722272156, wanted, 1e-12, "scikit-image 0.26 of the same pictures");
    assertEquals(wanted, met(Similarity::of, DataType.DOUBLE, a, b), 1e-9);
    assertEquals(wanted, met(Similarity::of, DataType.FLOAT, a, b), 1e-5);
    assertEquals(1, met(Similarity::of, DataType.DOUBLE, a, a), 1e-12);
  }

  @Test
  void ofConstantsIsLuminanceAlone() {
    double[][] dark = new double[11][11];
    double[][] light = new double[11][11];
    Arrays.stream(dark).forEach(row -> Arrays.fill(row, 0.2));
    Arrays.stream(light).forEach(row -> Arrays.fill(row, 0.6));
    double wanted = (2 * 0.2 * 0.6 + 1e-4) / (0.04 + 0.36 + 1e-4);
    assertEquals(wanted, met(Similarity::of, DataType.DOUBLE, dark, light), 1e-9);
  }

  @ParameterizedTest
  @CsvSource({"161, 161", "176, 190"})
  void multipliesFiveScales(int height, int width) {
    double[][] a = picture(height, width, 1, 0.1);
    double[][] b = picture(height, width, 2, 0.3);
    double wanted = 1;
    double[][] p = a;
    double[][] q = b;
    for (int scale = 0; scale < 5; scale++) {
      double[] means = means(p, q);
      wanted *= Math.pow(means[scale == 4 ? 0 : 1], WEIGHTS[scale]);
      p = halved(p);
      q = halved(q);
    }
    assertTrue(wanted > 0.2 && wanted < 0.95, "a case that says nothing: " + wanted);
    assertEquals(wanted, met(Similarity::ofScales, DataType.DOUBLE, a, b), 1e-9);
    assertEquals(wanted, met(Similarity::ofScales, DataType.FLOAT, a, b), 1e-5);
  }

  @Test
  void meansPlanesAndPictures() {
    double[][][] a = new double[4][][];
    double[][][] b = new double[4][][];
    double wanted = 0;
    for (int i = 0; i < 4; i++) {
      a[i] = picture(12, 13, i, 0.1);
      b[i] = picture(12, 13, i + 9, 0.2 * i);
      wanted += means(a[i], b[i])[0] / 4;
    }
    try (PointerScope scope = new PointerScope()) {
      Tensor x = tensor(DataType.DOUBLE, flat(a), 2, 2, 12, 13);
      Tensor y = tensor(DataType.DOUBLE, flat(b), 2, 2, 12, 13);
      assertEquals(wanted, Similarity.of(x, y).item_double(), 1e-9);
    }
  }

  @Test
  void totalVariationMeansSteps() {
    double[][] p = {{0, 1, 0.5}, {0.25, 0.25, 1}};
    double rows = (1 + 0.5 + 0 + 0.75) / 4;
    double columns = (0.25 + 0.75 + 0.5) / 3;
    double met = met((x, y) -> Similarity.totalVariation(x), DataType.DOUBLE, p, p);
    assertEquals(rows + columns, met, 1e-12);
  }

  @Test
  void namesPicturesThatAreTooSmall() {
    double[][] small = new double[160][200];
    String message =
        assertThrows(
                TrainException.class,
                () -> met(Similarity::ofScales, DataType.DOUBLE, small, small))
            .getMessage();
    assertEquals(
        "loss ms_ssim: expected pictures of 161x161 or more, met [1, 1, 160, 200]", message);
  }

  @Test
  void comparesPicturesOfEightBits() {
    double[][] a = picture(20, 24, 1, 0.2);
    double[][] b = picture(20, 24, 2, 0.5);
    byte[] left = new byte[20 * 24 * 3];
    byte[] right = left.clone();
    double squares = 0;
    for (int i = 0; i < left.length; i++) {
      int y = i / 72;
      int x = i / 3 % 24;
      a[y][x] = Math.round(255 * a[y][x]) / 255.0;
      b[y][x] = Math.round(255 * b[y][x]) / 255.0;
      left[i] = (byte) Math.round(255 * a[y][x]);
      right[i] = (byte) Math.round(255 * b[y][x]);
      squares += Math.pow(a[y][x] - b[y][x], 2) / left.length;
    }
    Picture one = Picture.of(24, 20, 3, left);
    Picture other = Picture.of(24, 20, 3, right);
    assertEquals(means(a, b)[0], Similarity.ssim(one, other), 1e-5);
    assertEquals(-10 * Math.log10(squares), Similarity.psnr(one, other), 1e-9);
    assertEquals(1, Similarity.ssim(one, one), 1e-6);
    assertEquals(100, Similarity.psnr(one, one), 1e-9);
    Picture small = Picture.of(20, 24, 3, left);
    assertThrows(TrainException.class, () -> Similarity.ssim(one, small));
    assertThrows(TrainException.class, () -> Similarity.psnr(one, small));
  }
}
