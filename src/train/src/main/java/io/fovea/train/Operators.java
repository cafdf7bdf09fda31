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

  /** Inputs other than the first that a gradient passes, where these are not all. */
  private static final Map<String, Set<Integer>> ALSO = new HashMap<>();

  static {
    for (String name :
        ("Reshape Slice Pad Clip Dropout Expand Tile Squeeze Unsqueeze Resize Upsample Gather"
                + " GatherElements GatherND Split CumSum TopK Trilu Compress ReverseSequence"
                + " QuantizeLinear DequantizeLinear AffineGrid RoiAlign CenterCropPad Col2Im"
                + " MaxUnpool Cast CastLike ReduceMean ReduceSum ReduceMax ReduceMin ReduceProd"
                + " ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceSumSquare")
            .split(" ")) {
      ALSO.put(name, Set.of());
    }
    ALSO.put("ScatterND", Set.of(2));
    ALSO.put("ScatterElements", Set.of(2));
    ALSO.put("Scatter", Set.of(2));
  }

  /** Operators that no gradient passes. */
  private static final Set<String> OPAQUE =
      Set.of(
          ("Shape Size Constant ConstantOfShape Range EyeLike NonZero ArgMax ArgMin OneHot Equal"
                  + " Less LessOrEqual Greater GreaterOrEqual And Or Xor Not IsNaN IsInf Hardmax"
                  + " BitShift BitwiseAnd BitwiseOr BitwiseXor BitwiseNot")
              .split(" "));

  static {
    Convolutions.register();
    Products.register();
    Norms.register();
    Activations.register();
    Pools.register();
    Elementwise.register();
    Reductions.register();
    Layouts.register();
    Indexing.register();
    Shapes.register();
    Quantization.register();
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
    if (OPAQUE.contains(node.operator())) {
      return false;
    }
    if (node.operator().equals("Where") || node.operator().equals("If")) {
      return input > 0; // the condition
    }
    Set<Integer> also = ALSO.get(node.operator());
    return input == 0 || also == null || also.contains(input);
  }
}
