package io.fovea.onnx;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One size of a shape: a number, or a symbol plus a number ({@code height}, {@code (height+1)//2}),
 * or unknown. Arithmetic is kept in a canonical form, so that two ways through a graph that give
 * the same size are seen to be equal; {@code //} is division rounded down.
 */
public record Dim(@Nullable String symbol, long offset) {
  private static final String QUESTION_MARK = "?";
  private static final int LONGEST_SYMBOL = 256; // expressions that only grow are given up

  /** A size of which nothing is known. */
  public static final Dim UNKNOWN = new Dim(QUESTION_MARK, 0);

  public Dim {
    if (symbol != null && symbol.length() > LONGEST_SYMBOL) {
      symbol = QUESTION_MARK;
      offset = 0;
    }
  }

  public static Dim of(long size) {
    return new Dim(null, size);
  }

  /** A named size, such as {@code batch}; equal names are equal sizes. */
  public static Dim of(String symbol) {
    return new Dim(symbol, 0);
  }

  /** Whether the size is a number. */
  public boolean isKnown() {
    return symbol == null;
  }

  /** The number. */
  public long size() {
    if (symbol != null) {
      throw new IllegalStateException("size " + this + " is not a number");
    }
    return offset;
  }

  public Dim plus(long n) {
    return isUnknown() ? this : new Dim(symbol, Math.addExact(offset, n));
  }

  public Dim times(long n) {
    if (isUnknown() || n == 1) {
      return this;
    }
    if (n == 0) {
      return of(0);
    }
    String product = symbol == null ? null : n + "*" + factor(symbol);
    return new Dim(product, Math.multiplyExact(offset, n));
  }

  /** Division rounded down, as the sizes of strided windows are computed. */
  public Dim floorDiv(long n) {
    if (isUnknown() || n == 1) {
      return this;
    }
    if (symbol == null) {
      return of(Math.floorDiv(offset, n));
    }
    // (s + q*n + r) // n = (s + r) // n + q
    Dim numerator = new Dim(symbol, Math.floorMod(offset, n));
    String dividend = numerator.offset == 0 ? factor(symbol) : "(" + numerator + ")";
    return new Dim(dividend + "//" + n, Math.floorDiv(offset, n));
  }

  /**
   * Whether the two are known to be different: numbers that differ, or one symbol at two offsets.
   */
  public boolean contradicts(Dim other) {
    return !isUnknown()
        && !other.isUnknown()
        && Objects.equals(symbol, other.symbol)
        && offset != other.offset;
  }

  boolean isUnknown() {
    return QUESTION_MARK.equals(symbol);
  }

  private static String factor(String symbol) {
    return symbol.matches("\\w+") ? symbol : "(" + symbol + ")";
  }

  @Override
  public String toString() {
    if (symbol == null) {
      return Long.toString(offset);
    }
    return offset == 0 ? symbol : symbol + (offset > 0 ? "+" : "-") + Math.abs(offset);
  }
}
