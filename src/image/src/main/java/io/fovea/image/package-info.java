/**
 * Pictures to tensors, the same code for training and scoring. Start with {@link
 * io.fovea.image.Picture}, which is a decoded picture, {@link io.fovea.image.PictureReader}, which
 * bounds what is read, {@link io.fovea.image.Mask}, which says of which class each pixel is, and
 * {@link io.fovea.image.Preprocessing}, which makes a network's input; {@link
 * io.fovea.image.Mapping} leads back from that to the picture.
 */
@NullMarked
package io.fovea.image;

import org.jspecify.annotations.NullMarked;
