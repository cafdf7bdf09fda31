package io.fovea.cli;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;

/**
 * Places of boxes and lines from top to bottom. Boxes stand in rows, each below all that it comes
 * from; the longest way through the graph runs straight down, branches go to its sides. A line that
 * passes rows runs down a lane between or beside the boxes.
 */
final class GraphLayout {
  static final int BOX_WIDTH = 260;
  static final int BOX_HEIGHT = 36;
  static final int ROW_HEIGHT = 56;
  private static final int SLOT = BOX_WIDTH + 44; // from one box to the next in a row
  private static final int LANE = 10; // from one lane to the next
  private static final int MOST_IN_ROW = 6;
  private static final int MOST_SLOTS = 2 * MOST_IN_ROW + 1;
  private static final int FARTHEST = SLOT * MOST_IN_ROW + 400; // beyond it lanes lie on each other

  /** A line, from a box down a lane (at x, with no rows to pass where both are equal) to a box. */
  record Line(int from, int to, int laneX, boolean direct) {}

  /** Rows that a lane passes, at an x of its own. */
  private record Lane(int x, int first, int last) {}

  private final List<List<Integer>> sources; // of each box; all of lower numbers
  private final int[] below; // boxes on the longest way down from each
  private final int[] row;
  private final int[] x;
  private final List<List<Integer>> rows = new ArrayList<>();
  private final List<Line> lines = new ArrayList<>();

  /**
   * Lays out a graph.
   *
   * @param sources for each box the boxes that lines come from, all before it in the list
   */
  GraphLayout(List<List<Integer>> sources) {
    this.sources = sources;
    this.below = below(sources);
    this.row = new int[sources.size()];
    this.x = new int[sources.size()];
    intoRows();
    rows.forEach(this::place);
    route();
    int left = IntStream.of(x).map(v -> v - BOX_WIDTH / 2).min().orElse(0);
    left = Math.min(left, lines.stream().mapToInt(Line::laneX).min().orElse(0) - LANE);
    for (int i = 0; i < x.length; i++) {
      x[i] -= left;
    }
    int shift = left;
    lines.replaceAll(l -> new Line(l.from, l.to, l.laneX - shift, l.direct));
  }

  /** The middle of a box. */
  int x(int box) {
    return x[box];
  }

  /** The top of a box. */
  int y(int box) {
    return row[box] * ROW_HEIGHT;
  }

  List<Line> lines() {
    return lines;
  }

  int width() {
    int boxes = IntStream.of(x).map(v -> v + BOX_WIDTH / 2).max().orElse(0);
    return Math.max(boxes, lines.stream().mapToInt(Line::laneX).max().orElse(0) + LANE);
  }

  int height() {
    return rows.size() * ROW_HEIGHT;
  }

  private void intoRows() {
    for (int box = 0; box < row.length; box++) {
      for (int source : sources.get(box)) {
        row[box] = Math.max(row[box], row[source] + 1);
      }
      while (rows.size() > row[box] && rows.get(row[box]).size() == MOST_IN_ROW) {
        row[box]++;
      }
      while (rows.size() <= row[box]) {
        rows.add(new ArrayList<>());
      }
      rows.get(row[box]).add(box);
    }
  }

  /** Puts the boxes of a row below what they come from, those with most below them first. */
  private void place(List<Integer> boxes) {
    List<Integer> order = new ArrayList<>(boxes);
    order.sort(Comparator.comparing(b -> -below[b]));
    List<Integer> taken = new ArrayList<>();
    for (int box : order) {
      int wanted =
          sources.get(box).stream()
              .max(Comparator.comparing((Integer s) -> row[s]).thenComparing(s -> -Math.abs(x[s])))
              .map(s -> x[s])
              .orElse(0);
      int at = wanted;
      for (int i = 1; i <= 2 * MOST_SLOTS && !isFree(at, taken); i++) {
        at = wanted + (i % 2 == 1 ? 1 : -1) * (i + 1) / 2 * SLOT;
      }
      x[box] = at;
      taken.add(at);
    }
  }

  private static boolean isFree(int at, List<Integer> taken) {
    return taken.stream().allMatch(t -> Math.abs(t - at) >= SLOT)
        && Math.abs(at) <= SLOT * MOST_IN_ROW;
  }

  /** The number of boxes on the longest way down from each. */
  private static int[] below(List<List<Integer>> sources) {
    int[] longest = new int[sources.size()];
    for (int box = longest.length - 1; box >= 0; box--) {
      for (int source : sources.get(box)) {
        longest[source] = Math.max(longest[source], longest[box] + 1);
      }
    }
    return longest;
  }

  /** Gives every box whose lines pass rows a lane, the nearest that is free all the way. */
  private void route() {
    TreeMap<Integer, Integer> ends = new TreeMap<>(); // the last row that a box's lines pass
    for (int box = 0; box < row.length; box++) {
      for (int source : sources.get(box)) {
        if (row[box] > row[source] + 1) {
          ends.merge(source, row[box] - 1, Math::max);
        }
      }
    }
    List<Lane> lanes = new ArrayList<>();
    int[] laneOf = new int[row.length];
    List<Map.Entry<Integer, Integer>> shortFirst = new ArrayList<>(ends.entrySet());
    shortFirst.sort(Comparator.comparing(e -> e.getValue() - row[e.getKey()]));
    for (Map.Entry<Integer, Integer> e : shortFirst) {
      int source = e.getKey();
      Lane lane = lane(x[source], row[source] + 1, e.getValue(), lanes);
      lanes.add(lane);
      laneOf[source] = lane.x;
    }
    for (int box = 0; box < row.length; box++) {
      for (int source : sources.get(box)) {
        boolean direct = row[box] == row[source] + 1;
        lines.add(new Line(source, box, direct ? x[source] : laneOf[source], direct));
      }
    }
  }

  private Lane lane(int near, int first, int last, List<Lane> lanes) {
    List<Lane> beside =
        lanes.stream().filter(l -> l.first <= last + 1 && first <= l.last + 1).toList();
    for (int away = 0; away < FARTHEST; away += LANE / 2) {
      for (int side : new int[] {1, -1}) {
        int at = near + side * away;
        if (beside.stream().allMatch(l -> Math.abs(l.x - at) >= LANE) && clear(at, first, last)) {
          return new Lane(at, first, last);
        }
      }
    }
    return new Lane(near + FARTHEST, first, last);
  }

  private boolean clear(int at, int first, int last) {
    for (int r = first; r <= last; r++) {
      for (int box : rows.get(r)) {
        if (Math.abs(x[box] - at) < BOX_WIDTH / 2 + LANE) {
          return false;
        }
      }
    }
    return true;
  }
}
