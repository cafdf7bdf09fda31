package io.fovea.image;

import static io.fovea.image.Axis.PRECISION;

import java.lang.ref.SoftReference;
import java.util.Arrays;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.RecursiveAction;

/**
 * Resizes of which only a rectangle is wanted: a horizontal pass over the rows that the vertical
 * pass needs, then the vertical pass, both in fixed point with 8-bit samples between them. Its
 * buffers are used again from picture to picture; not thread-safe.
 */
final class Resampler {
  private static final int HALF = 1 << (PRECISION - 1);

  /** Those at rest: as many as ever worked at once. */
  private static final Queue<SoftReference<Resampler>> POOL = new ConcurrentLinkedQueue<>();

  private final Axis columns = new Axis();
  private final Axis rows = new Axis();
  private byte[] wide = {}; // after the horizontal pass
  private byte[] line = {};
  private byte[] grey = {};
  private int[] sums = {};
  private float[] floats = {};
  private final SoftReference<Resampler> self = new SoftReference<>(this);

  private Resampler() {}

  /** Takes the rows of a result, from the first to the last. */
  @FunctionalInterface
  interface Rows {
    /**
     * A row.
     *
     * @param y its number
     * @param samples holds its samples, channels interleaved, from {@code from} on
     */
    void row(int y, byte[] samples, int from);
  }

  /** The rectangle of a geometry, without its frame, of a picture. */
  static Picture resize(Picture source, Geometry g) {
    boolean kept = g.width() == source.width() && g.height() == source.height();
    if (kept) {
      return source.crop(g.x(), g.y(), g.w(), g.h());
    }
    int c = source.channels();
    int stride = g.w() * c;
    byte[] out = Picture.allocate(g.w(), g.h(), c);
    Resampler r = borrow();
    r.run(source, false, g, (y, in, from) -> System.arraycopy(in, from, out, y * stride, stride));
    r.giveBack();
    return Picture.of(g.w(), g.h(), c, out);
  }

  /** One to work with, which is then given back. */
  static Resampler borrow() {
    SoftReference<Resampler> pooled = POOL.poll();
    Resampler found = pooled == null ? null : pooled.get();
    return found == null ? new Resampler() : found;
  }

  void giveBack() {
    POOL.add(self);
  }

  /** Room for a row of a plane. */
  float[] floats(int size) {
    if (floats.length < size) {
      floats = new float[size];
    }
    return floats;
  }

  /**
   * Gives the rows of the rectangle of a geometry, without its frame.
   *
   * @param toGrey whether the picture, which has colours, becomes grey before it is resized
   */
  void run(Picture source, boolean toGrey, Geometry g, Rows to) {
    int c = toGrey ? 1 : source.channels();
    boolean sameWidth = g.width() == source.width();
    boolean sameHeight = g.height() == source.height();
    int right = g.x() + g.w();
    int bottom = g.y() + g.h();
    if (g.filter() == Resampling.NEAREST && !(sameWidth && sameHeight)) {
      columns.setNearest(source.width(), g.width(), g.x(), right);
      rows.setNearest(source.height(), g.height(), g.y(), bottom);
      pick(source, toGrey, c, to);
      return;
    }
    if (!sameWidth) {
      columns.set(source.width(), g.width(), g.x(), right, g.filter());
    }
    if (sameHeight) {
      for (int y = g.y(); y < bottom; y++) {
        int from = stored(source, toGrey, y);
        byte[] in = toGrey ? grey : source.pixels();
        if (sameWidth) {
          to.row(y - g.y(), in, from + g.x() * c);
        } else {
          line = room(line, g.w() * c);
          horizontal(in, from, c, line, 0);
          to.row(y - g.y(), line, 0);
        }
      }
      return;
    }
    rows.set(source.height(), g.height(), g.y(), bottom, g.filter());
    int stride = g.w() * c;
    int top = rows.start();
    wide = room(wide, Math.multiplyExact(stride, rows.end() - top));
    if (!toGrey && !sameWidth) {
      new Band(source, top, rows.end()).invoke();
    } else {
      for (int y = top, at = 0; y < rows.end(); y++, at += stride) {
        int from = stored(source, toGrey, y);
        byte[] in = toGrey ? grey : source.pixels();
        if (sameWidth) {
          System.arraycopy(in, from + g.x() * c, wide, at, stride);
        } else {
          horizontal(in, from, c, wide, at);
        }
      }
    }
    vertical(stride, to);
  }

