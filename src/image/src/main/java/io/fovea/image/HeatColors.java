package io.fovea.image;

/**
 * The colours of a heat map: 256 steps from dark blue through red to light yellow whose lightness
 * rises evenly, so that the map reads the same in grey and to the colour-blind. They lie on a line
 * in <a href="https://bottosson.github.io/posts/oklab/">Oklab</a> (Ottosson 2020): lightness and
 * hue move in equal steps, and the chroma is most of what sRGB can show there.
 */
final class HeatColors {
  private static final int STEPS = 256;
  private static final double DARKEST = 0.3; // lightness in Oklab, 0 black to 1 white
  private static final double LIGHTEST = 0.93;
  private static final double FIRST_HUE = 275; // degrees: blue, and on over red to yellow
  private static final double LAST_HUE = 360 + 105;
  private static final double MOST_CHROMA = 0.22;
  private static final double SHARE = 0.95; // of the chroma that sRGB can show

  private static final int[] RGB = new int[STEPS];

  static {
    for (int i = 0; i < STEPS; i++) {
      double t = i / (STEPS - 1.0);
      double lightness = DARKEST + t * (LIGHTEST - DARKEST);
      double hue = Math.toRadians(FIRST_HUE + t * (LAST_HUE - FIRST_HUE));
      RGB[i] = packed(linear(lightness, SHARE * chroma(lightness, hue), hue));
    }
  }

  private HeatColors() {}

  /** 0xRRGGBB of a value in [0, 1]. */
  static int of(float value) {
    return RGB[Math.round(value * (STEPS - 1))];
  }

  /** The largest chroma that sRGB can show of a lightness and hue, found by halving. */
  private static double chroma(double lightness, double hue) {
    double least = 0;
    double most = MOST_CHROMA;
    for (int i = 0; i < 20; i++) {
      double middle = (least + most) / 2;
      boolean fits = true;
      for (double level : linear(lightness, middle, hue)) {
        fits &= level >= 0 && level <= 1;
      }
      least = fits ? middle : least;
      most = fits ? most : middle;
    }
    return least;
  }

  /** Linear red, green and blue of a colour in Oklab's polar form. */
  private static double[] linear(double lightness, double chroma, double hue) {
    double a = chroma * Math.cos(hue);
    double b = chroma * Math.sin(hue);
    double l = cube(lightness + 0.3963377774 * a + 0.2158037573 * b);
    double m = cube(lightness - 0.1055613458 * a - 0.0638541728 * b);
    double s = cube(lightness - 0.0894841775 * a - 1.2914855480 * b);
    return new double[] {
      4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
      -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
      -0.0041960863 * l - 0.7034186147 * m + 1.7076147010 * s
    };
  }

  private static double cube(double x) {
    return x * x * x;
  }

  /** The 8-bit levels of linear light, by the transfer function of sRGB (IEC 61966-2-1). */
  private static int packed(double[] linear) {
    int color = 0;
    for (double x : linear) {
      double level = x <= 0.0031308 ? 12.92 * x : 1.055 * Math.pow(x, 1 / 2.4) - 0.055;
      color = color << 8 | (int) Math.round(255 * Math.min(Math.max(level, 0), 1));
    }
    return color;
  }
}
