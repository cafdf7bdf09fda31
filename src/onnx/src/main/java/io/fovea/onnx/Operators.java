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
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The operators that graphs are built from, in the form that they have at opset 17 or where they
 * first came (<a href="https://onnx.ai/onnx/operators/">the specification</a>), and those that
 * files from elsewhere have besides. Types and shapes are inferred by the same rules, which take
 * the forms of all opsets from 7 on.
 */
final class Operators {
  static final int ANY = Integer.MAX_VALUE;
  private static final Map<String, Operator> TABLE = new HashMap<>();
  private static final Map<String, Rule> READ = new HashMap<>(); // in files only

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
    add("Swish", 24, 1, 1, Map.of("alpha", FLOAT), Rules::floating);
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
    add("CastLike", 15, 2, 2, NONE, Rules::castLike);
    add("CumSum", 11, 2, 2, types("exclusive i reverse i"), Rules::same);
    read("Tan Asin Acos Atan Sinh Cosh Asinh Acosh Atanh Hardmax Shrink", Rules::same);
    read("LpNormalization MeanVarianceNormalization Trilu ReverseSequence", Rules::same);
    read("BitwiseNot Scatter ScatterElements", Rules::same);

    for (String name : "Add Sub Mul Div PRelu".split(" ")) {
      add(name, 7, 2, 2, NONE, Rules::broadcast);
    }
    add("Pow", 13, 2, 2, NONE, Rules::broadcastAny);
    add("Mod", 10, 2, 2, Map.of("fmod", INT), Rules::broadcast);
    read("BitShift BitwiseAnd BitwiseOr BitwiseXor", Rules::broadcast);
    for (String name : "Equal Less Greater And Or Xor".split(" ")) {
      add(name, 7, 2, 2, NONE, Rules::compare);
    }
    add("LessOrEqual", 12, 2, 2, NONE, Rules::compare);
    add("GreaterOrEqual", 12, 2, 2, NONE, Rules::compare);
    add("Not", 7, 1, 1, NONE, Rules::truth);
    read("NegativeLogLikelihoodLoss SoftmaxCrossEntropyLoss", Rules::loss);
    read("IsNaN IsInf", Rules::truth);
    add("Where", 9, 3, 3, NONE, Rules::where);
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
    add("LpPool", 7, 1, 1, with(average, types("p i")), Windows::pool);
    add("DeformConv", 19, 3, 5, with(WINDOW, types("group i offset_group i")), Windows::deform);
    read("ConvInteger", Windows::convInteger);
    read("QLinearConv", Windows::convQuantized);
    read("MaxUnpool", Windows::unpool);
    read("GlobalLpPool", Windows::globalPool);
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
    read("RMSNormalization", Norms::layer);
    add("Gemm", 7, 2, 3, types("alpha f beta f transA i transB i"), Rules::gemm);
    add("MatMul", 7, 2, 2, NONE, Rules::matMul);

    add("Einsum", 12, 1, ANY, types("equation s"), Reductions::einsum);
    read("MatMulInteger", Quantized::matMulInteger);
    read("QLinearMatMul", Quantized::matMul);
    Map<String, AttributeType> quantized = types("axis i block_size i output_dtype i saturate i");
    add("QuantizeLinear", 10, 2, 3, quantized, Quantized::quantize);
    add("DequantizeLinear", 10, 2, 3, quantized, Quantized::dequantize);
    read("DynamicQuantizeLinear", Quantized::dynamic);

    add("Flatten", 9, 1, 1, AXIS, Layouts::flatten);
    add("Reshape", 14, 2, 2, Map.of("allowzero", INT), Layouts::reshape);
    add("Transpose", 7, 1, 1, Map.of("perm", INTS), Layouts::transpose);
    add("Concat", 7, 1, ANY, AXIS, Layouts::concat);
    read("Split", Layouts::split);
    add("Expand", 8, 2, 2, NONE, Layouts::expand);
    add("Tile", 7, 2, 2, NONE, Layouts::tile);
    add("DepthToSpace", 11, 1, 1, types("blocksize i mode s"), Layouts::depthToSpace);
    add("SpaceToDepth", 7, 1, 1, types("blocksize i"), Layouts::spaceToDepth);
    add("Pad", 11, 2, 3, Map.of("mode", STRING), Layouts::pad);
    add("Unsqueeze", 13, 2, 2, NONE, Layouts::unsqueeze);
    add("Squeeze", 13, 1, 2, NONE, Layouts::squeeze);
    add("Slice", 10, 3, 5, NONE, Selections::slice);
    add("Gather", 7, 2, 2, AXIS, Selections::gather);
    add("GatherElements", 11, 2, 2, AXIS, Selections::gatherElements);
    add("GatherND", 12, 2, 2, types("batch_dims i"), Selections::gatherNd);
    add("ScatterND", 16, 3, 3, types("reduction s"), Rules::same);
    add("OneHot", 9, 3, 3, AXIS, Selections::oneHot);
    add("NonZero", 9, 1, 1, NONE, Selections::nonZero);
    read("Compress", Selections::compress);
    read("NonMaxSuppression", Selections::boxes);

