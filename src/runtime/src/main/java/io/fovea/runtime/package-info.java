/**
 * Serving over ONNX Runtime. Start with {@link io.fovea.runtime.Classifier}, which gives scores for
 * a picture, {@link io.fovea.runtime.Segmenter}, which gives a mask, {@link
 * io.fovea.runtime.PictureTransformer}, which gives a picture, {@link io.fovea.runtime.Regressor},
 * which gives numbers, or {@link io.fovea.runtime.FeatureExtractor}, which gives the numbers of any
 * model, and {@link io.fovea.runtime.Device}, which says where they run.
 */
@NullMarked
package io.fovea.runtime;

import org.jspecify.annotations.NullMarked;
