package io.fovea.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fovea.converters.Architectures;
import io.fovea.converters.Options;
import io.fovea.image.Mask;
import io.fovea.image.Picture;
import io.fovea.image.Resampling;
import io.fovea.onnx.Model;
import io.fovea.onnx.Tensor;
import io.fovea.train.DeepImagePrior.Restored;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DeepImagePriorTest {
  private static final int SIDE = 32;

  @TempDir static Path folder;

  @BeforeAll
  static void load() {
    Torch.load();
  }

  private static DeepImagePrior prior(int iterations) {
    Options small = Options.defaults().withWidth(0.125).withChannels(4);
    return DeepImagePrior.of(Architectures.named("dip_skip").model(small)).iterations(iterations);
  }

  /** A disc on a ramp, with some grain. */
  private static Picture disc(int width, int height, int channels, double grain) {
    Random random = new Random(3);
    byte[] pixels = new byte[width * height * channels];
    for (int i = 0; i < pixels.length; i++) {
      int x = i / channels % width;
      int y = i / channels / width;
      boolean inside = Math.hypot(x - width / 2.0, y - height / 2.0) < width / 3.0;
      double level = inside ? 200 - 40 * (i % channels) : 20 + 80.0 * x / width;
      level += grain * random.nextGaussian();
      pixels[i] = (byte) Math.round(Math.max(0, Math.min(255, level)));
    }
    return Picture.of(width, height, channels, pixels);
  }

  @Test
  void takesNoiseAwayWithoutHavingSeenAnythingElse() {
    Picture clean = disc(64, 64, 3, 0);
    Picture noisy = disc(64, 64, 3, 40);
    List<Double> losses = new ArrayList<>();
    Restored restored = prior(200).average(0.95).listener(i -> losses.add(i.loss())).denoise(noisy);
    assertEquals(200, losses.size());
    assertTrue(losses.get(199) < losses.get(0) / 3, losses.get(0) + ", " + losses.get(199));
    double gain = Similarity.psnr(clean, restored.picture()) - Similarity.psnr(clean, noisy);
    assertTrue(gain > 4, "gained " + gain + " dB");
  }

  @Test
  void givesTheSamePixelsForTheSameSeedAndOthersForAnother() {
    Picture noisy = disc(SIDE, 40, 3, 25);
    byte[] first = prior(6).denoise(noisy).picture().pixels();
    assertArrayEquals(first, prior(6).denoise(noisy).picture().pixels());
    assertFalse(Arrays.equals(first, prior(6).seed(1).denoise(noisy).picture().pixels()));
  }

  @Test
  void leavesPixelsOutsideTheHolesAsTheyAreAndFillsTheHoles() {
    Picture whole = disc(SIDE, SIDE, 3, 0);
    byte[] holes = new byte[SIDE * SIDE];
    byte[] pixels = whole.pixels().clone();
    for (int i = 0; i < holes.length; i++) {
      if (i / SIDE % 8 < 2) {
        holes[i] = 1;
        Arrays.fill(pixels, 3 * i, 3 * i + 3, (byte) 0);
      }
    }
    Picture damaged = Picture.of(SIDE, SIDE, 3, pixels);
    Mask mask = Mask.of(SIDE, SIDE, holes);
    Picture filled = prior(100).average(0.9).inpaint(damaged, mask).picture();
    for (int i = 0; i < holes.length; i++) {
      if (holes[i] == 0) {
        assertEquals(pixels[3 * i + 1], filled.pixels()[3 * i + 1]);
      }
    }
    double gain = Similarity.psnr(whole, filled) - Similarity.psnr(whole, damaged);
    assertTrue(gain > 3, "gained " + gain + " dB");
  }

  @Test
  void makesLargerPicturesOfTheSameChannels() {
    Picture grey = disc(40, 33, 1, 0);
    Picture twice = prior(3).upscale(grey, 2).picture();
    assertEquals("80x66 grey", twice.toString());
    assertEquals("120x99 grey", prior(2).upscale(grey, 3).picture().toString());
  }

  @Test
  void comparesWithWhatPillowsBicubicFilterShrinks() {
    Picture large = disc(48, 36, 3, 20);
    try (PointerScope scope = new PointerScope();
        Observation whole = Observation.of(large, Place.CPU);
        Observation small =
            Observation.shrunk(large.resize(24, 18, Resampling.BICUBIC), 2, Place.CPU)) {
      double rounding = 1 / (12.0 * 255 * 255);
      assertEquals(rounding, small.error(whole.seen()).item_float(), rounding);
    }
  }

  @Test
  void stopsWherePicturesDoNotGetSteadier() {
    Restored restored = prior(1000).patience(4).denoise(disc(SIDE, SIDE, 3, 25));
    assertTrue(restored.iterations() < 1000, "ran all " + restored.iterations());
    assertEquals(restored.iterations() - 4, restored.iteration());
  }

  @Test
  void averagesWithWeightsThatFallAndKeepsTheSteadiest() {
    try (PointerScope scope = new PointerScope();
        Iterates iterates = new Iterates(0.5, true);
        Iterates last = new Iterates(0.5, false)) {
      for (int i = 1; i <= 60; i++) {
        // Swings ever less until 40, then more.
        double value = i <= 40 ? Math.pow(-0.9, i) : Math.pow(-1.1, i - 40);
        var made = torch.full(new long[] {1}, new org.bytedeco.pytorch.Scalar(value));
        iterates.add(made);
        last.add(made);
      }
      assertEquals(40, iterates.bestAt(), 3);
      assertEquals(60, last.bestAt());
      assertTrue(Math.abs(iterates.best().item_float()) < 0.05);
      assertEquals(last.average().item_float(), last.best().item_float());
      assertTrue(Math.abs(last.best().item_float()) > 0.5);
    }
  }

  @Test
  void exportsANetThatMakesThePictureOfItsOwnNoise() {
    Picture noisy = disc(64, 64, 3, 10);
    List<Picture> made = new ArrayList<>();
    Restored restored =
        prior(80)
            .listener(
                i -> {
                  if (i.number() == 80) {
                    made.add(i.picture());
                  }
                })
            .denoise(noisy);
    Path file = folder.resolve("net.onnx");
    restored.model().write(file);
    try (Runner runtime = Runner.of(Verifier.Engine.ONNXRUNTIME, file)) {
      Tensor picture = runtime.run(List.of()).get(0);
      assertArrayEquals(new long[] {1, 3, 64, 64}, picture.dims());
      byte[] pixels = new byte[3 * 64 * 64];
      for (int i = 0; i < pixels.length; i++) {
        pixels[i] = (byte) Math.round(255 * picture.floats()[i % 3 * 64 * 64 + i / 3]);
      }
      double alike = Similarity.psnr(made.get(0), Picture.of(64, 64, 3, pixels));
      assertTrue(alike > 20, alike + " dB");
    }
  }

  @Test
  void tellsWhatDoesNotFit() {
    Picture picture = disc(SIDE, SIDE, 3, 0);
    assertEquals(
        "a 31x32 mask for a picture of 32x32 RGB",
        message(() -> prior(1).inpaint(picture, Mask.of(31, 32, new byte[31 * 32]))));
    assertEquals(
        "the mask is all black: holes are what is not black",
        message(() -> prior(1).inpaint(picture, Mask.of(32, 32, new byte[32 * 32]))));
    assertEquals(
        "deep image prior: expected a factor of 2 to 8, met 1",
        message(() -> prior(1).upscale(picture, 1)));
    assertEquals("deep image prior: expected 1 iteration or more, met 0", message(() -> prior(0)));
    Model classifier = Architectures.named("resnet8").model(Options.classes(2));
    assertEquals(
        "expected a net that makes [1, 3, 32, 32], met one that makes [1, 2]",
        message(() -> DeepImagePrior.of(classifier).denoise(picture)));
  }

  private static String message(Runnable run) {
    return String.valueOf(assertThrows(TrainException.class, run::run).getMessage());
  }
}
