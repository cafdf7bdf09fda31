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

  private static final int RING = 1 << 20; // samples between the passes: 4 MB

  private final Axis columns = new Axis();
  private final Axis rows = new Axis();
  private final Lane lane = new Lane();
  private int[][] wide = {}; // rows after the horizontal pass: row y at y modulo ring
  private int ring;
  private int[] sums = {};
  private byte[] line = {};
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
    if (sameWidth && sameHeight) {
      for (int y = g.y(); y < bottom; y++) {
        int from = lane.stored(source, toGrey, y);
        to.row(y - g.y(), toGrey ? lane.grey : source.pixels(), from + g.x() * c);
      }
      return;
    }
    columns.set(source.width(), g.width(), g.x(), right, g.filter());
    columns.spread(source.width(), c);
    rows.set(source.height(), g.height(), g.y(), bottom, g.filter());
    int stride = g.w() * c;
    reserve(stride);
    int next = rows.start();
    for (int i = 0; i < rows.size(); i++) {
      int end = rows.first(i) + rows.count(i);
      if (end > next) { // as many more as there is room for
        int first = Math.max(next, rows.first(i));
        next = Math.min(rows.end(), rows.first(i) + ring);
        new Band(source, toGrey, first, next, lane).invoke();
      }
      vertical(i, stride);
      to.row(i, line, 0);
    }
  }

  /** Room for rows of so many samples: all that the outputs need at once, and some to go on. */
  private void reserve(int stride) {
    int most = 0;
    for (int i = 0; i < rows.size(); i++) {
      most = Math.max(most, rows.count(i));
    }
    ring = Math.min(rows.end() - rows.start(), Math.max(most, RING / stride));
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
    }
    line = room(line, stride);
  }

  /**
   * Rows {@code from} to {@code to} of the horizontal pass. Of large pictures it is the most that
   * there is to do: they are halved for processors that have nothing else to do.
   */
  private final class Band extends RecursiveAction {
    private static final int WORTH_HALVING = 2_000_000; // samples, some two milliseconds

    private final transient Picture source;
    private final boolean toGrey;
    private final int from;
    private final int to;
    private final transient Lane lane;

    Band(Picture source, boolean toGrey, int from, int to, Lane lane) {
      this.source = source;
      this.toGrey = toGrey;
      this.from = from;
      this.to = to;
      this.lane = lane;
    }

    @Override
    protected void compute() {
      long samples = (long) (to - from) * source.width() * source.channels();
      if (to - from > 1 && samples >= WORTH_HALVING) {
        int middle = (from + to) >>> 1;
        invokeAll(
            new Band(source, toGrey, from, middle, lane),
            new Band(source, toGrey, middle, to, new Lane()));
        return;
      }
      int channels = toGrey ? 1 : source.channels();
      for (int y = from; y < to; y++) {
        int at = lane.stored(source, toGrey, y);
        byte[] in = toGrey ? lane.grey : source.pixels();
        lane.horizontal(in, at, channels, columns, wide[y % ring]);
      }
    }
  }

  /** What one thread of the horizontal pass works with. */
  private static final class Lane {
    private byte[] grey = {};
    private int[] tap = {};

    /** Where a row begins: in the picture, or, turned to grey, in {@link #grey}. */
    int stored(Picture source, boolean toGrey, int y) {
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
    void horizontal(byte[] in, int from, int channels, Axis axis, int[] out) {
      int n = axis.size() * channels;
      if (tap.length < n) {
        tap = new int[n];
      }
      Arrays.fill(out, 0, n, HALF);
      for (int k = 0; k < axis.taps(); k++) {
        gather(in, from + k * channels, axis.sources(), tap, n);
        add(tap, axis.taps(k), out, n);
      }
      clip(out, n);
    }
  }

  private void pick(Picture source, boolean toGrey, int c, Rows to) {
    line = room(line, columns.size() * c);
    for (int i = 0; i < rows.size(); i++) {
      int row = lane.stored(source, toGrey, rows.first(i));
      byte[] in = toGrey ? lane.grey : source.pixels();
      for (int k = 0, at = 0; k < columns.size(); k++) {
        int from = row + columns.first(k) * c;
        for (int end = at + c; at < end; at++, from++) {
          line[at] = in[from];
        }
      }
      to.row(i, line, 0);
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
  // gather.

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
