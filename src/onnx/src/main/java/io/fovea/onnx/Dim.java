package io.fovea.onnx;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * One size of a shape: a number, an expression over named sizes ({@code height}, {@code
 * (height+1)//2}, {@code 4*height*width}), or unknown. Arithmetic is kept in a canonical form, so
 * that two ways through a graph that give the same size are seen to be equal; {@code //} is
 * division rounded down. A named size is at least 1.
 */
public final class Dim {
  private static final int LONGEST_TEXT = 256; // expressions that only grow are given up

  /** A size of which nothing is known. */
  public static final Dim UNKNOWN = new Dim(List.of(), 0, "?");

  /** A named size, or a division that does not come out even. */
  private record Atom(String text, @Nullable Dim dividend, long divisor) {}

  /** A product of atoms, which are in the order of their texts. */
  private record Term(long factor, List<Atom> atoms) {
    String product() {
      List<String> texts =
          atoms.stream().map(a -> a.text.matches("\\w+") ? a.text : "(" + a.text + ")").toList();
      return atoms.size() == 1 && Math.abs(factor) == 1
          ? atoms.get(0).text
          : String.join("*", texts);
    }

    String key() {
      return String.join("\0", atoms.stream().map(Atom::text).toList());
    }
  }

  private final List<Term> terms; // in the order of their keys, no factor is 0
  private final long offset;
  private final String text; // the same for equal sizes

  private Dim(List<Term> terms, long offset, String text) {
    this.terms = terms;
    this.offset = offset;
    this.text = text;
  }

  public static Dim of(long size) {
    return new Dim(List.of(), size, Long.toString(size));
  }

  /** A named size, such as {@code batch}; equal names are equal sizes. */
  public static Dim of(String symbol) {
    return symbol.equals("?") ? UNKNOWN : sum(List.of(term(new Atom(symbol, null, 1))), 0);
  }

  private static Term term(Atom atom) {
    return new Term(1, List.of(atom));
  }

  private static Dim sum(List<Term> parts, long offset) {
    Map<String, Term> merged = new TreeMap<>();
    for (Term t : parts) {
      merged.merge(t.key(), t, (a, b) -> new Term(Math.addExact(a.factor, b.factor), a.atoms));
    }
    List<Term> terms = merged.values().stream().filter(t -> t.factor != 0).toList();
    if (terms.isEmpty()) {
      return of(offset);
    }
    StringBuilder text = new StringBuilder();
    for (Term t : terms) {
      String sign = t.factor < 0 ? "-" : text.isEmpty() ? "" : "+";
      String factor = Math.abs(t.factor) == 1 ? "" : Math.abs(t.factor) + "*";
      text.append(sign).append(factor).append(t.product());
      if (text.length() > LONGEST_TEXT) {
        return UNKNOWN;
      }
    }
    if (offset != 0) {
      text.append(offset > 0 ? "+" : "").append(offset);
    }
    return new Dim(terms, offset, text.toString());
  }

  /** Whether the size is a number. */
  public boolean isKnown() {
    return terms.isEmpty() && !isUnknown();
  }

  /** The number. */
  public long size() {
    if (!isKnown()) {
      throw new IllegalStateException("size " + this + " is not a number");
    }
    return offset;
  }

  /** Whether nothing is known of the size. */
  public boolean isUnknown() {
    return text.equals("?");
  }

  public Dim plus(long n) {
    return n == 0 || isUnknown() ? this : sum(terms, Math.addExact(offset, n));
  }

  public Dim plus(Dim other) {
    if (isUnknown() || other.isUnknown()) {
      return UNKNOWN;
    }
    List<Term> all = new ArrayList<>(terms);
    all.addAll(other.terms);
    return sum(all, Math.addExact(offset, other.offset));
  }

  public Dim minus(Dim other) {
    return plus(other.times(-1));
  }

  public Dim times(long n) {
    return times(of(n));
  }

  /** The product; of what is unknown and 0, it is 0. */
  public Dim times(Dim other) {
    if (equals(of(0)) || other.equals(of(0))) {
      return of(0);
    }
    if (isUnknown() || other.isUnknown()) {
      return UNKNOWN;
    }
    List<Term> all = new ArrayList<>();
    long number = 0;
    for (Term a : withOffset()) {
      for (Term b : other.withOffset()) {
        List<Atom> atoms = new ArrayList<>(a.atoms);
        atoms.addAll(b.atoms);
        atoms.sort((x, y) -> x.text.compareTo(y.text));
        long factor = Math.multiplyExact(a.factor, b.factor);
        if (atoms.isEmpty()) {
          number = factor;
        } else {
          all.add(new Term(factor, atoms));
        }
      }
    }
    return sum(all, number);
  }

  private List<Term> withOffset() {
    List<Term> all = new ArrayList<>(terms);
    if (offset != 0) {
      all.add(new Term(offset, List.of()));
    }
    return all;
  }

  /**
   * Division rounded down, as the sizes of strided windows are computed.
   *
   * @param n more than 0
   */
  public Dim floorDiv(long n) {
    if (isUnknown() || n == 1) {
      return this;
    }
    if (n < 1) {
      throw new ArithmeticException("division by " + n);
    }
    // What comes out even is taken out: (n*q + r) // n = q + r // n, the smallest |r| of each term.
    List<Term> whole = new ArrayList<>();
    List<Term> rest = new ArrayList<>();
    long common = n;
    for (Term t : terms) {
      long r = Math.floorMod(t.factor, n);
      if (r > n / 2 || (t.factor < 0 && 2 * r == n)) {
        r -= n;
      }
      whole.add(new Term((t.factor - r) / n, t.atoms));
      if (r != 0) {
        rest.add(new Term(r, t.atoms));
        common = BigInteger.valueOf(common).gcd(BigInteger.valueOf(r)).longValueExact();
      }
    }
    Dim even = sum(whole, Math.floorDiv(offset, n));
    if (rest.isEmpty()) {
      return even;
    }
    long divisor = n / common;
    long left = Math.floorMod(offset, n) / common;
    boolean negative = rest.get(0).factor < 0; // r // n = -((-r + n - 1) // n)
    long sign = negative ? -1 : 1;
    List<Term> reduced = new ArrayList<>();
    for (Term t : rest) {
      reduced.add(new Term(sign * t.factor / common, t.atoms));
    }
    Dim dividend = sum(reduced, negative ? divisor - 1 - left : left);
    return even.plus(dividend.quotient(divisor).times(sign));
  }

  private Dim quotient(long divisor) {
    if (isUnknown() || divisor == 1) {
      return this;
    }
    Term first = terms.get(0);
    Atom inner = first.atoms.get(0);
    if (terms.size() == 1 && first.factor == 1 && first.atoms.size() == 1) {
      if (inner.dividend != null) { // (x // a + k) // b = (x + a*k) // (a*b)
        long both = Math.multiplyExact(inner.divisor, divisor);
        return inner.dividend.plus(Math.multiplyExact(inner.divisor, offset)).floorDiv(both);
      }
    }
    String top = text.matches("\\w+") ? text : "(" + text + ")";
    return sum(List.of(term(new Atom(top + "//" + divisor, this, divisor))), 0);
  }

  /** The quotient where it comes out even for whatever the names stand for; else unknown. */
  public Dim exactDiv(Dim other) {
    if (isUnknown() || other.isUnknown() || other.equals(of(0))) {
      return UNKNOWN;
    }
    Dim left = this;
    Dim quotient = of(0);
    for (int i = 0; i < LONGEST_TEXT && !left.equals(of(0)); i++) {
      Term top = left.withOffset().get(0);
      Term bottom = other.withOffset().get(0);
      List<Atom> atoms = new ArrayList<>(top.atoms);
      boolean divides = top.factor % bottom.factor == 0;
      for (Atom a : bottom.atoms) {
        divides &= atoms.remove(a);
      }
      if (!divides || left.isUnknown()) {
        return UNKNOWN;
      }
      long factor = top.factor / bottom.factor;
      Dim part = atoms.isEmpty() ? of(factor) : sum(List.of(new Term(factor, atoms)), 0);
      quotient = quotient.plus(part);
      left = left.minus(part.times(other));
    }
    return left.equals(of(0)) ? quotient : UNKNOWN;
  }

  /** What is left by {@link #floorDiv}. */
  public Dim mod(long n) {
    return minus(floorDiv(n).times(n));
  }

  /** A number that the size is never below; {@link Long#MIN_VALUE} where none is seen. */
  long least() {
    if (isUnknown()) {
      return Long.MIN_VALUE;
    }
    long least = offset;
    for (Term t : terms) {
      long product = t.factor;
      for (Atom a : t.atoms) {
        long factor = a.dividend == null ? 1 : a.dividend.least();
        if (product < 0 || factor < 0) {
          return Long.MIN_VALUE;
        }
        product = Math.multiplyExact(product, Math.floorDiv(factor, a.divisor));
      }
      least = Math.addExact(least, product);
    }
    return least;
  }

  /** The number that it comes to where the names stand for numbers. */
  long at(ToLongFunction<String> names) {
    long sum = offset;
    for (Term t : terms) {
      long product = t.factor;
      for (Atom a : t.atoms) {
        long factor =
            a.dividend == null
                ? names.applyAsLong(a.text)
                : Math.floorDiv(a.dividend.at(names), a.divisor);
        product = Math.multiplyExact(product, factor);
      }
      sum = Math.addExact(sum, product);
    }
    return sum;
  }

  /** Whether the expression has this name in it. */
  boolean mentions(String name) {
    for (Term t : terms) {
      for (Atom a : t.atoms) {
        if (a.dividend == null ? a.text.equals(name) : a.dividend.mentions(name)) {
          return true;
        }
      }
    }
    return false;
  }

  /**
   * Whether the two are known to be different: numbers that differ, or one expression at two
   * offsets.
   */
  public boolean contradicts(Dim other) {
    return !isUnknown()
        && !other.isUnknown()
        && offset != other.offset
        && terms.equals(other.terms);
  }

  /** The product of sizes. */
  public static Dim product(List<Dim> dims) {
    Dim product = of(1);
    for (Dim d : dims) {
      product = product.times(d);
    }
    return product;
  }

  static List<Dim> unknown(int rank) {
    return Collections.nCopies(rank, UNKNOWN);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Dim d && text.equals(d.text) && terms.equals(d.terms);
  }

  @Override
  public int hashCode() {
    return text.hashCode();
  }

  @Override
  public String toString() {
    return text;
  }
}
