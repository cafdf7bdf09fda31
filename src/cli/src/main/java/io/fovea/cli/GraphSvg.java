package io.fovea.cli;

import io.fovea.onnx.Cost;
import io.fovea.onnx.Dim;
import io.fovea.onnx.Graph;
import io.fovea.onnx.Model;
import io.fovea.onnx.Node;
import io.fovea.onnx.TensorType;
import io.fovea.onnx.ValueInfo;
import io.fovea.onnx.WholeFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/**
 * A graph as an SVG picture: a box for each node that the input goes into, with operator, name and
 * output shape, coloured by what kind of operator it is. Box {@code n} has the id {@code n<n>}.
 */
final class GraphSvg {
  private static final int MARGIN = 24;
  private static final int HEAD = 84; // title and legend above the graph
  private static final int LEGEND_WIDTH = 860;
  private static final int LONGEST_NAME = 42;

  /** Kinds of operators, each with its colour. */
  private enum Family {
    CONVOLUTION("#cfe2f3"),
    MATRIX("#d9d2e9"),
    NORMALIZATION("#fff2cc"),
    ACTIVATION("#fce5cd"),
    POOL("#d9ead3"),
    ARITHMETIC("#f4cccc"),
    LAYOUT("#e0e0e0"),
    OTHER("#ffffff");

    private final String colour;

    Family(String colour) {
      this.colour = colour;
    }

    static Family of(String operator) {
      if (operator.contains("Conv")) {
        return CONVOLUTION;
      }
      if (operator.contains("Norm") || operator.equals("LRN")) {
        return NORMALIZATION;
      }
      if (operator.contains("Pool") || operator.startsWith("Reduce")) {
        return POOL;
      }
      return switch (operator) {
        case "Gemm", "MatMul", "Einsum", "MatMulInteger", "QLinearMatMul", "Attention" -> MATRIX;
        case "Relu",
            "Clip",
            "LeakyRelu",
            "PRelu",
            "Elu",
            "Selu",
            "Celu",
            "Gelu",
            "Sigmoid",
            "HardSigmoid",
            "HardSwish",
            "Swish",
            "Mish",
            "Tanh",
            "Softplus",
            "Softsign",
            "Erf",
            "Softmax",
            "LogSoftmax",
            "ThresholdedRelu" ->
            ACTIVATION;
        case "Add", "Sub", "Mul", "Div", "Sum", "Mean", "Max", "Min", "Pow", "Sqrt", "Concat" ->
            ARITHMETIC;
        case "Reshape",
            "Flatten",
            "Transpose",
            "Slice",
            "Pad",
            "Squeeze",
            "Unsqueeze",
            "Resize",
            "Upsample",
            "Gather",
            "Split",
            "Expand",
            "Tile",
            "DepthToSpace",
            "SpaceToDepth",
            "GridSample",
            "ReverseSequence" ->
            LAYOUT;
        default -> OTHER;
      };
    }
  }

  /** A box: a bold word, a shape beside it and a name below. */
  private record Box(Family family, String operator, String shape, String name) {}

  private final Cost cost;
  private final List<Box> boxes = new ArrayList<>();
  private final List<List<Integer>> sources = new ArrayList<>();
  private final Map<String, Integer> producers = new HashMap<>();
  private int hidden;

  private GraphSvg(Cost cost) {
    this.cost = cost;
  }

  /** Draws a model with the shapes that a count has found. */
  static void write(Path file, String title, Model model, Cost cost) throws IOException {
    byte[] text = text(title, model, cost).getBytes(StandardCharsets.UTF_8);
    WholeFile.write(file, out -> out.write(text));
  }

  static String text(String title, Model model, Cost cost) {
    GraphSvg svg = new GraphSvg(cost);
    svg.boxes(model.inlined().graph());
    return svg.draw(title);
  }

