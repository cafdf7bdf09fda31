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
  private static final long[] HEIGHTS = {0, 1, 2, 3, 7, 31, 32, 33, 224, 225, 1000};

  /** Chains of arithmetic that end in one form give one value, whatever the symbol stands for. */
  @Test
  void equalFormsAreEqualValues() {
    Random random = new Random(1);
    Map<Dim, long[]> values = new HashMap<>();
    Map<String, List<Dim>> bySymbol = new HashMap<>();
    int met = 0;
    for (int chain = 0; chain < 200_000; chain++) {
      Dim dim = Dim.of("height");
      long[] numbers = HEIGHTS.clone();
      for (int step = random.nextInt(5); step >= 0; step--) {
        long n = random.nextInt(1, 5);
        int kind = random.nextInt(3);
        long by = kind == 0 ? n - 3 : n;
        dim = kind == 0 ? dim.plus(by) : kind == 1 ? dim.times(by) : dim.floorDiv(by);
        Arrays.setAll(
            numbers,
            i ->
                kind == 0
                    ? numbers[i] + by
                    : kind == 1 ? numbers[i] * by : Math.floorDiv(numbers[i], by));
      }
      long[] before = values.putIfAbsent(dim, numbers);
      if (before != null) {
        met++;
        assertEquals(Arrays.toString(before), Arrays.toString(numbers), dim.toString());
      } else {
        bySymbol.computeIfAbsent(dim.symbol(), s -> new ArrayList<>()).add(dim);
      }
    }
    assertTrue(met > 100_000, "forms met again: " + met);
    for (List<Dim> family : bySymbol.values()) {
      for (Dim other : family) {
        Dim first = family.get(0);
        assertEquals(!other.equals(first), other.contradicts(first));
        for (int i = 0; i < HEIGHTS.length; i++) {
          long apart = values.get(other)[i] - values.get(first)[i];
          assertEquals(other.offset() - first.offset(), apart, first + " and " + other);
        }
      }
    }
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
      dim = dim.plus(1).floorDiv(3).times(2);
    }
    assertEquals(Dim.UNKNOWN, dim);
  }
}
