package io.fovea.runtime;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fovea.image.Alpha;
import io.fovea.image.Mapping;
import io.fovea.image.Mask;
import io.fovea.image.Picture;
import io.fovea.image.Preprocessing;
import io.fovea.image.Resampling;
import io.fovea.image.Step;
import io.fovea.onnx.Attribute;
import io.fovea.onnx.Model;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SegmenterTest {
  private static final Preprocessing RAW = Preprocessing.named("raw");
  private static final int[][] SIZES = {{1, 1}, {3, 50}, {61, 2}, {37, 53}, {131, 97}};

  private static Segmenter strongest(Preprocessing fed) {
    return Segmenter.of(Nets.load(Nets::strongest), fed);
  }

  private static Preprocessing fed(Step... steps) {
    return Preprocessing.of(steps);
  }

  @Test
  void masksAreExactWhereTheTensorIsThePicture() {
    for (Preprocessing p : List.of(RAW, fed(new Step.PadToMultiple(32, 114)))) {
      try (Segmenter s = strongest(p)) {
        assertEquals(List.of("0", "1", "2"), s.labels());
        for (int[] size : SIZES) {
          Picture picture = ClassifierTest.noise(size[0], size[1], 5);
          Mask mask = s.segment(picture);
          assertEquals(size[0] + "x" + size[1] + " mask", mask.toString());
          for (int i = 0; i < mask.classes().length; i++) {
            int r = picture.pixels()[3 * i] & 0xff;
            int g = picture.pixels()[3 * i + 1] & 0xff;
            int b = picture.pixels()[3 * i + 2] & 0xff;
            assertEquals(r >= g && r >= b ? 0 : g >= b ? 1 : 2, mask.classes()[i]);
          }
        }
      }
    }
  }

  /** Also where the output is coarser than the tensor. */
  @Test
  void masksFollowThePictureThroughEveryGeometry() {
    List<Preprocessing> all =
        List.of(
            RAW,
            fed(new Step.Resize(40, 64, Resampling.BILINEAR)),
            fed(new Step.Letterbox(64, 48, 255, Resampling.BILINEAR)),
            fed(new Step.PadToMultiple(32, 255)),
            fed(new Step.ResizeShorter(40, Resampling.BICUBIC), new Step.CenterCrop(36, 36)));
    for (int stride : new int[] {1, 2}) {
      for (Preprocessing p : all) {
        try (Segmenter s = Segmenter.of(Nets.load(pooled(stride)), p)) {
          for (int[] size : SIZES) {
            if (p == RAW && Math.min(size[0], size[1]) < stride) {
              continue; // the pooling takes no such tensor
            }
            checkCorner(s, stride, size[0], size[1]);
          }
        }
      }
    }
  }

  private static Nets.Body pooled(int stride) {
    return (g, x) ->
        g.node(
            "AveragePool",
            "pool",
            List.of(Nets.strongest(g, x)),
            Attribute.ints("kernel_shape", stride, stride),
            Attribute.ints("strides", stride, stride));
  }

  /** Every pixel that is not near the corner's edge has its class, or was cut away. */
  private static void checkCorner(Segmenter s, int stride, int width, int height) {
    int blueWidth = width / 2;
    int blueHeight = height - height / 3;
    Mask mask = s.segment(Nets.corner(width, height, blueWidth, blueHeight));
    assertEquals(width + "x" + height + " mask", mask.toString());
    Mapping mapping = s.preprocessing().mapping(width, height);
    // Half a pixel for the edge itself, and what one sample of the output covers.
    double nearX = 1 + stride * Math.max(1, 1 / mapping.x().scale());
    double nearY = 1 + stride * Math.max(1, 1 / mapping.y().scale());
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        String what = s.preprocessing() + " of " + width + "x" + height + " at " + x + "," + y;
        boolean seen = mapping.x().isSeen(x) && mapping.y().isSeen(y);
        boolean near =
            Math.abs(x + 0.5 - blueWidth) < nearX || Math.abs(y + 0.5 - blueHeight) < nearY;
        int expected = x < blueWidth && y < blueHeight ? 2 : 1;
        if (!seen) {
          assertEquals(Mask.IGNORED, mask.at(x, y), what);
        } else if (!near) {
          assertEquals(expected, mask.at(x, y), what);
        } else {
          assertTrue(mask.at(x, y) == 1 || mask.at(x, y) == 2, what);
        }
      }
    }
  }

  @Test
  void framesHaveNoSay() {
    for (Step frame :
        List.of(
            new Step.Letterbox(60, 60, 255, Resampling.BILINEAR),
            new Step.PadToMultiple(32, 255))) {
      try (Segmenter s = strongest(fed(frame))) {
        for (int[] size : SIZES) {
          Mask mask = s.segment(Nets.corner(size[0], size[1], size[0], size[1]));
          assertEquals(size[0] * size[1], mask.areas()[2], frame + " of " + mask);
        }
      }
    }
  }

  @Test
  void whatTheCropCutsAwayIsIgnored() {
    try (Segmenter s = strongest(fed(new Step.CenterCrop(4, 4)))) {
      Mask mask = s.segment(Nets.corner(7, 5, 7, 5));
      byte[] row = {-1, -1, 2, 2, 2, 2, -1};
      assertArrayEquals(row, mask.crop(0, 0, 7, 1).classes());
      assertEquals(7 + 4 * 3, mask.areas()[Mask.IGNORED]);
    }
  }

  @Test
  void oneOutputMakesTwoClasses() {
    Picture picture = Picture.of(3, 1, 3, new byte[] {100, 9, 9, 101, 9, 9, -1, 9, 9});
    byte[] expected = {0, 1, 1};
    Nets.Body sigmoid = (g, x) -> g.node("Sigmoid", "p", List.of(Nets.red(g, x)));
    for (Nets.Body body : List.of((Nets.Body) Nets::red, sigmoid)) {
      try (Segmenter s = Segmenter.of(Nets.load(body), RAW)) {
        assertEquals(List.of("0", "1"), s.labels());
        assertArrayEquals(expected, s.segment(picture).classes());
      }
    }
  }

  @Test
  void picturesOfManySizesAreSegmentedAlikeAloneAndTogether() {
    for (Preprocessing p : List.of(RAW, fed(new Step.Letterbox(32, 32, 0, Resampling.BILINEAR)))) {
      try (Segmenter s = strongest(p)) {
        List<Picture> pictures = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
          pictures.add(ClassifierTest.noise(SIZES[i % 5][0], SIZES[i % 5][1], i));
        }
        List<Mask> together = s.segment(pictures);
        for (int i = 0; i < 10; i++) {
          Mask alone = s.segment(pictures.get(i));
          assertArrayEquals(alone.classes(), together.get(i).classes());
        }
        assertEquals(List.of(), s.segment(List.of()));
      }
    }
  }

  @Test
  void everyThreadGetsItsOwnPicturesMask() throws Exception {
    try (Segmenter s = strongest(fed(new Step.Resize(24, 24, Resampling.BILINEAR)))) {
      List<Picture> pictures = new ArrayList<>();
      List<byte[]> wanted = new ArrayList<>();
      for (int i = 0; i < 16; i++) {
        pictures.add(ClassifierTest.noise(20 + i, 40 - i, i));
        wanted.add(s.segment(pictures.get(i)).classes());
      }
      ExecutorService threads = Executors.newFixedThreadPool(8);
      List<Future<?>> done = new ArrayList<>();
      for (int t = 0; t < 8; t++) {
        int start = t;
        done.add(
            threads.submit(
                () -> {
                  for (int i = 0; i < 100; i++) {
                    int k = (start + i) % 16;
                    assertArrayEquals(wanted.get(k), s.segment(pictures.get(k)).classes());
                  }
                }));
      }
      for (Future<?> f : done) {
        f.get();
      }
      threads.shutdown();
    }
  }

  @Test
  void labelsAndPreprocessingComeFromTheFile(@TempDir Path folder) {
    Model net =
        Nets.with(
                Nets.net(Nets::strongest),
                Task.Kind.SEGMENTATION,
                Task.Output.LOGITS,
                "sky",
                "tree",
                "road")
            .withMetadata(Specification.PREPROCESSING, RAW.toJson());
    Path file = folder.resolve("net.onnx");
    net.write(file);
    try (Segmenter s = Segmenter.load(file, Device.cpu())) {
      assertEquals(List.of("sky", "tree", "road"), s.labels());
      assertEquals(RAW, s.preprocessing());
      assertEquals(file.toString(), s.model().name());
    }
  }

  @Test
  void modelsOfOtherTasksAndShapesAreRefused() {
    Model classes =
        Nets.with(Nets.net(Nets::strongest), Task.Kind.CLASSIFICATION, Task.Output.LOGITS);
    assertRefused(classes, "expected a model of segmentation, met one of classification, logits");
    assertRefused(Nets.net(Nets::means), "output: expected [N, classes, h, w], met [any, 3]");
    float[][] many = new float[256][4];
    assertRefused(
        Nets.net((g, x) -> Nets.pointwise(g, x, many)),
        "output: expected at most 255 classes, met [any, 256, any, any]");
    assertRefused(
        Nets.with(
            Nets.net(Nets::strongest), Task.Kind.SEGMENTATION, Task.Output.LOGITS, "one", "two"),
        "2 labels for 3 outputs");
  }

  private static void assertRefused(Model net, String problem) {
    ImageModel model = Nets.load(net);
    var e = assertThrows(ScoringException.class, () -> Segmenter.of(model, RAW));
    assertEquals("small: " + problem, e.getMessage());
    var closed = assertThrows(ScoringException.class, () -> model.run(List.of(pixel()), RAW));
    assertEquals("small: the model is closed", closed.getMessage());
  }

  private static Picture pixel() {
    return ClassifierTest.noise(1, 1, 1);
  }

  @Test
  void twelveMegapixelsOfManyClassesTakeSeconds() {
    int classes = 21;
    float[] scores = new float[classes * 512 * 512];
    for (int i = 0; i < scores.length; i++) {
      scores[i] = (i * 7919L % 10007) / 100f;
    }
    Mapping m = fed(new Step.Resize(512, 512, Resampling.BILINEAR)).mapping(4000, 3000);
    long start = System.nanoTime();
    Mask mask =
        new SampleGrid(scores, 0, classes, 512, 512, 512, 512)
            .mask(GridLine.of(m.x(), 4000, 512, 512), GridLine.of(m.y(), 3000, 512, 512), 0);
    long millis = (System.nanoTime() - start) / 1_000_000;
    System.out.println("a mask of 4000x3000 from 21 classes took " + millis + " ms");
    assertEquals(4000 * 3000, mask.classes().length);
    assertTrue(millis < 10_000, millis + " ms");
  }

  @Test
  void filesThatAreDecodedAtReducedSizeAreRefused() {
    Step reduced = new Step.Decode(Step.Profile.IGNORED, Alpha.DROPPED, true);
    var e = assertThrows(ScoringException.class, () -> strongest(fed(reduced)));
    assertTrue(e.getMessage().contains("decodes files at reduced size"), e.getMessage());
    Step whole = new Step.Decode(Step.Profile.IGNORED, Alpha.DROPPED, false);
    strongest(fed(whole)).close();
  }
}
