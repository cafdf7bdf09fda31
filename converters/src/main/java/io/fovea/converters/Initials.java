package io.fovea.converters;

/**
 * How a net's first weights are drawn.
 *
 * @param conv weights of convolutions
 * @param convBias their biases
 * @param linear weights of fully connected layers
 * @param linearBias their biases
 */
public record Initials(Draw conv, Draw convBias, Draw linear, Draw linearBias) {
  /** He's, by inputs; the rest as LeCun's. */
  public static final Initials HE_IN = new Initials(Draw.HE_IN, Draw.LECUN, Draw.LECUN, Draw.LECUN);

  /** He's, by outputs; the rest as LeCun's. */
  public static final Initials HE_OUT =
      new Initials(Draw.HE_OUT, Draw.LECUN, Draw.LECUN, Draw.LECUN);

  /** The same for every layer, biases zero. */
  public static Initials all(Draw draw) {
    return new Initials(draw, Draw.ZERO, draw, Draw.ZERO);
  }
}
