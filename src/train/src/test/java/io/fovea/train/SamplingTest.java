package io.fovea.train;

import static io.fovea.train.SingleNode.compare;
import static io.fovea.train.SingleNode.constant;
import static io.fovea.train.SingleNode.tensor;
import static io.fovea.train.SingleNode.uniform;

import io.fovea.onnx.DataType;
import io.fovea.onnx.Tensor;
import java.util.Random;
import java.util.stream.DoubleStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Resizing, sampling and blocks against ONNX Runtime, gradients against slopes. */
class SamplingTest {
  private static String any(Random r, String... of) {
    return of[r.nextInt(of.length)];
  }

  private static SingleNode resize(Random r, String mode, int opset, DataType type) {
    SingleNode node = new SingleNode("Resize", opset).with("mode", mode);
    String coordinates =
        any(
            r,
            "half_pixel",
            "pytorch_half_pixel",
            "align_corners",
            "asymmetric",
            "tf_crop_and_resize",
            opset < 13
                ? "tf_half_pixel_for_nn"
                : opset < 19 ? "half_pixel" : "half_pixel_symmetric");
    node.with("coordinate_transformation_mode", coordinates);
    boolean antialias = false;
    if (mode.equals("nearest")) {
      node.with("nearest_mode", any(r, "round_prefer_floor", "round_prefer_ceil", "floor", "ceil"));
    } else if (opset >= 18 && r.nextInt(3) == 0) {
      antialias = true;
      node.with("antialias", 1);
    }
    if (mode.equals("cubic")) {
      node.with("exclude_outside", r.nextInt(2))
          .with("cubic_coeff_a", any(r, "a", "").isEmpty() ? -0.5f : -0.75f);
    }
    boolean crops = coordinates.equals("tf_crop_and_resize");
    if (crops) {
      node.with("extrapolation_value", 3f);
    }
    boolean some = opset >= 18 && r.nextBoolean() && !crops;
    if (some) {
      node.ints("axes", 2, 3);
    }
    long[] shape = {2, 3, 4 + r.nextInt(4), 4 + r.nextInt(4)};
    node.input(uniform(r, type, shape));
    double top = r.nextDouble() / 3 - 0.1;
    double left = r.nextDouble() / 3 - 0.1;
    Tensor none = opset < 13 ? constant() : null;
    node.input(crops ? constant(0, 0, top, left, 1, 1, top + 0.7, left + 0.8) : none);
    // align_corners by scales is ONNX's there, not ONNX Runtime's, where the length is cut
    if (r.nextBoolean() && !coordinates.equals("align_corners")) {
      double h = 0.5 + 2 * r.nextDouble();
      double w = any(r, "2", "0.6", "3", "1", "1.5").transform(Double::parseDouble);
      return node.input(some ? constant(h, w) : constant(1, 1, h, w));
    }
    long h = 2 + r.nextInt(10);
    long w = r.nextBoolean() ? 2 * shape[3] : 2 + r.nextInt(10);
    if (some && !antialias) {
      node.with("keep_aspect_ratio_policy", any(r, "stretch", "not_larger", "not_smaller"));
    }
    return node.input(none).input(some ? Tensor.of("sizes", h, w) : Tensor.of("sizes", 2, 3, h, w));
  }

  @ParameterizedTest
  @CsvSource({
    "nearest,11",
    "nearest,19",
    "linear,11",
    "linear,13",
    "linear,19",
    "cubic,13",
    "cubic,19"
  })
  void resize(String mode, int opset) {
    compare(100, r -> resize(r, mode, opset, DataType.FLOAT));
  }

  @Test
  void oldResizes() {
    compare(
        40,
        r -> {
          boolean upsample = r.nextBoolean();
          double least = upsample ? 1 : 0.5;
          return new SingleNode(upsample ? "Upsample" : "Resize", upsample ? 9 : 10)
              .with("mode", any(r, "nearest", "linear"))
              .input(uniform(r, DataType.FLOAT, 1, 2, 5, 6))
              .input(constant(1, 1, least + r.nextDouble(), least + 2 * r.nextDouble()));
        });
  }

  private static SingleNode gridSample(Random r, DataType type, int opset) {
    boolean volume = opset >= 20 && r.nextBoolean();
    String mode =
        opset < 20 ? any(r, "bilinear", "nearest", "bicubic") : any(r, "linear", "nearest");
    if (opset >= 20 && !volume && r.nextInt(3) == 0) {
      mode = "cubic";
    }
    Tensor grid = volume ? uniform(r, type, 2, 2, 3, 4, 3) : uniform(r, type, 2, 5, 4, 2);
    double[] wide = DoubleStream.of(grid.doubles()).map(v -> 1.3 * v).toArray();
    return new SingleNode("GridSample", opset)
        .with("mode", mode)
        .with("padding_mode", any(r, "zeros", "border", "reflection"))
        .with("align_corners", r.nextInt(2))
        .input(volume ? uniform(r, type, 2, 3, 3, 4, 5) : uniform(r, type, 2, 3, 4, 5))
        .input(tensor("grid", type, grid.dims(), wide));
  }

  @ParameterizedTest
  @ValueSource(ints = {16, 20})
  void gridSample(int opset) {
    compare(60, r -> gridSample(r, DataType.FLOAT, opset));
  }

