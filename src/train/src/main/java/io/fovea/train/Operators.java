package io.fovea.train;

import static io.fovea.train.Kernel.one;

import io.fovea.onnx.Node;
import java.util.HashMap;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.BinaryOperator;
import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.Tensor;

/**
 * The operators that are trained: for each, the opset from which an implementation holds and what
 * compiles a node of it. The newest implementation that is not newer than the model's opset serves
 * it.
 */
final class Operators {
  /** Makes the kernel of a node, or refuses it. */
  @FunctionalInterface
  interface Compiler {
    Kernel compile(Operation op);
  }

  private static final Map<String, NavigableMap<Integer, Compiler>> TABLE = new HashMap<>();

  /** Operators of which only the first input can carry a gradient to a weight. */
  private static final Set<String> FIRST_ONLY =
      Set.of(
          "Reshape",
          "Slice",
          "Pad",
          "Clip",
          "Dropout",
          "Expand",
          "Tile",
          "Squeeze",
          "Unsqueeze",
          "Resize",
          "Upsample",
          "Gather",
          "Split",
          "ReduceMean",
          "ReduceSum",
          "ReduceMax");

  /** Operators that no gradient passes. */
  private static final Set<String> OPAQUE = Set.of("Shape", "Size", "Constant", "ConstantOfShape");

  static {
    Elementwise.register();
    Convolutions.register();
    Pools.register();
    Norms.register();
    Layouts.register();
    Sampling.register();
  }

  private Operators() {}

  static void add(String name, int since, Compiler compiler) {
    Compiler old = TABLE.computeIfAbsent(name, k -> new TreeMap<>()).put(since, compiler);
    if (old != null) {
      throw new AssertionError(name + "-" + since + " is listed twice");
    }
  }

  static void unary(String name, int since, UnaryOperator<Tensor> f) {
    add(name, since, op -> one(in -> f.apply(in.x())));
  }

  static void binary(String name, int since, BinaryOperator<Tensor> f) {
    add(name, since, op -> one(in -> f.apply(in.get(0), in.get(1))));
  }

  /**
   * What compiles a node at an opset.
   *
   * @throws TrainException where nothing does
   */
  static Compiler of(Node node, int opset) {
    NavigableMap<Integer, Compiler> versions =
        node.domain().isEmpty() ? TABLE.get(node.operator()) : null;
    Map.Entry<Integer, Compiler> newest = versions == null ? null : versions.floorEntry(opset);
    if (newest == null) {
      throw new TrainException("%s: not trained with at opset %d".formatted(node, opset));
    }
    return newest.getValue();
  }

  /** Whether a gradient can flow from a node's outputs to one of its inputs. */
  static boolean differentiable(Node node, int input) {
    return !OPAQUE.contains(node.operator())
        && (input == 0 || !FIRST_ONLY.contains(node.operator()));
  }
}
