package io.fovea.train;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;

/**
 * Random changes of a picture's colours, in random order.
 *
 * @param brightness most by which the factor on all levels differs from 1; a factor is never below
 *     0
 * @param contrast the same of the distance to the mean grey
 * @param saturation the same of the distance to grey
 * @param hue most that hues turn to either side, of a full turn, in [0, 0.5]
 */
public record Jitter(double brightness, double contrast, double saturation, double hue) {
  public Jitter {
    Setting.BRIGHTNESS.check(brightness);
    Setting.CONTRAST.check(contrast);
    Setting.SATURATION.check(saturation);
    Setting.HUE.check(hue);
  }

  public static Jitter none() {
    return new Jitter(0, 0, 0, 0);
  }

  /** What is drawn for one picture. */
  List<Change> draw(Random random) {
    List<Change> changes = new ArrayList<>();
    if (brightness > 0) {
      double factor = factor(random, brightness);
      changes.add(p -> Tones.brightness(p, factor));
    }
    if (contrast > 0) {
      double factor = factor(random, contrast);
      changes.add(p -> Tones.contrast(p, factor));
    }
    if (saturation > 0) {
      double factor = factor(random, saturation);
      changes.add(p -> Tones.saturation(p, factor));
    }
    if (hue > 0) {
      double turn = hue * (2 * random.nextDouble() - 1);
      changes.add(p -> Tones.hue(p, turn));
    }
    Collections.shuffle(changes, random);
    return changes;
  }

  private static double factor(Random random, double most) {
    double least = Math.max(0, 1 - most);
    return least + random.nextDouble() * (1 + most - least);
  }
}
