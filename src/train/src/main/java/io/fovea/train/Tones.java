package io.fovea.train;

import io.fovea.image.Picture;
import java.util.Arrays;

/**
 * Changes of a picture's levels, to the bit as Pillow has them in {@code ImageEnhance} and {@code
 * ImageOps}. A factor of 1 changes nothing, 0 leaves black, the mean grey, grey, or a smoothed
 * picture, and more than 1 goes the other way. What is about colour leaves grey pictures alone.
 */
final class Tones {
  private static final int LEVELS = 256;

  private Tones() {}

  static Picture brightness(Picture p, double factor) {
    return map(p, table(level -> blend(0, level, (float) factor)));
  }

  /** About the mean level of the grey picture. */
  static Picture contrast(Picture p, double factor) {
    long sum = 0;
    byte[] grey = p.toGrey().pixels();
    for (byte level : grey) {
      sum += level & 255;
    }
    int mean = (int) ((double) sum / grey.length + 0.5);
    return map(p, table(level -> blend(mean, level, (float) factor)));
  }

  static Picture saturation(Picture p, double factor) {
    if (p.channels() == 1) {
      return p;
    }
    byte[] in = p.pixels();
    byte[] grey = p.toGrey().pixels();
    byte[] out = new byte[in.length];
    float share = (float) factor;
    for (int i = 0, at = 0; i < grey.length; i++, at += 3) {
      int from = grey[i] & 255;
      out[at] = (byte) blend(from, in[at] & 255, share);
      out[at + 1] = (byte) blend(from, in[at + 1] & 255, share);
      out[at + 2] = (byte) blend(from, in[at + 2] & 255, share);
    }
    return like(p, out);
  }

  /**
   * Against the picture in which each pixel but the outermost is the mean of 3x3, itself 5 fold.
   */
  static Picture sharpness(Picture p, double factor) {
    int stride = p.width() * p.channels();
    int step = p.channels();
    byte[] in = p.pixels();
    byte[] out = in.clone();
    for (int y = 1; y < p.height() - 1; y++) {
      for (int i = y * stride + step; i < (y + 1) * stride - step; i++) {
        int own = in[i] & 255;
        int sum = 4 * own;
        for (int row = i - stride; row <= i + stride; row += stride) {
          sum += (in[row - step] & 255) + (in[row] & 255) + (in[row + step] & 255);
        }
        out[i] = (byte) blend((2 * sum + 13) / 26, own, (float) factor);
      }
    }
    return like(p, out);
  }

  /**
   * Turns the hue.
   *
   * @param turn in [-0.5, 0.5], of a full turn
   */
  static Picture hue(Picture p, double turn) {
    if (p.channels() == 1) {
      return p;
    }
    int by = (int) (turn * 255);
    byte[] in = p.pixels();
    byte[] out = new byte[in.length];
    for (int i = 0; i < in.length; i += 3) {
      int r = in[i] & 255;
      int g = in[i + 1] & 255;
      int b = in[i + 2] & 255;
      int most = Math.max(r, Math.max(g, b));
      float range = most - Math.min(r, Math.min(g, b));
      if (range == 0) {
        out[i] = in[i];
        out[i + 1] = in[i + 1];
        out[i + 2] = in[i + 2];
        continue;
      }
      double sixths = // counted from red
          r == most
              ? (most - b) / range - (most - g) / range
              : g == most
                  ? 2.0 + (most - r) / range - (most - b) / range
                  : 4.0 + (most - g) / range - (most - r) / range;
      double turns = (float) sixths / 6.0 + 1.0;
      int h = (int) ((float) (turns >= 1 ? turns - 1 : turns) * 255.0) + by & 255;
      int s = (int) (range / most * 255.0);
      color(h, s, most, out, i);
    }
    return like(p, out);
  }

