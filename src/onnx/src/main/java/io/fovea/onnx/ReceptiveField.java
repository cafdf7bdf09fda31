package io.fovea.onnx;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * How much of a picture one place of the last feature map sees through convolutions, pools and
 * resizes (Araujo 2019, <a href="https://distill.pub/2019/computing-receptive-fields/">Computing
 * Receptive Fields</a>). A feature map is a value whose height and width vary with the picture's,
 * so the last one stands before a classifier's global pool. What sees the whole picture at once, a
 * global pool or attention, is not counted; nor are the picture's edges.
 *
 * @param height in pixels
 * @param width in pixels
 */
public record ReceptiveField(long height, long width) {
  private static final String[] NAMES = {"height", "width"};
  private static final Set<String> WINDOWS =
      Set.of("Conv", "ConvTranspose", "MaxPool", "AveragePool", "LpPool", "QLinearConv");
  private static final int PLACES = 64; // where sizes grow again, what is seen depends on the place

  /** From the first place to the last that is seen. */
  private record Span(long from, long to) {
    Span with(@Nullable Span other) {
      return other == null ? this : new Span(Math.min(from, other.from), Math.max(to, other.to));
    }
  }

  /**
   * The field of a model of one picture {@code [N, C, H, W]}; null where a node moves the picture
   * in a way that is not followed.
   *
   * @param height of the picture, in pixels; it matters only where sizes are computed from it
   */
  public static @Nullable ReceptiveField of(Model model, long height, long width) {
    Model flat = model.inlined();
    String input = flat.graph().inputs().get(0).name();
    TensorType fixed = Cost.inputs(flat, height, width).get(input);
    if (fixed == null || fixed.shape() == null) {
      return null;
    }
    List<Dim> named = new ArrayList<>(fixed.shape());
    named.set(2, Dim.of(NAMES[0]));
    named.set(3, Dim.of(NAMES[1]));
    Map<String, TensorType> free =
        ShapeInference.infer(flat, Map.of(input, fixed.withShape(named)));
    ShapeInference sizes = ShapeInference.of(flat, Map.of(input, fixed));
    long[] seen = new long[2];
    for (int axis = 0; axis < 2; axis++) {
      Walk walk = new Walk(flat.graph().nodes(), free, sizes, axis, new HashMap<>());
      String last = walk.last(flat.graph());
      for (int place = 0; place < PLACES; place++) {
        Span span = last == null ? null : walk.back(last, new Span(place, place), input);
        if (span == null) {
          return null;
        }
        seen[axis] = Math.max(seen[axis], span.to - span.from + 1);
      }
    }
    return new ReceptiveField(seen[0], seen[1]);
  }

