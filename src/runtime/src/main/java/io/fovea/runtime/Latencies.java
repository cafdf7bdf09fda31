package io.fovea.runtime;

import java.util.concurrent.atomic.AtomicLongArray;

/**
 * How long requests took: counts in 256 buckets, eight to each doubling from one microsecond on, so
 * that a percentile is true within 9 %. Thread-safe.
 */
final class Latencies {
  private static final int PER_DOUBLING = 8;

  private final AtomicLongArray counts = new AtomicLongArray(256);

  void add(long nanos) {
    double micros = Math.max(1, nanos / 1e3);
    int bucket = (int) (Math.log(micros) / Math.log(2) * PER_DOUBLING);
    counts.incrementAndGet(Math.min(bucket, counts.length() - 1));
  }

  /** The counts so far. */
  Histogram histogram() {
    long[] now = new long[counts.length()];
    for (int i = 0; i < now.length; i++) {
      now[i] = counts.get(i);
    }
    return new Histogram(now);
  }

  /**
   * Counts at one time.
   *
   * @param counts of each bucket; bucket i ends at 2^((i + 1) / 8) microseconds
   */
  record Histogram(long[] counts) {
    /**
     * The upper end of the bucket in which a share of the requests lies or below.
     *
     * @param share in [0, 1]
     * @return milliseconds; 0 where there were no requests
     */
    double millis(double share) {
      long all = 0;
      for (long c : counts) {
        all += c;
      }
      long seen = 0;
      for (int i = 0; i < counts.length && all > 0; i++) {
        seen += counts[i];
        if (seen >= share * all) {
          return Math.pow(2, (i + 1.0) / PER_DOUBLING) / 1e3;
        }
      }
      return 0;
    }
  }
}
