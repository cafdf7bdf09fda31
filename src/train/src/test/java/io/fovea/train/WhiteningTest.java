package io.fovea.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fovea.converters.Activation;
import io.fovea.converters.Architectures;
import io.fovea.converters.Extra;
import io.fovea.converters.Initials;
import io.fovea.converters.Layers;
import io.fovea.converters.Normalization;
import io.fovea.converters.Options;
import io.fovea.converters.Style;
import io.fovea.converters.Window;
import io.fovea.image.Picture;
import io.fovea.image.Preprocessing;
import io.fovea.image.Step;
import io.fovea.onnx.Model;
import io.fovea.onnx.Tensor;
import io.fovea.onnx.Value;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WhiteningTest {
  private static final Preprocessing FED =
      Preprocessing.of(
          new Step.Color(Step.Channels.RGB),
          new Step.Normalize(255, List.of(0.5f, 0.5f, 0.5f), List.of(0.2f, 0.2f, 0.2f)));
  private static final int SIDE = 12;

  /** Smooth noise whose channels go together, as those of photographs do. */
  private record Clouds(int size) implements Dataset {
    @Override
    public List<String> labels() {
      return List.of("dark", "light");
    }

    @Override
    public Picture picture(int index) {
      Random random = new Random(index);
      byte[] levels = new byte[SIDE * SIDE * 3];
      double light = 0;
      for (int i = 0; i < levels.length; i++) {
        light = 0.8 * light + random.nextGaussian();
        levels[i] = (byte) Math.max(0, Math.min(255, 128 + 30 * light));
      }
      return Picture.of(SIDE, SIDE, 3, levels);
    }

    @Override
    public Target target(int index) {
      return new Target.Label(index % 2);
    }
  }

  private static Model net(String name) {
    return Architectures.named(name).model(Options.classes(2).withWidth(0.125));
  }

  private static Tensor first(Model model) {
    return model.graph().initializers().get("whiten.weight");
  }

  @Test
  void makesFeaturesOfVarianceOneThatAreUncorrelated() {
    Dataset data = new Clouds(300);
    float[] w = first(Whitening.of(net("airbench94"), data, FED, 0)).floats();
    double[][] products = new double[12][12];
    long count = 0;
    for (int n = 0; n < data.size(); n++) {
      FloatBuffer pixels = FloatBuffer.allocate(3 * SIDE * SIDE);
      FED.tensor(data.picture(n), pixels);
      for (int at = 0; at < (SIDE - 1) * (SIDE - 1); at++) {
        double[] seen = features(w, pixels, at / (SIDE - 1), at % (SIDE - 1));
        for (int i = 0; i < 12; i++) {
          for (int k = 0; k < 12; k++) {
            products[i][k] += seen[i] * seen[k];
          }
        }
        count++;
      }
    }
    for (int i = 0; i < 12; i++) {
      for (int k = 0; k < 12; k++) {
        assertEquals(i == k ? 1 : 0, products[i][k] / count, 0.01, i + ", " + k);
      }
    }
    for (int i = 0; i < 12 * 12; i++) {
      assertEquals(-w[i], w[12 * 12 + i]);
    }
  }

  private static double[] features(float[] w, FloatBuffer pixels, int y, int x) {
    double[] seen = new double[12];
    for (int f = 0; f < 12; f++) {
      for (int i = 0; i < 12; i++) {
        int place = (i / 4 * SIDE + y + i / 2 % 2) * SIDE + x + i % 2;
        seen[f] += w[f * 12 + i] * pixels.get(place);
      }
    }
    return seen;
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void staysWhileTheRestIsTrained(boolean mirrors) {
    Dataset data = new Clouds(32);
    Options options = Options.classes(2).withWidth(0.125);
    options = mirrors ? options.with(Extra.MIRROR) : options;
    Model net = Architectures.named("airbench94").model(options);
    Recipe recipe = Recipe.classification().epochs(1).batch(16).whiten(true).seed(3);
    Model trained =
        Trainer.of(net).recipe(recipe).preprocessing(FED).fit(data, new Clouds(4)).model();
    assertArrayEquals(first(Whitening.of(net, data, FED, 3)).floats(), first(trained).floats());
    assertFalse(
        Arrays.equals(
            net.graph().initializers().get("linear.weight").floats(),
            trained.graph().initializers().get("linear.weight").floats()));
    assertFalse(
        Arrays.equals(
            net.graph().initializers().get("group2.conv1.weight").floats(),
            trained.graph().initializers().get("group2.conv1.weight").floats()));
    assertTrue(trained.metadata().get("fovea.provenance").contains("whiten"));
  }

  @Test
  void refusesAFirstLayerThatSeesChannelsApart() {
    Style style = Style.of(Activation.RELU, Normalization.NONE, Initials.HE_IN);
    Layers l = new Layers("grouped", Options.classes(2), style);
    Value x = l.conv("conv1", l.input(3), 54, Window.of(3).groups(3), false);
    Model model = l.output(l.linear("fc", l.globalAverage("pool", x), 2));
    TrainException e =
        assertThrows(TrainException.class, () -> Whitening.of(model, new Clouds(8), FED, 0));
    assertEquals(
        "node 'conv1': whitening takes a convolution without groups and dilation", e.getMessage());
  }

  @Test
  void refusesAFirstLayerOfTooFewFilters() {
    Recipe recipe = Recipe.classification().whiten(true);
    Trainer trainer = Trainer.of(net("resnet8")).recipe(recipe).preprocessing(FED);
    TrainException e =
        assertThrows(TrainException.class, () -> trainer.fit(new Clouds(8), new Clouds(4)));
    assertEquals(
        "node 'conv1': whitening patches of 27 values takes 54 filters, met 8", e.getMessage());
  }
}
