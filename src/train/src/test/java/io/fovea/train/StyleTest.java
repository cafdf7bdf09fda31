package io.fovea.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fovea.converters.Architectures;
import io.fovea.converters.Options;
import io.fovea.image.Picture;
import io.fovea.image.Preprocessing;
import io.fovea.image.Step;
import io.fovea.onnx.Attribute;
import io.fovea.onnx.DataType;
import io.fovea.onnx.Dim;
import io.fovea.onnx.GraphBuilder;
import io.fovea.onnx.Model;
import io.fovea.onnx.Value;
import io.fovea.runtime.Device;
import io.fovea.runtime.PictureTransformer;
import io.fovea.runtime.Specification;
import io.fovea.runtime.Task;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The loss of a style, and nets that learn one. */
class StyleTest {
  private static final Step COLOR = new Step.Color(Step.Channels.RGB);
  private static final Step LEVELS =
      new Step.Normalize(255, List.of(0f, 0f, 0f), List.of(1f, 1f, 1f));
  private static final Preprocessing FED = Preprocessing.of(COLOR, LEVELS);
  private static final Dim[] PICTURES = {Dim.of("n"), Dim.of(3), Dim.of("h"), Dim.of("w")};

  @TempDir Path folder;

  @BeforeAll
  static void load() {
    Torch.load();
  }

  /** Two features of a pixel: its red, and its green and blue; then mean, and means of squares. */
  private Path features(DataType type) {
    GraphBuilder g = new GraphBuilder("features", 17);
    float[] weights = {1, 0, 0, 0, 1, 1};
    ByteBuffer halves = ByteBuffer.allocate(12).order(ByteOrder.LITTLE_ENDIAN);
    for (float w : weights) {
      halves.putShort((short) (w == 1 ? 0x3c00 : 0));
    }
    long[] dims = {2, 3, 1, 1};
    boolean half = type == DataType.FLOAT16;
    Value x = g.input("x", DataType.FLOAT, PICTURES);
    x = half ? g.node("Cast", "half", List.of(x), Attribute.of("to", type.code())) : x;
    Value w =
        g.initializer(
            half
                ? io.fovea.onnx.Tensor.of("w", type, dims, halves.flip())
                : io.fovea.onnx.Tensor.of("w", dims, weights));
    Value conv = g.node("Conv", "conv", List.of(x, w));
    Value relu = g.node("Relu", "relu", List.of(conv));
    Value squares =
        g.node("AveragePool", "squares", List.of(relu), Attribute.ints("kernel_shape", 2, 2));
    g.output(g.node("Flatten", "flat", List.of(squares)));
    Path file = folder.resolve(type + ".onnx");
    g.build().write(file);
    return file;
  }

  /** A red pixel and a cyan one: its Gram matrix is [[1/4, 0], [0, 1]]. */
  private Path style() throws IOException {
    Path file = folder.resolve("style.png");
    Picture.of(2, 1, 3, new byte[] {-1, 0, 0, 0, -1, -1}).writePng(file);
    return file;
  }

  private static Tensor pictures(long n, long h, long w, float... values) {
    float[] all = new float[(int) (n * 3 * h * w)];
    for (int i = 0; i < all.length; i++) {
      all[i] = values[i % values.length];
    }
    return Torch.copy(io.fovea.onnx.Tensor.of("", new long[] {n, 3, h, w}, all));
  }

  private static Guides guides(String loss, Preprocessing fed) {
    return Guides.of(Recipe.pictures().loss(Loss.of(loss)), fed, List.of(), Place.CPU);
  }

  @Test
  void isTheSquaredDifferenceOfGramMatrices() throws IOException {
    Loss.Style at = new Loss.Style(features(DataType.FLOAT), style(), List.of("conv"));
    Loss.Style both = new Loss.Style(at.net(), at.picture(), List.of("conv", "relu"));
    try (Guides guides = guides(at + "+" + both, FED);
        PointerScope scope = new PointerScope()) {
      Tensor black = pictures(1, 3, 2, 0);
      assertEquals((0.25 * 0.25 + 1) / 4, guides.style(at, black).item_float(), 1e-6);
      assertEquals(2 * 1.0625 / 4, guides.style(both, black).item_float(), 1e-6);
      Tensor same = pictures(1, 1, 2, 1, 0, 0, 1, 0, 1); // planes
      assertEquals(0, guides.style(both, same).item_float());
      Tensor half = pictures(2, 1, 2, 1, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0);
      assertEquals(1.0625 / 8, guides.style(at, half).item_float(), 1e-6);
      Tensor white = pictures(1, 4, 4, 1); // features 1 and 2: [[1/2, 1], [1, 2]]
      white.set_requires_grad(true);
      Tensor loss = guides.style(at, white);
      assertEquals((0.25 * 0.25 + 1 + 1 + 1) / 4, loss.item_float(), 1e-6);
      loss.backward();
      float[] slope = Torch.copy("", white.grad()).floats();
      assertEquals(1.0 / 32 * (0.25 * 1 + 1 * 2), slope[0], 1e-6, "red");
      assertEquals(1.0 / 32 * (1 * 1 + 1 * 2), slope[16], 1e-6, "green");
      assertEquals(slope[16], slope[47], 1e-6, "blue");
    }
  }

