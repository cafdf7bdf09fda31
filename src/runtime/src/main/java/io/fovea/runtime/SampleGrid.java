package io.fovea.runtime;

import io.fovea.image.Mask;
import io.fovea.image.Picture;
import java.util.Arrays;

/**
 * What a network says of one picture on its own grid of samples, which are spread evenly over a
 * tensor of {@code tensorHeight} x {@code tensorWidth} pixels.
 *
 * @param values of a batch {@code [N, channels, height, width]}
 * @param item the picture's place in the batch
 */
record SampleGrid(
    float[] values,
    int item,
    int channels,
    int height,
    int width,
    int tensorHeight,
    int tensorWidth) {

  /** A grid of its own, not part of a batch. */
  private SampleGrid with(float[] own) {
    return new SampleGrid(own, 0, channels, height, width, tensorHeight, tensorWidth);
  }

  /** One that stays when the batch's output is used again. */
  SampleGrid copy() {
    int size = channels * height * width;
    return with(Arrays.copyOfRange(values, item * size, (item + 1) * size));
  }

  private float[] own() {
    int size = channels * height * width;
    return item == 0 && values.length == size
        ? values
        : Arrays.copyOfRange(values, item * size, (item + 1) * size);
  }

  /** The mean of this and of what the network says of the mirror image, mirrored back. */
  SampleGrid meanWithMirrored(SampleGrid mirrored) {
    float[] a = own();
    float[] b = mirrored.own();
    float[] mean = new float[a.length];
    for (int row = 0; row < a.length; row += width) {
      for (int x = 0; x < width; x++) {
        mean[row + x] = (a[row + x] + b[row + width - 1 - x]) / 2;
      }
    }
    return with(mean);
  }

  /** Logits as probabilities: the sigmoid of one channel, else the softmax over the channels. */
  SampleGrid probabilities() {
    float[] in = own();
    float[] out = new float[in.length];
    int plane = height * width;
    float[] scores = new float[channels];
    for (int i = 0; i < plane; i++) {
      for (int c = 0; c < channels; c++) {
        scores[c] = in[c * plane + i];
      }
      Scores.toProbabilities(scores);
      for (int c = 0; c < channels; c++) {
        out[c * plane + i] = scores[c];
      }
    }
    return with(out);
  }

  /**
   * A rectangle of the grid as a picture.
   *
   * @param range what the values are
   * @param reversed whether three channels are blue, green, red
   */
  Picture picture(Cut x, Cut y, Task.Range range, boolean reversed) {
    int w = x.to() - x.from();
    int h = y.to() - y.from();
    byte[] pixels = new byte[Math.multiplyExact(Math.multiplyExact(w, h), channels)];
    for (int c = 0; c < channels; c++) {
      int plane = (item * channels + (reversed ? channels - 1 - c : c)) * height;
      for (int row = 0, at = c; row < h; row++) {
        int from = (plane + y.from() + row) * width + x.from();
        for (int k = 0; k < w; k++, at += channels) {
          pixels[at] = (byte) range.level(values[from + k]);
        }
      }
    }
    return Picture.of(w, h, channels, pixels);
  }

  /**
   * The class of each pixel of a picture: its scores are sampled bilinearly, and the largest wins.
   * Rows are blended first, and one class after the other along them, so that no more than a row of
   * scores is held at the size of the picture.
   *
   * @param threshold what the score of a single class must exceed for class 1
   */
  Mask mask(GridLine x, GridLine y, float threshold) {
    byte[] mask = new byte[Math.multiplyExact(x.size(), y.size())];
    Arrays.fill(mask, (byte) Mask.IGNORED);
    float[] row = new float[width];
    float[] best = new float[x.size()];
    for (int i = y.begin(); i < y.end(); i++) {
      int line = i * x.size();
      Arrays.fill(best, channels == 1 ? threshold : Float.NEGATIVE_INFINITY);
      Arrays.fill(mask, line + x.begin(), line + x.end(), (byte) 0);
      for (int c = 0; c < channels; c++) {
        blend(c, y.low()[i], y.high()[i], y.weight()[i], row);
        raise(row, x, best, mask, line, (byte) (channels == 1 ? 1 : c));
      }
    }
    return Mask.of(x.size(), y.size(), mask);
  }

  /** A row of one class between two rows of the grid. */
  private void blend(int c, int low, int high, float weight, float[] row) {
    int plane = (item * channels + c) * height;
    int upper = (plane + low) * width;
    int lower = (plane + high) * width;
    for (int k = 0; k < width; k++) {
      row[k] = values[upper + k] + (values[lower + k] - values[upper + k]) * weight;
    }
  }

  /** Gives the class to the pixels where it is better than what was best so far. */
  private static void raise(
      float[] row, GridLine x, float[] best, byte[] mask, int line, byte value) {
    int[] low = x.low();
    int[] high = x.high();
    float[] weight = x.weight();
    for (int k = x.begin(), end = x.end(); k < end; k++) {
      float left = row[low[k]];
      float score = left + (row[high[k]] - left) * weight[k];
      if (score > best[k]) {
        best[k] = score;
        mask[line + k] = value;
      }
    }
  }
}
