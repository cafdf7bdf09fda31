/**
 * What emits ONNX: architectures, one file a paper. Start with {@link
 * io.fovea.converters.Architectures}, the list, and {@link io.fovea.converters.Options}, what all
 * of them take; {@link io.fovea.converters.PublishedWeights} fills a graph from a checkpoint.
 */
@NullMarked
package io.fovea.converters;

import org.jspecify.annotations.NullMarked;
