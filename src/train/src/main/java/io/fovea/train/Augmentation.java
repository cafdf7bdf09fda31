package io.fovea.train;

import io.fovea.image.Mask;
import io.fovea.image.Picture;
import java.util.Locale;
import java.util.Random;

/**
 * Random changes of a training picture, after it has its size.
 *
 * @param crop pixels by which the picture may move in each direction; what it leaves is black
 * @param flip how left and right are exchanged
 */
public record Augmentation(int crop, Flip flip) {
  /** How left and right are exchanged. */
  public enum Flip {
    NEVER,
    /** Of half of the pictures, drawn anew in every epoch. */
    RANDOM,
    /**
     * Of half of the pictures in the first epoch, of the other half in the next, and so on, so that
     * two epochs show both (<a href="https://arxiv.org/abs/2404.00498">Jordan 2024</a>).
     */
    ALTERNATE;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  public Augmentation {
    Setting.CROP.check(crop);
  }

  public static Augmentation none() {
    return new Augmentation(0, Flip.NEVER);
  }

  /** What is drawn for one picture; its mask is changed alike. */
  record Draw(int border, int x, int y, boolean flip) {
    Picture apply(Picture picture) {
      Picture p = picture;
      if (border > 0) {
        p = p.pad(border, border, border, border, 0);
        p = p.crop(x, y, picture.width(), picture.height());
      }
      return flip ? p.flipHorizontally() : p;
    }

    /** The same of a picture that is a number of times as large. */
    Draw times(int scale) {
      return new Draw(scale * border, scale * x, scale * y, flip);
    }

    /** What comes in from outside the picture is of no class. */
    Mask apply(Mask mask) {
      Mask m = mask;
      if (border > 0) {
        m = m.pad(border, border, border, border, Mask.IGNORED);
        m = m.crop(x, y, mask.width(), mask.height());
      }
      return flip ? m.flipHorizontally() : m;
    }
  }

  /**
   * Draws for one picture.
   *
   * @param turn whether it is this picture's epoch where they alternate
   */
  Draw draw(Random random, boolean turn) {
    int x = crop > 0 ? random.nextInt(2 * crop + 1) : 0;
    int y = crop > 0 ? random.nextInt(2 * crop + 1) : 0;
    boolean flips =
        switch (flip) {
          case NEVER -> false;
          case RANDOM -> random.nextBoolean();
          case ALTERNATE -> turn;
        };
    return new Draw(crop, x, y, flips);
  }
}
