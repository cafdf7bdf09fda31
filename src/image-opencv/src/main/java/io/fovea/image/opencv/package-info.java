/**
 * A faster decoder of JPEG, PNG and WebP: libjpeg-turbo, libpng and libwebp, as OpenCV has them.
 * Nothing here is called: {@link io.fovea.image.PictureReader} finds {@link
 * io.fovea.image.opencv.OpenCvDecoder} when this module is on the class path.
 */
@NullMarked
package io.fovea.image.opencv;

import org.jspecify.annotations.NullMarked;