  private void boxes(Graph graph) {
    for (ValueInfo input : graph.inputs()) {
      add(new Box(Family.OTHER, "input", shape(input.name()), input.name()), List.of());
      producers.put(input.name(), boxes.size() - 1);
    }
    for (Node node : graph.nodes()) {
      List<Integer> from =
          node.inputs().stream().map(producers::get).filter(Objects::nonNull).distinct().toList();
      if (from.isEmpty() || Set.of("Shape", "Size").contains(node.operator())) {
        hidden++;
        continue;
      }
      String output = node.outputs().isEmpty() ? "" : node.outputs().get(0);
      add(new Box(Family.of(node.operator()), operator(node), shape(output), node.label()), from);
      node.outputs().forEach(o -> producers.put(o, boxes.size() - 1));
    }
    Set<String> told = new HashSet<>();
    for (ValueInfo output : graph.outputs()) {
      Integer from = producers.get(output.name());
      if (from != null && told.add(output.name())) {
        add(new Box(Family.OTHER, "output", shape(output.name()), output.name()), List.of(from));
      }
    }
  }

  private void add(Box box, List<Integer> from) {
    boxes.add(box);
    sources.add(from);
  }

  private String shape(String value) {
    TensorType type = cost.types().get(value);
    List<Dim> shape = type == null ? null : type.shape();
    return shape == null ? "" : shape.stream().map(Dim::toString).collect(Collectors.joining("x"));
  }

  /** {@code Conv 3x3 /2 g32}: the operator, its window, its stride and its groups. */
  private static String operator(Node node) {
    String text = node.domain().isEmpty() ? node.operator() : node.domain() + "." + node.operator();
    long[] kernel = ints(node, "kernel_shape");
    long[] strides = ints(node, "strides");
    long[] dilations = ints(node, "dilations");
    text += kernel.length == 0 ? "" : " " + sizes(kernel);
    text += LongStream.of(strides).allMatch(s -> s == 1) ? "" : " /" + side(strides);
    text += LongStream.of(dilations).allMatch(d -> d == 1) ? "" : " d" + side(dilations);
    long group = group(node);
    return group == 1 ? text : text + " g" + group;
  }

  private static long[] ints(Node node, String attribute) {
    return node.attribute(attribute, new long[0]);
  }

  private static long group(Node node) {
    return node.operator().contains("Conv") ? node.attribute("group", 1) : 1;
  }

  private static String sizes(long[] values) {
    return LongStream.of(values).mapToObj(Long::toString).collect(Collectors.joining("x"));
  }

  private static String side(long[] values) {
    return LongStream.of(values).distinct().count() == 1 ? "" + values[0] : sizes(values);
  }

  private String draw(String title) {
    GraphLayout layout = new GraphLayout(sources);
    int width = Math.max(layout.width(), LEGEND_WIDTH) + 2 * MARGIN;
    int height = layout.height() + HEAD + 2 * MARGIN;
    int left = MARGIN + Math.max(0, (width - 2 * MARGIN - layout.width()) / 2);
    StringBuilder b = new StringBuilder();
    b.append(
        """
        <svg xmlns="http://www.w3.org/2000/svg" width="%1$d" height="%2$d" viewBox="0 0 %1$d %2$d" font-family="Helvetica, Arial, sans-serif">
        <title>%3$s</title>
        <rect width="%1$d" height="%2$d" fill="#ffffff"/>
        <text x="%4$d" y="40" font-size="20" font-weight="bold">%3$s</text>
        <text x="%4$d" y="60" font-size="11" fill="#555555">%5$s</text>
        """
            .formatted(width, height, escaped(title), MARGIN, caption()));
    legend(b);
    b.append("<g transform=\"translate(%d %d)\">\n".formatted(left, HEAD + MARGIN));
    layout.lines().forEach(l -> line(b, layout, l));
    for (int i = 0; i < boxes.size(); i++) {
      box(b, i, layout.x(i) - GraphLayout.BOX_WIDTH / 2, layout.y(i));
    }
    return b.append("</g>\n</svg>\n").toString();
  }