  /**
   * Rows {@code from} to {@code to} of the horizontal pass. Of large pictures it is the most that
   * there is to do: they are halved for processors that have nothing else to do.
   */
  private final class Band extends RecursiveAction {
    private static final int WORTH_HALVING = 2_000_000; // samples, some two milliseconds

    private final transient Picture source;
    private final int from;
    private final int to;

    Band(Picture source, int from, int to) {
      this.source = source;
      this.from = from;
      this.to = to;
    }

    @Override
    protected void compute() {
      int c = source.channels();
      int line = source.width() * c;
      if (to - from > 1 && (long) (to - from) * line >= WORTH_HALVING) {
        int middle = (from + to) >>> 1;
        invokeAll(new Band(source, from, middle), new Band(source, middle, to));
        return;
      }
      int stride = columns.size() * c;
      for (int y = from; y < to; y++) {
        horizontal(source.pixels(), y * line, c, wide, (y - rows.start()) * stride);
      }
    }
  }

  /** Where a row begins: in the picture, or, turned to grey, in {@link #grey}. */
  private int stored(Picture source, boolean toGrey, int y) {
    int width = source.width();
    int from = y * width * source.channels();
    if (!toGrey) {
      return from;
    }
    grey = room(grey, width);
    byte[] in = source.pixels();
    for (int x = 0, at = from; x < width; x++, at += 3) {
      grey[x] = (byte) Picture.luma(in[at] & 0xff, in[at + 1] & 0xff, in[at + 2] & 0xff);
    }
    return 0;
  }

  private void pick(Picture source, boolean toGrey, int c, Rows to) {
    line = room(line, columns.size() * c);
    for (int i = 0; i < rows.size(); i++) {
      int row = stored(source, toGrey, rows.first(i));
      byte[] in = toGrey ? grey : source.pixels();
      for (int k = 0, at = 0; k < columns.size(); k++) {
        int from = row + columns.first(k) * c;
        for (int end = at + c; at < end; at++, from++) {
          line[at] = in[from];
        }
      }
      to.row(i, line, 0);
    }
  }

  private void horizontal(byte[] in, int from, int channels, byte[] out, int at) {
    if (channels == 3) {
      rgbRow(in, from, columns, out, at);
    } else {
      greyRow(in, from, columns, out, at);
    }
  }

  private static void greyRow(byte[] in, int line, Axis axis, byte[] out, int at) {
    int[] weights = axis.weights();
    for (int i = 0; i < axis.size(); i++) {
      int sum = HALF;
      int from = line + axis.first(i);
      int w = axis.at(i);
      for (int end = w + axis.count(i); w < end; w++, from++) {
        sum += (in[from] & 0xff) * weights[w];
      }
      out[at + i] = clip(sum);
    }
  }

  private static void rgbRow(byte[] in, int line, Axis axis, byte[] out, int start) {
    int[] weights = axis.weights();
    int at = start;
    for (int i = 0; i < axis.size(); i++) {
      int red = HALF;
      int green = HALF;
      int blue = HALF;
      int from = line + 3 * axis.first(i);
      int w = axis.at(i);
      for (int end = w + axis.count(i); w < end; w++, from += 3) {
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
  private void vertical(int stride, Rows to) {
    line = room(line, stride);
    if (sums.length < stride) {
      sums = new int[stride];
    }
    int top = rows.start();
    for (int i = 0; i < rows.size(); i++) {
      Arrays.fill(sums, 0, stride, HALF);
      int from = (rows.first(i) - top) * stride;
      for (int w = rows.at(i), end = w + rows.count(i); w < end; w++, from += stride) {
        addRow(wide, from, rows.weights()[w], sums, stride);
      }
      for (int x = 0; x < stride; x++) {
        line[x] = clip(sums[x]);
      }
      to.row(i, line, 0);
    }
  }

  private static void addRow(byte[] in, int from, int weight, int[] sums, int stride) {
    for (int x = 0; x < stride; x++) {
      sums[x] += (in[from + x] & 0xff) * weight;
    }
  }

  private static byte[] room(byte[] buffer, int size) {
    return buffer.length < size ? new byte[size] : buffer;
  }

  private static byte clip(int sum) {
    int v = sum >> PRECISION;
    return (byte) (v < 0 ? 0 : Math.min(v, 255));
  }
}
