package io.fovea.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

class ConfusionTest {
  private static final Confusion ALL =
      new Confusion(List.of("cat", "dog", "none"), new long[][] {{8, 2, 0}, {1, 9, 0}, {0, 0, 0}});

  @Test
  void countsEachClassByItself() {
    assertEquals(17 / 20.0, ALL.accuracy());
    assertEquals(0.8, ALL.recall(0));
    assertEquals(8 / 9.0, ALL.precision(0));
    assertEquals(8 / 11.0, ALL.iou(0));
    assertTrue(Double.isNaN(ALL.recall(2)));
    assertEquals((8 / 11.0 + 9 / 12.0) / 2, ALL.meanIou(), 1e-12);
  }

  /** Wilson's interval, checked against its closed form: the roots of n (p - q)² = z² q (1 - q). */
  @Test
  void givesTheIntervalOfTheAccuracy() {
    for (double q : ALL.interval()) {
      double apart = ALL.accuracy() - q;
      assertEquals(20 * apart * apart, 1.959964 * 1.959964 * q * (1 - q), 1e-12);
    }
    for (double q : ALL.recallInterval(0)) {
      double apart = ALL.recall(0) - q;
      assertEquals(10 * apart * apart, 1.959964 * 1.959964 * q * (1 - q), 1e-12);
    }
    for (double q : ALL.precisionInterval(1)) {
      double apart = ALL.precision(1) - q;
      assertEquals(11 * apart * apart, 1.959964 * 1.959964 * q * (1 - q), 1e-12);
    }
    assertTrue(Double.isNaN(ALL.recallInterval(2)[0]));
    Confusion all = new Confusion(List.of("a"), new long[][] {{50}});
    assertArrayEquals(new double[] {0.928652, 1}, all.interval(), 1e-6);
  }
}
