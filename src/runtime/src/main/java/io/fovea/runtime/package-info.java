/**
 * Serving over ONNX Runtime. Start with {@link io.fovea.runtime.Classifier}, which gives scores for
 * a picture, and {@link io.fovea.runtime.Device}, which says where it runs.
 */
@NullMarked
package io.fovea.runtime;

import org.jspecify.annotations.NullMarked;
