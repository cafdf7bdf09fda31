package io.fovea.image;

import static io.fovea.image.Axis.PRECISION;

import java.lang.ref.SoftReference;
import java.util.Arrays;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.RecursiveAction;

/**
 * Resizes of which only a rectangle is wanted: a horizontal pass over the rows that the vertical
 * pass needs, then the vertical pass, both in fixed point with 8-bit samples between them. Pictures
 * that take long are done in bands of rows, for processors that have nothing else to do. Its
 * buffers are used again from picture to picture; not thread-safe.
 */
final class Resampler {
  private static final int HALF = 1 << (PRECISION - 1);

  /** Those at rest: as many as ever worked at once. */
  private static final Queue<SoftReference<Resampler>> POOL = new ConcurrentLinkedQueue<>();

  private static final int WORTH_HALVING = 400_000; // samples, some 0.8 milliseconds
  private static final int LEAST_ROWS = 16; // of a band, which shares some with its neighbours

  private final Axis columns = new Axis();
  private final Axis rows = new Axis();
  private int[][] wide = {}; // rows after the horizontal pass: row y at y modulo ring
  private int ring;
  private byte[] grey = {};
  private int[] tap = {};
  private int[] sums = {};
  private byte[] line = {};
  private float[] floats = {};
  private final SoftReference<Resampler> self = new SoftReference<>(this);

  private Resampler() {}

  /** Takes the rows of a result, perhaps on some threads. */
  @FunctionalInterface
  interface Rows {
    /**
     * A row.
     *
     * @param y its number
     * @param samples holds its samples, channels interleaved, from {@code from} on
     * @param by has room for the calling thread
     */
    void row(int y, byte[] samples, int from, Resampler by);
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
    Rows copy = (y, in, from, by) -> System.arraycopy(in, from, out, y * stride, stride);
    run(source, false, g, Runtime.getRuntime().availableProcessors(), copy);
    return Picture.of(g.w(), g.h(), c, out);
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
   * @param bands at most, each on a thread of its own
   */
  static void run(Picture source, boolean toGrey, Geometry g, int bands, Rows to) {
    run(source, toGrey, g, 0, g.h(), bands, to);
  }

  /** Gives rows {@code from} to {@code end}, in so many bands at most. */
  private static void run(
      Picture source, boolean toGrey, Geometry g, int from, int end, int bands, Rows to) {
    int rows = end - from;
    double read = (double) source.height() / g.height() * rows;
    if (bands > 1
        && rows >= 2 * LEAST_ROWS
        && read * source.width() * source.channels() >= WORTH_HALVING) {
      int middle = from + rows / 2;
      Band other = new Band(source, toGrey, g, middle, end, bands / 2, to);
      other.fork();
      try {
        run(source, toGrey, g, from, middle, bands - bands / 2, to);
      } finally {
        other.join();
      }
      return;
    }
    SoftReference<Resampler> pooled = POOL.poll();
    Resampler found = pooled == null ? null : pooled.get();
    Resampler resampler = found == null ? new Resampler() : found;
    resampler.rows(source, toGrey, g, from, end, to);
    POOL.add(resampler.self);
  }

  private static final class Band extends RecursiveAction {
    private final transient Picture source;
    private final boolean toGrey;
    private final transient Geometry geometry;
    private final int from;
    private final int end;
    private final int bands;
    private final transient Rows to;

    Band(Picture source, boolean toGrey, Geometry g, int from, int end, int bands, Rows to) {
      this.source = source;
      this.toGrey = toGrey;
      this.geometry = g;
      this.from = from;
      this.end = end;
      this.bands = bands;
      this.to = to;
    }

    @Override
    protected void compute() {
      run(source, toGrey, geometry, from, end, bands, to);
    }
  }

