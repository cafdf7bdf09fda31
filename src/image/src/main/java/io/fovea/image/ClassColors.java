package io.fovea.image;

import java.awt.image.DataBuffer;
import java.awt.image.IndexColorModel;

/**
 * The colour of each class in pictures of masks: those of <a
 * href="http://host.robots.ox.ac.uk/pascal/VOC/voc2012/htmldoc/devkit_doc.html">Pascal VOC</a>,
 * where class 0 is black and what has no class is cream.
 */
final class ClassColors {
  private static final int[] RGB = new int[256];

  static {
    for (int c = 0; c < Mask.IGNORED; c++) {
      RGB[c] = rgb(c);
    }
    RGB[Mask.IGNORED] = 0xe0e0c0;
  }

  private ClassColors() {}

  /** Bits 0, 3, 6 of a class are the highest bits of red, 1, 4, 7 of green, and so on. */
  private static int rgb(int c) {
    int color = 0;
    for (int bit = 7, rest = c; rest != 0; bit--, rest >>= 3) {
      color |= (rest & 1) << (16 + bit) | (rest >> 1 & 1) << (8 + bit) | (rest >> 2 & 1) << bit;
    }
    return color;
  }

  /** 0xRRGGBB of a class. */
  static int of(int c) {
    return RGB[c];
  }

  /** All 256 of them, as a palette. */
  static IndexColorModel palette() {
    return new IndexColorModel(8, RGB.length, RGB, 0, false, -1, DataBuffer.TYPE_BYTE);
  }
}
