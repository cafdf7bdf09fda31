package io.fovea.train;

import static io.fovea.train.Kernel.one;
import static io.fovea.train.Operators.add;

import java.util.List;
import java.util.Objects;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** Operators that read pictures between their pixels, at places that other tensors say. */
final class Sampling {
  private Sampling() {}

  static void register() {
    add("GridSample", 16, op -> gridSample(op, List.of("bilinear", "nearest", "bicubic")));
    add("GridSample", 20, op -> gridSample(op, List.of("linear", "nearest", "cubic")));
    add("AffineGrid", 20, Sampling::affineGrid);
    add("DeformConv", 19, Sampling::deformConv);
    add("RoiAlign", 10, op -> roiAlign(op, false));
    add(
        "RoiAlign",
        16,
        op ->
            roiAlign(op, !op.s("coordinate_transformation_mode", "half_pixel").startsWith("out")));
    Resizing.register();
    Blocks.register();
  }

  /**
   * libtorch's is ONNX's.
   *
   * @param modes by libtorch's numbers
   */
  private static Kernel gridSample(Operation op, List<String> modes) {
    int mode = modes.indexOf(op.s("mode", modes.get(0)));
    int padding = List.of("zeros", "border", "reflection").indexOf(op.s("padding_mode", "zeros"));
    boolean corners = op.i("align_corners", 0) != 0;
    if (mode < 0 || padding < 0) {
      throw op.refuse("mode or padding_mode is not one of ONNX's");
    }
    return one(
        in -> {
          long axes = in.x().dim() - 2;
          if (axes < 2 || axes > 3 || (axes == 3 && mode == 2)) {
            throw op.refuse("%s over %d axes is not trained with".formatted(modes.get(mode), axes));
          }
          Tensor grid = in.get(1);
          return torch.grid_sampler(in.x(), grid, mode, padding, corners);
        });
  }

  private static Kernel affineGrid(Operation op) {
    var size = op.longs(1);
    boolean corners = op.i("align_corners", 0) != 0;
    return one(in -> torch.affine_grid_generator(in.x(), size.apply(in), corners));
  }

  /**
   * A convolution whose taps are moved: samples are gathered into columns, then multiplied by the
   * weight. Deformable ConvNets v2, arXiv 1811.11168.
   */
  private static Kernel deformConv(Operation op) {
    long[] strides = op.ints("strides", 2, 1);
    long[] dilations = op.ints("dilations", 2, 1);
    long[] pads = op.ints("pads", 4, 0);
    long group = op.i("group", 1);
    long parts = op.i("offset_group", 1);
    return one(
        in -> {
          Tensor x = in.x();
          Tensor weight = in.get(1);
          if (x.dim() != 4) {
            throw op.refuse("%d axes are not trained with".formatted(x.dim() - 2));
          }
          long n = x.size(0);
          long[] kernel = {weight.size(2), weight.size(3)};
          long taps = kernel[0] * kernel[1];
          long[] out = {in.get(2).size(2), in.get(2).size(3)};
          Tensor offset = in.get(2).reshape(n, parts, taps, 2, out[0], out[1]);
          Tensor[] at = new Tensor[2]; // each [N, parts, taps, oh, ow]
          for (int a = 0; a < 2; a++) {
            double[] base = new double[Math.toIntExact(taps * out[a])];
            for (int i = 0; i < base.length; i++) {
              long tap = a == 0 ? i / out[a] / kernel[1] : i / out[a] % kernel[1];
              base[i] = i % out[a] * strides[a] - pads[a] + tap * dilations[a];
            }
            long[] shape = {1, 1, taps, a == 0 ? out[0] : 1, a == 1 ? out[1] : 1};
            at[a] = offset.select(3, a).add(Numbers.like(x, base).reshape(shape));
          }
          Tensor columns = bilinear(x, at[0], at[1], parts); // [N, parts, C / parts, taps, oh, ow]
          if (in.has(4)) {
            columns = columns.mul(in.get(4).reshape(n, parts, 1, taps, out[0], out[1]));
          }
          long places = out[0] * out[1];
          Tensor y =
              torch.matmul( // [group, M / group, -] x [N, group, -, places]
                  weight.reshape(group, weight.size(0) / group, weight.size(1) * taps),
                  columns.reshape(n, group, weight.size(1) * taps, places));
          y = y.reshape(n, weight.size(0), out[0], out[1]);
          return in.has(3) ? y.add(in.get(3).reshape(1, -1, 1, 1)) : y;
        });
  }