  private void rows(Picture source, boolean toGrey, Geometry g, int from, int end, Rows to) {
    int c = toGrey ? 1 : source.channels();
    boolean sameWidth = g.width() == source.width();
    boolean sameHeight = g.height() == source.height();
    int right = g.x() + g.w();
    int top = g.y() + from;
    int bottom = g.y() + end;
    if (sameWidth && sameHeight) {
      for (int y = from; y < end; y++) {
        int at = stored(source, toGrey, g.y() + y);
        to.row(y, toGrey ? grey : source.pixels(), at + g.x() * c, this);
      }
      return;
    }
    if (g.filter() == Resampling.NEAREST) {
      columns.setNearest(source.width(), g.width(), g.x(), right);
      rows.setNearest(source.height(), g.height(), top, bottom);
      pick(source, toGrey, c, from, to);
      return;
    }
    columns.set(source.width(), g.width(), g.x(), right, g.filter());
    columns.spread(source.width(), c);
    rows.set(source.height(), g.height(), top, bottom, g.filter());
    int stride = g.w() * c;
    reserve(stride);
    int next = rows.start();
    for (int i = 0; i < rows.size(); i++) {
      int needed = rows.first(i) + rows.count(i);
      for (next = Math.max(next, rows.first(i)); next < needed; next++) {
        int at = stored(source, toGrey, next);
        horizontal(toGrey ? grey : source.pixels(), at, c, wide[next % ring]);
      }
      vertical(i, stride);
      to.row(from + i, line, 0, this);
    }
  }

  /** Room for as many rows of so many samples as one output needs. */
  private void reserve(int stride) {
    ring = 0;
    for (int i = 0; i < rows.size(); i++) {
      ring = Math.max(ring, rows.count(i));
    }
    if (wide.length < ring) {
      wide = Arrays.copyOf(wide, ring);
    }
    for (int i = 0; i < ring; i++) {
      if (wide[i] == null || wide[i].length < stride) {
        wide[i] = new int[stride];
      }
    }
    if (sums.length < stride) {
      sums = new int[stride];
      tap = new int[stride];
    }
    line = room(line, stride);
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

  /** Gathers one tap of every output, then adds it, weighted, to all of them. */
  private void horizontal(byte[] in, int from, int channels, int[] out) {
    int n = columns.size() * channels;
    Arrays.fill(out, 0, n, HALF);
    for (int k = 0; k < columns.taps(); k++) {
      int at = from + k * channels;
      if (channels == 3) { // the same, faster
        gatherColors(in, at, columns.sources(), tap, n);
      } else {
        gather(in, at, columns.sources(), tap, n);
      }
      add(tap, columns.taps(k), out, n);
    }
    clip(out, n);
  }

  private void pick(Picture source, boolean toGrey, int c, int top, Rows to) {
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
      to.row(top + i, line, 0, this);
    }
  }

  /** Row {@code i} of the result, into {@link #line}. */
  private void vertical(int i, int stride) {
    Arrays.fill(sums, 0, stride, HALF);
    int y = rows.first(i);
    for (int w = rows.at(i), end = w + rows.count(i); w < end; w++, y++) {
      add(wide[y % ring], rows.weights()[w], sums, stride);
    }
    clip(sums, stride);
    for (int x = 0; x < stride; x++) {
      line[x] = (byte) sums[x];
    }
  }

  // Loops over whole rows, all arrays at the same index: these the compiler vectorizes, but for
  // those that gather.

  private static void gatherColors(byte[] in, int from, int[] sources, int[] out, int n) {
    for (int j = 0; j < n; j += 3) {
      int at = from + sources[j];
      out[j] = in[at] & 0xff;
      out[j + 1] = in[at + 1] & 0xff;
      out[j + 2] = in[at + 2] & 0xff;
    }
  }

  private static void gather(byte[] in, int from, int[] sources, int[] out, int n) {
    for (int j = 0; j < n; j++) {
      out[j] = in[from + sources[j]] & 0xff;
    }
  }

  private static void add(int[] in, int[] weights, int[] sums, int n) {
    for (int j = 0; j < n; j++) {
      sums[j] += in[j] * weights[j];
    }
  }

  private static void add(int[] in, int weight, int[] sums, int n) {
    for (int j = 0; j < n; j++) {
      sums[j] += in[j] * weight;
    }
  }

  private static void clip(int[] sums, int n) {
    for (int j = 0; j < n; j++) {
      sums[j] = Math.max(0, Math.min(sums[j] >> PRECISION, 255));
    }
  }

  private static byte[] room(byte[] buffer, int size) {
    return buffer.length < size ? new byte[size] : buffer;
  }
}
