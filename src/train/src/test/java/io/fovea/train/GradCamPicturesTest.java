package io.fovea.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fovea.image.HeatMap;
import io.fovea.image.Picture;
import io.fovea.image.Preprocessing;
import io.fovea.image.Resampling;
import io.fovea.image.Step;
import io.fovea.onnx.Attribute;
import io.fovea.onnx.DataType;
import io.fovea.onnx.Dim;
import io.fovea.onnx.GraphBuilder;
import io.fovea.onnx.Model;
import io.fovea.onnx.Tensor;
import io.fovea.onnx.Value;
import io.fovea.runtime.Specification;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** Heat maps light up where the shape lies, in the picture's own pixels. */
class GradCamPicturesTest {
  private static final Path CLOTHES =
      Path.of(System.getProperty("fovea.root", "../.."), "models/fashion-mnist-resnet20.onnx");

  /**
   * Of RGB in [0, 1]: the first class is what is bright, over 0.6 in the mean of the channels; the
   * second what is red, much more than it is blue. Features are four times coarser than the input.
   */
  private static Model brightOrRed() {
    GraphBuilder g = new GraphBuilder("shapes", 17);
    Value x =
        g.input("x", DataType.FLOAT, Dim.of("n"), Dim.of(3), Dim.of("height"), Dim.of("width"));
    float third = 1 / 3f;
    float[] kernel = {third, third, third, 1, 0, -1};
    Value k = g.initializer(Tensor.of("k", new long[] {2, 3, 1, 1}, kernel));
    Value b = g.initializer(Tensor.of("b", new long[] {2}, new float[] {-0.6f, -0.3f}));
    Value seen = g.node("Relu", "seen", List.of(g.node("Conv", "conv", List.of(x, k, b))));
    Attribute four = Attribute.ints("kernel_shape", 4, 4);
    Value coarse =
        g.node("AveragePool", "coarse", List.of(seen), four, Attribute.ints("strides", 4, 4));
    Value same =
        g.initializer(Tensor.of("same", new long[] {2, 2, 1, 1}, new float[] {1, 0, 0, 1}));
    Value last = g.node("Conv", "last", List.of(coarse, same));
    Value mean = g.node("GlobalAveragePool", "mean", List.of(last));
    g.output(g.node("Softmax", "said", List.of(g.node("Flatten", "flat", List.of(mean)))));
    return g.build();
  }

  private static Preprocessing fed(Step... steps) {
    Step[] all = new Step[steps.length + 1];
    System.arraycopy(steps, 0, all, 0, steps.length);
    all[steps.length] = new Step.Normalize(255, List.of(0f, 0f, 0f), List.of(1f, 1f, 1f));
    return Preprocessing.of(all);
  }

  /** A dark picture with a square of a colour. */
  private static Picture square(int width, int height, int left, int top, int side, int... rgb) {
    byte[] pixels = new byte[3 * width * height];
    for (int i = 0; i < pixels.length; i++) {
      int x = i / 3 % width;
      int y = i / 3 / width;
      boolean inside = x >= left && x < left + side && y >= top && y < top + side;
      pixels[i] = (byte) (inside ? rgb[i % 3] : 20);
    }
    return Picture.of(width, height, 3, pixels);
  }

  /** The share of a map's mass that lies in a rectangle. */
  private static double share(HeatMap map, int left, int top, int right, int bottom) {
    double inside = 0;
    double all = 0;
    for (int y = 0; y < map.height(); y++) {
      for (int x = 0; x < map.width(); x++) {
        all += map.at(x, y);
        inside += x >= left && x < right && y >= top && y < bottom ? map.at(x, y) : 0;
      }
    }
    return inside / all;
  }