  /** A walk from a feature map back to the picture, along height (0) or width (1). */
  private record Walk(
      List<Node> nodes,
      Map<String, TensorType> free,
      ShapeInference sizes,
      int side,
      Map<String, int[]> known) {

    /** The axis along which a value has places; -1 where it has none. */
    private int axis(String value) {
      int[] axes = known.computeIfAbsent(value, this::axes);
      return axes[0] < 0 || axes[1] < 0 ? -1 : axes[side];
    }

    /** Whether this may be a feature map of which inference has lost a size. */
    private boolean isUnknown(String value) {
      TensorType type = free.get(value);
      return type != null
          && (type.shape() == null
              ? type.elements().isFloating()
              : type.shape().size() > 2 && type.shape().stream().anyMatch(Dim::isUnknown));
    }

    /** Whether all pixels lie along one axis, as before a linear layer. */
    private boolean isFlat(String value) {
      int[] axes = known.computeIfAbsent(value, this::axes);
      return axes[0] >= 0 && axes[0] == axes[1];
    }

    /** The one axis that varies with the picture's height, and the one with its width. */
    private int[] axes(String value) {
      TensorType type = free.get(value);
      int[] found = {-1, -1};
      for (int s = 0; s < 2 && type != null && type.shape() != null; s++) {
        for (int i = 0; i < type.shape().size(); i++) {
          if (type.shape().get(i).mentions(NAMES[s])) {
            if (found[s] >= 0) {
              return new int[] {-1, -1};
            }
            found[s] = i;
          }
        }
      }
      return found;
    }

    /** The last feature map from which the outputs are computed. */
    @Nullable String last(Graph graph) {
      Set<String> reached = new HashSet<>();
      graph.outputs().forEach(o -> reached.add(o.name()));
      for (int i = nodes.size() - 1; i >= 0; i--) {
        List<String> outputs = nodes.get(i).outputs();
        if (outputs.stream().anyMatch(reached::contains)) {
          if (axis(outputs.get(0)) >= 0 && !isFlat(outputs.get(0))) {
            return outputs.get(0);
          }
          if (WINDOWS.contains(nodes.get(i).operator()) && isUnknown(outputs.get(0))) {
            return null;
          }
          reached.addAll(nodes.get(i).inputs());
        }
      }
      return null;
    }

    @Nullable Span back(String from, Span at, String picture) {
      Map<String, Span> seen = new HashMap<>(Map.of(from, at));
      for (int i = nodes.size() - 1; i >= 0; i--) {
        Node node = nodes.get(i);
        Span span = node.outputs().isEmpty() ? null : seen.get(node.outputs().get(0));
        if (span == null) {
          continue;
        }
        for (String input : node.inputs()) {
          if (isUnknown(input)) {
            return null;
          }
          if (axis(input) >= 0) {
            Span through = through(node, input, span);
            if (through == null) {
              return null;
            }
            seen.merge(input, through, Span::with);
          }
        }
      }
      return seen.get(picture);
    }

    /** What of an input a span of the output sees; null where that is not known. */
    private @Nullable Span through(Node node, String input, Span out) {
      return switch (node.operator()) {
        case "Conv", "MaxPool", "AveragePool", "LpPool", "ConvInteger", "QLinearConv" ->
            window(node, out);
        case "ConvTranspose" -> transposed(node, out);
        case "Resize", "Upsample" -> resized(node, input, out);
        case "DepthToSpace" -> {
          long block = node.attribute("blocksize", 1);
          yield new Span(Math.floorDiv(out.from, block), Math.floorDiv(out.to, block));
        }
        case "SpaceToDepth" -> {
          long block = node.attribute("blocksize", 1);
          yield new Span(out.from * block, out.to * block + block - 1);
        }
        case "Pad" -> padded(node, input, out);
        case "Slice" -> sliced(node, input, out);
        default -> keepsPlaces(node, input) ? out : null;
      };
    }

    /** Whether sizes stay for any picture, or all pixels are put in a row or back. */
    private boolean keepsPlaces(Node node, String input) {
      String output = node.outputs().get(0);
      boolean reshapes = Set.of("Flatten", "Reshape").contains(node.operator());
      if (axis(output) < 0 || isFlat(input) != isFlat(output)) {
        return axis(output) >= 0 && reshapes;
      }
      return dim(free.get(input), axis(input)).equals(dim(free.get(output), axis(output)));
    }

    private static Dim dim(@Nullable TensorType type, int axis) {
      return type == null || type.shape() == null ? Dim.UNKNOWN : type.shape().get(axis);
    }

    private long size(String value) {
      Dim dim = dim(sizes.type(value), axis(value));
      return dim.isKnown() ? dim.size() : -1;
    }

    private long of(Node node, String attribute, int at, long otherwise) {
      long[] values = node.attribute(attribute, new long[0]);
      return at < values.length ? values[at] : otherwise;
    }

    /** Places between the first and the last that a window covers; -1 where that is not known. */
    private long reach(Node node) {
      long kernel = of(node, "kernel_shape", side, -1);
      if (kernel < 0) {
        int weight = node.operator().equals("QLinearConv") ? 3 : 1;
        Dim size = dim(sizes.type(node.inputs().get(weight)), 2 + side);
        kernel = size.isKnown() ? size.size() : 0;
      }
      return kernel < 1 ? -1 : (kernel - 1) * of(node, "dilations", side, 1);
    }

    private @Nullable Span window(Node node, Span out) {
      long stride = of(node, "strides", side, 1);
      long reach = reach(node);
      long before = of(node, "pads", side, 0);
      String auto = node.attribute("auto_pad", "NOTSET");
      if (auto.startsWith("SAME")) {
        long all =
            (size(node.outputs().get(0)) - 1) * stride + reach + 1 - size(node.inputs().get(0));
        before = (Math.max(0, all) + (auto.equals("SAME_LOWER") ? 1 : 0)) / 2;
      }
      return reach < 0
          ? null
          : new Span(out.from * stride - before, out.to * stride - before + reach);
    }

    private @Nullable Span transposed(Node node, Span out) {
      long stride = of(node, "strides", side, 1);
      long before = of(node, "pads", side, 0);
      long reach = reach(node);
      long first = out.from + before - reach;
      return reach < 0
          ? null
          : new Span(-Math.floorDiv(-first, stride), Math.floorDiv(out.to + before, stride));
    }

    private @Nullable Span resized(Node node, String input, Span out) {
      long in = size(input);
      long grown = size(node.outputs().get(0));
      if (in < 1 || grown < 1) {
        return null;
      }
      double low = source(node, out.from, in, grown);
      double high = source(node, out.to, in, grown);
      return switch (node.attribute("mode", "nearest")) {
        case "nearest" -> new Span(nearest(node, low), nearest(node, high));
        case "cubic" -> new Span((long) Math.floor(low) - 1, (long) Math.floor(high) + 2);
        default -> new Span((long) Math.floor(low), (long) Math.ceil(high));
      };
    }

    private static double source(Node node, long at, long in, long out) {
      String otherwise = node.operator().equals("Upsample") ? "asymmetric" : "half_pixel";
      return switch (node.attribute("coordinate_transformation_mode", otherwise)) {
        case "asymmetric" -> (double) at * in / out;
        case "align_corners" -> out == 1 ? 0 : (double) at * (in - 1) / (out - 1);
        default -> (at + 0.5) * in / out - 0.5;
      };
    }

    private static long nearest(Node node, double at) {
      String otherwise = node.operator().equals("Upsample") ? "floor" : "round_prefer_floor";
      return (long)
          switch (node.attribute("nearest_mode", otherwise)) {
            case "floor" -> Math.floor(at);
            case "ceil" -> Math.ceil(at);
            case "round_prefer_ceil" -> Math.floor(at + 0.5);
            default -> Math.ceil(at - 0.5);
          };
    }

    /** Short whole numbers of an attribute of older opsets or an input of newer ones. */
    private @Nullable List<Long> numbers(Node node, String attribute, int i) {
      if (node.has(attribute)) {
        List<Long> said = new ArrayList<>();
        for (long n : node.attribute(attribute, new long[0])) {
          said.add(n);
        }
        return said;
      }
      List<Ratio> held = i < node.inputs().size() ? sizes.held(node.inputs().get(i)) : null;
      return held == null || !held.stream().allMatch(Ratio::isKnown)
          ? null
          : held.stream().map(r -> (long) r.value()).toList();
    }

    private @Nullable Span padded(Node node, String input, Span out) {
      List<Long> pads = numbers(node, "pads", 1);
      List<Long> axes = numbers(node, "axes", 3);
      int at = axes == null ? axis(input) : axes.indexOf((long) axis(input));
      if (pads == null) {
        return null;
      }
      long before = at < 0 ? 0 : pads.get(at);
      return new Span(out.from - before, out.to - before);
    }

    private @Nullable Span sliced(Node node, String input, Span out) {
      List<Long> starts = numbers(node, "starts", 1);
      List<Long> axes = numbers(node, "axes", 3);
      List<Long> steps = numbers(node, "steps", 4);
      if (starts == null) {
        return null;
      }
      int at = axes == null ? axis(input) : axes.indexOf((long) axis(input));
      if (at < 0 || at >= starts.size()) {
        return out;
      }
      long step = steps == null ? 1 : steps.get(at);
      long start = starts.get(at);
      long size = size(input);
      if (step < 1 || (start < 0 && size < 0)) {
        return null;
      }
      long first = start < 0 ? start + size : start;
      return new Span(first + out.from * step, first + out.to * step);
    }
  }
}
