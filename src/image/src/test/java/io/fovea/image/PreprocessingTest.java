package io.fovea.image;

import static io.fovea.image.Resampling.BILINEAR;
import static io.fovea.image.Resampling.NEAREST;
import static io.fovea.image.TestData.assertSame;
import static io.fovea.image.TestData.noise;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.fovea.image.Step.CenterCrop;
import io.fovea.image.Step.Channels;
import io.fovea.image.Step.Color;
import io.fovea.image.Step.Letterbox;
import io.fovea.image.Step.LimitPixels;
import io.fovea.image.Step.Normalize;
import io.fovea.image.Step.PadToMultiple;
import io.fovea.image.Step.Position;
import io.fovea.image.Step.Resize;
import io.fovea.image.Step.ResizeShorter;
import io.fovea.image.Step.Tiles;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class PreprocessingTest {
  private static final Color GREY = new Color(Channels.GREY);
  private static final Picture TWO = Picture.of(2, 1, 3, new byte[] {0, 51, -1, 102, -103, 10});

  private static float[] tensor(Preprocessing p, Picture source) {
    Picture prepared = p.picture(source);
    float[] values = new float[prepared.pixels().length];
    p.tensor(prepared, FloatBuffer.wrap(values));
    float[] atOnce = new float[values.length + 2];
    FloatBuffer out = FloatBuffer.wrap(atOnce).position(1);
    p.write(source, out);
    assertEquals(1, out.remaining());
    assertArrayEquals(values, Arrays.copyOfRange(atOnce, 1, atOnce.length - 1), p.toString());
    return values;
  }

  @Test
  void planesFollowOneAnother() {
    float[] raw = tensor(Preprocessing.named("raw"), TWO);
    assertArrayEquals(new float[] {0, 102, 51, 153, 255, 10}, raw);
    float[] unit = tensor(Preprocessing.named("zero-one"), TWO);
    assertArrayEquals(new float[] {0, 0.4f, 0.2f, 0.6f, 1, 10 / 255f}, unit);
  }

  @Test
  void bgrReversesThePlanesAndMeansFollowThePlanes() {
    Preprocessing bgr =
        Preprocessing.of(
            new Color(Channels.BGR),
            new Normalize(1, List.of(104f, 117f, 123f), List.of(1f, 2f, 4f)));
    assertArrayEquals(new float[] {151, -94, -33, 18, -30.75f, -5.25f}, tensor(bgr, TWO));
    assertSame(TWO, bgr.picture(TWO), "the picture of a BGR network");
  }

  @Test
  void imagenetNormalizesAsTorchvision() {
    Preprocessing p = Preprocessing.named("imagenet");
    Picture flat = Picture.of(1, 1, 3, new byte[] {124, 116, 104}).resize(300, 400, NEAREST);
    float[] values = tensor(p, flat);
    assertEquals(3 * 224 * 224, values.length);
    assertEquals((124 / 255f - 0.485f) / 0.229f, values[0]);
    assertEquals((116 / 255f - 0.456f) / 0.224f, values[224 * 224]);
    assertEquals((104 / 255f - 0.406f) / 0.225f, values[3 * 224 * 224 - 1]);
  }

  @Test
  void tensorsAreWrittenAtTheBuffersPosition() {
    FloatBuffer out =
        ByteBuffer.allocateDirect(4 * 8).order(ByteOrder.nativeOrder()).asFloatBuffer();
    out.position(1);
    Preprocessing grey = Preprocessing.of(new Color(Channels.GREY));
    grey.tensor(grey.picture(TWO), out);
    assertEquals(3, out.position());
    assertEquals(59, out.get(1)); // 0.587 * 51 + 0.114 * 255
    var room = assertThrows(PictureException.class, () -> Preprocessing.of().tensor(TWO, out));
    assertEquals("preprocessing: a tensor of 6 values into room for 5", room.getMessage());
    var channels = assertThrows(PictureException.class, () -> grey.tensor(TWO, out));
    assertEquals(
        "preprocessing: the tensor has 1 channels, the picture is 2x1 RGB", channels.getMessage());
  }

  @Test
  void greyPicturesFeedColourNetworksAndColoursGreyOnes() {
    Picture grey = noise(9, 6, 1, 5);
    Preprocessing p = Preprocessing.of(new Resize(4, 5, BILINEAR));
    assertSame(grey.toRgb().resize(5, 4, BILINEAR), p.picture(grey), "grey");
    assertEquals(3, p.picture(grey).channels());
    assertEquals(1, Preprocessing.of(new Color(Channels.GREY)).picture(TWO).channels());
  }

  @Test
  void centerCropRoundsHalvesToEvenAndPadsSmallPictures() {
    Picture p = noise(7, 7, 1, 6);
    assertSame(p.crop(2, 2, 4, 4), Preprocessing.of(new CenterCrop(4, 4)).picture(p), "1.5 is 2");
    assertSame(p.crop(0, 0, 6, 6), Preprocessing.of(new CenterCrop(6, 6)).picture(p), "0.5 is 0");
    Picture small = Preprocessing.of(new CenterCrop(4, 10)).picture(p);
    assertSame(p.crop(0, 2, 7, 4).pad(1, 0, 2, 0, 0), small, "wider than the picture");
  }

  @Test
  void letterboxKeepsTheAspectRatioAndCentres() {
    Preprocessing p = Preprocessing.of(new Letterbox(10, 10, 114, BILINEAR));
    Picture wide = noise(20, 6, 3, 7);
    Picture inside = wide.resize(10, 3, BILINEAR);
    assertSame(inside.pad(0, 3, 0, 4, 114), p.picture(wide), "wide");
    assertEquals("10x10 RGB", p.picture(noise(1, 3000, 3, 8)).toString());
  }

  @Test
  void padToMultipleFillsRightAndBelow() {
    Picture p = noise(33, 64, 1, 9);
    Preprocessing pad = Preprocessing.of(new PadToMultiple(32, 255));
    assertSame(p.pad(0, 0, 31, 0, 255), pad.picture(p), "33x64");
  }

  @Test
  void onePassGivesWhatPictureAndTensorGive() {
    List<Step> geometry =
        List.of(
            new Resize(7, 12, Resampling.BICUBIC),
            new Resize(9, 5, NEAREST),
            new ResizeShorter(6, Resampling.LANCZOS),
            new CenterCrop(8, 11),
            new Letterbox(10, 9, new Fill(1, 100, 200), BILINEAR, Position.BOTTOM_LEFT),
            new PadToMultiple(8, Border.REFLECT, Fill.BLACK),
            new PadToMultiple(8, Border.EDGE, Fill.BLACK),
            new PadToMultiple(8, 77),
            new LimitPixels(50, Resampling.HAMMING),
            new Tiles(6, 10, 1));
    for (int[] size : new int[][] {{1, 1}, {13, 8}, {5, 9}, {2, 31}}) {
      for (int channels : new int[] {1, 3}) {
        Picture source = noise(size[0], size[1], channels, 12);
        for (Channels color : Channels.values()) {
          for (Step step : geometry) {
            tensor(Preprocessing.of(new Color(color), step), source);
            if (!(step instanceof Tiles)) {
              tensor(Preprocessing.of(step, new Color(color)), source);
              tensor(Preprocessing.of(new Color(color), step, new CenterCrop(5, 5)), source);
              tensor(Preprocessing.of(new PadToMultiple(4, 9), step, new Color(color)), source);
            }
          }
          tensor(Preprocessing.of(new Color(color)), source);
        }
      }
    }
  }

  @Test
  void tensorIsTheSameHoweverManyThreadsMakeIt() {
    Picture colours = noise(900, 701, 3, 1);
    Picture grey = noise(1201, 803, 1, 2);
    for (Step resize :
        List.of(
            new Resize(233, 187, BILINEAR),
            new Resize(187, 1000, Resampling.LANCZOS),
            new Resize(500, 400, NEAREST),
            new Letterbox(301, 203, 9, BILINEAR))) {
      for (Picture source : List.of(colours, grey)) {
        Preprocessing p = Preprocessing.of(new Color(Channels.RGB), resize);
        int[] shape = p.shape(source.width(), source.height());
        float[] one = new float[shape[0] * shape[1] * shape[2]];
        p.write(source, FloatBuffer.wrap(one), 1);
        for (int threads : new int[] {2, 3, 16}) {
          float[] many = new float[one.length];
          p.write(source, FloatBuffer.wrap(many), threads);
          assertArrayEquals(one, many, threads + " threads, " + p);
        }
      }
    }
  }

  @Test
  void framesShowTheirColourThePictureOrItsEdge() {
    Picture row = Picture.of(3, 1, 1, new byte[] {1, 2, 3});
    Step reflected = new PadToMultiple(8, Border.REFLECT, Fill.BLACK);
    assertArrayEquals(
        new byte[] {1, 2, 3, 2, 1, 2, 3, 2}, rowOf(Preprocessing.of(GREY, reflected).picture(row)));
    Step edge = new PadToMultiple(5, Border.EDGE, Fill.BLACK);
    assertArrayEquals(new byte[] {1, 2, 3, 3, 3}, rowOf(Preprocessing.of(GREY, edge).picture(row)));
    Step coloured = new Letterbox(1, 5, new Fill(7, 8, 9), NEAREST, Position.TOP_RIGHT);
    assertArrayEquals(
        new byte[] {7, 8, 9, 7, 8, 9, 1, 1, 1, 2, 2, 2, 3, 3, 3},
        Preprocessing.of(coloured).picture(row).pixels());
  }

  private static byte[] rowOf(Picture p) {
    return Arrays.copyOf(p.pixels(), p.width());
  }

  @Test
  void limitOnPixelsShrinksByTheLeast() {
    Preprocessing p = Preprocessing.of(new LimitPixels(10_000, BILINEAR));
    assertSame(noise(100, 100, 3, 1), p.picture(noise(100, 100, 3, 1)), "at the limit");
    assertEquals("141x70 RGB", p.picture(noise(400, 200, 3, 1)).toString());
    assertEquals("1x10000 RGB", p.picture(noise(1, 60_000, 3, 1)).toString());
  }

  @Test
  void shapeForetellsWhatPictureMakes() {
    List<Preprocessing> all =
        List.of(
            Preprocessing.named("imagenet"),
            Preprocessing.named("caffe"),
            Preprocessing.named("raw"),
            Preprocessing.of(new Color(Channels.GREY), new ResizeShorter(20, BILINEAR)),
            Preprocessing.of(new CenterCrop(30, 50), new PadToMultiple(32, 0)),
            Preprocessing.of(new Letterbox(48, 64, 0, NEAREST)));
    for (int[] size : new int[][] {{1, 1}, {37, 500}, {500, 37}, {64, 64}, {1, 700}}) {
      for (Preprocessing p : all) {
        Picture made = p.picture(noise(size[0], size[1], 3, 10));
        int[] expected = {made.channels(), made.height(), made.width()};
        assertArrayEquals(expected, p.shape(size[0], size[1]), p.toJson());
      }
    }
  }

  @Test
  void extremeAspectRatiosCostOnlyWhatIsKept() {
    Picture line = noise(1, 60_000, 3, 11);
    assertEquals("224x224 RGB", Preprocessing.named("imagenet").picture(line).toString());
    Preprocessing whole = Preprocessing.of(new ResizeShorter(224, BILINEAR));
    assertThrows(PictureException.class, () -> whole.picture(line));
  }

  @Test
  void mistakesAreNamed() {
    Normalize one = new Normalize(255, List.of(0f), List.of(1f));
    Color rgb = new Color(Channels.RGB);
    assertProblem("more than one color", () -> Preprocessing.of(rgb, rgb));
    assertProblem(
        "normalize has 1 means and 1 std, RGB has 3 channels", () -> Preprocessing.of(one));
    assertProblem(
        "CenterCrop[height=2, width=2] after normalize, which must be last",
        () -> Preprocessing.of(new Color(Channels.GREY), one, new CenterCrop(2, 2)));
    assertProblem("a size of 0: expected 1 to 16384", () -> new Resize(0, 3, BILINEAR));
    assertProblem(
        "decode must be first",
        () -> Preprocessing.of(rgb, new Step.Decode(Step.Profile.SRGB, Alpha.DROPPED, false)));
    assertProblem(
        "CenterCrop[height=2, width=2] after tiles, which must be last but for normalize",
        () -> Preprocessing.of(new Tiles(8, 8, 2), new CenterCrop(2, 2)));
    assertProblem(
        "tiles of 8x6 that overlap by 3: expected less than half a tile", () -> new Tiles(6, 8, 3));
    assertProblem("a limit of 0 pixels: expected 1 or more", () -> new LimitPixels(0, BILINEAR));
    assertProblem("a fill of 256: expected 0 to 255, or #rrggbb", () -> new PadToMultiple(8, 256));
    assertProblem(
        "normalize by 1.0, [0.0], [0.0]: expected finite numbers, a divisor and std other than 0",
        () -> new Normalize(1, List.of(0f), List.of(0f)));
    assertProblem(
        "no preset 'imagnet'; there are caffe, imagenet, raw, zero-one",
        () -> Preprocessing.named("imagnet"));
  }

  private static void assertProblem(String problem, Runnable mistake) {
    var e = assertThrows(PictureException.class, mistake::run);
    assertEquals("preprocessing: " + problem, e.getMessage());
    assertEquals("preprocessing", e.source());
  }
}
