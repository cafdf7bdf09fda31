package io.fovea.train;

import io.fovea.image.Preprocessing;
import io.fovea.onnx.Graph;
import io.fovea.onnx.Model;
import io.fovea.onnx.Node;
import io.fovea.onnx.Tensor;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.Map;
import java.util.Objects;
import org.bytedeco.javacpp.DoublePointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.T_TensorTensor_T;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * First weights of a first convolution that make its outputs uncorrelated and of variance 1 over
 * the data: the principal directions of the patches that it sees, each over its deviation, and
 * their negatives (<a href="https://myrtle.ai/learn/how-to-train-your-resnet-8-bag-of-tricks/">Page
 * 2019</a>).
 */
final class Whitening {
  private static final int PICTURES = 5000;

  /** Added to each variance: directions that hold but noise are not blown up. */
  private static final double EPSILON = 5e-4;

  private Whitening() {}

  /** The parameter of a model that is whitened. */
  static String weight(Model model) {
    return convolution(model.graph()).inputs().get(1);
  }

  /** The same with its numbers. */
  static Tensor tensor(Model model) {
    return Objects.requireNonNull(model.graph().initializers().get(weight(model)));
  }

  /** The model with first weights that were whitened before. */
  static Model with(Model model, Tensor weights) {
    Tensor own = tensor(model);
    if (!Arrays.equals(own.dims(), weights.dims())) {
      throw new TrainException(
          "parameter '%s': expected %s, met %s"
              .formatted(own.name(), Arrays.toString(own.dims()), Arrays.toString(weights.dims())));
    }
    Tensor copy = Tensor.of(own.name(), own.dims(), weights.floats());
    return model.withGraph(model.graph().withInitializers(Map.of(own.name(), copy)));
  }

  private static Node convolution(Graph graph) {
    String input = graph.inputs().get(0).name();
    for (Node node : graph.nodes()) {
      if (node.inputs().contains(input)) {
        Tensor w = node.inputs().size() < 2 ? null : graph.initializers().get(node.inputs().get(1));
        if (node.operator().equals("Conv") && w != null) {
          long[] spread = node.attribute("dilations", new long[0]);
          if (node.attribute("group", 1L) != 1 || Arrays.stream(spread).anyMatch(d -> d != 1)) {
            throw new TrainException(
                "node '%s': whitening takes a convolution without groups and dilation"
                    .formatted(node.name()));
          }
          long patch = w.size() / w.dims()[0];
          if (w.dims().length == 4 && w.dims()[0] >= 2 * patch) {
            return node;
          }
          throw new TrainException(
              "node '%s': whitening patches of %d values takes %d filters, met %d"
                  .formatted(node.name(), patch, 2 * patch, w.dims()[0]));
        }
        throw new TrainException(
            "node '%s': expected a convolution that whitens, met %s"
                .formatted(node.name(), node.operator()));
      }
    }
    throw new TrainException("input '%s': no node takes it".formatted(input));
  }

  /** The model with its first convolution whitening what this data is fed as. */
  static Model of(Model model, Dataset data, Preprocessing fed, long seed) {
    Graph graph = model.graph();
    String name = weight(model);
    Tensor drawn = Objects.requireNonNull(graph.initializers().get(name));
    long[] dims = drawn.dims();
    int patch = (int) (drawn.size() / dims[0]);
    double[] covariance = covariance(Subset.drawn(data, PICTURES, seed), fed, dims);
    float[] weights = drawn.floats();
    try (PointerScope scope = new PointerScope()) {
      org.bytedeco.pytorch.Tensor square =
          torch
              .from_blob(
                  new DoublePointer(covariance),
                  new long[] {patch, patch},
                  new TensorOptions(ScalarType.Double))
              .clone();
      T_TensorTensor_T eigen = torch.linalg_eigh(square);
      double[] variances = Torch.copy("variances", eigen.get0()).doubles(); // rising
      double[] directions = Torch.copy("directions", eigen.get1()).doubles(); // a column each
      for (int i = 0; i < patch; i++) {
        double scale = 1 / Math.sqrt(variances[i] + EPSILON);
        for (int k = 0; k < patch; k++) {
          float w = (float) (directions[k * patch + i] * scale);
          weights[(patch - 1 - i) * patch + k] = w;
          weights[(2 * patch - 1 - i) * patch + k] = -w;
        }
      }
    }
    Map<String, Tensor> changed = Map.of(name, Tensor.of(name, dims, weights));
    return model.withGraph(graph.withInitializers(changed));
  }

  /** Mean product of each two values of a patch. */
  private static double[] covariance(Dataset data, Preprocessing fed, long[] filter) {
    int channels = (int) filter[1];
    int kh = (int) filter[2];
    int kw = (int) filter[3];
    int patch = channels * kh * kw;
    double[] sums = new double[patch * patch];
    long[] count = new long[1];
    double[] values = new double[patch];
    try (Loader loader = new Loader(data, fed, 2)) {
      loader.inOrder(
          64,
          Integer.MAX_VALUE,
          (batch, step) -> {
            FloatBuffer pixels = batch.pixels();
            int height = (int) batch.shape()[2];
            int width = (int) batch.shape()[3];
            for (int n = 0; n < batch.shape()[0]; n++) {
              for (int y = 0; y + kh <= height; y++) {
                for (int x = 0; x + kw <= width; x++) {
                  for (int i = 0; i < patch; i++) {
                    int c = i / (kh * kw);
                    int row = y + i / kw % kh;
                    values[i] =
                        pixels.get(((n * channels + c) * height + row) * width + x + i % kw);
                  }
                  add(values, sums);
                  count[0]++;
                }
              }
            }
          });
    }
    for (int i = 0; i < sums.length; i++) {
      sums[i] /= Math.max(1, count[0]);
    }
    return sums;
  }

  private static void add(double[] values, double[] sums) {
    int n = values.length;
    for (int i = 0; i < n; i++) {
      for (int k = 0; k < n; k++) {
        sums[i * n + k] += values[i] * values[k];
      }
    }
  }
}
