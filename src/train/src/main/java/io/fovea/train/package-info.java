/**
 * Training of ONNX graphs over embedded libtorch. Start with {@link io.fovea.train.Trainer}, {@link
 * io.fovea.train.Recipe}, which says how, and {@link io.fovea.train.Dataset}, which says on what.
 *
 * <p>Set {@code GOMP_SPINCOUNT=20000} in the environment of a process that shares its machine:
 * libtorch's threads spin while they wait, which beside other processes slows a training tenfold.
 */
@NullMarked
package io.fovea.train;

import org.jspecify.annotations.NullMarked;
