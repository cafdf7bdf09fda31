package io.fovea.image;

/** The reader of one format: the first picture of a file as it is stored, not yet upright. */
@FunctionalInterface
interface Decoder {
  /**
   * Decodes a file.
   *
   * @throws Exception of any kind, unchecked ones included, where it cannot
   */
  Picture decode(byte[] file) throws Exception;
}
