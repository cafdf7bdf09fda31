package io.fovea.train;

import io.fovea.image.Picture;
import io.fovea.image.Preprocessing;
import io.fovea.image.Step.Normalize;
import java.util.ArrayList;
import java.util.List;

/**
 * What a data set looks like, from an even sample of it.
 *
 * @param mean mean of each channel, levels / 255
 * @param std standard deviation of each channel, levels / 255
 */
public record PixelStatistics(List<Float> mean, List<Float> std) {
  private static final double SMALLEST_STD = 1.0 / 255;

  /** Measures pictures after the steps of a preprocessing. */
  public static PixelStatistics of(Dataset data, Preprocessing preprocessing, int sample) {
    int channels = preprocessing.channels();
    double[] sum = new double[channels];
    double[] squares = new double[channels];
    long count = 0;
    int step = Math.max(1, data.size() / sample);
    for (int i = 0; i < data.size(); i += step) {
      Picture p = preprocessing.picture(data.picture(i, preprocessing.reader()));
      byte[] pixels = p.pixels();
      for (int k = 0; k < pixels.length; k++) {
        double level = (pixels[k] & 255) / 255.0;
        sum[k % channels] += level;
        squares[k % channels] += level * level;
      }
      count += pixels.length / channels;
    }
    List<Float> mean = new ArrayList<>();
    List<Float> std = new ArrayList<>();
    for (int k = 0; k < channels; k++) {
      double m = sum[k] / count;
      double deviation = Math.sqrt(Math.max(0, squares[k] / count - m * m));
      mean.add(rounded(m));
      std.add(rounded(Math.max(SMALLEST_STD, deviation)));
    }
    return new PixelStatistics(mean, std);
  }

  private static float rounded(double value) {
    return Math.round(value * 10_000) / 10_000f;
  }

  /** The step that brings the data to mean 0 and deviation 1. */
  public Normalize normalize() {
    return new Normalize(255, mean, std);
  }
}
