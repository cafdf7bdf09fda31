package io.fovea.train;

import io.fovea.image.Picture;
import io.fovea.image.Preprocessing;
import io.fovea.image.Step;
import java.util.List;
import java.util.Random;

/** Four classes that a small net learns in seconds: stripes in four directions, with some noise. */
record Stripes(int size, long seed) implements Dataset {
  static final Preprocessing FED =
      Preprocessing.of(
          new Step.Color(Step.Channels.RGB),
          new Step.Normalize(255, List.of(0.5f, 0.5f, 0.5f), List.of(0.25f, 0.25f, 0.25f)));
  private static final int SIDE = 16;

  @Override
  public List<String> labels() {
    return List.of("across", "down", "rising", "falling");
  }

  @Override
  public int label(int index) {
    return index % 4;
  }

  @Override
  public Sample get(int index) {
    Random random = new Random(seed * 31 + index);
    int shift = random.nextInt(4);
    byte[] pixels = new byte[SIDE * SIDE];
    for (int i = 0; i < pixels.length; i++) {
      int x = i % SIDE;
      int y = i / SIDE;
      int along =
          switch (label(index)) {
            case 0 -> y;
            case 1 -> x;
            case 2 -> x + y;
            default -> x - y + SIDE;
          };
      int level = (along + shift) / 2 % 2 == 0 ? 180 : 60;
      pixels[i] = (byte) (level + random.nextInt(40));
    }
    return new Sample(Picture.of(SIDE, SIDE, 1, pixels), label(index));
  }
}
