package io.fovea.image;

import java.nio.FloatBuffer;

/**
 * The tensor {@code [C, H, W]} of a picture, written row by row as the resize gives them, with the
 * frame of the geometry around them.
 *
 * @param start where it begins in the buffer
 * @param channels of the rows: 1 or 3
 * @param levels what each of the 256 levels becomes in each plane
 * @param reversed whether the first plane is blue
 */
record Planes(
    FloatBuffer out, int start, Geometry geometry, int channels, float[][] levels, boolean reversed)
    implements Resampler.Rows {

  @Override
  public void row(int y, byte[] samples, int from, Resampler by) {
    int width = geometry.outWidth();
    float[] row = by.floats(width);
    for (int plane = 0; plane < levels.length; plane++) {
      float[] level = levels[plane];
      int left = geometry.left();
      int right = left + geometry.w();
      if (levels.length < channels) {
        grey(samples, from, level, row);
      } else {
        int at = from + Math.min(channel(plane), channels - 1);
        for (int x = left; x < right; x++, at += channels) {
          row[x] = level[samples[at] & 0xff];
        }
      }
      if (geometry.w() < width) {
        float fill = fill(plane);
        for (int x = 0; x < left; x++) {
          int source = geometry.border().source(x - left, geometry.w());
          row[x] = source < 0 ? fill : row[left + source];
        }
        for (int x = right; x < width; x++) {
          int source = geometry.border().source(x - left, geometry.w());
          row[x] = source < 0 ? fill : row[left + source];
        }
      }
      out.put(at(plane, geometry.top() + y), row, 0, width);
    }
  }

  /** Rows of colours in a tensor that has none. */
  private void grey(byte[] samples, int from, float[] level, float[] row) {
    int left = geometry.left();
    for (int x = left, at = from; x < left + geometry.w(); x++, at += 3) {
      int luma = Picture.luma(samples[at] & 0xff, samples[at + 1] & 0xff, samples[at + 2] & 0xff);
      row[x] = level[luma];
    }
  }

  /** The rows of the frame above and below, once those of the picture are written. */
  void frame() {
    int width = geometry.outWidth();
    int height = geometry.outHeight();
    for (int plane = 0; plane < levels.length && geometry.h() < height; plane++) {
      for (int y = 0; y < height; y++) {
        int own = y - geometry.top();
        if (own >= 0 && own < geometry.h()) {
          continue;
        }
        int source = geometry.border().source(own, geometry.h());
        if (source >= 0) {
          out.put(at(plane, y), out, at(plane, geometry.top() + source), width);
          continue;
        }
        float fill = fill(plane);
        for (int at = at(plane, y), end = at + width; at < end; at++) {
          out.put(at, fill);
        }
      }
    }
  }

  private int channel(int plane) {
    return reversed ? levels.length - 1 - plane : plane;
  }

  private float fill(int plane) {
    return levels[plane][geometry.fill().level(channel(plane), levels.length)];
  }

  private int at(int plane, int y) {
    return start + (plane * geometry.outHeight() + y) * geometry.outWidth();
  }
}
