package io.fovea.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fovea.image.Picture;
import io.fovea.image.Preprocessing;
import io.fovea.image.Step;
import io.fovea.onnx.DataType;
import io.fovea.onnx.Dim;
import io.fovea.onnx.GraphBuilder;
import io.fovea.onnx.Model;
import io.fovea.onnx.Tensor;
import io.fovea.onnx.Value;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A linear net, whose gradient is known: it rises where the other class's weights are larger. */
class AttackTest {
  private static final Preprocessing FED =
      Preprocessing.of(
          new Step.Color(Step.Channels.RGB),
          new Step.Normalize(255, List.of(0f, 0f, 0f), List.of(1f, 1f, 1f)));
  private static final float[] TOWARDS_ONE = { // [3, 1, 2], planes
    1, -1, //
    2, -2, //
    -3, 3
  };

  /** Logits 0 and the sum of the weighted samples of a picture of two pixels. */
  private static Model net() {
    GraphBuilder g = new GraphBuilder("linear", 17);
    Value x = g.input("input", DataType.FLOAT, Dim.of("batch"), Dim.of(3), Dim.of(1), Dim.of(2));
    float[] weights = new float[12];
    System.arraycopy(TOWARDS_ONE, 0, weights, 6, 6);
    Value w = g.initializer(Tensor.of("w", new long[] {2, 6}, weights));
    Value b = g.initializer(Tensor.of("b", new long[] {2}, new float[] {0.01f, 0}));
    Value flat = g.node("Flatten", "flat", List.of(x));
    g.output(
        g.node("Gemm", "linear", List.of(flat, w, b), io.fovea.onnx.Attribute.of("transB", 1)));
    return g.build();
  }

  private static Picture picture(int... levels) {
    byte[] pixels = new byte[levels.length];
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = (byte) levels[i];
    }
    return Picture.of(2, 1, 3, pixels);
  }

  @Test
  void stepsAlongTheSignOfTheGradientWithinWhatPicturesCanHold() {
    try (Attack attack = Attack.of(net(), FED)) {
      Picture p = picture(100, 100, 100, 100, 100, 254); // [H, W, C]
      // towards class 1: red, green, blue of the first pixel by +, +, -, of the second by -, -, +
      List<Picture> made = attack.fgsm(List.of(p, p), new int[] {0, 1}, 3);
      assertArrayEquals(picture(103, 103, 97, 97, 97, 255).pixels(), made.get(0).pixels());
      assertArrayEquals(picture(97, 97, 103, 103, 103, 251).pixels(), made.get(1).pixels());
    }
  }

  @Test
  void reachesTheFarthestCornerInSeveralSteps() {
    try (Attack attack = Attack.of(net(), FED)) {
      Picture p = picture(100, 100, 100, 100, 100, 100);
      assertArrayEquals(new int[] {0}, attack.answers(List.of(p)));
      Picture made = attack.pgd(List.of(p), new int[] {0}, 8, 10, 1).get(0);
      assertArrayEquals(picture(108, 108, 92, 92, 92, 108).pixels(), made.pixels());
      assertArrayEquals(new int[] {1}, attack.answers(List.of(made)));
      Picture near = attack.pgd(List.of(p), new int[] {0}, 8, 1, 1).get(0);
      for (byte level : near.pixels()) {
        assertTrue(Math.abs((level & 255) - 100) <= 8, "" + level);
      }
    }
  }

  @Test
  void refusesWhatItCannotReadTheGradientOf() {
    Step.Normalize turned = new Step.Normalize(-255, List.of(0f, 0f, 0f), List.of(1f, 1f, 1f));
    Preprocessing reversed = Preprocessing.of(new Step.Color(Step.Channels.BGR));
    assertThrows(TrainException.class, () -> Attack.of(net(), Preprocessing.of(turned)));
    assertThrows(TrainException.class, () -> Attack.of(net(), reversed));
    try (Attack attack = Attack.of(net(), FED)) {
      List<Picture> grey = List.of(Picture.of(2, 1, 1, new byte[2]));
      TrainException e = assertThrows(TrainException.class, () -> attack.fgsm(grey, new int[1], 3));
      assertEquals("expected pictures [3, 1, 2] as the net is fed, met 2x1 grey", e.getMessage());
      assertThrows(TrainException.class, () -> attack.fgsm(grey, new int[2], 3));
      assertThrows(TrainException.class, () -> attack.fgsm(grey, new int[1], 0));
    }
  }
}
