package io.fovea.onnx;

import static io.fovea.onnx.proto.AttributeProto.AttributeType.FLOAT;
import static io.fovea.onnx.proto.AttributeProto.AttributeType.FLOATS;
import static io.fovea.onnx.proto.AttributeProto.AttributeType.INT;
import static io.fovea.onnx.proto.AttributeProto.AttributeType.INTS;
import static io.fovea.onnx.proto.AttributeProto.AttributeType.STRING;
import static io.fovea.onnx.proto.AttributeProto.AttributeType.STRINGS;
import static io.fovea.onnx.proto.AttributeProto.AttributeType.TENSOR;

import io.fovea.onnx.Operator.Arity;
import io.fovea.onnx.Operator.Rule;
import io.fovea.onnx.proto.AttributeProto.AttributeType;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The operators that graphs are built from, in the form that they have at opset 17 or where they
 * first came (<a href="https://onnx.ai/onnx/operators/">the specification</a>). Types and shapes of
 * files from elsewhere are inferred by the same rules, as far as operators are listed here.
 */
final class Operators {
  static final int ANY = Integer.MAX_VALUE;
  private static final Map<String, Operator> TABLE = new HashMap<>();

  private static final Map<String, AttributeType> NONE = Map.of();
  private static final Map<String, AttributeType> AXIS = Map.of("axis", INT);
  private static final Map<String, AttributeType> WINDOW =
      Map.of(
          "auto_pad",
          STRING,
          "kernel_shape",
          INTS,
          "strides",
          INTS,
          "pads",
          INTS,
          "dilations",
          INTS);