  @Test
  void seesThePictureInTheOrderOfThePlanesThatAreFed() throws IOException {
    Step bgr = new Step.Color(Step.Channels.BGR);
    Loss.Style at =
        new Loss.Style(written(features(DataType.FLOAT), FED), style(), List.of("conv"));
    try (Guides guides = guides(at.toString(), Preprocessing.of(bgr, LEVELS));
        PointerScope scope = new PointerScope()) {
      Tensor same = pictures(1, 1, 2, 0, 1, 0, 1, 1, 0); // blue, green and red
      assertEquals(0, guides.style(at, same).item_float());
    }
  }

  /** The file again, with how it is fed. */
  private static Path written(Path file, Preprocessing fed) {
    Model model = Model.read(file);
    for (var pair : Specification.none().withPreprocessing(fed).toMetadata().entrySet()) {
      model = model.withMetadata(pair.getKey(), pair.getValue());
    }
    model.write(file);
    return file;
  }

  @Test
  void termsOfOneFileShareItsNet() throws IOException {
    Path net = features(DataType.FLOAT);
    Loss.Style style = new Loss.Style(net, style(), List.of("relu", "conv"));
    Loss.Perceptual content = new Loss.Perceptual(net, List.of("conv", "squares"));
    Tensor made = pictures(2, 3, 3, 0.5f, 0.25f, 0.75f, 1);
    Tensor wanted = pictures(2, 3, 3, 0.5f);
    try (Guides shared = guides(content + " + 2*" + style, FED);
        Guides one = guides(content.toString(), FED);
        Guides other = guides(style.toString(), FED);
        PointerScope scope = new PointerScope()) {
      assertSame(shared.of(content), shared.of(style));
      Loss both = Loss.of(content + " + 2*" + style);
      double met = Losses.of(both, made, wanted, shared).item_float();
      double apart =
          one.perceptual(content, made, wanted).item_float()
              + 2 * other.style(style, made).item_float();
      assertTrue(met > 0);
      assertEquals(apart, met, 1e-5);
      shared.see(made); // a new step
      assertEquals(apart, Losses.of(both, made, wanted, shared).item_float(), 1e-5);
    }
  }

  @Test
  void netsOfHalfPrecisionHaveTheGradientsOfSingle() throws IOException {
    float[][] slopes = new float[2][];
    for (DataType type : List.of(DataType.FLOAT, DataType.FLOAT16)) {
      Loss.Style at = new Loss.Style(features(type), style(), List.of("relu"));
      try (Guides guides = guides(at.toString(), FED);
          PointerScope scope = new PointerScope()) {
        Tensor made = pictures(1, 200, 200, 0.1f, 0.2f);
        made.set_requires_grad(true);
        guides.style(at, made).backward();
        slopes[type == DataType.FLOAT ? 0 : 1] = Torch.copy("", made.grad()).floats();
      }
    }
    assertTrue(Math.abs(slopes[0][0]) < 5e-6, "too small for float16: " + slopes[0][0]);
    assertArrayEquals(slopes[0], slopes[1], 1e-12f);
  }

  @Test
  void namesWhatDoesNotFit() throws IOException {
    Path net = features(DataType.FLOAT);
    Path none = folder.resolve("none.png");
    String missing = message(new Loss.Style(net, none, List.of("conv")));
    assertTrue(missing.startsWith("loss style: " + none + ": "), missing);
    String value = message(new Loss.Style(net, style(), List.of("conv5")));
    assertTrue(value.startsWith("loss style: " + net + ": has no value 'conv5'; there are"), value);
    String small = message(new Loss.Style(net, style(), List.of("squares")));
    assertTrue(small.startsWith("loss style: " + net + ": AveragePool 'squares': "), small);
    assertTrue(small.endsWith("the style is " + style() + ", 2x1 RGB"), small);
    Path larger = folder.resolve("larger.png");
    PlainPicturesTest.picture(1, 9, 9).writePng(larger);
    String flat = message(new Loss.Style(net, larger, List.of("flat")));
    assertTrue(flat.contains("[flat]: expected values [N, C, H, W], met [1, 128]"), flat);
  }

  private static String message(Loss.Term term) {
    return String.valueOf(
        assertThrows(TrainException.class, () -> guides(term.toString(), FED).close())
            .getMessage());
  }

