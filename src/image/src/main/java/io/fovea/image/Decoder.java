package io.fovea.image;

/** The reader of one format. */
@FunctionalInterface
interface Decoder {
  /**
   * Decodes the first picture of a file.
   *
   * @throws Exception of any kind, unchecked ones included, where it cannot
   */
  Samples decode(byte[] file) throws Exception;
}