  private static SingleNode affineGrid(Random r, DataType type) {
    boolean volume = r.nextBoolean();
    return new SingleNode("AffineGrid", 20)
        .with("align_corners", r.nextInt(2))
        .input(volume ? uniform(r, type, 2, 3, 4) : uniform(r, type, 2, 2, 3))
        .input(volume ? Tensor.of("size", 2, 1, 3, 4, 5) : Tensor.of("size", 2, 1, 4, 5));
  }

  @Test
  void affineGrid() {
    compare(10, r -> affineGrid(r, DataType.FLOAT));
  }

  private static SingleNode deformConv(Random r, DataType type) {
    int parts = 1 + r.nextInt(2);
    int group = 1 + r.nextInt(2);
    int stride = 1 + r.nextInt(2);
    int dilation = 1 + r.nextInt(2);
    int pad = r.nextInt(2);
    int h = (6 + 2 * pad - 2 * dilation - 1) / stride + 1; // kernel 3 x 2
    int w = (7 + 2 * pad - dilation - 1) / stride + 1;
    Tensor offset = uniform(r, type, 2, parts * 12, h, w);
    double[] wide = DoubleStream.of(offset.doubles()).map(v -> 2.5 * v).toArray();
    SingleNode node =
        new SingleNode("DeformConv", 19)
            .with("group", group)
            .with("offset_group", parts)
            .ints("strides", stride, stride)
            .ints("dilations", dilation, dilation)
            .ints("pads", pad, pad, pad, pad)
            .input(uniform(r, type, 2, 4, 6, 7))
            .input(uniform(r, type, 6, 4 / group, 3, 2))
            .input(tensor("offset", type, offset.dims(), wide))
            .input(r.nextBoolean() ? uniform(r, type, 6) : null);
    return r.nextBoolean() ? node.input(uniform(r, type, 2, parts * 6, h, w)) : node;
  }

  @Test
  void deformConv() {
    compare(40, r -> deformConv(r, DataType.FLOAT));
  }

  private static SingleNode roiAlign(Random r, DataType type, int opset) {
    double[] boxes = new double[12];
    for (int i = 0; i < boxes.length; i++) {
      boxes[i] = (i % 4 < 2 ? 0 : 8) + 9 * r.nextDouble() - 1;
    }
    SingleNode node =
        new SingleNode("RoiAlign", opset)
            .with("mode", any(r, "avg", "max"))
            .with("output_height", 1 + r.nextInt(3))
            .with("output_width", 1 + r.nextInt(3))
            .with("sampling_ratio", r.nextInt(3))
            .with("spatial_scale", any(r, "a", "").isEmpty() ? 0.5f : 1f);
    if (opset >= 16) {
      node.with("coordinate_transformation_mode", any(r, "half_pixel", "output_half_pixel"));
    }
    return node.input(uniform(r, type, 2, 3, 8, 9))
        .input(tensor("constant", type, new long[] {3, 4}, boxes))
        .input(Tensor.of("batch", 1, 0, 1));
  }

  @ParameterizedTest
  @ValueSource(ints = {10, 16})
  void roiAlign(int opset) {
    compare(80, r -> roiAlign(r, DataType.FLOAT, opset));
  }

  private static SingleNode blocks(Random r, DataType type) {
    return switch (r.nextInt(4)) {
      case 0 ->
          new SingleNode("DepthToSpace", 13)
              .with("blocksize", 2)
              .with("mode", any(r, "DCR", "CRD"))
              .input(uniform(r, type, 2, 8, 2, 3));
      case 1 ->
          new SingleNode("SpaceToDepth", 13)
              .with("blocksize", 2)
              .input(uniform(r, type, 2, 3, 4, 6));
      case 2 ->
          new SingleNode("CenterCropPad", 18)
              .ints("axes", -2, -1)
              .input(uniform(r, type, 2, 3, 5, 6))
              .input(Tensor.of("shape", 3 + r.nextInt(5), 3 + r.nextInt(6)));
      default ->
          new SingleNode("Col2Im", 18)
              .ints("pads", 0, 1, 1, 0)
              .ints("strides", 1, 2)
              .ints("dilations", 2, 1)
              .input(uniform(r, type, 2, 12, 12)) // (5 + 1 - 3 + 1) x ((6 + 1 - 3) / 2 + 1)
              .input(Tensor.of("image", 5, 6))
              .input(Tensor.of("block", 2, 3));
    };
  }

  @Test
  void blocks() {
    compare(40, r -> blocks(r, DataType.FLOAT));
  }

  @Test
  void gradients() {
    for (int seed = 0; seed < 10; seed++) {
      Random r = new Random(seed);
      resize(r, any(r, "nearest", "linear", "cubic"), 19, DataType.DOUBLE).checkGradient();
      gridSample(r, DataType.DOUBLE, 20).checkGradient();
      affineGrid(r, DataType.DOUBLE).checkGradient();
      deformConv(r, DataType.DOUBLE).checkGradient();
      roiAlign(r, DataType.DOUBLE, 16).checkGradient();
      blocks(r, DataType.DOUBLE).checkGradient();
    }
  }
}
