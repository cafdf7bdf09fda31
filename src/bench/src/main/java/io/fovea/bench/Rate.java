package io.fovea.bench;

import java.util.Locale;

/**
 * What a round gave.
 *
 * @param perSecond pictures a second
 * @param cpuMillis processor time of the whole process for a picture
 */
record Rate(double perSecond, double cpuMillis) {
  static Rate parse(String text) {
    String[] parts = text.split(" ");
    return new Rate(Double.parseDouble(parts[0]), Double.parseDouble(parts[1]));
  }

  @Override
  public String toString() {
    return String.format(Locale.ROOT, "%.4f %.4f", perSecond, cpuMillis);
  }
}
