package io.fovea.train;

import io.fovea.onnx.DataType;
import io.fovea.onnx.Graph;
import io.fovea.onnx.Node;
import io.fovea.onnx.Tensor;
import java.util.Arrays;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/**
 * A node that is being compiled: its attributes with ONNX's names, and those of its inputs that are
 * constant.
 */
record Operation(Node node, int opset, Map<String, Tensor> constants, Branches branches) {
  /** Compiles the graph of an attribute; what it uses from outside are its inputs. */
  @FunctionalInterface
  interface Branches {
    TorchGraph compile(Graph graph);
  }

  long i(String attribute, long otherwise) {
    return node.attribute(attribute, otherwise);
  }

  float f(String attribute, float otherwise) {
    return node.attribute(attribute, otherwise);
  }

  String s(String attribute, String otherwise) {
    return node.attribute(attribute, otherwise);
  }

  /** Integers of an attribute, or {@code count} times the same number. */
  long[] ints(String attribute, int count, long otherwise) {
    return node.attribute(attribute, LongStream.generate(() -> otherwise).limit(count).toArray());
  }

  boolean has(int input) {
    return input < node.inputs().size() && !node.inputs().get(input).isEmpty();
  }

  int outputs() {
    return node.outputs().size();
  }

  /**
   * The integers of an input such as axes or sizes: read once where they are constant, else from
   * the tensor of each run.
   */
  Function<Frame, long[]> longs(int input) {
    Tensor constant = has(input) ? constants.get(node.inputs().get(input)) : null;
    if (constant != null) {
      long[] values = Arrays.stream(constant.doubles()).mapToLong(d -> (long) d).toArray();
      long[] exact = constant.type() == DataType.INT64 ? constant.longs() : values;
      return in -> exact;
    }
    @Nullable Object[] last = new Object[2]; // a value that is kept for its shape comes again
    return in -> {
      if (last[0] != in.get(input) || last[1] == null) {
        last[0] = in.get(input);
        last[1] = Torch.longs(in.get(input));
      }
      return (long[]) last[1];
    };
  }

  /** The integers of an attribute. */
  Function<Frame, long[]> fixed(String attribute) {
    long[] values = node.attribute(attribute, new long[0]);
    return in -> values;
  }

  /** Axes from the attribute of older opsets or the input of newer ones; empty where neither is. */
  Function<Frame, long[]> axes(int input) {
    return node.has("axes") || !has(input) ? fixed("axes") : longs(input);
  }

  /** Whether {@link #number} can tell: an attribute, a constant, or nothing at all. */
  boolean isNumber(String attribute, int input) {
    return node.has(attribute) || !has(input) || constants.containsKey(node.inputs().get(input));
  }

  /** A single real number from an attribute of older opsets or an input of newer ones. */
  double number(String attribute, int input, double otherwise) {
    if (node.has(attribute)) {
      return f(attribute, 0);
    }
    if (!has(input)) {
      return otherwise;
    }
    Tensor constant = constants.get(node.inputs().get(input));
    if (constant == null) {
      throw refuse("input " + input + " is not a constant");
    }
    return constant.doubles()[0];
  }

  /** The graph of an attribute, as If has two. */
  TorchGraph branch(String attribute) {
    Graph graph = node.graph(attribute);
    if (graph == null) {
      throw refuse("it has no graph '" + attribute + "'");
    }
    return branches.compile(graph);
  }

  TrainException refuse(String reason) {
    return new TrainException(node + ": " + reason);
  }
}
