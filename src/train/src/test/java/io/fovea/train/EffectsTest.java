package io.fovea.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

import io.fovea.image.Mask;
import io.fovea.image.Picture;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.DoubleStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Picture operations against Pillow's own answers, and on pictures of a few pixels by hand. */
class EffectsTest {
  /** An operation of an argument. */
  private interface Of {
    Picture apply(Picture p, double by);
  }

  private record Case(String name, UnaryOperator<Picture> of) {}

  private static Stream<Case> of(String name, Of f, double... arguments) {
    return DoubleStream.of(arguments).mapToObj(a -> new Case(name + " " + a, p -> f.apply(p, a)));
  }

  /** In the order of Pillow's answers, which stand below one another. */
  private static final List<Case> CASES =
      Stream.of(
              of("brightness", Tones::brightness, 0, 0.37, 1.63, 2.5),
              of("contrast", Tones::contrast, 0, 0.37, 1.63),
              of("saturation", Tones::saturation, 0, 0.37, 1.63),
              of("sharpness", Tones::sharpness, 0, 0.37, 1.9),
              of("hue", Tones::hue, -0.5, -0.11, 0.3),
              of("posterize", (p, a) -> Tones.posterize(p, (int) a), 8, 4, 2),
              of("solarize", Tones::solarize, 255, 127.5, 0),
              of("autocontrast", (p, a) -> Tones.autocontrast(p), 0),
              of("equalize", (p, a) -> Tones.equalize(p), 0),
              of("shear x", (p, a) -> Affine.shearX(a).apply(p), -0.3, 0.99),
              of("shear y", (p, a) -> Affine.shearY(a).apply(p), -0.3, 0.99),
              of("translate x", (p, a) -> Affine.translate((int) a, 0).apply(p), -7, 3),
              of("translate y", (p, a) -> Affine.translate(0, (int) a).apply(p), -7, 3),
              of("rotate", EffectsTest::rotate, -30, 13.5, 90, 135))
          .flatMap(cases -> cases)
          .toList();

  private static Picture rotate(Picture p, double degrees) {
    return Affine.rotate(degrees, p.width(), p.height()).apply(p);
  }

  @ParameterizedTest
  @ValueSource(strings = {"rgb", "grey"})
  void equalPillowToTheBit(String name) {
    Picture source = Picture.read(TestData.own("augment/" + name + ".png"));
    Picture answers = Picture.read(TestData.own("augment/" + name + "-answers.png"));
    int height = source.height();
    assertEquals(CASES.size() * height, answers.height());
    for (int i = 0; i < CASES.size(); i++) {
      Picture wanted = answers.crop(0, i * height, source.width(), height);
      Picture met = CASES.get(i).of.apply(source);
      assertArrayEquals(wanted.pixels(), met.pixels(), CASES.get(i).name);
    }
  }

  private static Picture grey(int width, int height, int... levels) {
    byte[] pixels = new byte[levels.length];
    for (int i = 0; i < levels.length; i++) {
      pixels[i] = (byte) levels[i];
    }
    return Picture.of(width, height, 1, pixels);
  }

  private static void assertLevels(Picture met, int... levels) {
    assertArrayEquals(grey(met.width(), met.height(), levels).pixels(), met.pixels());
  }

  @Test
  void changeLevelsAsTheirDefinitionsSay() {
    Picture p = grey(4, 1, 10, 20, 30, 200);
    assertLevels(Tones.brightness(p, 1.5), 15, 30, 45, 255);
    assertLevels(Tones.contrast(p, 0.5), 37, 42, 47, 132); // half the way to the mean, 65
    assertLevels(Tones.posterize(p, 3), 0, 0, 0, 192);
    assertLevels(Tones.solarize(p, 30), 10, 20, 225, 55);
    assertLevels(Tones.autocontrast(p), 0, 13, 26, 255); // (level - 10) * 255 / 190
    Picture dot = grey(3, 3, 0, 0, 0, 0, 130, 0, 0, 0, 0);
    assertLevels(Tones.sharpness(dot, 0), 0, 0, 0, 0, 50, 0, 0, 0, 0); // 5 of 13
    Picture red = Picture.of(1, 1, 3, new byte[] {(byte) 200, 0, 0});
    assertArrayEquals(new byte[] {60, 60, 60}, Tones.saturation(red, 0).pixels()); // its luma
    assertArrayEquals(new byte[] {0, (byte) 200, 0}, Tones.hue(red, 0.3334).pixels());
  }

  @Test
  void equalizeGivesEachLevelItsShareOfTheRange() {
    int[] levels = new int[512];
    for (int i = 0; i < levels.length; i++) {
      levels[i] = i < 256 ? 7 : 9; // step (512 - 256) / 255 = 1: level 9 has 256 below it
    }
    Picture met = Tones.equalize(grey(32, 16, levels));
    assertEquals(0, met.pixels()[0]);
    assertEquals(255, met.pixels()[511] & 255);
    Picture flat = grey(2, 1, 5, 5);
    assertLevels(Tones.equalize(flat), 5, 5);
    assertLevels(Tones.autocontrast(flat), 5, 5);
  }

  @Test
  void leaveTinyAndGreyPicturesAsTheyAre() {
    Picture p = grey(2, 2, 1, 2, 3, 4);
    assertLevels(Tones.sharpness(p, 0), 1, 2, 3, 4);
    assertSame(p, Tones.saturation(p, 0));
    assertSame(p, Tones.hue(p, 0.3));
  }

  @Test
  void moveMasksWithTheirPictures() {
    byte[] levels = {1, 2, 3, 4, 5, 6, 7, 8, 9};
    Picture p = Picture.of(3, 3, 1, levels);
    Mask m = Mask.of(3, 3, levels);
    assertLevels(Affine.translate(1, 0).apply(p), 0, 1, 2, 0, 4, 5, 0, 7, 8);
    assertLevels(Affine.rotate(90, 3, 3).apply(p), 3, 6, 9, 2, 5, 8, 1, 4, 7);
    for (Affine map :
        List.of(Affine.translate(-1, 2), Affine.rotate(40, 3, 3), Affine.shearX(0.7))) {
      byte[] picture = map.apply(p).pixels();
      byte[] mask = map.apply(m).classes();
      for (int i = 0; i < mask.length; i++) {
        assertEquals(picture[i] == 0 ? Mask.IGNORED : picture[i], mask[i] & 255);
      }
    }
    Change tone = q -> Tones.brightness(q, 2);
    assertSame(m, tone.apply(m));
  }
}
