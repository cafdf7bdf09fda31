package io.fovea.train;

import static io.fovea.train.Kernel.one;
import static io.fovea.train.Operators.add;

import java.util.Arrays;
import java.util.stream.LongStream;
import org.bytedeco.pytorch.Tensor;

/** Operators that move blocks of pixels: between space and depth, to the centre, out of columns. */
final class Blocks {
  private Blocks() {}

  static void register() {
    add("DepthToSpace", 1, Blocks::depthToSpace);
    add("SpaceToDepth", 1, Blocks::spaceToDepth);
    add("CenterCropPad", 18, Blocks::centerCropPad);
    add("Col2Im", 18, Blocks::col2Im);
  }

  private static Kernel depthToSpace(Operation op) {
    long b = op.i("blocksize", 1);
    boolean depthFirst = op.s("mode", "DCR").equals("DCR");
    return one(
        in -> {
          long[] s = Torch.shape(in.x());
          long depth = s[1] / (b * b);
          Tensor y =
              depthFirst
                  ? in.x().reshape(s[0], b, b, depth, s[2], s[3]).permute(0, 3, 4, 1, 5, 2)
                  : in.x().reshape(s[0], depth, b, b, s[2], s[3]).permute(0, 1, 4, 2, 5, 3);
          return y.reshape(s[0], depth, s[2] * b, s[3] * b);
        });
  }

  private static Kernel spaceToDepth(Operation op) {
    long b = op.i("blocksize", 1);
    return one(
        in -> {
          long[] s = Torch.shape(in.x());
          return in.x()
              .reshape(s[0], s[1], s[2] / b, b, s[3] / b, b)
              .permute(0, 3, 5, 1, 2, 4)
              .reshape(s[0], s[1] * b * b, s[2] / b, s[3] / b);
        });
  }

  private static Kernel centerCropPad(Operation op) {
    var shape = op.longs(1);
    long[] some = op.node().attribute("axes", new long[0]);
    return one(
        in -> {
          long rank = in.x().dim();
          long[] axes = some.length == 0 ? LongStream.range(0, rank).toArray() : some;
          long[] wanted = shape.apply(in);
          long[] pads = new long[2 * axes.length]; // negative ones crop
          for (int i = 0; i < axes.length; i++) {
            long more = wanted[i] - in.x().size(axes[i]);
            pads[i] = more / 2; // towards zero: the odd pixel is the last one
            pads[i + axes.length] = more - pads[i];
          }
          return Padding.constant(in.x(), Padding.spread(pads, axes, (int) rank), 0);
        });
  }

  /** {@code [N, C * block, L] -> [N, C, image]}: what falls on one pixel is summed. */
  private static Kernel col2Im(Operation op) {
    var image = op.longs(1);
    var block = op.longs(2);
    return one(
        in -> {
          long[] size = image.apply(in);
          long[] kernel = block.apply(in);
          int axes = size.length;
          long[] strides = op.ints("strides", axes, 1);
          long[] dilations = op.ints("dilations", axes, 1);
          long[] pads = op.ints("pads", 2 * axes, 0);
          long[] padded = new long[axes];
          long[] index = {0}; // [taps of the axes so far, windows of the axes so far]
          long taps = 1;
          long windows = 1;
          for (int a = 0; a < axes; a++) {
            padded[a] = size[a] + pads[a] + pads[a + axes];
            long count = (padded[a] - (kernel[a] - 1) * dilations[a] - 1) / strides[a] + 1;
            long[] next = new long[Math.toIntExact(taps * kernel[a] * windows * count)];
            for (int i = 0; i < next.length; i++) {
              long window = i % (windows * count);
              long tap = i / (windows * count);
              long before = index[(int) (tap / kernel[a] * windows + window / count)];
              long here = window % count * strides[a] + tap % kernel[a] * dilations[a];
              next[i] = before * padded[a] + here;
            }
            index = next;
            taps *= kernel[a];
            windows *= count;
          }
          Tensor x = in.x();
          long n = x.size(0);
          long channels = x.size(1) / taps;
          long pixels = Arrays.stream(padded).reduce(1, (p, q) -> p * q);
          Tensor y =
              x.new_zeros(n, channels, pixels)
                  .index_add(
                      2,
                      Torch.beside(x, Torch.longs(index)),
                      x.reshape(n, channels, taps * windows));
          long[] shape =
              LongStream.concat(LongStream.of(n, channels), Arrays.stream(padded)).toArray();
          long[] crop = Arrays.stream(pads).map(p -> -p).toArray();
          return Padding.constant(y.reshape(shape), crop, 0);
        });
  }
}
