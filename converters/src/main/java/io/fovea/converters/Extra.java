package io.fovea.converters;

import io.fovea.onnx.OnnxException;
import java.util.Arrays;
import java.util.Locale;

/** What can be added to a net of a paper; a net that has no place for it refuses it. */
public enum Extra {
  /** Weighs the channels of each block by what the whole picture holds (Hu 2018, 1709.01507). */
  SQUEEZE_EXCITE,
  /** Blurs before each reduction, so that small shifts change little (Zhang 2019, 1904.11486). */
  BLURPOOL,
  /** Lets each place look at all others, once in the middle (Wang 2018, 1711.07971). */
  NON_LOCAL,
  /** Pools in grids of 1, 2 and 4 instead of one mean a channel (He 2014, 1406.4729). */
  SPP,
  /** Starts each residual block as identity: its last normalization is zero (Goyal 2017). */
  ZERO_RESIDUAL,
  /** Gives every filter a twin that is its mirror image (Cohen 2016, 1602.07576). */
  MIRROR,
  /** The heads in the middle that serve training alone (Szegedy 2015, 1409.4842). */
  AUXILIARY;

  /** The extra of a name such as {@code squeeze_excite}. */
  public static Extra named(String name) {
    for (Extra e : values()) {
      if (e.toString().equals(name)) {
        return e;
      }
    }
    throw new OnnxException(
        "no extra '%s'; there are %s".formatted(name, Arrays.toString(values())));
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
