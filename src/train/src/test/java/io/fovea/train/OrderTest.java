package io.fovea.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fovea.image.Picture;
import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class OrderTest {
  /** Every tenth picture is of the second class. */
  record Rare(int size) implements Dataset {
    @Override
    public List<String> labels() {
      return List.of("usual", "rare");
    }

    @Override
    public Picture picture(int index) {
      return Picture.of(1, 1, 1, new byte[1]);
    }

    @Override
    public Target target(int index) {
      return new Target.Label(index % 10 == 9 ? 1 : 0);
    }
  }

  @Test
  void showsEachPictureOnceInAnOrderOfTheSeedAndTheEpoch() {
    Order order = Order.shuffled(50);
    long[] first = order.of(3, 1);
    assertArrayEquals(LongStream.range(0, 50).toArray(), Arrays.stream(first).sorted().toArray());
    assertArrayEquals(first, order.of(3, 1));
    assertFalse(Arrays.equals(first, order.of(3, 2)));
    assertFalse(Arrays.equals(first, order.of(4, 1)));
  }

  @Test
  void showsRareClassesAsOftenAsUsualOnes() {
    Dataset data = new Rare(101);
    Order order = Order.balanced(data);
    long[] seen = new long[101];
    for (int epoch = 1; epoch <= 4; epoch++) {
      long[] drawn = order.of(0, epoch);
      assertEquals(101, drawn.length);
      assertEquals(101, Arrays.stream(drawn).distinct().count(), "each is augmented otherwise");
      long rare = Arrays.stream(drawn).filter(d -> d % 101 % 10 == 9).count();
      assertTrue(rare == 50 || rare == 51, "met " + rare);
      Arrays.stream(drawn).forEach(d -> seen[(int) (d % 101)]++);
    }
    for (int i = 0; i < 101; i++) {
      boolean rare = i % 10 == 9;
      assertTrue(rare ? seen[i] >= 20 && seen[i] <= 24 : seen[i] <= 4, i + ": " + seen[i]);
    }
    assertArrayEquals(order.of(0, 1), Order.balanced(data).of(0, 1));
  }

  @Test
  void sharesStepsOutByPictures() {
    Pace pace = new Pace(25, 4, 3); // batches of 4, 4, 4, 4, 4, 4 and 1, which is left out
    assertEquals(2, pace.updates());
    assertEquals(1 / 3.0, pace.share(2));
    assertTrue(pace.endsUpdate(2) && pace.endsUpdate(5) && !pace.endsUpdate(3));
    Pace rest = new Pace(18, 4, 2); // 4, 4 | 4, 4 | 2
    assertEquals(3, rest.updates());
    assertEquals(0.5, rest.share(3));
    assertEquals(1, rest.share(4));
    assertEquals(4 / 6.0, new Pace(14, 4, 2).share(2));
    assertEquals(1, new Pace(18, 4, 1).share(4));
  }
}
