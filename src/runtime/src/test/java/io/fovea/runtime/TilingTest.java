package io.fovea.runtime;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fovea.image.Border;
import io.fovea.image.Fill;
import io.fovea.image.Picture;
import io.fovea.image.Preprocessing;
import io.fovea.image.Resampling;
import io.fovea.image.Step;
import io.fovea.onnx.Attribute;
import io.fovea.onnx.DataType;
import io.fovea.onnx.Dim;
import io.fovea.onnx.GraphBuilder;
import io.fovea.onnx.Value;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class TilingTest {
  private static final int[][] SIZES = {
    {1, 1}, {5, 3}, {48, 48}, {49, 48}, {131, 97}, {300, 2}, {3, 301}, {64, 200}
  };
  private static final Step.Normalize NORMALIZE =
      new Step.Normalize(255, List.of(0.5f, 0.4f, 0.3f), List.of(0.2f, 0.3f, 0.25f));

  private static SampleGrid grid(ImageModel model, Picture picture, Step... steps) {
    PictureFeed feed = new PictureFeed(model, Preprocessing.of(steps), false, Averaging.none());
    return feed.grids(List.of(picture), UnaryOperator.identity(), (p, g) -> g.copy()).get(0);
  }

  private static void assertSame(SampleGrid wanted, SampleGrid met, String what) {
    assertEquals(wanted.width() + "x" + wanted.height(), met.width() + "x" + met.height(), what);
    assertArrayEquals(wanted.values(), met.values(), 1e-3f, what);
  }

  /** The receptive field of two 3x3 convolutions, 2, is within a quarter of the overlap. */
  @Test
  void tiledAndWholeResultsAgree() {
    Step tiles = new Step.Tiles(48, 48, 8);
    Step large = new Step.PadToMultiple(1, Border.REFLECT, Fill.BLACK);
    try (ImageModel model = Nets.load(Nets::blurred)) {
      for (int[] size : SIZES) {
        Picture picture = ClassifierTest.noise(size[0], size[1], 7);
        Picture atLeast = Preprocessing.of(tiles).picture(picture);
        SampleGrid whole = grid(model, atLeast, large, NORMALIZE);
        SampleGrid tiled = grid(model, picture, tiles, NORMALIZE);
        assertSame(whole, tiled, size[0] + "x" + size[1]);
      }
    }
  }

  @Test
  void tiledAndWholeResultsAgreeAtOtherResolutions() {
    Nets.Body eighth = (g, x) -> Nets.pooled(g, Nets.blurred(g, x), 8);
    Nets.Body twice = (g, x) -> Nets.doubled(g, Nets.blurred(g, x));
    Step whole = new Step.PadToMultiple(8, Border.REFLECT, Fill.BLACK);
    for (Nets.Body body : List.of(eighth, twice)) {
      try (ImageModel model = Nets.load(body)) {
        for (int[] size : new int[][] {{131, 97}, {64, 200}, {65, 64}, {64, 71}}) {
          Picture picture = ClassifierTest.noise(size[0], size[1], 7);
          Step.Tiles tiles = new Step.Tiles(64, 64, 19);
          SampleGrid expected = grid(model, picture, whole, NORMALIZE);
          SampleGrid met =
              body == eighth
                  ? grid(model, picture, tiles, NORMALIZE)
                  : grid(model, picture, whole, tiles, NORMALIZE);
          assertSame(expected, met, size[0] + "x" + size[1]);
          assertEquals(expected.tensorWidth(), met.tensorWidth());
        }
      }
    }
  }

  @Test
  void theMirrorImageIsTiledAndMirroredBack() {
    Nets.Body eighth = (g, x) -> Nets.pooled(g, Nets.blurred(g, x), 8);
    Step whole = new Step.PadToMultiple(8, Border.REFLECT, Fill.BLACK);
    try (ImageModel model = Nets.load(eighth)) {
      Picture picture = ClassifierTest.noise(131, 97, 7);
      PictureFeed tiled =
          new PictureFeed(
              model,
              Preprocessing.of(new Step.Tiles(64, 64, 19), NORMALIZE),
              false,
              Averaging.flips());
      PictureFeed all =
          new PictureFeed(model, Preprocessing.of(whole, NORMALIZE), false, Averaging.flips());
      assertSame(
          all.grids(List.of(picture), UnaryOperator.identity(), (p, g) -> g.copy()).get(0),
          tiled.grids(List.of(picture), UnaryOperator.identity(), (p, g) -> g.copy()).get(0),
          "flipped");
    }
  }

  @Test
  void windowsAreSpreadEvenlyAndTheirWeightsSumToOne() {
    for (int tile : new int[] {8, 24, 64}) {
      for (int samples : new int[] {tile / 8, tile, 3 * tile}) {
        int stride = Math.max(1, tile / samples);
        for (int overlap = 0; 2 * overlap < tile && tile >= overlap + stride; overlap += 3) {
          for (int length = tile; length < 4 * tile; length += stride) {
            check(TileLine.of(length, tile, overlap, samples), length, tile, overlap, samples);
          }
        }
      }
    }
  }

  private static void check(TileLine line, int length, int tile, int overlap, int samples) {
    String what = line.count() + " tiles of " + tile + " over " + length + " by " + overlap;
    assertEquals(0, line.starts()[0], what);
    assertEquals(length, line.starts()[line.count() - 1] + tile, what);
    assertEquals((long) length * samples / tile, line.total(), what);
    float[] sums = new float[line.total()];
    for (int i = 0; i < line.count(); i++) {
      assertEquals((long) line.starts()[i] * samples / tile, line.outStarts()[i], what);
      if (i > 0) {
        int shared = line.starts()[i - 1] + tile - line.starts()[i];
        assertTrue(shared >= overlap, what);
        int quarter = shared * samples / tile / 4;
        for (int k = 0; k < quarter; k++) {
          assertEquals(0, line.weights()[i][k], what);
          assertEquals(0, line.weights()[i - 1][samples - 1 - k], what);
        }
      }
      for (int k = 0; k < samples; k++) {
        sums[line.outStarts()[i] + k] += line.weights()[i][k];
      }
    }
    for (float sum : sums) {
      assertEquals(1, sum, 1e-5f, what);
    }
  }

  @Test
  void masksAndPicturesAreTiledOnDemand() {
    Picture picture = ClassifierTest.noise(131, 97, 5);
    Step.Tiles tiles = new Step.Tiles(32, 40, 8);
    Preprocessing fed = Preprocessing.of(NORMALIZE);
    try (Segmenter s = Segmenter.of(Nets.load(Nets::strongest), fed)) {
      assertArrayEquals(s.segment(picture).classes(), s.tiled(tiles).segment(picture).classes());
      assertEquals(tiles, s.tiled(tiles).preprocessing().tiles());
    }
    try (PictureTransformer t =
        PictureTransformer.of(Nets.load(Nets::doubled), Preprocessing.named("raw"), null)) {
      assertArrayEquals(t.transform(picture).pixels(), t.tiled(tiles).transform(picture).pixels());
    }
  }

  @Test
  void aNetOfOneSizeAndBatchTakesPicturesOfAnySize() {
    GraphBuilder g = new GraphBuilder("fixed", 17);
    Value x = g.input("x", DataType.FLOAT, Dim.of(3), Dim.of(3), Dim.of(32), Dim.of(32));
    g.output(Nets.strongest(g, x));
    Preprocessing fed = Preprocessing.of(new Step.Tiles(32, 32, 4));
    try (PictureTransformer t = PictureTransformer.of(Nets.load(g.build()), fed, null)) {
      for (int[] size : SIZES) {
        Picture picture = ClassifierTest.noise(size[0], size[1], 5);
        assertArrayEquals(picture.pixels(), t.transform(picture).pixels());
      }
    }
  }

  @Test
  void outputsThatLandBetweenSamplesAreRefused() {
    Nets.Body valid =
        (g, x) ->
            g.node(
                "MaxPool",
                "valid",
                List.of(x),
                Attribute.ints("kernel_shape", 3, 3),
                Attribute.ints("strides", 1, 1));
    Nets.Body coarse = (g, x) -> Nets.pooled(g, x, 32);
    assertProblem(
        valid,
        "a tile of 32x32 gives an output of 30x30: expected a whole multiple or part of it, the"
            + " same for both sides; other tiles may fit");
    assertProblem(coarse, "a tile of 32x32 gives an output of 1x1, too few to overlap by 8 pixels");
    Preprocessing tiles = Preprocessing.of(new Step.Tiles(32, 32, 8));
    String refused = "small: the preprocessing has tiles, which are for masks and pictures";
    var e =
        assertThrows(ScoringException.class, () -> Classifier.of(Nets.load(Nets::means), tiles));
    assertEquals(refused, e.getMessage());
    e = assertThrows(ScoringException.class, () -> Regressor.of(Nets.load(Nets::means), tiles));
    assertEquals(refused, e.getMessage());
  }

  private static void assertProblem(Nets.Body body, String problem) {
    Preprocessing tiles = Preprocessing.of(new Step.Tiles(32, 32, 8));
    try (Segmenter s = Segmenter.of(Nets.load(body), tiles)) {
      Picture picture = ClassifierTest.noise(40, 40, 1);
      var e = assertThrows(ScoringException.class, () -> s.segment(picture));
      assertEquals("small: " + problem, e.getMessage());
    }
  }

  @Test
  @Tag("slow")
  void twelveMegapixelsAreTiled() {
    byte[] pixels = new byte[4000 * 3000 * 3];
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = (byte) (i * 7919L % 10007);
    }
    Picture picture = Picture.of(4000, 3000, 3, pixels);
    try (PictureTransformer t =
        PictureTransformer.of(Nets.load(Nets::strongest), Preprocessing.named("raw"), null)) {
      long start = System.nanoTime();
      Picture made = t.tiled(new Step.Tiles(512, 512, 64)).transform(picture);
      System.out.println(
          "4000x3000 in tiles of 512 took " + (System.nanoTime() - start) / 1_000_000 + " ms");
      assertArrayEquals(picture.pixels(), made.pixels());
    }
    try (Segmenter s =
        Segmenter.of(
            Nets.load((g, x) -> Nets.pooled(g, Nets.strongest(g, x), 8)),
            Preprocessing.of(new Step.Tiles(512, 512, 64)))) {
      assertEquals("4000x3000 mask", s.segment(picture).toString());
      Picture odd = picture.crop(0, 0, 3999, 517).resize(3999, 517, Resampling.BOX);
      assertEquals("3999x517 mask", s.segment(odd).toString());
    }
  }
}
