/**
 * The ONNX file: reading, checking, building and writing. Start with {@link io.fovea.onnx.Model},
 * which is a file, and {@link io.fovea.onnx.GraphBuilder}, which makes one.
 */
@NullMarked
package io.fovea.onnx;

import org.jspecify.annotations.NullMarked;
