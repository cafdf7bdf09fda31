package io.fovea.train;

import io.fovea.image.Mask;
import io.fovea.image.Picture;
import io.fovea.runtime.Task;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/**
 * Random changes of training pictures. They happen in the order of the components; all but the
 * first after a picture has its size. Pictures that a net should make are changed as theirs are.
 * Masks follow what moves pixels, by nearest, and learn nothing of what comes in from outside.
 *
 * @param resizedCrop least share of a picture's area that is cut out and stretched to the picture's
 *     place, or to a tile, in [0, 1]; 0 for never
 * @param cropAspect widest width over height of what is cut out, and its inverse the narrowest
 * @param crop pixels by which the picture may move in each direction; what it leaves is black
 * @param flip how left and right are exchanged
 * @param operations which of fourteen others are drawn
 * @param jitter of colours
 * @param erasing share of the pictures of which a rectangle becomes 0, in [0, 1]
 * @param mixup parameter of the Beta distribution of a batch's share, by which its pictures are
 *     blended with one another; 0 for never
 * @param cutmix the same, by which they get rectangles of one another; 0 for never
 */
public record Augmentation(
    double resizedCrop,
    double cropAspect,
    int crop,
    Flip flip,
    Operations operations,
    Jitter jitter,
    double erasing,
    double mixup,
    double cutmix) {
  static final double USUAL_ASPECT = 1.3333;

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
    Setting.RESIZED_CROP.check(resizedCrop);
    Setting.CROP_ASPECT.check(cropAspect);
    Setting.CROP.check(crop);
    Setting.ERASING.check(erasing);
    Setting.MIXUP.check(mixup);
    Setting.CUTMIX.check(cutmix);
  }

  /** Moves and flips alone. */
  public Augmentation(int crop, Flip flip) {
    this(0, USUAL_ASPECT, crop, flip, new Operations.None(), Jitter.none(), 0, 0, 0);
  }

  public static Augmentation none() {
    return new Augmentation(0, Flip.NEVER);
  }

  public Augmentation withResizedCrop(double least) {
    return new Augmentation(
        least, cropAspect, crop, flip, operations, jitter, erasing, mixup, cutmix);
  }

  public Augmentation withOperations(Operations o) {
    return new Augmentation(resizedCrop, cropAspect, crop, flip, o, jitter, erasing, mixup, cutmix);
  }

  public Augmentation withJitter(Jitter j) {
    return new Augmentation(
        resizedCrop, cropAspect, crop, flip, operations, j, erasing, mixup, cutmix);
  }

  public Augmentation withErasing(double share) {
    return new Augmentation(
        resizedCrop, cropAspect, crop, flip, operations, jitter, share, mixup, cutmix);
  }

  public Augmentation withMixup(double parameter) {
    return new Augmentation(
        resizedCrop, cropAspect, crop, flip, operations, jitter, erasing, parameter, cutmix);
  }

  public Augmentation withCutmix(double parameter) {
    return new Augmentation(
        resizedCrop, cropAspect, crop, flip, operations, jitter, erasing, mixup, parameter);
  }

  /**
   * Checks that it makes sense of data of a kind.
   *
   * @throws TrainException naming the setting that does not
   */
  void check(Task.Kind task) {
    boolean pairs = task == Task.Kind.PICTURE;
    boolean masks = task == Task.Kind.SEGMENTATION;
    boolean values = task == Task.Kind.REGRESSION;
    String all = "classes, values and masks";
    check(Setting.AUTO_AUGMENT, !(operations instanceof Operations.None) && pairs, all);
    check(Setting.ERASING, erasing > 0 && pairs, all);
    check(Setting.MIXUP, mixup > 0 && (pairs || masks), "classes and values");
    check(Setting.CUTMIX, cutmix > 0 && (pairs || values), "classes and masks");
  }

  private static void check(Setting setting, boolean refused, String fitting) {
    if (refused) {
      throw new TrainException(
          "%s does not fit the data: it is for %s".formatted(setting.key(), fitting));
    }
  }

  /** What is done to a batch. */
  Mixing mixing() {
    return new Mixing(mixup, cutmix);
  }

  /** What is cut out of a picture of this size; null where that is the whole. */
  @Nullable Box box(Random random, int width, int height) {
    return resizedCrop == 0 ? null : Box.cut(random, resizedCrop, cropAspect, width, height);
  }

  /** What is drawn for one picture; its mask is changed alike. */
  record Draw(int border, int x, int y, boolean flip, List<Change> changes, @Nullable Box erased) {
    Picture apply(Picture picture) {
      Picture p = picture;
      if (border > 0) {
        p = p.pad(border, border, border, border, 0);
        p = p.crop(x, y, picture.width(), picture.height());
      }
      p = flip ? p.flipHorizontally() : p;
      for (Change change : changes) {
        p = change.apply(p);
      }
      return p;
    }

    /** The same of a picture that is a number of times as large. */
    Draw times(int scale) {
      return new Draw(scale * border, scale * x, scale * y, flip, changes, erased);
    }

    /** What comes in from outside the picture is of no class. */
    Mask apply(Mask mask) {
      Mask m = mask;
      if (border > 0) {
        m = m.pad(border, border, border, border, Mask.IGNORED);
        m = m.crop(x, y, mask.width(), mask.height());
      }
      m = flip ? m.flipHorizontally() : m;
      for (Change change : changes) {
        m = change.apply(m);
      }
      return m;
    }

    /**
     * What is done to a picture's tensor.
     *
     * @param pixels holds {@code [channels, h, w]} from {@code start} on
     */
    void erase(FloatBuffer pixels, int start, int channels, int h, int w) {
      if (erased != null) {
        erased.erase(pixels, start, channels, h, w);
      }
    }
  }

  /**
   * Draws for one picture of this size.
   *
   * @param turn whether it is this picture's epoch where they alternate
   */
  Draw draw(Random random, boolean turn, int width, int height) {
    int x = crop > 0 ? random.nextInt(2 * crop + 1) : 0;
    int y = crop > 0 ? random.nextInt(2 * crop + 1) : 0;
    boolean flips =
        switch (flip) {
          case NEVER -> false;
          case RANDOM -> random.nextBoolean();
          case ALTERNATE -> turn;
        };
    List<Change> changes = new ArrayList<>(Effect.draw(operations, random, width, height));
    changes.addAll(jitter.draw(random));
    boolean erases = erasing > 0 && random.nextDouble() < erasing;
    Box erased = erases ? Box.erased(random, width, height) : null;
    return new Draw(crop, x, y, flips, changes, erased);
  }
}
