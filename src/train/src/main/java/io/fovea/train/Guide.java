package io.fovea.train;

import io.fovea.image.Preprocessing;
import io.fovea.image.Step;
import io.fovea.onnx.Dim;
import io.fovea.onnx.Graph;
import io.fovea.onnx.Model;
import io.fovea.onnx.OnnxException;
import io.fovea.onnx.ValueInfo;
import io.fovea.runtime.ScoringException;
import io.fovea.runtime.Specification;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * A second net that a loss asks: a graph as in inference, whose own parameters stay as they are;
 * gradients flow through it to what it is fed. Not thread-safe.
 */
final class Guide implements AutoCloseable {
  private static final int NAMED = 8; // values that a message lists

  private final String name; // of the loss and the file, for messages
  private final Specification specification;
  private final TorchGraph graph;
  private final Ending ending;
  private final int channels; // that it is fed; 0 where it does not say

  private Guide(String name, Model model, @Nullable List<String> wanted, Place place) {
    this.name = name;
    Model whole = model.inlined();
    Graph all = whole.graph();
    this.ending = Ending.of(all);
    this.specification = Specification.of(name, model.metadata());
    List<String> values = wanted == null ? List.of(ending.value()) : values(all, wanted);
    Set<String> given = new HashSet<>(all.inputs().stream().map(ValueInfo::name).toList());
    given.removeAll(all.initializers().keySet());
    if (given.size() != 1) {
      throw problem("expected a net of one input, met " + given);
    }
    List<Dim> shape = all.inputs().get(0).type().shape();
    this.channels =
        shape != null && shape.size() == 4 && shape.get(1).isKnown()
            ? (int) shape.get(1).size()
            : 0;
    Graph part = Subgraph.of(all, List.of(), values);
    try {
      this.graph = new TorchGraph(whole.withGraph(part), Selection.all(), place);
    } catch (TrainException e) {
      throw problem(String.valueOf(e.getMessage()));
    }
    graph.roles().parameters().forEach(p -> graph.tensor(p).set_requires_grad(false));
  }

  /**
   * Reads a net.
   *
   * @param loss that asks it, for messages
   * @param wanted values whose numbers it shall give; null for its logits
   * @throws TrainException naming the file, and the value that it has not
   */
  static Guide of(String loss, Path file, @Nullable List<String> wanted, Place place) {
    String name = "loss %s: %s".formatted(loss, file);
    try {
      return new Guide(name, Model.read(file), wanted, place);
    } catch (OnnxException | ScoringException e) {
      throw new TrainException("loss %s: %s".formatted(loss, e.getMessage()), e);
    }
  }

  private List<String> values(Graph all, List<String> wanted) {
    Set<String> made = new LinkedHashSet<>();
    all.nodes().forEach(n -> made.addAll(n.outputs()));
    made.remove("");
    for (String value : wanted) {
      if (!made.contains(value)) {
        List<String> some = made.stream().limit(NAMED).toList();
        throw problem(
            "has no value '%s'; there are %s%s"
                .formatted(
                    value,
                    some,
                    made.size() > NAMED ? " and " + (made.size() - NAMED) + " more" : ""));
      }
    }
    return List.copyOf(new LinkedHashSet<>(wanted));
  }

  /** The wanted values of a batch, {@code [N, C, H, W]}. */
  Tensor[] values(Tensor x) {
    try {
      return graph.run(new Tensor[] {x}, false);
    } catch (TrainException e) {
      throw problem(String.valueOf(e.getMessage()));
    }
  }

  /** What it ends in. */
  Ending.Kind ending() {
    return ending.kind();
  }

  /** Names of its classes; empty where the file has none. */
  List<String> labels() {
    return specification.labels();
  }

  /**
   * What another net is fed, or levels in [0, 1], as this one is fed: a batch of another
   * normalization, order or number of planes. A file that does not say how it is fed takes it as it
   * is.
   *
   * @param x {@code [N, C, H, W]}
   * @param from how x was made of levels of 0 to 255
   * @param bgr whether its planes are those of RGB in reverse
   */
  Tensor fed(Tensor x, Step.Normalize from, boolean bgr) {
    Preprocessing own = specification.preprocessing();
    int wanted = own != null ? own.channels() : channels == 0 ? (int) x.size(1) : channels;
    int planes = (int) x.size(1);
    if (planes != wanted && planes != 1) {
      throw problem("expected pictures of %d channels, met %d".formatted(wanted, planes));
    }
    Tensor y = x;
    if (own != null) {
      if (planes == 3 && bgr != isBgr(own)) {
        y = torch.flip(y, 1);
      }
      y = normalized(y, from, own, bgr);
    }
    return planes == wanted ? y : y.expand(-1, wanted, -1, -1);
  }

  private Tensor normalized(Tensor x, Step.Normalize from, Preprocessing own, boolean bgr) {
    Step.Normalize to = normalize(own);
    int planes = Math.max(to.mean().size(), from.mean().size());
    boolean turned = bgr != isBgr(own) && from.mean().size() == 3;
    double[] factor = new double[planes];
    double[] shift = new double[planes];
    for (int k = 0; k < planes; k++) {
      int f = from.mean().size() == 1 ? 0 : turned ? 2 - k : k;
      int t = to.mean().size() == 1 ? 0 : k;
      double scale = (double) from.divisor() / to.divisor();
      factor[k] = from.std().get(f) * scale / to.std().get(t);
      shift[k] = (from.mean().get(f) * scale - to.mean().get(t)) / to.std().get(t);
    }
    if (Arrays.stream(factor).allMatch(v -> v == 1) && Arrays.stream(shift).allMatch(v -> v == 0)) {
      return x;
    }
    return x.mul(Numbers.like(x, factor).reshape(1, planes, 1, 1))
        .add(Numbers.like(x, shift).reshape(1, planes, 1, 1));
  }

  /** The last step, or what leaves levels as they are. */
  static Step.Normalize normalize(Preprocessing fed) {
    List<Step> steps = fed.steps();
    return !steps.isEmpty() && steps.get(steps.size() - 1) instanceof Step.Normalize n
        ? n
        : new Step.Normalize(1, List.of(0f), List.of(1f));
  }

  static boolean isBgr(Preprocessing fed) {
    return fed.steps().stream()
        .anyMatch(s -> s instanceof Step.Color c && c.channels() == Step.Channels.BGR);
  }

  TrainException problem(String what) {
    return new TrainException(name + ": " + what);
  }

  @Override
  public void close() {
    graph.close();
  }
}
