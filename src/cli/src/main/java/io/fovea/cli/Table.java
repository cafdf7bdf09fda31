package io.fovea.cli;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** Rows of text under a heading; the last column goes on below itself where lines are short. */
final class Table {
  private static final int LEAST = 20; // of the last column
  private static final String GAP = "  ";

  private final boolean[] right;
  private final List<List<String>> rows = new ArrayList<>();

  /**
   * A table.
   *
   * @param columns the heading of each, after {@code <} for texts or {@code >} for numbers
   */
  Table(String... columns) {
    right = new boolean[columns.length];
    for (int i = 0; i < columns.length; i++) {
      right[i] = columns[i].startsWith(">");
    }
    rows.add(Arrays.stream(columns).map(c -> c.substring(1)).toList());
  }

  void row(String... cells) {
    rows.add(List.of(cells));
  }

  /** Prints to standard output in lines of at most so many characters, as far as words allow. */
  void print(int width) {
    int last = right.length - 1;
    int[] widths = new int[last];
    int before = 0;
    for (int i = 0; i < last; i++) {
      int column = i;
      widths[i] = rows.stream().mapToInt(r -> r.get(column).length()).max().orElse(0);
      before += widths[i] + GAP.length();
    }
    for (int r = 0; r < rows.size(); r++) {
      StringBuilder line = new StringBuilder();
      for (int i = 0; i < last; i++) {
        String cell = rows.get(r).get(i);
        String space = " ".repeat(widths[i] - cell.length());
        line.append(right[i] ? space + cell : cell + space).append(GAP);
      }
      List<String> parts = wrapped(rows.get(r).get(last), Math.max(LEAST, width - before));
      line.append(parts.get(0));
      String text = line.toString().stripTrailing();
      System.out.println(r == 0 ? Terminal.heading(text) : text);
      String indent = " ".repeat(before);
      parts.stream().skip(1).forEach(p -> System.out.println(indent + p));
    }
  }

  /** A text in lines, broken after commas. */
  private static List<String> wrapped(String text, int width) {
    List<String> lines = new ArrayList<>();
    String line = "";
    for (String word : text.split("(?<=,) ")) {
      if (!line.isEmpty() && line.length() + 1 + word.length() > width) {
        lines.add(line);
        line = "";
      }
      line += (line.isEmpty() ? "" : " ") + word;
    }
    lines.add(line);
    return lines;
  }

  /** A large number in three digits and a letter: {@code 4.09 G}; a question mark for -1. */
  static String counted(long n) {
    if (n < 0) {
      return "?";
    }
    double value = n;
    for (String unit : List.of("", " k", " M", " G", " T")) {
      if (value < 999.5 || unit.equals(" T")) {
        int digits = unit.isEmpty() || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
        return String.format(Locale.ROOT, "%." + digits + "f%s", value, unit);
      }
      value /= 1000;
    }
    throw new AssertionError(n);
  }
}
