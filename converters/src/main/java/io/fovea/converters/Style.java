package io.fovea.converters;

/**
 * What the layers of a paper's net have in common; {@link Options} may ask for another activation
 * or normalization.
 *
 * @param epsilon what normalizations add to a variance
 * @param momentum share of the running statistics that a batch leaves as it is
 * @param slope of a leaky ReLU below zero
 */
public record Style(
    Activation activation,
    Normalization normalization,
    Initials initials,
    float epsilon,
    float momentum,
    float slope) {

  public static Style of(Activation activation, Normalization normalization, Initials initials) {
    return new Style(activation, normalization, initials, 1e-5f, 0.9f, 0.01f);
  }

  public Style epsilon(float e) {
    return new Style(activation, normalization, initials, e, momentum, slope);
  }

  public Style momentum(float m) {
    return new Style(activation, normalization, initials, epsilon, m, slope);
  }

  public Style slope(float s) {
    return new Style(activation, normalization, initials, epsilon, momentum, s);
  }
}