  /** Red, green and blue of hue, saturation and value, each in [0, 255]. */
  private static void color(int hue, int saturation, int value, byte[] out, int at) {
    int sector = (int) (hue * 6.0 / 255);
    float rest = (float) (hue * 6.0 / 255 - sector);
    float share = (float) (saturation / 255.0);
    byte v = (byte) value;
    byte p = (byte) (value * (1.0 - share) + 0.5);
    byte q = (byte) (value * (1.0 - share * rest) + 0.5);
    byte t = (byte) (value * (1.0 - share * (1.0 - rest)) + 0.5);
    boolean early = sector % 2 == 0;
    int first = sector % 6 / 2; // the channel that leads: red, green, blue
    byte middle = early ? t : q;
    out[at + first] = early ? v : middle;
    out[at + (first + 1) % 3] = early ? middle : v;
    out[at + (first + 2) % 3] = p;
  }

  /** Keeps the highest bits of each level. */
  static Picture posterize(Picture p, int bits) {
    int mask = -1 << (8 - bits);
    return map(p, table(level -> level & mask));
  }

  /** Inverts the levels from a threshold on. */
  static Picture solarize(Picture p, double threshold) {
    return map(p, table(level -> level < threshold ? level : 255 - level));
  }

  /** Stretches each channel to the whole range. */
  static Picture autocontrast(Picture p) {
    byte[][] tables = new byte[p.channels()][];
    for (int k = 0; k < tables.length; k++) {
      int[] counts = counts(p, k);
      int low = 0;
      int high = LEVELS - 1;
      while (low < high && counts[low] == 0) {
        low++;
      }
      while (high > low && counts[high] == 0) {
        high--;
      }
      double scale = high == low ? 1 : 255.0 / (high - low);
      double offset = high == low ? 0 : -low * scale;
      tables[k] = table(level -> (int) Math.max(0, Math.min(255, level * scale + offset)));
    }
    return map(p, tables);
  }

  /** Spreads each channel's levels so that all are about as frequent. */
  static Picture equalize(Picture p) {
    byte[][] tables = new byte[p.channels()][];
    for (int k = 0; k < tables.length; k++) {
      int[] counts = counts(p, k);
      int last = LEVELS - 1;
      while (counts[last] == 0) {
        last--;
      }
      int step = (p.width() * p.height() - counts[last]) / 255;
      int[] below = new int[LEVELS]; // and half a step
      below[0] = step / 2;
      for (int level = 1; level < LEVELS; level++) {
        below[level] = below[level - 1] + counts[level - 1];
      }
      tables[k] = table(level -> step == 0 ? level : Math.min(255, below[level] / step));
    }
    return map(p, tables);
  }

  private static int[] counts(Picture p, int channel) {
    int[] counts = new int[LEVELS];
    byte[] in = p.pixels();
    for (int i = channel; i < in.length; i += p.channels()) {
      counts[in[i] & 255]++;
    }
    return counts;
  }

  /** From one level towards another, or beyond it; without the fraction. */
  private static int blend(int from, int to, float share) {
    float level = from + share * (to - from);
    return level <= 0 ? 0 : level >= 255 ? 255 : (int) level;
  }

  private interface OfLevel {
    int of(int level);
  }

  private static byte[] table(OfLevel f) {
    byte[] table = new byte[LEVELS];
    for (int level = 0; level < LEVELS; level++) {
      table[level] = (byte) f.of(level);
    }
    return table;
  }

  /** One table for all channels, or one for each. */
  private static Picture map(Picture p, byte[]... tables) {
    byte[] out = new byte[p.pixels().length];
    int channels = p.channels();
    byte[][] each = tables.length == channels ? tables : new byte[channels][];
    if (each != tables) {
      Arrays.fill(each, tables[0]);
    }
    byte[] in = p.pixels();
    for (int k = 0; k < channels; k++) {
      byte[] table = each[k];
      for (int i = k; i < in.length; i += channels) {
        out[i] = table[in[i] & 255];
      }
    }
    return like(p, out);
  }

  private static Picture like(Picture p, byte[] pixels) {
    return Picture.of(p.width(), p.height(), p.channels(), pixels);
  }
}
