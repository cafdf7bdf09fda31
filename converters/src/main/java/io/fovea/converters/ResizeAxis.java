package io.fovea.converters;

import io.fovea.image.Resampling;
import io.fovea.onnx.DataType;
import io.fovea.onnx.Value;
import java.util.ArrayList;
import java.util.List;

/**
 * One axis of a resize as nodes, whose numbers are those of {@link Resampling}: positions and
 * weights in double, then 22 bits of fraction, and 8 bits a sample after each axis.
 *
 * <p>Outputs are taken in blocks of {@value #BLOCK}, whose source samples lie side by side: a block
 * is a small matrix product, and the whole costs what the filter is wide, not what the picture is.
 * Products and sums of 8 and 22 bits are exact in double.
 */
final class ResizeAxis {
  private static final long BLOCK = 16;
  private static final double ONE = 1 << 22;

  private final Sums g;
  private final Value n; // outputs that are wanted
  private final Value starts; // [blocks]: first source sample of each block
  private final Value length; // source samples of a block
  private final Value weights; // [blocks, BLOCK, length]

  /**
   * The weights of {@code n} outputs, from {@code from} on, of a resize from {@code in} to {@code
   * out} samples; all are single int64.
   */
  ResizeAxis(Sums g, Resampling filter, Value in, Value out, Value from, Value n) {
    this.g = g;
    this.n = n;
    Value scale = g.div(g.real(in), g.real(out));
    Value reduction = g.max(g.real(1), scale);
    Value support = g.mul(g.real(filter.support()), reduction);
    Value blocks = g.div(g.add(n, g.whole(BLOCK - 1)), g.whole(BLOCK));
    Value outputs = g.range(from, g.add(from, g.mul(blocks, g.whole(BLOCK))));
    Value centre = g.mul(g.add(g.real(g.reshape(outputs, -1L, BLOCK, 1L)), g.real(0.5)), scale);
    Value first =
        g.max(g.floor(g.add(g.sub(centre, support), g.real(0.5))), g.real(0)); // [blocks, BLOCK, 1]
    Value last = g.min(g.floor(g.add(g.add(centre, support), g.real(0.5))), g.real(in));
    Value reach = g.add(g.mul(g.real(BLOCK - 1.0), scale), g.mul(g.real(2), support));
    this.length = g.min(g.add(g.whole(reach), g.whole(2)), in);
    Value begin = g.reshape(g.gather(g.whole(first), g.list(0L), 1), -1L);
    this.starts = g.min(begin, g.sub(in, length));
    Value at = g.real(g.add(g.reshape(starts, -1L, 1L, 1L), g.range(g.whole(0), length)));
    Value distance = g.mul(g.add(g.sub(at, centre), g.real(0.5)), g.div(g.real(1), reduction));
    Value inside = g.and(g.not(g.less(at, first)), g.less(at, last));
    Value exact = g.where(inside, kernel(g, filter, distance), g.real(0));
    Value sums = g.node("CumSum", List.of(exact, g.whole(2))); // in order, as rounding wants it
    Value sum = g.gather(sums, g.list(-1L), 2);
    Value share = g.div(exact, g.where(g.node("Equal", List.of(sum, g.real(0))), g.real(1), sum));
    Value half = g.mul(g.node("Sign", List.of(share)), g.real(0.5));
    this.weights = g.real(g.whole(g.add(g.mul(share, g.real(ONE)), half)));
  }

  private static Value kernel(Sums g, Resampling filter, Value distance) {
    Value x = g.abs(distance);
    Value zero = g.real(0);
    Value near = g.less(x, g.real(1));
    return switch (filter) {
      case NEAREST -> throw new IllegalArgumentException("nearest has no kernel");
      case BOX ->
          g.real(g.and(g.less(g.real(-0.5), distance), g.not(g.less(g.real(0.5), distance))));
      case BILINEAR -> g.max(g.sub(g.real(1), x), zero);
      case HAMMING -> {
        Value bell = g.node("Cos", List.of(g.mul(x, g.real(Math.PI))));
        bell = g.add(g.real(0.54), g.mul(g.real(0.46), bell));
        yield g.where(near, g.mul(sinc(g, x), bell), zero);
      }
      case BICUBIC -> {
        Value inner = g.sub(g.mul(g.real(1.5), x), g.real(2.5));
        inner = g.add(g.mul(g.mul(inner, x), x), g.real(1));
        Value outer = g.add(g.mul(g.sub(x, g.real(5)), x), g.real(8));
        outer = g.mul(g.sub(g.mul(outer, x), g.real(4)), g.real(-0.5));
        yield g.where(near, inner, g.where(g.less(x, g.real(2)), outer, zero));
      }
      case LANCZOS -> {
        Value lobes = g.mul(sinc(g, x), sinc(g, g.div(x, g.real(3))));
        Value inside = g.and(g.not(g.less(distance, g.real(-3))), g.less(distance, g.real(3)));
        yield g.where(inside, lobes, zero);
      }
    };
  }

