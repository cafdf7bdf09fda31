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
  public Target target(int index) {
    return new Target.Label(index % 4);
  }

  @Override
  public Picture picture(int index) {
    Random random = new Random(seed * 31 + index);
    int shift = random.nextInt(4);
    byte[] pixels = new byte[SIDE * SIDE];
    for (int i = 0; i < pixels.length; i++) {
      int x = i % SIDE;
      int y = i / SIDE;
      int along =
          switch (index % 4) {
            case 0 -> y;
            case 1 -> x;
            case 2 -> x + y;
            default -> x - y + SIDE;
          };
      int level = (along + shift) / 2 % 2 == 0 ? 180 : 60;
      pixels[i] = (byte) (level + random.nextInt(40));
    }
    return Picture.of(SIDE, SIDE, 1, pixels);
  }
}
