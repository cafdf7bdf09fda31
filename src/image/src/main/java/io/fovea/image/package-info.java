/**
 * Pictures to tensors, the same code for training and scoring. Start with {@link
 * io.fovea.image.Picture}, which is a decoded picture, {@link io.fovea.image.PictureReader}, which
 * bounds what is read, and {@link io.fovea.image.Preprocessing}, which makes a network's input.
 */
@NullMarked
package io.fovea.image;

import org.jspecify.annotations.NullMarked;
