package io.fovea.train;

import io.fovea.image.Mask;
import io.fovea.image.Picture;
import io.fovea.runtime.Task;
import java.util.List;

/**
 * Grey pictures of an own size each, whose masks are their levels, which say where they are.
 *
 * @param narrowest width of the first; each next one is wider and lower by one
 */
record Levels(int size, int narrowest) implements Dataset {
  @Override
  public Task.Kind task() {
    return Task.Kind.SEGMENTATION;
  }

  @Override
  public List<String> labels() {
    return List.of("0", "1");
  }

  @Override
  public Picture picture(int index) {
    return picture(narrowest + index, 40 - index);
  }

  static Picture picture(int width, int height) {
    byte[] levels = new byte[width * height];
    for (int i = 0; i < levels.length; i++) {
      levels[i] = (byte) (i % 251);
    }
    return Picture.of(width, height, 1, levels);
  }

  @Override
  public Target target(int index) {
    Picture p = picture(index);
    return new Target.Pixels(Mask.of(p.width(), p.height(), p.pixels()));
  }
}
