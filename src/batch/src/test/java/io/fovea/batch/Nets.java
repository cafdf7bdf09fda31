package io.fovea.batch;

import io.fovea.image.Picture;
import io.fovea.image.Preprocessing;
import io.fovea.onnx.Attribute;
import io.fovea.onnx.DataType;
import io.fovea.onnx.Dim;
import io.fovea.onnx.GraphBuilder;
import io.fovea.onnx.Model;
import io.fovea.onnx.Tensor;
import io.fovea.onnx.Value;
import io.fovea.runtime.Classifier;
import io.fovea.runtime.Device;
import io.fovea.runtime.ImageModel;
import io.fovea.runtime.Specification;
import io.fovea.runtime.Task;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** Nets that are small enough to know their answers, and pictures for them. */
final class Nets {
  private Nets() {}

  /** A net of three classes, whose logits are a picture's mean channels times a number. */
  static Path means(Path file, float times) throws IOException {
    GraphBuilder g = new GraphBuilder("means", 17);
    Dim n = Dim.of("batch");
    Value x = g.input("x", DataType.FLOAT, n, Dim.of(3), Dim.of("height"), Dim.of("width"));
    Value mean = g.node("GlobalAveragePool", "mean", List.of(x));
    Value flat = g.node("Flatten", "flat", List.of(mean), Attribute.of("axis", 1));
    Value by = g.initializer(Tensor.of("times", new long[] {1}, new float[] {times}));
    g.output(g.node("Mul", "logits", List.of(flat, by)));
    Model net = g.build();
    Specification told =
        Specification.none()
            .withTask(new Task(Task.Kind.CLASSIFICATION, Task.Output.LOGITS))
            .withPreprocessing(Preprocessing.named("zero-one"))
            .withLabels(List.of("red", "green", "blue"));
    for (Map.Entry<String, String> e : told.toMetadata().entrySet()) {
      net = net.withMetadata(e.getKey(), e.getValue());
    }
    net.write(file);
    return file;
  }

  static Classifier load(Path file) {
    return Classifier.of(ImageModel.load(file, Device.cpu(), 1), null);
  }

  /** Pictures of noise whose means differ, in a folder: 000.png and so on. */
  static Path draw(Path folder, int count) throws IOException {
    Files.createDirectories(folder);
    for (int i = 0; i < count; i++) {
      picture(i).writePng(folder.resolve("%03d.png".formatted(i)));
    }
    return folder;
  }

  static Picture picture(int seed) {
    byte[] pixels = new byte[3 * 12];
    Random random = new Random(seed);
    int[] most = {1 + random.nextInt(255), 1 + random.nextInt(255), 1 + random.nextInt(255)};
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = (byte) random.nextInt(most[i % 3]);
    }
    return Picture.of(4, 3, 3, pixels);
  }
}
