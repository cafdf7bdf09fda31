package io.fovea.onnx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Sizes as numbers and as expressions. */
class DimTest {
  private static final long[] HEIGHTS = {1, 2, 3, 7, 31, 32, 33, 224, 225, 1000};
  private static final long[] WIDTHS = {5, 1, 3, 8, 32, 31, 35, 224, 320, 17};

  private static long width(long height) {
    return WIDTHS[Arrays.binarySearch(HEIGHTS, height)];
  }

  /** Chains of arithmetic that end in one form give one value, whatever the names stand for. */
  @Test
  void equalFormsAreEqualValues() {
    Random random = new Random(1);
    Map<Dim, long[]> values = new HashMap<>();
    List<Dim> all = new ArrayList<>(List.of(Dim.of("height"), Dim.of("width")));
    values.put(all.get(0), HEIGHTS.clone());
    values.put(all.get(1), WIDTHS.clone());
    int met = 0;
    for (int step = 0; step < 200_000; step++) {
      Dim a = all.get(random.nextInt(Math.min(all.size(), 2000)));
      Dim b = all.get(random.nextInt(Math.min(all.size(), 20)));
      long n = random.nextInt(-3, 7);
      long by = Math.max(1, n);
      int kind = random.nextInt(7);
      Dim dim =
          switch (kind) {
            case 0 -> a.plus(n);
            case 1 -> a.times(n);
            case 2 -> a.floorDiv(by);
            case 3 -> a.plus(b);
            case 4 -> a.minus(b);
            case 5 -> a.mod(by);
            default -> a.times(b);
          };
      if (dim.isUnknown() || dim.toString().length() > 60) {
        continue;
      }
      long[] x = values.get(a);
      long[] y = values.get(b);
      long[] numbers = new long[x.length];
      for (int i = 0; i < x.length; i++) {
        numbers[i] =
            switch (kind) {
              case 0 -> x[i] + n;
              case 1 -> x[i] * n;
              case 2 -> Math.floorDiv(x[i], by);
              case 3 -> x[i] + y[i];
              case 4 -> x[i] - y[i];
              case 5 -> Math.floorMod(x[i], by);
              default -> x[i] * y[i];
            };
        long height = HEIGHTS[i];
        String form = dim + " from " + a + ", " + b;
        assertEquals(numbers[i], dim.at(s -> s.equals("height") ? height : width(height)), form);
        assertTrue(dim.least() <= numbers[i], form);
        Dim quotient = dim.exactDiv(b);
        if (!quotient.isUnknown()) {
          assertEquals(dim, quotient.times(b), form);
        }
      }
      long[] before = values.putIfAbsent(dim, numbers);
      if (before != null) {
        met++;
        assertEquals(Arrays.toString(before), Arrays.toString(numbers), dim.toString());
      } else {
        all.add(dim);
      }
      if (dim.contradicts(a)) {
        for (int i = 0; i < x.length; i++) {
          assertNotEquals(x[i], numbers[i], dim + " and " + a);
        }
      }
    }
    assertTrue(met > 50_000, "forms met again: " + met);
  }

  @Test
  void sizesThatAreEqualLookEqual() {
    Dim h = Dim.of("height");
    Dim w = Dim.of("width");
    assertEquals("(height+31)//32", halved(halved(halved(halved(halved(h))))).toString());
    assertEquals(h.plus(3).floorDiv(4), halved(halved(h)));
    assertEquals(h.times(w).times(4), w.times(2).times(h.times(2)));
    assertEquals("4*height*width", h.times(w).times(4).toString());
    assertEquals(h.times(2), h.times(w).times(6).exactDiv(w.times(3)));
    assertEquals(Dim.UNKNOWN, h.times(w).exactDiv(h.plus(w)));
    assertEquals(h.plus(w), h.plus(w).times(w).exactDiv(w));
    assertEquals(w, h.plus(w).times(w).exactDiv(h.plus(w)));
    // padding up to a multiple
    Dim missing = Dim.of(32).minus(h.mod(32)).mod(32);
    assertEquals("32*((height+31)//32)", h.plus(missing).toString());
    assertEquals(Dim.of(0), h.times(64).mod(32));
    assertEquals(Dim.of(0), Dim.UNKNOWN.times(0));
  }

  private static Dim halved(Dim d) {
    return d.plus(1).floorDiv(2);
  }

  @Test
  void numbersAreComputed() {
    assertEquals(Dim.of(112), Dim.of(224).plus(-1).floorDiv(2).plus(1));
    assertEquals(Dim.of(-2), Dim.of(-3).floorDiv(2));
    assertEquals(Dim.of(0), Dim.of("height").times(0));
  }

  @Test
  void halvingRoundedUpLooksTheSameByEveryWay() {
    Dim height = Dim.of("height");
    assertEquals(height.plus(1).floorDiv(2), height.plus(-1).floorDiv(2).plus(1));
    assertEquals("(height+1)//2", height.plus(1).floorDiv(2).toString());
  }

  @Test
  void unknownSizesStayUnknownAndContradictNothing() {
    assertEquals(Dim.UNKNOWN, Dim.UNKNOWN.plus(1).times(2).floorDiv(3));
    assertFalse(Dim.UNKNOWN.contradicts(Dim.of(3)));
    assertFalse(Dim.of("height").contradicts(Dim.of(3)));
    assertTrue(Dim.of("height").contradicts(Dim.of("height").plus(1)));
    assertNotEquals(Dim.of("height"), Dim.of("width"));
    assertThrows(IllegalStateException.class, () -> Dim.of("height").size());
  }

  @Test
  void expressionsThatOnlyGrowAreGivenUp() {
    Dim dim = Dim.of("height");
    for (int i = 0; i < 1000; i++) {
      dim = dim.times(2).plus(1).floorDiv(3);
    }
    assertEquals(Dim.UNKNOWN, dim);
  }
}
