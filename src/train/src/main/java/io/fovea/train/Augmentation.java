package io.fovea.train;

import io.fovea.image.Picture;
import java.util.Random;

/**
 * Random changes of a training picture, after it has its size.
 *
 * @param crop pixels by which the picture may move in each direction; what it leaves is black
 * @param flip whether left and right are exchanged half of the time
 */
public record Augmentation(int crop, boolean flip) {
  public Augmentation {
    if (crop < 0 || crop > 1024) {
      throw new TrainException("augmentation: expected a crop of 0 to 1024 pixels, met " + crop);
    }
  }

  public static Augmentation none() {
    return new Augmentation(0, false);
  }

  Picture apply(Picture picture, Random random) {
    Picture p = picture;
    if (crop > 0) {
      int x = random.nextInt(2 * crop + 1);
      int y = random.nextInt(2 * crop + 1);
      p = p.pad(crop, crop, crop, crop, 0).crop(x, y, picture.width(), picture.height());
    }
    return flip && random.nextBoolean() ? p.flipHorizontally() : p;
  }
}