  private static Value sinc(Sums g, Value x) {
    Value angle = g.mul(x, g.real(Math.PI));
    Value zero = g.node("Equal", List.of(x, g.real(0)));
    Value safe = g.where(zero, g.real(1), angle);
    return g.where(zero, g.real(1), g.div(g.node("Sin", List.of(angle)), safe));
  }

  /** First source sample that any output uses. */
  Value start() {
    return g.gather(starts, g.whole(0), 0);
  }

  /** One past the last source sample that any block reads. */
  Value end() {
    return g.add(g.gather(starts, g.whole(-1), 0), length);
  }

  /**
   * The rows of a picture resized.
   *
   * @param x uint8 {@code [N, H, W, C]}
   * @param top source row that is the first of x
   * @return uint8 {@code [N, n, W, C]}
   */
  Value rows(Value x, Value top) {
    Value samples = g.gather(x, samples(top), 1); // [N, blocks, length, W, C]
    Value sums = g.node("MatMul", List.of(weights, g.real(g.reshape(samples, 0L, 0L, 0L, -1L))));
    Value sizes = g.node("Shape", List.of(x));
    Value batch = g.slice(sizes, g.whole(0), g.whole(1), 0);
    Value rest = g.slice(sizes, g.whole(2), g.whole(4), 0);
    Value shape = g.concat(0, batch, g.list(-1L), rest);
    return g.slice(g.node("Reshape", List.of(levels(sums), shape)), g.whole(0), n, 1);
  }

  /**
   * The columns of a picture resized. A block of a row is a vector of all its channels, so that
   * nothing is moved pixel by pixel.
   *
   * @param x uint8 {@code [N, H, W, C]}
   * @return uint8 {@code [N, H, n, C]}
   */
  Value columns(Value x, int channels) {
    Value samples = g.gather(x, samples(g.whole(0)), 2); // [N, H, blocks, length, C]
    samples = g.reshape(g.transpose(samples, 2, 0, 1, 3, 4), 0L, 0L, 0L, -1L);
    Value each = g.reshape(g.transpose(weights, 0, 2, 1), 0L, -1L, 1L, BLOCK, 1L);
    Value apart = g.reshape(g.mul(each, unit(channels)), 0L, 1L, -1L, BLOCK * channels);
    Value levels = levels(g.node("MatMul", List.of(g.real(samples), apart)));
    levels = g.reshape(g.transpose(levels, 1, 2, 0, 3), 0L, 0L, -1L, (long) channels);
    return g.slice(levels, g.whole(0), n, 2);
  }

  private Value unit(int channels) {
    List<Float> values = new ArrayList<>();
    for (int i = 0; i < channels * channels; i++) {
      values.add(i % (channels + 1) == 0 ? 1f : 0f);
    }
    return g.real(g.floats(values, channels, 1, channels));
  }

  /** Indices {@code [blocks, length]} of the samples of each block. */
  private Value samples(Value offset) {
    Value begin = g.reshape(g.sub(starts, offset), -1L, 1L);
    return g.add(begin, g.range(g.whole(0), length));
  }

  private Value levels(Value sums) {
    Value rounded = g.floor(g.mul(g.add(sums, g.real(ONE / 2)), g.real(1 / ONE)));
    Value level = g.node("Min", List.of(g.node("Max", List.of(rounded, g.real(0))), g.real(255)));
    return g.cast(level, DataType.UINT8);
  }

  /** The source samples under the centres of the outputs; positions are a running sum. */
  static Value nearest(Sums g, Value in, Value out, Value from, Value n) {
    Value scale = g.div(g.real(in), g.real(out));
    Value half = g.mul(scale, g.real(0.5));
    Value end = g.add(from, n);
    Value steps = g.node("Expand", List.of(scale, g.listed(g.sub(end, g.whole(1)))));
    Value all = g.concat(0, g.reshape(half, 1L), steps);
    Value positions = g.node("CumSum", List.of(all, g.whole(0)));
    return g.min(g.whole(g.slice(positions, from, end, 0)), g.sub(in, g.whole(1)));
  }
}
