package io.fovea.converters;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The symmetries of the pixel grid by which a filter is moved: translations alone ({@code Z2}),
 * with quarter turns ({@code P4}), with quarter turns and mirror images ({@code P4M}). An
 * orientation is a number below {@link #order}; 0 leaves a filter as it is.
 */
enum PlaneGroup {
  Z2(1),
  P4(4),
  P4M(8);

  /** Matrices {@code {a, b, c, d}} that take (y, x) to (a y + b x, c y + d x). */
  private final List<int[]> orientations = new ArrayList<>();

  PlaneGroup(int order) {
    int[] turn = {0, -1, 1, 0};
    int[] next = {1, 0, 0, 1};
    for (int i = 0; i < order; i++) {
      orientations.add(next);
      next = i == 3 ? new int[] {1, 0, 0, -1} : product(next, turn); // four turns, then mirrored
    }
  }

  int order() {
    return orientations.size();
  }

  /**
   * Where the cells of a filter's orientations are found in the filter: its orientation g has at
   * (s, y) what the filter has at (g<sup>-1</sup>s, g<sup>-1</sup>y).
   *
   * @param seen orientations of the values that the filter sees: 1 (pictures) or {@link #order}
   * @return {@code [order, seen, kernel, kernel]} positions in {@code [seen, kernel, kernel]}
   */
  long[] cells(int seen, int kernel) {
    long[] cells = new long[order() * seen * kernel * kernel];
    int at = 0;
    for (int[] g : orientations) {
      int[] back = {g[0], g[2], g[1], g[3]}; // the inverse of a rotation is its transpose
      for (int s = 0; s < seen; s++) {
        int from = seen == 1 ? 0 : indexOf(product(back, orientations.get(s)));
        for (int i = 0; i < kernel * kernel; i++) {
          int y = 2 * (i / kernel) - kernel + 1; // twice the distance to the centre
          int x = 2 * (i % kernel) - kernel + 1;
          int row = (back[0] * y + back[1] * x + kernel - 1) / 2;
          int column = (back[2] * y + back[3] * x + kernel - 1) / 2;
          cells[at++] = ((long) from * kernel + row) * kernel + column;
        }
      }
    }
    return cells;
  }

  private int indexOf(int[] matrix) {
    for (int i = 0; i < order(); i++) {
      if (Arrays.equals(orientations.get(i), matrix)) {
        return i;
      }
    }
    throw new AssertionError(Arrays.toString(matrix));
  }

  private static int[] product(int[] a, int[] b) {
    return new int[] {
      a[0] * b[0] + a[1] * b[2],
      a[0] * b[1] + a[1] * b[3],
      a[2] * b[0] + a[3] * b[2],
      a[2] * b[1] + a[3] * b[3]
    };
  }
}