  static {
    for (String name :
        "Sigmoid Softplus Softsign Tanh Exp Log Sqrt Reciprocal Sin Cos".split(" ")) {
      add(name, 7, 1, 1, NONE, Rules::floating);
    }
    add("HardSwish", 14, 1, 1, NONE, Rules::floating);
    add("Mish", 18, 1, 1, NONE, Rules::floating);
    add("Gelu", 20, 1, 1, Map.of("approximate", STRING), Rules::floating);
    add("LeakyRelu", 7, 1, 1, Map.of("alpha", FLOAT), Rules::floating);
    add("Elu", 7, 1, 1, Map.of("alpha", FLOAT), Rules::floating);
    add("Celu", 12, 1, 1, Map.of("alpha", FLOAT), Rules::floating);
    add("ThresholdedRelu", 10, 1, 1, Map.of("alpha", FLOAT), Rules::floating);
    add("Selu", 7, 1, 1, Map.of("alpha", FLOAT, "gamma", FLOAT), Rules::floating);
    add("HardSigmoid", 7, 1, 1, Map.of("alpha", FLOAT, "beta", FLOAT), Rules::floating);
    for (String name : "Relu Abs Neg Sign Floor Ceil Round Identity".split(" ")) {
      add(name, 7, 1, 1, NONE, Rules::same);
    }
    add("Erf", 9, 1, 1, NONE, Rules::same);
    add("Clip", 11, 1, 3, NONE, Rules::same);
    add("Softmax", 13, 1, 1, AXIS, Rules::softmax);
    add("LogSoftmax", 13, 1, 1, AXIS, Rules::softmax);
    add("Dropout", 12, 1, 3, Map.of("seed", INT), Rules::dropout);
    add("LRN", 7, 1, 1, types("alpha f beta f bias f size i"), Rules::floating);
    add("Cast", 7, 1, 1, Map.of("to", INT), Rules::cast);

    for (String name : "Add Sub Mul Div PRelu".split(" ")) {
      add(name, 7, 2, 2, NONE, Rules::broadcast);
    }
    add("Pow", 13, 2, 2, NONE, Rules::broadcastAny);
    for (String name : "Min Max Sum Mean".split(" ")) {
      add(name, 8, 1, ANY, NONE, Rules::broadcast);
    }

    add("Conv", 7, 2, 3, with(WINDOW, Map.of("group", INT)), Windows::conv);
    add(
        "ConvTranspose",
        7,
        2,
        3,
        with(WINDOW, types("group i output_padding is output_shape is")),
        Windows::convTranspose);
    add("MaxPool", 8, 1, 1, with(WINDOW, types("ceil_mode i storage_order i")), Windows::pool);
    Map<String, AttributeType> average =
        new HashMap<>(with(WINDOW, types("ceil_mode i count_include_pad i")));
    average.remove("dilations"); // from opset 19 only
    add("AveragePool", 7, 1, 1, average, Windows::pool);
    add("GlobalAveragePool", 7, 1, 1, NONE, Windows::globalPool);
    add("GlobalMaxPool", 7, 1, 1, NONE, Windows::globalPool);

    add(
        "BatchNormalization",
        15,
        5,
        5,
        types("epsilon f momentum f training_mode i"),
        Norms::batch);
    add("InstanceNormalization", 7, 3, 3, types("epsilon f"), Norms::instance);
    add("GroupNormalization", 21, 3, 3, types("epsilon f num_groups i"), Norms::group);
    add("LayerNormalization", 17, 2, 3, types("axis i epsilon f stash_type i"), Norms::layer);
    add("Gemm", 7, 2, 3, types("alpha f beta f transA i transB i"), Rules::gemm);
    add("MatMul", 7, 2, 2, NONE, Rules::matMul);

    add("Flatten", 9, 1, 1, AXIS, Layouts::flatten);
    add("Reshape", 14, 2, 2, Map.of("allowzero", INT), Layouts::reshape);
    add("Transpose", 7, 1, 1, Map.of("perm", INTS), Layouts::transpose);
    add("Concat", 7, 1, ANY, AXIS, Layouts::concat);
    add("Slice", 10, 3, 5, NONE, Layouts::slice);
    add("Pad", 11, 2, 3, Map.of("mode", STRING), Layouts::pad);
    add("Unsqueeze", 13, 2, 2, NONE, Layouts::unsqueeze);
    add("Squeeze", 13, 1, 2, NONE, Layouts::squeeze);
    add("Gather", 7, 2, 2, AXIS, Layouts::gather);
    add("Shape", 15, 1, 1, types("start i end i"), Layouts::shape);
    add("ReduceSum", 13, 1, 2, types("keepdims i noop_with_empty_axes i"), Layouts::reduce);
    for (String name : "ReduceMean ReduceMax ReduceMin ReduceL2 ReduceSumSquare".split(" ")) {
      add(name, 7, 1, 2, types("axes is keepdims i noop_with_empty_axes i"), Layouts::reduce);
    }
    Map<String, AttributeType> constant =
        types("value_float f value_floats fs value_int i value_ints is value_string s");
    add(
        "Constant",
        12,
        0,
        0,
        with(constant, Map.of("value", TENSOR, "value_strings", STRINGS)),
        Layouts::constant);
  }

  private Operators() {}

  /** What is known of an operator of ONNX's own domain; null for others. */
  static @Nullable Operator of(Node node) {
    return node.domain().isEmpty() ? TABLE.get(node.operator()) : null;
  }

  private static void add(
      String name, int since, int min, int max, Map<String, AttributeType> attributes, Rule rule) {
    Operator old =
        TABLE.put(name, new Operator(name, since, new Arity(min, max), attributes, rule));
    if (old != null) {
      throw new AssertionError(name + " is listed twice");
    }
  }

  /** Attribute types from {@code "alpha f axes is"}: f, i, s are single values, fs, is lists. */
  private static Map<String, AttributeType> types(String text) {
    Map<String, AttributeType> types = new HashMap<>();
    String[] words = text.split(" ");
    for (int i = 0; i < words.length; i += 2) {
      types.put(
          words[i],
          switch (words[i + 1]) {
            case "f" -> FLOAT;
            case "fs" -> FLOATS;
            case "i" -> INT;
            case "is" -> INTS;
            case "s" -> STRING;
            default -> throw new AssertionError(words[i + 1]);
          });
    }
    return types;
  }

  private static Map<String, AttributeType> with(
      Map<String, AttributeType> a, Map<String, AttributeType> b) {
    Map<String, AttributeType> all = new HashMap<>(a);
    all.putAll(b);
    return all;
  }
}