  private String caption() {
    String products = Table.counted(cost.multiplyAdds());
    String without =
        hidden == 0 ? "" : "; %d that no picture goes into are left out".formatted(hidden);
    return "%d nodes%s; %s multiply-adds".formatted(boxes.size(), without, products);
  }

  private static void legend(StringBuilder b) {
    int at = MARGIN;
    for (Family f : Family.values()) {
      String name = f.name().toLowerCase(Locale.ROOT);
      b.append(
          """
          <rect x="%d" y="72" width="14" height="14" rx="3" fill="%s" stroke="#888888"/>
          <text x="%d" y="83" font-size="11">%s</text>
          """
              .formatted(at, f.colour, at + 19, name));
      at += 110;
    }
  }

  private static void line(StringBuilder b, GraphLayout layout, GraphLayout.Line line) {
    int x1 = layout.x(line.from());
    int y1 = layout.y(line.from()) + GraphLayout.BOX_HEIGHT;
    int x2 = layout.x(line.to());
    int y2 = layout.y(line.to());
    int gap = GraphLayout.ROW_HEIGHT - GraphLayout.BOX_HEIGHT;
    String path = "M%d %d".formatted(x1, y1);
    if (line.direct()) {
      path += curve(x1, y1, x2, y2);
    } else {
      int lane = line.laneX();
      path += curve(x1, y1, lane, y1 + gap) + " V%d".formatted(y2 - gap);
      path += curve(lane, y2 - gap, x2, y2);
    }
    String colour = line.direct() ? "#555555" : "#3d85c6";
    b.append(
        "<path d=\"%s\" fill=\"none\" stroke=\"%s\" stroke-width=\"1.3\"/>\n"
            .formatted(path, colour));
  }

  private static String curve(int x1, int y1, int x2, int y2) {
    int middle = (y1 + y2) / 2;
    return x1 == x2
        ? " V%d".formatted(y2)
        : " C%d %d %d %d %d %d".formatted(x1, middle, x2, middle, x2, y2);
  }

  private void box(StringBuilder b, int i, int x, int y) {
    Box box = boxes.get(i);
    boolean end = box.operator.equals("input") || box.operator.equals("output");
    b.append(
        """
        <g id="n%d"><title>%s %s: %s</title>
        <rect x="%d" y="%d" width="%d" height="%d" rx="%d" fill="%s" stroke="#666666"/>
        <text x="%d" y="%d" font-size="12" font-weight="bold">%s</text>
        <text x="%d" y="%d" font-size="11" text-anchor="end">%s</text>
        <text x="%d" y="%d" font-size="10" fill="#555555">%s</text></g>
        """
            .formatted(
                i,
                escaped(box.operator),
                escaped(box.name),
                escaped(box.shape),
                x,
                y,
                GraphLayout.BOX_WIDTH,
                GraphLayout.BOX_HEIGHT,
                end ? 16 : 4,
                box.family.colour,
                x + 10,
                y + 15,
                escaped(cut(box.operator, 24)),
                x + GraphLayout.BOX_WIDTH - 10,
                y + 15,
                escaped(cut(box.shape, 20)),
                x + 10,
                y + 29,
                escaped(cut(box.name, LONGEST_NAME))));
  }

  /** The end of a long text, where names differ. */
  private static String cut(String text, int most) {
    return text.length() <= most ? text : "…" + text.substring(text.length() - most + 1);
  }

  /** A text as XML takes it: markup as entities, and no characters that XML does not have. */
  static String escaped(@Nullable String text) {
    StringBuilder b = new StringBuilder();
    String.valueOf(text)
        .codePoints()
        .forEach(
            c -> {
              switch (c) {
                case '<' -> b.append("&lt;");
                case '>' -> b.append("&gt;");
                case '&' -> b.append("&amp;");
                case '"' -> b.append("&quot;");
                default -> {
                  boolean bad =
                      c < 0x20 || (c >= 0xd800 && c <= 0xdfff) || c == 0xfffe || c == 0xffff;
                  b.appendCodePoint(bad ? 0xfffd : c);
                }
              }
            });
    return b.toString();
  }
}
