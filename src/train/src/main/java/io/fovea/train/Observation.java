package io.fovea.train;

import io.fovea.image.Mask;
import io.fovea.image.Picture;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/**
 * What is known of a picture: all of its pixels, some of them, or a smaller version. Holds native
 * memory until it is closed.
 *
 * @param seen {@code [1, 3, height / factor, width / factor]} in [0, 1]
 * @param known {@code [1, 1, height, width]}: 1 where a pixel is known, else 0; null where all are
 * @param rows what makes the smaller version's rows; null where it is not smaller
 * @param columns the same of columns
 */
record Observation(
    Tensor seen,
    @Nullable Tensor known,
    @Nullable Taps rows,
    @Nullable Taps columns,
    int width,
    int height)
    implements AutoCloseable {

  // Pillow's bicubic: a = -0.5, wider where it shrinks, and what lies outside does not count.
  private static final Taps.Rule SHRINK =
      new Taps.Rule("cubic", "half_pixel", "floor", -0.5, true, true);

  /** A whole picture. */
  static Observation of(Picture p, Place place) {
    return new Observation(levels(p, place), null, null, null, p.width(), p.height());
  }

  /** All but the pixels where a mask of the picture's size is not 0. */
  static Observation outside(Mask holes, Picture p, Place place) {
    byte[] classes = holes.classes();
    float[] known = new float[classes.length];
    for (int i = 0; i < known.length; i++) {
      known[i] = classes[i] == 0 ? 1 : 0;
    }
    Tensor mask = tensor(place, known, 1, 1, p.height(), p.width());
    return new Observation(levels(p, place), mask, null, null, p.width(), p.height());
  }

  /** What a picture shows that was shrunk by a factor, as Pillow's bicubic filter does. */
  static Observation shrunk(Picture small, int factor, Place place) {
    return new Observation(
        levels(small, place),
        null,
        taps(small.height(), factor),
        taps(small.width(), factor),
        small.width() * factor,
        small.height() * factor);
  }

  private static Taps taps(int small, int factor) {
    long large = (long) small * factor;
    return Taps.of(SHRINK, new Taps.Axis(large, small, 1f / factor, small, 0, 1));
  }

  /** Mean squared difference of what is known from what a picture {@code [1, 3, H, W]} shows. */
  Tensor error(Tensor made) {
    Tensor shown = rows == null || columns == null ? made : columns.apply(rows.apply(made, 2), 3);
    if (known == null) {
      return torch.mse_loss(shown, seen);
    }
    Tensor count = known.sum().mul(new Scalar(3.0)); // channels
    return shown.sub(seen).mul(known).square().sum().div(count);
  }

  private static Tensor levels(Picture picture, Place place) {
    Picture p = picture.toRgb();
    byte[] pixels = p.pixels();
    float[] values = new float[pixels.length];
    int plane = p.width() * p.height();
    for (int i = 0; i < pixels.length; i++) {
      values[i % 3 * plane + i / 3] = (pixels[i] & 0xff) / 255f;
    }
    return tensor(place, values, 1, 3, p.height(), p.width());
  }

  private static Tensor tensor(Place place, float[] values, long... shape) {
    try (PointerScope scope = new PointerScope()) {
      var options = new TensorOptions(ScalarType.Float);
      Tensor view = torch.from_blob(new FloatPointer(values), shape, options);
      return place.move(view.clone()).retainReference();
    }
  }

  /** Three channels of what a net made, each value in [0, 1], as a picture. */
  static Picture picture(Tensor made) {
    float[] values = Torch.copy("made", made).floats();
    int width = Math.toIntExact(made.size(3));
    int height = Math.toIntExact(made.size(2));
    byte[] pixels = new byte[values.length];
    for (int i = 0; i < pixels.length; i++) {
      float value = values[i % 3 * width * height + i / 3];
      pixels[i] = (byte) Math.round(255 * Math.max(0, Math.min(1, value)));
    }
    return Picture.of(width, height, 3, pixels);
  }

  @Override
  public void close() {
    seen.close();
    if (known != null) {
      known.close();
    }
  }
}
