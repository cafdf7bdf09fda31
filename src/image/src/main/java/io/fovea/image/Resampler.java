package io.fovea.image;

import static io.fovea.image.Axis.PRECISION;

import java.util.Arrays;

/**
 * A resize of which only a rectangle is wanted: a horizontal pass over the rows that the vertical
 * pass needs, then the vertical pass, both in fixed point with 8-bit samples between them.
 */
final class Resampler {
  private static final int HALF = 1 << (PRECISION - 1);

  private Resampler() {}

  /**
   * The rectangle {@code [x, x + w) x [y, y + h)} of the picture resized to {@code width x height},
   * computed without the rest and equal to it.
   */
  static Picture resize(
      Picture source, int width, int height, Resampling filter, int x, int y, int w, int h) {
    boolean sameWidth = width == source.width();
    boolean sameHeight = height == source.height();
    if (sameWidth && sameHeight) {
      return source.crop(x, y, w, h);
    }
    if (filter == Resampling.NEAREST) {
      int[] columns = Axis.nearest(source.width(), width, x, x + w);
      int[] rows = Axis.nearest(source.height(), height, y, y + h);
      return pick(source, columns, rows);
    }
    Axis rows = sameHeight ? null : Axis.of(source.height(), height, y, y + h, filter);
    int top = rows == null ? y : rows.start();
    int bottom = rows == null ? y + h : rows.end();
    Picture wide =
        sameWidth
            ? source.crop(x, top, w, bottom - top)
            : horizontal(source, Axis.of(source.width(), width, x, x + w, filter), top, bottom);
    return rows == null ? wide : vertical(wide, rows, top);
  }

  private static Picture pick(Picture source, int[] columns, int[] rows) {
    int c = source.channels();
    byte[] in = source.pixels();
    byte[] out = Picture.allocate(columns.length, rows.length, c);
    int at = 0;
    for (int row : rows) {
      int line = row * source.width();
      for (int column : columns) {
        int from = (line + column) * c;
        for (int k = 0; k < c; k++) {
          out[at++] = in[from + k];
        }
      }
    }
    return Picture.of(columns.length, rows.length, c, out);
  }

  /** Rows {@code top} to {@code bottom} with their columns resized. */
  private static Picture horizontal(Picture source, Axis axis, int top, int bottom) {
    int c = source.channels();
    byte[] in = source.pixels();
    byte[] out = Picture.allocate(axis.size(), bottom - top, c);
    for (int y = top, at = 0; y < bottom; y++, at += axis.size() * c) {
      int line = y * source.width() * c;
      if (c == 3) {
        rgbRow(in, line, axis, out, at);
      } else {
        greyRow(in, line, axis, out, at);
      }
    }
    return Picture.of(axis.size(), bottom - top, c, out);
  }

  private static void greyRow(byte[] in, int line, Axis axis, byte[] out, int at) {
    int[] weights = axis.weights();
    for (int i = 0; i < axis.size(); i++) {
      int sum = HALF;
      int from = line + axis.first()[i];
      int w = i * axis.width();
      for (int k = 0, n = axis.count()[i]; k < n; k++) {
        sum += (in[from + k] & 0xff) * weights[w + k];
      }
      out[at + i] = clip(sum);
    }
  }

  private static void rgbRow(byte[] in, int line, Axis axis, byte[] out, int at) {
    int[] weights = axis.weights();
    for (int i = 0; i < axis.size(); i++) {
      int red = HALF;
      int green = HALF;
      int blue = HALF;
      int from = line + 3 * axis.first()[i];
      int w = i * axis.width();
      for (int end = w + axis.count()[i]; w < end; w++, from += 3) {
        int weight = weights[w];
        red += (in[from] & 0xff) * weight;
        green += (in[from + 1] & 0xff) * weight;
        blue += (in[from + 2] & 0xff) * weight;
      }
      out[at++] = clip(red);
      out[at++] = clip(green);
      out[at++] = clip(blue);
    }
  }

  /** A row of sums at a time: the inner loop runs along memory, which vectorizes. */
  private static Picture vertical(Picture source, Axis axis, int top) {
    byte[] in = source.pixels();
    int stride = source.width() * source.channels();
    byte[] out = Picture.allocate(source.width(), axis.size(), source.channels());
    int[] sums = new int[stride];
    for (int i = 0; i < axis.size(); i++) {
      Arrays.fill(sums, HALF);
      int from = (axis.first()[i] - top) * stride;
      for (int k = 0, n = axis.count()[i]; k < n; k++, from += stride) {
        addRow(in, from, axis.weights()[i * axis.width() + k], sums);
      }
      for (int x = 0, at = i * stride; x < stride; x++) {
        out[at + x] = clip(sums[x]);
      }
    }
    return Picture.of(source.width(), axis.size(), source.channels(), out);
  }

  private static void addRow(byte[] in, int from, int weight, int[] sums) {
    for (int x = 0; x < sums.length; x++) {
      sums[x] += (in[from + x] & 0xff) * weight;
    }
  }

  private static byte clip(int sum) {
    int v = sum >> PRECISION;
    return (byte) (v < 0 ? 0 : Math.min(v, 255));
  }
}
