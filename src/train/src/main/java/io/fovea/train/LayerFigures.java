package io.fovea.train;

/**
 * What a layer did in one step of training: a node with a weight, and its output after the
 * normalization, the sum and the activation that follow it.
 *
 * @param layer the node's name
 * @param gradientNorm Euclidean norm of the loss's gradient by the layer's parameters, before it is
 *     clipped
 * @param mean of the activations
 * @param deviation standard deviation of the activations
 * @param zeros share of the activations that are exactly 0, in [0, 1]
 */
public record LayerFigures(
    String layer, double gradientNorm, double mean, double deviation, double zeros) {}
