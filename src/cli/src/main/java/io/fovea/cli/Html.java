package io.fovea.cli;

import java.util.Locale;

/** Texts and numbers as a page of HTML has them. */
final class Html {
  static final String NOTHING = "–";

  private Html() {}

  /** Text with what HTML would read as its own made harmless. */
  static String text(Object value) {
    return String.valueOf(value)
        .replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;");
  }

  /** In the form of {@link String#format}, with a point in numbers whatever the machine's place. */
  static String of(String format, Object... values) {
    return String.format(Locale.ROOT, format, values);
  }

  /** A share in percent; a dash for NaN. */
  static String percent(double share, int digits) {
    return Double.isNaN(share) ? NOTHING : of("%." + digits + "f %%", 100 * share);
  }

  /** A number of four digits; a dash for NaN. */
  static String number(double value) {
    if (Double.isNaN(value)) {
      return NOTHING;
    }
    if (Double.isInfinite(value)) {
      return value > 0 ? "∞" : "-∞";
    }
    double size = Math.abs(value);
    if (value == 0) {
      return "0";
    }
    int before = (int) Math.floor(Math.log10(size)) + 1; // digits before the point; -1: 0.0x
    return size >= 1e-4 && size < 1e7
        ? of("%,." + Math.max(0, 4 - before) + "f", value)
        : of("%.2e", value);
  }

  /** Seconds as people say them. */
  static String time(double seconds) {
    long s = Math.round(seconds);
    return s >= 3600
        ? of("%d h %02d min", s / 3600, s / 60 % 60)
        : s >= 60 ? of("%d min %02d s", s / 60, s % 60) : of("%.1f s", seconds);
  }
}