  @Test
  void aShapeInACornerLightsUpThatCorner() {
    List<Preprocessing> all =
        List.of(
            fed(),
            fed(new Step.Resize(64, 64, Resampling.BILINEAR)),
            fed(new Step.Letterbox(96, 96, 255, Resampling.BILINEAR)),
            fed(new Step.PadToMultiple(32, 255)),
            fed(new Step.LimitPixels(8000, Resampling.BILINEAR)));
    for (Preprocessing p : all) {
      try (GradCam cam = GradCam.of(brightOrRed(), p)) {
        assertEquals("last", cam.features());
        for (int corner = 0; corner < 4; corner++) {
          int left = corner % 2 == 0 ? 10 : 120;
          int top = corner / 2 == 0 ? 8 : 60;
          Picture picture = square(160, 100, left, top, 30, 230, 40, 20);
          HeatMap map = cam.explain(picture, 1);
          assertEquals("160x100 heat map", map.toString());
          double near = share(map, left - 4, top - 4, left + 34, top + 34);
          assertTrue(near > 0.9, p + ": " + near + " in corner " + corner);
          assertTrue(map.at(left + 15, top + 15) > 0.95, p + ": the middle of the square");
        }
      }
    }
  }

  @Test
  void whatIsCutAwayIsNotLitAndWhatIsNotThereIsNowhere() {
    Step crop = new Step.CenterCrop(80, 80);
    try (GradCam cam = GradCam.of(brightOrRed(), fed(crop))) {
      HeatMap map = cam.explain(square(160, 100, 20, 30, 60, 230, 40, 20), 1);
      assertEquals(1, share(map, 40, 10, 120, 90));
      assertEquals(0, map.at(39, 50));
      assertTrue(map.at(40, 50) > 0.9);
      HeatMap none = cam.explain(square(160, 100, 50, 30, 60, 20, 20, 240), 1);
      for (float v : none.values()) {
        assertEquals(0, v);
      }
    }
  }

  /** The file holds the heart lying at the right; upright, it stands at the bottom. */
  @Test
  void followsTheOrientationThatAFileNames() {
    Picture upright = Picture.read(TestData.own("sizes/heart-exif6-120x240.jpg"));
    for (Preprocessing p :
        List.of(fed(), fed(new Step.Letterbox(128, 128, 255, Resampling.BILINEAR)))) {
      try (GradCam cam = GradCam.of(brightOrRed(), p)) {
        HeatMap map = cam.explain(upright, 0);
        assertEquals("120x240 heat map", map.toString());
        int agree = 0;
        for (int i = 0; i < map.values().length; i++) {
          boolean heart = (upright.pixels()[3 * i] & 0xff) > 128;
          agree += heart == map.values()[i] > 0.5 ? 1 : 0;
        }
        assertTrue(agree > 0.96 * map.values().length, p + ": " + agree);
        assertTrue(share(map, 0, 120, 120, 240) > 0.9, "at the bottom");
      }
    }
  }

  /** Two legs, drawn as in the data that the net has learned from: light on black. */
  @Test
  void aTrainedNetLooksAtTheClothesNotAtTheGround() {
    Model net = Model.read(CLOTHES);
    Specification s = Specification.of("clothes", net.metadata());
    int trouser = s.labels().indexOf("trouser");
    try (GradCam cam = GradCam.of(net, Objects.requireNonNull(s.preprocessing()))) {
      assertEquals("layer3.2.relu", cam.features());
      byte[] grey = new byte[56 * 56];
      for (int y = 4; y < 52; y++) {
        for (int x = 18; x < 38; x++) {
          boolean gap = y > 18 && x > 25 && x < 31;
          grey[y * 56 + x] = (byte) (gap ? 0 : 200);
        }
      }
      Picture legs = Picture.of(56, 56, 1, grey);
      HeatMap map = cam.explain(legs, GradCam.BEST);
      assertEquals(map.at(28, 28), cam.explain(legs, trouser).at(28, 28), "it is seen as trousers");
      double mass = share(map, 14, 2, 42, 54);
      assertTrue(mass > 0.65, "less than half of the picture has " + mass + " of the mass");
    }
  }
}
