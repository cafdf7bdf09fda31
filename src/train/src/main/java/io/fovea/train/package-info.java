/**
 * Training of ONNX graphs over embedded libtorch. Start with {@link io.fovea.train.Trainer}, {@link
 * io.fovea.train.Recipe}, which says how, and {@link io.fovea.train.Dataset}, which says on what.
 */
@NullMarked
package io.fovea.train;

import org.jspecify.annotations.NullMarked;
