package io.fovea.runtime;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.fovea.image.Picture;
import io.fovea.image.PictureReader;
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
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Files of other tools: other types of numbers, channels last, fixed sizes, presets. */
class ForeignModelsTest {
  private static final Path PRETRAINED =
      Path.of(System.getProperty("fovea.shared", "shared"), "data", "pretrained");

  /** The means of the channels, and the picture upside down, of numbers of a type. */
  private static Model net(DataType type, boolean last, boolean plane, Dim... size) {
    GraphBuilder g = new GraphBuilder("foreign", 17);
    Dim n = size[0];
    Value x =
        last
            ? g.input("x", type, n, size[1], size[2], Dim.of(3))
            : g.input("x", type, n, Dim.of(3), size[1], size[2]);
    Value floats = g.node("Cast", "floats", List.of(x), Attribute.of("to", 1));
    if (last) {
      Attribute first = Attribute.ints("perm", 0, 3, 1, 2);
      floats = g.node("Transpose", "first", List.of(floats), first);
    }
    Value y = plane ? Nets.strongest(g, floats) : Nets.means(g, floats);
    if (plane && last) {
      y = g.node("Transpose", "last", List.of(y), Attribute.ints("perm", 0, 2, 3, 1));
    }
    g.output(g.node("Cast", "back", List.of(y), Attribute.of("to", type.code())));
    return g.build();
  }

  @ParameterizedTest
  @CsvSource({
    "FLOAT, false, 1e-4", "FLOAT, true, 1e-4", "DOUBLE, false, 1e-4", "DOUBLE, true, 1e-4",
    "FLOAT16, false, 0.2", "FLOAT16, true, 0.2", "UINT8, false, 1", "UINT8, true, 1",
  })
  void everyTypeAndLayoutGivesTheSameNumbers(DataType type, boolean last, float within) {
    Preprocessing steps = Preprocessing.of(new Step.Resize(9, 14, Resampling.BILINEAR));
    Dim[] any = {Dim.of("batch"), Dim.of("height"), Dim.of("width")};
    List<Picture> pictures = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      pictures.add(ClassifierTest.noise(20 + i, 31, i));
    }
    try (Regressor wanted = Regressor.of(Nets.load(Nets::means), steps);
        Regressor met = Regressor.of(Nets.load(net(type, last, false, any)), steps);
        Segmenter masks = Segmenter.of(Nets.load(Nets::strongest), steps);
        Segmenter same = Segmenter.of(Nets.load(net(type, last, true, any)), steps)) {
      assertArrayEquals(new long[] {-1, 3, -1, -1}, met.model().inputShape());
      for (Picture p : pictures) {
        assertArrayEquals(wanted.predict(p), met.predict(p), within);
      }
      List<float[]> together = met.predict(pictures);
      for (int i = 0; i < pictures.size(); i++) {
        assertArrayEquals(wanted.predict(pictures.get(i)), together.get(i), within);
        if (type != DataType.FLOAT16) { // near ties, which another rounding decides
          assertArrayEquals(
              masks.segment(pictures.get(i)).classes(), same.segment(pictures.get(i)).classes());
        }
      }
    }
  }

  @Test
  void presetsTakeTheSizeThatAFileFixes() {
    Model fixed = net(DataType.FLOAT, false, false, Dim.of(2), Dim.of(40), Dim.of(48));
    for (String preset : List.of("imagenet", "caffe", "zero-one", "raw")) {
      try (Regressor r = Regressor.of(Nets.load(fixed), Preprocessing.named(preset))) {
        assertArrayEquals(new int[] {3, 40, 48}, r.preprocessing().shape(500, 375), preset);
        List<float[]> answers = r.predict(List.of(ClassifierTest.noise(70, 90, 1)));
        assertEquals(1, answers.size(), "one picture in a batch of two");
      }
    }
    Preprocessing grey = Preprocessing.named("zero-one").fitting(1, -1, -1);
    assertEquals(1, grey.channels());
    Preprocessing own = Preprocessing.of(new Step.CenterCrop(5, 5));
    assertEquals(own, own.fitting(1, 7, 7), "what was written out stays");
  }

  private static Path file(String name) {
    Path file = PRETRAINED.resolve(name);
    assumeTrue(Files.exists(file), "skipped: no " + file);
    return file;
  }

  @Test
  void halfPrecisionSqueezeNetKnowsWhatItWasTrainedOn() throws IOException {
    Path folder = PRETRAINED.resolveSibling("imagenet_samples");
    Path net;
    try (var files = Files.walk(file("squeezenet_fp16"))) {
      net = files.filter(f -> f.toString().endsWith(".onnx")).findFirst().orElseThrow();
    }
    List<String> labels = Files.readAllLines(folder.resolve("labels.tsv"));
    int first = 0;
    int five = 0;
    int all = 0;
    try (Classifier c = Classifier.load(net, Device.cpu(), Preprocessing.named("caffe"))) {
      PictureReader reader = c.preprocessing().reader();
      for (String line : labels) {
        String[] cells = line.split("\t");
        if (!cells[1].matches("\\d+")) {
          continue; // the line of names
        }
        Picture picture = reader.read(folder.resolve("images").resolve(cells[0]));
        List<Scores.Score> top = c.top(List.of(picture), 5).get(0);
        int wanted = Integer.parseInt(cells[1]);
        first += top.get(0).index() == wanted ? 1 : 0;
        five += top.stream().anyMatch(s -> s.index() == wanted) ? 1 : 0;
        all++;
      }
    }
    assertEquals(300, all);
    assertEquals(61.0, 100.0 * first / all, 3, "first of %d".formatted(all));
    assertEquals(83.3, 100.0 * five / all, 3, "first five of %d".formatted(all));
  }

  @ParameterizedTest
  @CsvSource({"mnist_8, 3", "super_resolution_10, 1"})
  void publishedFilesGiveTheirStoredOutputs(String name, int sets) throws IOException {
    Path folder = file(name);
    try (ImageModel model = ImageModel.load(folder.resolve("model.onnx"), Device.cpu())) {
      for (int set = 0; set < sets; set++) {
        Path data = folder.resolve("test_data_set_" + set);
        Tensor in = Tensor.read(data.resolve("input_0.pb"));
        float[] wanted = Tensor.read(data.resolve("output_0.pb")).floats();
        Output met = model.run(FloatBuffer.wrap(in.floats()), in.dims());
        float largest = 0;
        for (float v : wanted) {
          largest = Math.max(largest, Math.abs(v));
        }
        assertArrayEquals(wanted, met.values(), 1e-4f * largest);
      }
    }
  }

  @Test
  void likeliestClassesAreThoseOfTheScores() {
    List<Picture> pictures = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      pictures.add(ClassifierTest.noise(5 + i % 3, 6, i));
    }
    try (Classifier c = Classifier.of(Nets.load(Nets::means), Preprocessing.named("zero-one"))) {
      List<List<Scores.Score>> top = c.top(pictures, 2);
      for (int i = 0; i < pictures.size(); i++) {
        assertEquals(c.score(pictures.get(i)).top(2), top.get(i));
      }
    }
  }
}
