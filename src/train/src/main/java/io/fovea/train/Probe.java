package io.fovea.train;

import io.fovea.onnx.Graph;
import io.fovea.onnx.Model;
import io.fovea.onnx.Node;
import io.fovea.onnx.ValueInfo;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Looks into a training: how many answers of a batch are right, and every so many steps of the
 * optimizer what the layers do. Of large activations the first pictures of a batch are looked at.
 * Not thread-safe.
 */
final class Probe {
  private static final long MOST_ELEMENTS = 1 << 18; // a fraction of a millisecond a layer
  private static final Set<String> FOLLOWED =
      Set.of(
          "Add",
          "BatchNormalization",
          "InstanceNormalization",
          "LayerNormalization",
          "GroupNormalization",
          "Relu",
          "LeakyRelu",
          "PRelu",
          "Clip",
          "Elu",
          "Selu",
          "Celu",
          "Gelu",
          "Sigmoid",
          "HardSigmoid",
          "HardSwish",
          "Mish",
          "Softplus",
          "Tanh");

  /** A node with a weight, its parameters, and the value that it comes to. */
  private record Layer(String name, List<String> parameters, String value) {}

  /** What is told of a value: mean, deviation, share of zeros. */
  private record Spread(double mean, double deviation, double zeros) {
    static final Spread UNKNOWN = new Spread(Double.NaN, Double.NaN, Double.NaN);
  }

  private final TorchGraph graph;
  private final List<Layer> layers = new ArrayList<>();
  private final Map<String, Spread> spreads = new HashMap<>();
  private final Set<String> watched = new HashSet<>();
  private List<LayerFigures> figures = List.of();
  private int every;
  private long steps;
  private boolean samples;
  private int right = -1;

  /** Looks into a model's graph. */
  Probe(Model model, TorchGraph graph) {
    this.graph = graph;
    Graph inlined = model.inlined().graph();
    Map<String, List<Node>> users = new HashMap<>();
    Set<String> fed = new HashSet<>(inlined.inputs().stream().map(ValueInfo::name).toList());
    for (Node node : inlined.nodes()) {
      node.inputs().forEach(i -> users.computeIfAbsent(i, k -> new ArrayList<>()).add(node));
      if (node.inputs().stream().anyMatch(fed::contains)) {
        fed.addAll(node.outputs());
      }
    }
    Set<String> left = new HashSet<>(graph.roles().parameters());
    for (Node node : inlined.nodes()) {
      List<String> own = node.inputs().stream().distinct().filter(left::remove).toList();
      if (own.stream().anyMatch(p -> graph.tensor(p).dim() > 1)) {
        Layer layer = new Layer(node.label(), own, end(node, users, fed));
        layers.add(layer);
        watched.add(layer.value);
      }
    }
  }

  /** The value after what follows a node alone: what makes its weight, norms, activations, sums. */
  private static String end(Node node, Map<String, List<Node>> users, Set<String> fed) {
    String value = node.outputs().get(0);
    while (users.getOrDefault(value, List.of()).size() == 1) {
      Node next = users.getOrDefault(value, List.of()).get(0);
      if (fed.contains(value) && !FOLLOWED.contains(next.operator())) {
        break;
      }
      value = next.outputs().get(0);
    }
    return value;
  }

  /** Looks at the layers in the first step and then every so many; never for 0. */
  void layersEvery(int count) {
    this.every = count;
  }

  /** Goes on after so many steps. */
  void goOn(long done) {
    steps = done;
  }

  /** Before a batch's forward pass. */
  void begin() {
    samples = every > 0 && steps % every == 0;
    right = -1;
    figures = List.of();
    spreads.clear();
    if (samples) {
      graph.watch(
          (node, name, value) -> {
            if (watched.contains(name)) {
              spreads.put(name, spread(value));
            }
          });
    }
  }

  /** After the forward pass. */
  void answered(Tensor output, Targets targets) {
    graph.watch(null);
    Targets wanted = targets instanceof Targets.Mixed m ? m.most() : targets;
    if (wanted instanceof Targets.Classes c && c.shape().length == 1) {
      try (PointerScope scope = new PointerScope();
          NoGradGuard guard = new NoGradGuard()) {
        long n = c.classes().length;
        Tensor flat = output.detach().reshape(n, -1);
        Tensor best =
            flat.size(1) == 1
                ? flat.sigmoid().round().to(ScalarType.Long).reshape(n)
                : flat.argmax(new LongOptional(1), false);
        long[] said = Torch.longs(best);
        right = 0;
        for (int i = 0; i < n; i++) {
          right += said[i] == c.classes()[i] ? 1 : 0;
        }
      }
    }
  }

  /** After the backward passes of a step, while the gradients are there. */
  void learned() {
    steps++;
    if (!samples) {
      return;
    }
    List<LayerFigures> all = new ArrayList<>();
    try (PointerScope scope = new PointerScope();
        NoGradGuard guard = new NoGradGuard()) {
      for (Layer layer : layers) {
        double squares = 0;
        for (String name : layer.parameters) {
          Tensor gradient = graph.tensor(name).mutable_grad();
          if (gradient.defined()) {
            double norm = gradient.norm().item_double();
            squares += norm * norm;
          }
        }
        Spread s = spreads.getOrDefault(layer.value, Spread.UNKNOWN);
        all.add(new LayerFigures(layer.name, Math.sqrt(squares), s.mean, s.deviation, s.zeros));
      }
    }
    figures = List.copyOf(all);
  }

  private static Spread spread(Tensor value) {
    try (PointerScope scope = new PointerScope();
        NoGradGuard guard = new NoGradGuard()) {
      Tensor x = value.detach();
      long all = x.numel();
      if (all == 0 || !x.is_floating_point()) {
        return Spread.UNKNOWN;
      }
      if (all > MOST_ELEMENTS && x.dim() > 0) {
        x = x.narrow(0, 0, Math.max(1, MOST_ELEMENTS * x.size(0) / all));
      }
      double filled = x.count_nonzero().item_long();
      return new Spread(x.mean().item_double(), x.std(false).item_double(), 1 - filled / x.numel());
    }
  }

  /** Right answers of the last batch; -1 where they are not counted. */
  int right() {
    return right;
  }

  /** What the layers did in the step that the last batch ended; empty where none was looked at. */
  List<LayerFigures> layers() {
    return figures;
  }
}
