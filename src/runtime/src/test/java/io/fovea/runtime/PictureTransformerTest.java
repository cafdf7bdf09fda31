package io.fovea.runtime;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.fovea.image.Border;
import io.fovea.image.Fill;
import io.fovea.image.Picture;
import io.fovea.image.Preprocessing;
import io.fovea.image.Resampling;
import io.fovea.image.Step;
import io.fovea.onnx.Attribute;
import io.fovea.onnx.Model;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class PictureTransformerTest {
  private static final Preprocessing RAW = Preprocessing.named("raw");
  private static final int[][] SIZES = {{1, 1}, {3, 50}, {61, 2}, {37, 53}};

  private static PictureTransformer same(Step... steps) {
    return PictureTransformer.of(Nets.load(Nets::strongest), Preprocessing.of(steps), null);
  }

  private static Step.Normalize normalize(float mean, float std, int planes) {
    List<Float> means = List.of(mean, mean, mean).subList(0, planes);
    return new Step.Normalize(255, means, List.of(std, std, std).subList(0, planes));
  }

  private static Picture grey(int width, int height, long seed) {
    return ClassifierTest.noise(width, height, seed).toGrey();
  }

  @Test
  void aNetThatChangesNothingGivesThePictureWhateverIsFramed() {
    for (Step frame :
        List.of(
            new Step.PadToMultiple(32, Border.REFLECT, Fill.BLACK),
            new Step.CenterCrop(60, 64),
            new Step.Tiles(16, 24, 4))) {
      try (PictureTransformer t = same(frame, normalize(0.5f, 0.5f, 3))) {
        for (int[] size : SIZES) {
          Picture picture = ClassifierTest.noise(size[0], size[1], 3);
          Picture made = t.transform(picture);
          assertEquals(picture.toString(), made.toString(), frame.toString());
          assertArrayEquals(picture.pixels(), made.pixels(), frame.toString());
        }
      }
    }
  }

  @Test
  void aNetOfTwoMakesFourPixelsOfEachAndCutsItsFramesOff() {
    for (Preprocessing p : List.of(RAW, Preprocessing.of(new Step.PadToMultiple(8, 9)))) {
      try (PictureTransformer t = PictureTransformer.of(Nets.load(Nets::doubled), p, null)) {
        for (int[] size : SIZES) {
          Picture picture = ClassifierTest.noise(size[0], size[1], 4);
          Picture made = t.transform(picture);
          Picture wanted = picture.resize(2 * size[0], 2 * size[1], Resampling.NEAREST);
          assertEquals(wanted.toString(), made.toString());
          assertArrayEquals(wanted.pixels(), made.pixels());
        }
      }
    }
  }

  @Test
  void aNetOfAHalfHalvesThePicture() {
    Nets.Body half =
        (g, x) ->
            g.node(
                "AveragePool",
                "half",
                List.of(x),
                Attribute.ints("kernel_shape", 2, 2),
                Attribute.ints("strides", 2, 2));
    Preprocessing p = Preprocessing.of(new Step.PadToMultiple(2, Border.EDGE, Fill.BLACK));
    try (PictureTransformer t = PictureTransformer.of(Nets.load(half), p, null)) {
      Picture picture = ClassifierTest.noise(16, 10, 6);
      assertArrayEquals(
          picture.resize(8, 5, Resampling.NEAREST).toString().toCharArray(),
          t.transform(picture).toString().toCharArray());
      assertEquals("26x2 RGB", t.transform(ClassifierTest.noise(51, 3, 6)).toString());
    }
    try (PictureTransformer t = PictureTransformer.of(Nets.load(half), RAW, null)) {
      var e =
          assertThrows(ScoringException.class, () -> t.transform(ClassifierTest.noise(51, 4, 6)));
      assertEquals(
          "small: the output of 2x25 is no whole multiple or part of the tensor's 4x51; a step"
              + " pad_to_multiple may make it one",
          e.getMessage());
    }
  }

  @Test
  void whatWasResizedComesBackAtThePicturesOwnSize() {
    Picture wide = Nets.corner(90, 40, 45, 40);
    for (Step step :
        List.of(
            new Step.Resize(32, 32, Resampling.BICUBIC),
            new Step.Letterbox(64, 48, 200, Resampling.BICUBIC),
            new Step.LimitPixels(1000, Resampling.BICUBIC))) {
      for (Nets.Body body : List.of((Nets.Body) Nets::strongest, Nets::doubled)) {
        try (PictureTransformer t =
            PictureTransformer.of(Nets.load(body), Preprocessing.of(step), null)) {
          Picture made = t.transform(wide);
          assertEquals("90x40 RGB", made.toString());
          for (int y = 0; y < 40; y++) {
            for (int x = 0; x < 90; x++) {
              if (Math.abs(x - 44.5) > 8) {
                int at = 3 * (90 * y + x);
                assertArrayEquals(
                    new int[] {0, x < 45 ? 0 : 200, x < 45 ? 200 : 0},
                    new int[] {
                      made.pixels()[at] & 0xff,
                      made.pixels()[at + 1] & 0xff,
                      made.pixels()[at + 2] & 0xff
                    },
                    step + " at " + x + "," + y);
              }
            }
          }
        }
      }
    }
  }

  @Test
  void whatIsCroppedIsMissing() {
    Picture picture = ClassifierTest.noise(11, 8, 2);
    try (PictureTransformer t = same(new Step.CenterCrop(4, 6))) {
      assertArrayEquals(picture.crop(2, 2, 6, 4).pixels(), t.transform(picture).pixels());
    }
    try (PictureTransformer t =
        same(new Step.ResizeShorter(256, Resampling.BILINEAR), new Step.CenterCrop(8, 8))) {
      assertEquals("1x1 RGB", t.transform(ClassifierTest.noise(2, 2, 1)).toString());
      assertEquals("1x1 RGB", t.transform(ClassifierTest.noise(1, 100, 1)).toString());
    }
  }

  @Test
  void theRangeIsTheFilesThenTheCallersThenThatOfNormalization() {
    assertEquals(new Task.Range(0, 255), range(null, null, RAW));
    assertEquals(new Task.Range(0, 1), range(null, null, Preprocessing.named("zero-one")));
    Preprocessing signed = Preprocessing.of(normalize(0.5f, 0.5f, 3));
    assertEquals(new Task.Range(-1, 1), range(null, null, signed));
    assertEquals(new Task.Range(0, 255), range(null, null, Preprocessing.named("imagenet")));
    assertEquals(new Task.Range(0, 2), range(null, new Task.Range(0, 2), RAW));
    assertEquals(new Task.Range(-3, 3), range(new Task.Range(-3, 3), new Task.Range(0, 2), RAW));
    Nets.Body sigmoid = (g, x) -> g.node("Sigmoid", "s", List.of(x));
    try (PictureTransformer t = PictureTransformer.of(Nets.load(sigmoid), RAW, null)) {
      assertEquals(new Task.Range(0, 1), t.range());
    }
  }

  private static Task.Range range(Task.Range own, Task.Range otherwise, Preprocessing fed) {
    Task task = new Task(Task.Kind.PICTURE, Task.Output.VALUES, own);
    Model net = Nets.net(Nets::strongest);
    for (var e : Specification.none().withTask(task).toMetadata().entrySet()) {
      net = net.withMetadata(e.getKey(), e.getValue());
    }
    try (PictureTransformer t = PictureTransformer.of(Nets.load(net), fed, otherwise)) {
      return t.range();
    }
  }

  @Test
  void levelsAreRoundedAndClipped() {
    Task.Range signed = new Task.Range(-1, 1);
    assertEquals(0, signed.level(-1));
    assertEquals(255, signed.level(1));
    assertEquals(128, signed.level(0));
    assertEquals(0, signed.level(-7));
    assertEquals(255, signed.level(Float.POSITIVE_INFINITY));
    assertThrows(IllegalArgumentException.class, () -> new Task.Range(1, 1));
    assertThrows(IllegalArgumentException.class, () -> new Task.Range(0, Float.NaN));
  }

  @Test
  void planesAreInTheOrderOfThoseThatAreFed() {
    Picture picture = ClassifierTest.noise(5, 4, 8);
    try (PictureTransformer t = same(new Step.Color(Step.Channels.BGR))) {
      assertArrayEquals(picture.pixels(), t.transform(picture).pixels());
    }
  }

  @Test
  void aGreyNetChangesTheLumaAndLeavesTheColours() {
    Preprocessing fed = Preprocessing.of(new Step.Color(Step.Channels.GREY), normalize(0, 1, 1));
    try (PictureTransformer t = PictureTransformer.of(Nets.load(Nets.grey(1)), fed, null)) {
      Picture picture = ClassifierTest.noise(20, 30, 8);
      Picture made = t.transform(picture);
      for (int i = 0; i < made.pixels().length; i++) {
        assertEquals(picture.pixels()[i] & 0xff, made.pixels()[i] & 0xff, 2, "sample " + i);
      }
      Picture grey = picture.toGrey();
      assertArrayEquals(grey.pixels(), t.transform(grey).pixels());
    }
    try (PictureTransformer t = PictureTransformer.of(Nets.load(Nets.grey(2)), fed, null)) {
      Picture red = Picture.of(1, 1, 3, new byte[] {(byte) 200, 60, 40});
      Picture made = t.transform(red.resize(7, 5, Resampling.NEAREST));
      assertEquals("14x10 RGB", made.toString());
      for (int i = 0; i < made.pixels().length; i++) {
        assertEquals(red.pixels()[i % 3] & 0xff, made.pixels()[i] & 0xff, 2);
      }
      assertEquals("14x10 grey", t.transform(grey(7, 5, 1)).toString());
    }
  }

  @Test
  void modelsThatMakeNoPicturesAreRefused() {
    Nets.Body two = (g, x) -> Nets.pointwise(g, x, new float[4], new float[4]);
    assertRefused(Nets.net(two), "output: expected [N, 1 or 3, h, w], met [any, 2, any, any]");
    assertRefused(Nets.net(Nets::means), "output: expected [N, 1 or 3, h, w], met [any, 3]");
    assertRefused(
        Nets.with(Nets.net(Nets::strongest), Task.Kind.PICTURE, Task.Output.LOGITS),
        "a picture is made of values or probabilities, not of logits");
    assertRefused(
        Nets.with(Nets.net(Nets::strongest), Task.Kind.SEGMENTATION, Task.Output.LOGITS),
        "expected a model of picture, met one of segmentation, logits");
  }

  private static void assertRefused(Model net, String problem) {
    ImageModel model = Nets.load(net);
    var e = assertThrows(ScoringException.class, () -> PictureTransformer.of(model, RAW, null));
    assertEquals("small: " + problem, e.getMessage());
  }

  /** A published net and pipeline, whose result another implementation wrote. */
  @Test
  void superResolutionGivesThePublishedPicture() {
    Path folder =
        Path.of(System.getProperty("fovea.shared", "../../../shared"))
            .resolve("data/pretrained/ortext_ppp_vision");
    assumeTrue(Files.exists(folder), "skipped: no " + folder);
    Picture source = Picture.read(folder.resolve("test_superresolution.png"));
    Picture small =
        Preprocessing.of(
                new Step.ResizeShorter(224, Resampling.BILINEAR), new Step.CenterCrop(224, 224))
            .picture(source);
    Preprocessing fed = Preprocessing.of(new Step.Color(Step.Channels.GREY), normalize(0, 1, 1));
    Path file = folder.resolve("pytorch_super_resolution.onnx");
    try (PictureTransformer t = PictureTransformer.load(file, Device.cpu(), fed)) {
      Picture made = t.transform(small);
      Picture wanted = Picture.read(folder.resolve("test_superresolution.expected.opset18.png"));
      assertEquals(wanted.toString(), made.toString());
      double all = meanDifference(made, wanted); // which has its chroma resized by another filter
      double luma = meanDifference(made.toGrey(), wanted.toGrey());
      System.out.printf("super-resolution: mean differences %.3f, of luma %.3f%n", all, luma);
      assertTrue(all < 0.4, "mean difference " + all);
      assertTrue(luma < 0.05, "mean difference of luma " + luma);
      Picture tiled = t.tiled(new Step.Tiles(224, 224, 32)).transform(source);
      assertEquals("1515x1461 RGB", tiled.toString());
    }
  }

  private static double meanDifference(Picture a, Picture b) {
    double sum = 0;
    for (int i = 0; i < a.pixels().length; i++) {
      sum += Math.abs((a.pixels()[i] & 0xff) - (b.pixels()[i] & 0xff));
    }
    return sum / a.pixels().length;
  }
}
