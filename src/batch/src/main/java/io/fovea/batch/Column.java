package io.fovea.batch;

import java.util.List;

/**
 * A column of the rows between the picture and the error.
 *
 * @param names of the numbers, where a cell is an array of them; each is a column of a CSV file
 */
public record Column(String name, Type type, List<String> names) {
  /** What a cell is. */
  public enum Type {
    /** A text or a path. */
    TEXT,
    /** An int or a long. */
    INTEGER,
    FLOAT,
    DOUBLE,
    /** A {@code float[]}. */
    FLOATS
  }

  public Column {
    names = List.copyOf(names);
  }

  public static Column of(String name, Type type) {
    return new Column(name, type, List.of());
  }

  /** A column of arrays, with a name for each number; none where it is not known how many. */
  public static Column floats(String name, List<String> names) {
    return new Column(name, Type.FLOATS, names);
  }

  /** The names that a CSV file has for it. */
  List<String> flat() {
    return type == Type.FLOATS ? names : List.of(name);
  }
}
