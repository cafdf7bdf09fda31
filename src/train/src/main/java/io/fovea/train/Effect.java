package io.fovea.train;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * The fourteen operations of RandAugment and of TrivialAugment Wide, each at 31 strengths from 0
 * on, as torchvision has them. Those that have two directions take either.
 */
enum Effect {
  IDENTITY(0, 0),
  SHEAR_X(0.3, 0.99),
  SHEAR_Y(0.3, 0.99),
  /** Shares of the side, or pixels. */
  TRANSLATE_X(150.0 / 331, 32),
  TRANSLATE_Y(150.0 / 331, 32),
  /** Degrees. */
  ROTATE(30, 135),
  /** What a factor differs from 1 by, and so of the next three. */
  BRIGHTNESS(0.9, 0.99),
  COLOR(0.9, 0.99),
  CONTRAST(0.9, 0.99),
  SHARPNESS(0.9, 0.99),
  /** Bits that are dropped. */
  POSTERIZE(4, 6),
  /** Share of the levels that are inverted. */
  SOLARIZE(1, 1),
  AUTO_CONTRAST(0, 0),
  EQUALIZE(0, 0);

  static final int STRONGEST = 30;

  private final double most; // at the greatest strength, of RandAugment
  private final double widest; // the same of TrivialAugment Wide

  Effect(double most, double widest) {
    this.most = most;
    this.widest = widest;
  }

  /** What is drawn for one picture of this size. */
  static List<Change> draw(Operations operations, Random random, int width, int height) {
    List<Change> changes = new ArrayList<>();
    if (operations instanceof Operations.RandAugment r) {
      for (int i = 0; i < r.count(); i++) {
        changes.add(draw(random).change(random, r.magnitude(), false, width, height));
      }
    } else if (operations instanceof Operations.TrivialAugment) {
      Effect effect = draw(random);
      int strength = random.nextInt(STRONGEST + 1);
      changes.add(effect.change(random, strength, true, width, height));
    }
    return changes;
  }

  static Effect draw(Random random) {
    return values()[random.nextInt(values().length)];
  }

  private boolean hasDirections() {
    return ordinal() >= SHEAR_X.ordinal() && ordinal() <= SHARPNESS.ordinal();
  }

  /**
   * The change of a picture of this size.
   *
   * @param random of which the direction is drawn
   * @param strength from 0 to {@link #STRONGEST}
   * @param wide whether it is TrivialAugment's
   */
  Change change(Random random, int strength, boolean wide, int width, int height) {
    double size = (wide ? widest : most) * strength / STRONGEST;
    double by = hasDirections() && random.nextBoolean() ? -size : size;
    return switch (this) {
      case IDENTITY -> p -> p;
      case SHEAR_X -> Affine.shearX(by);
      case SHEAR_Y -> Affine.shearY(by);
      case TRANSLATE_X -> Affine.translate((int) (wide ? by : by * width), 0);
      case TRANSLATE_Y -> Affine.translate(0, (int) (wide ? by : by * height));
      case ROTATE -> Affine.rotate(by, width, height);
      case BRIGHTNESS -> p -> Tones.brightness(p, 1 + by);
      case COLOR -> p -> Tones.saturation(p, 1 + by);
      case CONTRAST -> p -> Tones.contrast(p, 1 + by);
      case SHARPNESS -> p -> Tones.sharpness(p, 1 + by);
      case POSTERIZE -> p -> Tones.posterize(p, 8 - (int) Math.rint(by));
      case SOLARIZE -> p -> Tones.solarize(p, 255 * (1 - by));
      case AUTO_CONTRAST -> Tones::autocontrast;
      case EQUALIZE -> Tones::equalize;
    };
  }
}