  /**
   * Samples between pixels, zero outside.
   *
   * @param x {@code [N, C, H, W]}
   * @param rows {@code [N, parts, taps, oh, ow]}, as are the columns
   * @return {@code [N, parts, C / parts, taps, oh, ow]}
   */
  private static Tensor bilinear(Tensor x, Tensor rows, Tensor columns, long parts) {
    long[] shape = Torch.shape(rows);
    long channels = x.size(1) / parts;
    long places = shape[2] * shape[3] * shape[4];
    Tensor flat = x.reshape(x.size(0), parts, channels, x.size(2) * x.size(3));
    Tensor top = rows.detach().floor();
    Tensor left = columns.detach().floor();
    Tensor down = rows.sub(top); // differentiable at a pixel too, where offsets start
    Tensor right = columns.sub(left);
    Tensor y = null;
    for (int corner = 0; corner < 4; corner++) {
      Tensor row = top.add(new Scalar(corner / 2));
      Tensor column = left.add(new Scalar(corner % 2));
      Tensor outside = outside(row, x.size(2)).logical_or(outside(column, x.size(3)));
      Tensor index =
          row.to(ScalarType.Long)
              .mul(new Scalar(x.size(3)))
              .add(column.to(ScalarType.Long))
              .masked_fill(outside, new Scalar(0))
              .reshape(shape[0], parts, 1, places)
              .expand(shape[0], parts, channels, places);
      Tensor share =
          (corner / 2 == 0 ? rest(down) : down)
              .mul(corner % 2 == 0 ? rest(right) : right)
              .masked_fill(outside, new Scalar(0));
      Tensor part = flat.gather(3, index).mul(share.reshape(shape[0], parts, 1, places));
      y = y == null ? part : y.add(part);
    }
    return Objects.requireNonNull(y)
        .reshape(shape[0], parts, channels, shape[2], shape[3], shape[4]);
  }

  private static Tensor outside(Tensor at, long size) {
    return at.lt(new Scalar(0)).logical_or(at.ge(new Scalar(size)));
  }

  private static Tensor rest(Tensor share) {
    return share.neg().add(new Scalar(1));
  }

  private static Kernel roiAlign(Operation op, boolean halfPixel) {
    boolean average = op.s("mode", "avg").equals("avg");
    Rois rois =
        new Rois(
            average,
            new long[] {op.i("output_height", 1), op.i("output_width", 1)},
            op.i("sampling_ratio", 0),
            op.f("spatial_scale", 1),
            halfPixel ? 0.5f : 0);
    return one(
        in -> {
          double[] boxes = Torch.copy("", in.get(1)).doubles(); // left, top, right, bottom
          long[] batch = Torch.copy("", in.get(2)).longs();
          Tensor x = in.x();
          TensorVector all = new TensorVector();
          for (int r = 0; r < batch.length; r++) {
            all.push_back(rois.align(x.select(0, batch[r]), boxes, 4 * r));
          }
          return batch.length > 0
              ? torch.stack(all, 0)
              : x.new_zeros(0, x.size(1), rois.out()[0], rois.out()[1]);
        });
  }

  /** Positions along an axis: of the two pixels around each sample, and their shares. */
  private record Line(long[][] index, double[][] weight) {}

  /** Regions of a picture, cut into bins, a few samples a bin. Mask R-CNN, arXiv 1703.06870. */
  private record Rois(boolean average, long[] out, long ratio, float scale, float shift) {
    /** {@code [C, H, W] -> [C, oh, ow]}. */
    Tensor align(Tensor x, double[] boxes, int at) {
      Line rows = line((float) boxes[at + 1], (float) boxes[at + 3], out[0], x.size(1));
      Line columns = line((float) boxes[at], (float) boxes[at + 2], out[1], x.size(2));
      long[] samples = {rows.index[0].length / out[0], columns.index[0].length / out[1]};
      if (samples[0] * samples[1] == 0) {
        return x.new_zeros(x.size(0), out[0], out[1]);
      }
      Tensor y = null;
      for (int corner = 0; corner < 4; corner++) {
        Tensor part = take(take(x, rows, corner / 2, 1), columns, corner % 2, 2);
        y = y == null ? part : average ? y.add(part) : torch.maximum(y, part);
      }
      Tensor bins =
          Objects.requireNonNull(y).reshape(x.size(0), out[0], samples[0], out[1], samples[1]);
      return average
          ? torch.mean(bins, new long[] {2, 4}, false, null)
          : torch.amax(bins, new long[] {2, 4}, false);
    }

    private static Tensor take(Tensor x, Line line, int side, int axis) {
      Tensor weight = Numbers.like(x, line.weight[side]);
      return x.index_select(axis, Torch.beside(x, Torch.longs(line.index[side])))
          .mul(weight.reshape(Torch.along(axis, line.weight[side].length, 3)));
    }

    private Line line(float from, float to, long bins, long size) {
      float start = from * scale - shift;
      float length = to * scale - shift - start;
      if (shift == 0) {
        length = Math.max(length, 1);
      }
      float bin = length / bins;
      int samples = (int) Math.max(0, ratio > 0 ? ratio : (long) Math.ceil(bin));
      int n = Math.toIntExact(bins * samples);
      Line line = new Line(new long[2][n], new double[2][n]);
      for (int i = 0; i < n; i++) {
        float y = start + i / samples * bin + (i % samples + 0.5f) * bin / samples;
        if (y < -1 || y > size) {
          continue; // weighs nothing
        }
        y = Math.max(y, 0);
        long low = Math.min((long) y, size - 1);
        line.index[0][i] = low;
        line.index[1][i] = Math.min(low + 1, size - 1);
        line.weight[1][i] = low == size - 1 ? 0 : y - low;
        line.weight[0][i] = 1 - line.weight[1][i];
      }
      return line;
    }
  }
}
