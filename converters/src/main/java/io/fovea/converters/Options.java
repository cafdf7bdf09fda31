package io.fovea.converters;

import io.fovea.onnx.OnnxException;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What architectures take; null means as in the paper. Immutable. A net that an option would leave
 * as it is refuses it.
 *
 * @param channels channels of the input pictures, 1 or more
 * @param classes number of outputs, 1 or more
 * @param width factor on the number of filters of every layer; other than 1 they are rounded to
 *     multiples of 8
 * @param dropout share of the values before the last layer that training drops, in [0, 1)
 * @param extras what is added to the paper's net
 * @param seed draws the initial weights; the same seed gives the same file; with null, weights have
 *     a shape but no data
 */
public record Options(
    @Nullable Integer channels,
    @Nullable Integer classes,
    @Nullable Double width,
    @Nullable Activation activation,
    @Nullable Normalization normalization,
    @Nullable Double dropout,
    Set<Extra> extras,
    @Nullable Long seed) {

  public Options {
    positive("channels", channels, 1 << 16);
    positive("classes", classes, 1 << 24);
    positive("width", width, 16);
    if (dropout != null && !(dropout >= 0 && dropout < 1)) {
      throw new OnnxException("option dropout: expected a share in [0, 1), met " + dropout);
    }
    EnumSet<Extra> sorted = EnumSet.noneOf(Extra.class);
    sorted.addAll(extras);
    extras = Collections.unmodifiableSet(sorted);
  }

  private static void positive(String name, @Nullable Number value, double limit) {
    if (value != null && !(value.doubleValue() > 0 && value.doubleValue() <= limit)) {
      throw new OnnxException(
          "option %s: expected more than 0 and at most %.0f, met %s".formatted(name, limit, value));
    }
  }

  /** All as in the paper. */
  public static Options defaults() {
    return new Options(null, null, null, null, null, null, Set.of(), 0L);
  }

  /** As in the paper, but for the number of classes. */
  public static Options classes(int classes) {
    return defaults().withClasses(classes);
  }

  public Options withChannels(int n) {
    return new Options(n, classes, width, activation, normalization, dropout, extras, seed);
  }

  public Options withClasses(int n) {
    return new Options(channels, n, width, activation, normalization, dropout, extras, seed);
  }

  public Options withWidth(double factor) {
    return new Options(channels, classes, factor, activation, normalization, dropout, extras, seed);
  }

  public Options withActivation(Activation a) {
    return new Options(channels, classes, width, a, normalization, dropout, extras, seed);
  }

  public Options withNormalization(Normalization n) {
    return new Options(channels, classes, width, activation, n, dropout, extras, seed);
  }

  public Options withDropout(double ratio) {
    return new Options(channels, classes, width, activation, normalization, ratio, extras, seed);
  }

  public Options with(Extra... all) {
    Set<Extra> set = Set.copyOf(Arrays.asList(all));
    return new Options(channels, classes, width, activation, normalization, dropout, set, seed);
  }

  public Options withSeed(long s) {
    return new Options(channels, classes, width, activation, normalization, dropout, extras, s);
  }

  Options withoutWeights() {
    return new Options(channels, classes, width, activation, normalization, dropout, extras, null);
  }

  /** Channels of the input pictures. */
  public int channelsOr(int otherwise) {
    return channels == null ? otherwise : channels;
  }

  /** Number of outputs. */
  public int classesOr(int otherwise) {
    return classes == null ? otherwise : classes;
  }

  /** Filters of a layer that has {@code filters} in the paper. */
  public int scaled(int filters) {
    return scaled(filters, 8);
  }

  /** Filters of a layer that has {@code filters} in the paper, a multiple where that changes. */
  public int scaled(int filters, int multiple) {
    if (width == null || width == 1) {
      return filters;
    }
    return Math.max(multiple, (int) Math.round(filters * width / multiple) * multiple);
  }
}
