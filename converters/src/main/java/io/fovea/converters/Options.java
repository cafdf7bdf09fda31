package io.fovea.converters;

import io.fovea.onnx.OnnxException;
import org.jspecify.annotations.Nullable;

/**
 * What every architecture takes; null means as in its paper. Immutable.
 *
 * @param channels channels of the input pictures, 1 or more
 * @param classes number of outputs, 1 or more
 * @param width factor on the number of filters of every layer; other than 1 they are rounded to
 *     multiples of 8
 * @param seed draws the initial weights; the same seed gives the same file
 */
public record Options(
    @Nullable Integer channels,
    @Nullable Integer classes,
    @Nullable Double width,
    @Nullable Activation activation,
    @Nullable Normalization normalization,
    long seed) {

  public Options {
    positive("channels", channels, 1 << 16);
    positive("classes", classes, 1 << 24);
    positive("width", width, 16);
  }

  private static void positive(String name, @Nullable Number value, double limit) {
    if (value != null && !(value.doubleValue() > 0 && value.doubleValue() <= limit)) {
      throw new OnnxException(
          "option %s: expected more than 0 and at most %.0f, met %s".formatted(name, limit, value));
    }
  }

  /** All as in the paper. */
  public static Options defaults() {
    return new Options(null, null, null, null, null, 0);
  }

  /** As in the paper, but for the number of classes. */
  public static Options classes(int classes) {
    return defaults().withClasses(classes);
  }

  public Options withChannels(int n) {
    return new Options(n, classes, width, activation, normalization, seed);
  }

  public Options withClasses(int n) {
    return new Options(channels, n, width, activation, normalization, seed);
  }

  public Options withWidth(double factor) {
    return new Options(channels, classes, factor, activation, normalization, seed);
  }

  public Options withActivation(Activation a) {
    return new Options(channels, classes, width, a, normalization, seed);
  }

  public Options withNormalization(Normalization n) {
    return new Options(channels, classes, width, activation, n, seed);
  }

  public Options withSeed(long seed) {
    return new Options(channels, classes, width, activation, normalization, seed);
  }

  int channelsOr(int otherwise) {
    return channels == null ? otherwise : channels;
  }

  int classesOr(int otherwise) {
    return classes == null ? otherwise : classes;
  }

  Activation activationOr(Activation otherwise) {
    return activation == null ? otherwise : activation;
  }

  Normalization normalizationOr(Normalization otherwise) {
    return normalization == null ? otherwise : normalization;
  }

  /** Filters of a layer that has {@code filters} in the paper. */
  int scaled(int filters) {
    if (width == null || width == 1) {
      return filters;
    }
    return Math.max(8, (int) Math.round(filters * width / 8) * 8);
  }
}
