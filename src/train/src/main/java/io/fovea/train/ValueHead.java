package io.fovea.train;

import io.fovea.onnx.Graph;
import io.fovea.onnx.Model;
import io.fovea.onnx.Node;
import io.fovea.onnx.Tensor;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/** The linear layer that a net of values ends in. */
final class ValueHead {
  private ValueHead() {}

  /**
   * The model with a head that starts at the mean and spread of the values that it shall give, so
   * that training need not first travel there; so do auxiliary heads. Unchanged where the net ends
   * otherwise.
   */
  static Model startingAt(Model model, double[] mean, double[] deviation) {
    Model started = startingAt(model, model.graph().outputs().get(0).name(), mean, deviation);
    for (String output : Auxiliary.of(model).weights().keySet()) {
      started = startingAt(started, output, mean, deviation);
    }
    return started;
  }

  private static Model startingAt(Model model, String output, double[] mean, double[] deviation) {
    Graph graph = model.graph();
    Node node = Ending.last(graph, output);
    if (node == null || !node.operator().equals("Gemm") || node.inputs().size() < 3) {
      return model;
    }
    Tensor weight = graph.initializers().get(node.inputs().get(1));
    Tensor bias = graph.initializers().get(node.inputs().get(2));
    if (weight == null || bias == null || bias.size() != mean.length) {
      return model;
    }
    boolean rows = node.attribute("transB", 0) != 0; // [values, features], else [features, values]
    float[] w = weight.floats();
    int features = w.length / mean.length;
    for (int i = 0; i < w.length; i++) {
      w[i] *= (float) deviation[rows ? i / features : i % mean.length];
    }
    float[] b = bias.floats();
    for (int k = 0; k < b.length; k++) {
      b[k] = (float) (b[k] * deviation[k] + mean[k]);
    }
    Map<String, Tensor> changed = new HashMap<>();
    changed.put(weight.name(), Tensor.of(weight.name(), weight.dims(), w));
    changed.put(bias.name(), Tensor.of(bias.name(), bias.dims(), b));
    return model.withGraph(graph.withInitializers(changed));
  }

  /**
   * Mean and deviation of a data set's values.
   *
   * @return {@code [2][values]}; no deviation is 0
   */
  static double[][] spread(Dataset data) {
    int n = data.labels().size();
    double[] sum = new double[n];
    double[] squares = new double[n];
    for (int i = 0; i < data.size(); i++) {
      float[] values = ((Target.Values) data.target(i)).values();
      for (int k = 0; k < n; k++) {
        sum[k] += values[k];
        squares[k] += (double) values[k] * values[k];
      }
    }
    double[] mean = Arrays.stream(sum).map(s -> s / data.size()).toArray();
    double[] deviation = new double[n];
    for (int k = 0; k < n; k++) {
      double variance = squares[k] / data.size() - mean[k] * mean[k];
      deviation[k] = variance > 0 ? Math.sqrt(variance) : 1;
    }
    return new double[][] {mean, deviation};
  }
}