    Map<String, AttributeType> resize =
        types(
            "antialias i axes is coordinate_transformation_mode s cubic_coeff_a f exclude_outside i"
                + " extrapolation_value f keep_aspect_ratio_policy s mode s nearest_mode s");
    add("Resize", 11, 1, 4, resize, Resizing::resize);
    read("Upsample", Resizing::upsample);
    add(
        "GridSample",
        16,
        2,
        2,
        types("align_corners i mode s padding_mode s"),
        Resizing::gridSample);
    add("AffineGrid", 20, 2, 2, types("align_corners i"), Resizing::affineGrid);
    add(
        "RoiAlign",
        16,
        3,
        3,
        types(
            "coordinate_transformation_mode s mode s output_height i output_width i"
                + " sampling_ratio i spatial_scale f"),
        Resizing::roiAlign);
    read("CenterCropPad", Resizing::centerCropPad);
    read("Col2Im", Resizing::columnsToImage);

    add("Shape", 15, 1, 1, types("start i end i"), Dims::shape);
    add("Size", 7, 1, 1, NONE, Dims::size);
    add("ConstantOfShape", 9, 1, 1, Map.of("value", TENSOR), Dims::constantOfShape);
    add("Range", 11, 3, 3, NONE, Dims::range);
    read("EyeLike Bernoulli RandomNormalLike RandomUniformLike", Dims::like);
    read("RandomNormal RandomUniform", Dims::random);
    read("If", ShapeInference::branch);

    add("ReduceSum", 13, 1, 2, types("keepdims i noop_with_empty_axes i"), Reductions::reduce);
    for (String name :
        ("ReduceMean ReduceMax ReduceMin ReduceProd ReduceL1 ReduceL2 ReduceSumSquare ReduceLogSum"
                + " ReduceLogSumExp")
            .split(" ")) {
      add(name, 7, 1, 2, types("axes is keepdims i noop_with_empty_axes i"), Reductions::reduce);
    }
    Map<String, AttributeType> arg = types("axis i keepdims i select_last_index i");
    add("ArgMax", 12, 1, 1, arg, Reductions::arg);
    add("ArgMin", 12, 1, 1, arg, Reductions::arg);
    read("TopK", Reductions::topK);
    Map<String, AttributeType> constant =
        types("value_float f value_floats fs value_int i value_ints is value_string s");
    add(
        "Constant",
        12,
        0,
        0,
        with(constant, Map.of("value", TENSOR, "value_strings", STRINGS)),
        Dims::constant);
  }

  private Operators() {}

  /** An operator of ONNX's own domain that graphs are built from; null for others. */
  static @Nullable Operator of(Node node) {
    return node.domain().isEmpty() ? TABLE.get(node.operator()) : null;
  }

  /** What infers the types of a node's outputs; null for operators that are not listed. */
  static @Nullable Rule rule(Node node) {
    Operator built = of(node);
    return built != null
        ? built.rule()
        : node.domain().isEmpty() ? READ.get(node.operator()) : null;
  }

  /** All that are listed. */
  static Set<String> names() {
    Set<String> names = new TreeSet<>(TABLE.keySet());
    names.addAll(READ.keySet());
    return names;
  }

  private static void read(String names, Rule rule) {
    for (String name : names.split(" ")) {
      if (READ.put(name, rule) != null || TABLE.containsKey(name)) {
        throw new AssertionError(name + " is listed twice");
      }
    }
  }

  private static void add(
      String name, int since, int min, int max, Map<String, AttributeType> attributes, Rule rule) {
    Operator old =
        TABLE.put(name, new Operator(name, since, new Arity(min, max), attributes, rule));
    if (old != null || READ.containsKey(name)) {
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
