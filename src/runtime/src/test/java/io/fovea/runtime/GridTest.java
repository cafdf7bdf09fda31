package io.fovea.runtime;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.fovea.image.Preprocessing;
import io.fovea.image.Resampling;
import io.fovea.image.Step;
import org.junit.jupiter.api.Test;

class GridTest {
  private static final Preprocessing RAW = Preprocessing.named("raw");

  @Test
  void isTheNumbersThemselvesWhereEachPixelIsAPlace() {
    float[] values = {1, 2, 3, 4, 5, 6};
    assertArrayEquals(values, new Grid(3, 2, values).over(RAW, 3, 2));
  }

  @Test
  void isBilinearBetweenPlacesAndFlatOutside() {
    float[] met = new Grid(2, 1, new float[] {0, 8}).over(RAW, 8, 2);
    float[] row = {0, 0, 1, 3, 5, 7, 8, 8};
    for (int i = 0; i < met.length; i++) {
      assertEquals(row[i % 8], met[i], 1e-6, "pixel " + i);
    }
  }

  @Test
  void isNothingWherePixelsAreCutAway() {
    Preprocessing crop = Preprocessing.of(new Step.CenterCrop(2, 4));
    float[] met = new Grid(1, 1, new float[] {5}).over(crop, 6, 4);
    for (int i = 0; i < met.length; i++) {
      boolean seen = i % 6 >= 1 && i % 6 < 5 && i / 6 >= 1 && i / 6 < 3;
      assertEquals(seen ? 5 : 0, met[i], "pixel " + i);
    }
  }

  /** The picture is twice as wide as high: rows 1 and 2 of 4 show it. */
  @Test
  void leavesAFrameOut() {
    Preprocessing boxed = Preprocessing.of(new Step.Letterbox(4, 4, 0, Resampling.BILINEAR));
    float[] values = {9, 9, 9, 9, 1, 1, 1, 1, 2, 2, 2, 2, 9, 9, 9, 9};
    float[] met = new Grid(4, 4, values).over(boxed, 4, 2);
    assertArrayEquals(new float[] {1, 1, 1, 1, 2, 2, 2, 2}, met, 1e-6f);
  }
}