  /** A net of random weights, whose features tell textures apart all the same. */
  private Path textures() {
    GraphBuilder g = new GraphBuilder("textures", 17);
    Value x = g.input("x", DataType.FLOAT, PICTURES);
    int channels = 3;
    Random random = new Random(4);
    for (int i = 1; i <= 2; i++) {
      int filters = 8 * i;
      float[] weights = new float[filters * channels * 9];
      for (int k = 0; k < weights.length; k++) {
        weights[k] = (float) (random.nextGaussian() * Math.sqrt(2.0 / (9 * channels)));
      }
      long[] dims = {filters, channels, 3, 3};
      Value w = g.initializer(io.fovea.onnx.Tensor.of("w" + i, dims, weights));
      x = g.node("Conv", "conv" + i, List.of(x, w), Attribute.ints("strides", i, i));
      x = g.node("Relu", "relu" + i, List.of(x));
      channels = filters;
    }
    g.output(x);
    Path file = folder.resolve("textures.onnx");
    g.build().write(file);
    return file;
  }

  @Test
  void aNetLearnsAStyleAndServesPicturesOfAnySize() throws IOException {
    byte[] stripes = new byte[48 * 48 * 3];
    for (int i = 0; i < 48 * 48; i++) {
      boolean on = (i % 48 + i / 48) / 4 % 2 == 0;
      stripes[3 * i] = (byte) (on ? 230 : 20);
      stripes[3 * i + 1] = (byte) (on ? 160 : 20);
      stripes[3 * i + 2] = (byte) (on ? 20 : 120);
    }
    Path wanted = folder.resolve("stripes.png");
    Picture.of(48, 48, 3, stripes).writePng(wanted);
    Path photos = PlainPicturesTest.draw(folder.resolve("photos"), 12);
    List<Dataset> parts = DataFolder.of(photos).training().split(0.25, 1);
    Loss.Style style = new Loss.Style(textures(), wanted, List.of("relu1", "relu2"));
    Loss loss =
        Loss.of(
            "perceptual(net=%s,at=relu2) + 1e4*%s + 1e-3*total_variation"
                .formatted(style.net(), style));
    Recipe recipe =
        Recipe.pictures().epochs(15).batch(4).optimizer(Optimizer.adamW(0.01)).loss(loss);
    Model net = Architectures.named("style_transfer").model(Options.defaults().withWidth(0.125));
    Preprocessing windows = Preprocessing.of(COLOR, new Step.Tiles(24, 24, 3), LEVELS);
    Trained trained =
        Trainer.of(net).recipe(recipe).preprocessing(windows).fit(parts.get(0), parts.get(1));
    Path file = folder.resolve("stripes.onnx");
    assertTrue(trained.write(file) < 1e-4, "as in ONNX Runtime");
    Specification said = Specification.of("stripes", Model.read(file).metadata());
    Task.Range unit = new Task.Range(0, 1);
    assertEquals(new Task(Task.Kind.PICTURE, Task.Output.VALUES, unit), said.task());
    assertEquals(FED, said.preprocessing(), "whole pictures: it normalizes over all of one");
    double before = 0;
    double after = 0;
    try (PictureTransformer stripe = PictureTransformer.load(file, Device.cpu());
        Guides guides = guides(style.toString(), FED)) {
      for (int i = 0; i < parts.get(1).size(); i++) {
        Picture photo = parts.get(1).picture(i);
        Picture made = stripe.transform(photo);
        assertEquals(photo.width(), made.width());
        assertEquals(photo.height(), made.height());
        before += distance(guides, style, photo);
        after += distance(guides, style, made);
      }
    }
    assertTrue(after < 0.5 * before, "from %s to %s".formatted(before, after));
  }

  private static double distance(Guides guides, Loss.Style style, Picture picture) {
    Targets.Values levels = Pairs.targets(List.of(new Target.Made(picture)), FED, "");
    try (PointerScope scope = new PointerScope()) {
      return guides
          .style(style, Torch.copy(io.fovea.onnx.Tensor.of("", levels.shape(), levels.values())))
          .item_float();
    }
  }

  @Test
  void rangeIsThatOfTheFileOrOfWhatIsFed() {
    Model net = Architectures.named("style_transfer").model(Options.defaults().withWidth(0.125));
    Specification none = Specification.none();
    assertEquals(new Task.Range(0, 1), Pairs.range(net, none, FED));
    assertEquals(new Task.Range(0, 255), Pairs.range(net, none, Preprocessing.named("raw")));
    assertEquals(new Task.Range(0, 1), Pairs.range(net, none, Preprocessing.named("imagenet")));
    Task task = new Task(Task.Kind.PICTURE, Task.Output.VALUES, new Task.Range(-2, 2));
    assertEquals(new Task.Range(-2, 2), Pairs.range(net, none.withTask(task), FED));
    Model prior = Architectures.named("dip_skip").outline(Options.defaults());
    assertEquals(new Task.Range(0, 1), Pairs.range(prior, none, Preprocessing.named("raw")));
  }
}
