package io.fovea.runtime;

import io.fovea.image.Picture;
import io.fovea.image.Preprocessing;
import io.fovea.image.Step;
import java.util.ArrayList;
import java.util.List;

/**
 * Views of a picture whose results are averaged: slower by their number, and often a little more
 * accurate. What is averaged are probabilities (of logits, their softmax or sigmoid) or, of
 * pictures, values.
 *
 * @param flip whether the mirror image is a view as well; its masks and pictures are mirrored back
 * @param crops 1, or 5: the corners of the resized picture beside its centre, for a classifier
 *     whose preprocessing ends in {@code center_crop}; with flips that makes ten views
 */
public record Averaging(boolean flip, int crops) {
  /**
   * Checks the number of crops.
   *
   * @throws IllegalArgumentException where it is neither 1 nor 5
   */
  public Averaging {
    if (crops != 1 && crops != 5) {
      throw new IllegalArgumentException("crops: expected 1 or 5, met " + crops);
    }
  }

  /** One view: the picture. */
  public static Averaging none() {
    return new Averaging(false, 1);
  }

  /** Two views: the picture and its mirror image. */
  public static Averaging flips() {
    return new Averaging(true, 1);
  }

  boolean isNone() {
    return !flip && crops == 1;
  }

  /**
   * Checks that a model can have these views.
   *
   * @throws ScoringException where its preprocessing does not allow for them
   */
  void check(PictureFeed feed) {
    if (crops > 1 && (feed.asTheyAre() || crop(feed.preprocessing().steps()) < 0)) {
      throw feed.problem("crops want a preprocessing that ends in center_crop");
    }
    if (flip && feed.asTheyAre() && feed.model().outputShape().length == 4) {
      throw feed.problem("flips of masks and pictures want a model that takes floats, not bytes");
    }
  }

  /** Index of the crop that the geometry ends in; -1 where it does not. */
  private static int crop(List<Step> steps) {
    int last = steps.size() - 1;
    while (last >= 0
        && (steps.get(last) instanceof Step.Normalize || steps.get(last) instanceof Step.Color)) {
      last--;
    }
    return last >= 0 && steps.get(last) instanceof Step.CenterCrop ? last : -1;
  }

  /** What is fed: each view after the geometry of the preprocessing, all of one size. */
  List<Picture> views(PictureFeed feed, Picture picture) {
    Preprocessing p = feed.preprocessing();
    List<Picture> views = new ArrayList<>();
    if (crops > 1) {
      corners(p.steps(), picture, views);
    }
    views.add(feed.asTheyAre() ? picture.toRgb() : p.picture(picture));
    if (flip) {
      views.addAll(views.stream().map(Picture::flipHorizontally).toList());
    }
    return views;
  }

  /** Of the picture as it is before the crop, framed in black where it is smaller than that. */
  private static void corners(List<Step> steps, Picture picture, List<Picture> views) {
    int last = crop(steps);
    Step.CenterCrop crop = (Step.CenterCrop) steps.get(last);
    List<Step> before = new ArrayList<>(steps);
    before.remove(last);
    before.removeIf(Step.Normalize.class::isInstance);
    Picture resized = new Preprocessing(before).picture(picture);
    int freeX = Math.max(0, crop.width() - resized.width());
    int freeY = Math.max(0, crop.height() - resized.height());
    Picture framed = resized.pad(freeX / 2, freeY / 2, freeX - freeX / 2, freeY - freeY / 2, 0);
    int right = framed.width() - crop.width();
    int below = framed.height() - crop.height();
    for (int[] at : new int[][] {{0, 0}, {right, 0}, {0, below}, {right, below}}) {
      views.add(framed.crop(at[0], at[1], crop.width(), crop.height()));
    }
  }
}
