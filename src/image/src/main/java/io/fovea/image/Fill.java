package io.fovea.image;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A colour for what a picture leaves free. In JSON it is a level of all three channels, such as
 * {@code 114}, or {@code "#rrggbb"}.
 *
 * @param red in [0, 255], as are the others
 */
public record Fill(int red, int green, int blue) {
  public static final Fill BLACK = level(0);

  private static final Pattern HEX = Pattern.compile("#([0-9a-fA-F]{6})");

  public Fill {
    if (red < 0 || red > 255 || green < 0 || green > 255 || blue < 0 || blue > 255) {
      boolean grey = red == green && green == blue;
      throw problem(grey ? Integer.toString(red) : red + ", " + green + ", " + blue);
    }
  }

  /** One level of all channels, in [0, 255]. */
  public static Fill level(int level) {
    return new Fill(level, level, level);
  }

  /**
   * Reads {@code 114} or {@code #rrggbb}.
   *
   * @throws PictureException where it is neither
   */
  public static Fill parse(String text) {
    Matcher hex = HEX.matcher(text);
    if (hex.matches()) {
      int rgb = Integer.parseInt(hex.group(1), 16);
      return new Fill(rgb >> 16, rgb >> 8 & 0xff, rgb & 0xff);
    }
    try {
      return level(Integer.parseInt(text));
    } catch (NumberFormatException e) {
      throw problem(text);
    }
  }

  @JsonCreator
  static Fill of(Object json) {
    if (json instanceof Integer || json instanceof String) {
      return parse(json.toString());
    }
    throw problem(String.valueOf(json));
  }

  @JsonValue
  Object toJson() {
    return isGrey() ? red : toString();
  }

  boolean isGrey() {
    return red == green && green == blue;
  }

  /** The level of a channel of pictures of that many channels; of grey ones the luma. */
  int level(int channel, int channels) {
    if (channels == 1) {
      return Picture.luma(red, green, blue);
    }
    return channel == 0 ? red : channel == 1 ? green : blue;
  }

  @Override
  public String toString() {
    return "#%02x%02x%02x".formatted(red, green, blue);
  }

  private static PictureException problem(String met) {
    return new PictureException(
        "preprocessing", "a fill of %s: expected 0 to 255, or #rrggbb".formatted(met));
  }
}
