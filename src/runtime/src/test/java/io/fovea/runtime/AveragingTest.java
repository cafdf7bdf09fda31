package io.fovea.runtime;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.fovea.image.Mask;
import io.fovea.image.Picture;
import io.fovea.image.Preprocessing;
import io.fovea.image.Resampling;
import io.fovea.image.Step;
import io.fovea.onnx.Attribute;
import io.fovea.onnx.Tensor;
import io.fovea.onnx.Value;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class AveragingTest {
  private static final Preprocessing UNIT = Preprocessing.named("zero-one");
  private static final Step.Normalize NORMALIZE =
      (Step.Normalize) UNIT.steps().get(UNIT.steps().size() - 1);

  /** A net that tells left from right: a blur to one side, squared. */
  private static Classifier sided(Preprocessing fed) {
    return Classifier.of(
        Nets.load(
            (g, x) -> {
              var y = Nets.blurred(g, x);
              return Nets.means(g, g.node("Mul", "square", List.of(y, y)));
            }),
        fed);
  }

  private static void assertMean(Classifier averaged, Picture of, List<Scores> single) {
    float[] mean = new float[3];
    for (int c = 0; c < 3; c++) {
      for (Scores s : single) {
        mean[c] += s.probabilities()[c] / single.size();
      }
    }
    assertArrayEquals(mean, averaged.score(of).probabilities(), 1e-6f);
  }

  @Test
  void flipsGiveTheMeanOfAPictureAndItsMirrorImage() {
    try (Classifier c = sided(UNIT)) {
      for (int[] size : new int[][] {{1, 1}, {31, 17}, {64, 3}}) {
        Picture p = ClassifierTest.noise(size[0], size[1], 3);
        List<Scores> single = c.score(List.of(p, p.flipHorizontally()));
        assertMean(c.averaging(Averaging.flips()), p, single);
      }
    }
  }

  @Test
  void cropsGiveTheMeanOfCornersAndCentre() {
    Step crop = new Step.CenterCrop(12, 16);
    Step resize = new Step.ResizeShorter(20, Resampling.BICUBIC);
    Preprocessing[] all = {
      Preprocessing.of(resize, crop, NORMALIZE),
      Preprocessing.of(resize, crop, new Step.Color(Step.Channels.RGB), NORMALIZE),
      Preprocessing.of(crop, NORMALIZE)
    };
    for (Preprocessing fed : all) {
      try (Classifier c = sided(fed);
          Classifier plain = sided(UNIT)) {
        for (int[] size : new int[][] {{40, 31}, {17, 90}, {7, 40}, {1, 1}}) {
          Picture p = ClassifierTest.noise(size[0], size[1], 3);
          Picture before = fed.steps().contains(resize) ? Preprocessing.of(resize).picture(p) : p;
          List<Picture> views = corners(before, 16, 12);
          views.add(fed.picture(p));
          List<Scores> five = plain.score(views);
          assertMean(c.averaging(new Averaging(false, 5)), p, five);
          List<Scores> ten = new ArrayList<>(five);
          ten.addAll(plain.score(views.stream().map(Picture::flipHorizontally).toList()));
          assertMean(c.averaging(new Averaging(true, 5)), p, ten);
        }
      }
    }
  }

  private static List<Picture> corners(Picture p, int w, int h) {
    int x = Math.max(0, w - p.width());
    int y = Math.max(0, h - p.height());
    Picture f = p.pad(x / 2, y / 2, x - x / 2, y - y / 2, 0);
    int right = f.width() - w;
    int below = f.height() - h;
    return new ArrayList<>(
        List.of(
            f.crop(0, 0, w, h),
            f.crop(right, 0, w, h),
            f.crop(0, below, w, h),
            f.crop(right, below, w, h)));
  }

  @Test
  void masksAreOfTheMeanProbabilitiesAndPicturesOfTheMeanValues() {
    Picture p = ClassifierTest.noise(31, 17, 3);
    ImageModel model = Nets.load(Nets::blurred);
    PictureFeed feed = new PictureFeed(model, UNIT, false, Averaging.none());
    SampleGrid a = grid(feed, p);
    SampleGrid b = grid(feed, p.flipHorizontally());
    try (Segmenter s = Segmenter.of(model, UNIT)) {
      Mask mask = s.averaging(Averaging.flips()).segment(p);
      Picture made =
          PictureTransformer.of(model, UNIT, new Task.Range(-1, 1))
              .averaging(Averaging.flips())
              .transform(p);
      for (int y = 0; y < 17; y++) {
        for (int x = 0; x < 31; x++) {
          float[] left = at(a, x, y);
          float[] right = at(b, 30 - x, y);
          int at = 3 * (31 * y + x);
          for (int c = 0; c < 3; c++) {
            int level = new Task.Range(-1, 1).level((left[c] + right[c]) / 2);
            assertEquals(level, made.pixels()[at + c] & 0xff);
          }
          Scores.toProbabilities(left);
          Scores.toProbabilities(right);
          int best = 0;
          for (int c = 1; c < 3; c++) {
            best = left[c] + right[c] > left[best] + right[best] ? c : best;
          }
          assertEquals(best, mask.at(x, y));
        }
      }
    }
  }

  private static SampleGrid grid(PictureFeed feed, Picture p) {
    return feed.grids(List.of(p), values -> values, (picture, grid) -> grid.copy()).get(0);
  }

  private static float[] at(SampleGrid g, int x, int y) {
    float[] values = new float[g.channels()];
    for (int c = 0; c < values.length; c++) {
      values[c] = g.values()[(c * g.height() + y) * g.width() + x];
    }
    return values;
  }

  @Test
  void aSingleOutputIsAveragedAsAProbability() {
    Nets.Body leftNeighbour =
        (g, x) -> {
          float[] left = {1, 0, 0};
          Value weight = g.initializer(Tensor.of("left", new long[] {1, 1, 1, 3}, left));
          Attribute pads = Attribute.ints("pads", 0, 1, 0, 1);
          return g.node("Conv", "shift", List.of(Nets.red(g, x), weight), pads);
        };
    try (Segmenter s = Segmenter.of(Nets.load(leftNeighbour), Preprocessing.named("raw"))) {
      Segmenter both = s.averaging(Averaging.flips());
      // The pixel in the middle sees its left and its right neighbour's red, less 100.
      Picture no = Picture.of(3, 1, 3, new byte[] {120, 0, 0, 0, 0, 0, 70, 0, 0});
      assertEquals(1, s.segment(no).at(1, 0));
      assertEquals(0, both.segment(no).at(1, 0), "probabilities of 1 and 0");
      Picture yes = Picture.of(3, 1, 3, new byte[] {99, 0, 0, 0, 0, 0, 127, 0, 0});
      assertEquals(0, s.segment(yes).at(1, 0));
      assertEquals(1, both.segment(yes).at(1, 0), "probabilities of 0.27 and 1");
    }
  }

  @Test
  void viewsThatAModelCannotHaveAreRefused() {
    try (Classifier c = sided(UNIT)) {
      var e = assertThrows(ScoringException.class, () -> c.averaging(new Averaging(false, 5)));
      assertEquals("small: crops want a preprocessing that ends in center_crop", e.getMessage());
    }
    try (Segmenter s = Segmenter.of(Nets.load(Nets::strongest), UNIT)) {
      var e = assertThrows(ScoringException.class, () -> s.averaging(new Averaging(true, 5)));
      assertEquals(
          "small: crops are for classes; masks and pictures take flips and tiles", e.getMessage());
    }
    assertThrows(IllegalArgumentException.class, () -> new Averaging(true, 3));
  }
}
