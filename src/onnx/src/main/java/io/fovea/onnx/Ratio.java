package io.fovea.onnx;

/**
 * A number that a graph computes sizes with: a size divided by a power of two, which is what floats
 * such as 0.5 are; over 1 for integers and truth values.
 */
record Ratio(Dim top, long bottom) {
  private static final int FINEST_BITS = 40;
  static final Ratio UNKNOWN = of(Dim.UNKNOWN);

  static Ratio of(Dim dim) {
    return new Ratio(dim, 1);
  }

  static Ratio of(boolean truth) {
    return of(Dim.of(truth ? 1 : 0));
  }

  /** A float; unknown where it is no whole number over a power of two that longs hold. */
  static Ratio of(double value) {
    if (Math.abs(value) >= 1L << 52 || Double.isNaN(value)) {
      return UNKNOWN;
    }
    int bits = 0;
    while (value != Math.rint(value) && bits < FINEST_BITS && Math.abs(value) < 1L << 51) {
      value *= 2;
      bits++;
    }
    return value == Math.rint(value) ? new Ratio(Dim.of((long) value), 1L << bits) : UNKNOWN;
  }

  boolean isKnown() {
    return top.isKnown();
  }

  double value() {
    return (double) top.size() / bottom;
  }

  /** The whole number; unknown for others. */
  Dim dim() {
    return bottom == 1 ? top : Dim.UNKNOWN;
  }

  private Ratio lowest() {
    Ratio r = this;
    while (r.bottom > 1 && r.top.mod(2).equals(Dim.of(0))) {
      r = new Ratio(r.top.floorDiv(2), r.bottom / 2);
    }
    return r;
  }

  Ratio plus(Ratio other) {
    long common = Math.max(bottom, other.bottom);
    Dim sum = top.times(common / bottom).plus(other.top.times(common / other.bottom));
    return new Ratio(sum, common).lowest();
  }

  Ratio minus(Ratio other) {
    return plus(other.negated());
  }

  Ratio negated() {
    return new Ratio(top.times(-1), bottom);
  }

  Ratio times(Ratio other) {
    return new Ratio(top.times(other.top), Math.multiplyExact(bottom, other.bottom)).lowest();
  }

  /** Division of floats; what is known is rounded to a float. */
  Ratio over(Ratio other) {
    if (isKnown() && other.isKnown()) {
      return of((float) (value() / other.value()));
    }
    boolean power = other.isKnown() && Long.bitCount(other.top.size()) == 1;
    if (power && other.top.size() > 0) {
      return times(new Ratio(Dim.of(other.bottom), other.top.size()));
    }
    return bottom == 1 && other.bottom == 1 ? of(top.exactDiv(other.top)) : UNKNOWN;
  }

  /** Division of integers, truncated; of a symbolic size where it is seen not to be negative. */
  Ratio truncatedOver(Ratio other) {
    Dim a = top;
    Dim b = other.top;
    if (a.isKnown() && b.isKnown()) {
      return b.size() == 0 ? UNKNOWN : of(Dim.of(a.size() / b.size()));
    }
    Dim exact = a.exactDiv(b);
    boolean rounds = b.isKnown() && b.size() > 0 && a.least() >= 0;
    return of(exact.isUnknown() && rounds ? a.floorDiv(b.size()) : exact);
  }

  /** The remainder of integers, of the sign of the divisor. */
  Ratio mod(Ratio other) {
    Dim b = other.top;
    if (b.isKnown() && b.size() > 0) {
      return of(top.mod(b.size()));
    }
    return top.exactDiv(b).isUnknown() ? UNKNOWN : of(Dim.of(0));
  }

  Ratio floor() {
    return of(top.floorDiv(bottom));
  }

  Ratio ceil() {
    return of(top.plus(bottom - 1).floorDiv(bottom));
  }

  /** Towards zero, as a cast to an integer rounds. */
  Ratio truncated() {
    return isKnown() ? of(Dim.of(top.size() / bottom)) : top.least() >= 0 ? floor() : UNKNOWN;
  }

  /** 1 where it is less, 0 where it is not, else unknown. */
  Ratio less(Ratio other) {
    Dim gap = other.minus(this).top;
    if (gap.least() > 0) {
      return of(true);
    }
    return gap.times(-1).least() >= 0 ? of(false) : UNKNOWN;
  }

  Ratio equal(Ratio other) {
    Dim gap = other.minus(this).top;
    if (gap.isKnown()) {
      return of(gap.size() == 0);
    }
    return gap.least() > 0 || gap.times(-1).least() > 0 ? of(false) : UNKNOWN;
  }

  Ratio not() {
    return isKnown() ? of(top.size() == 0) : UNKNOWN;
  }

  /** A choice by a truth value. */
  Ratio choose(Ratio yes, Ratio no) {
    return isKnown() ? (top.size() != 0 ? yes : no) : yes.equals(no) ? yes : UNKNOWN;
  }

  boolean isUnknown() {
    return top.isUnknown();
  }
}
