package io.fovea.onnx;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Where a graph holds the batch or the picture's size that it was exported with. The sizes of its
 * inputs become names ({@code batch}, {@code height}, {@code width}) that stand for any number;
 * shape inference then finds the nodes that no longer run, and those that put a number where an
 * output should have the name. A Reshape to {@code [1, 512]} is such a node, a Flatten is none.
 */
public final class FixedSizes {
  /** What may vary. */
  public enum Axis {
    /** The number of pictures: the first size of every input. */
    BATCH,
    /** The sizes of inputs of four sizes and more that are neither pictures nor channels. */
    SIZE
  }

  /**
   * A node that holds a size.
   *
   * @param node its name, or its first output's where it has none
   * @param constant the name of the constant that holds the size, where there is one
   * @param problem what the node makes of sizes that vary
   */
  public record Place(String node, String operator, @Nullable String constant, String problem) {
    /** {@code Reshape 'flat': [batch, 512] does not reshape to [1, 512] (constant 'shape')}. */
    @Override
    public String toString() {
      String why = constant == null ? "" : " (constant '" + constant + "')";
      return operator + " '" + node + "': " + problem + why;
    }
  }

  /** Operators that make a size of what an input or attribute says. */
  private static final Set<String> TOLD =
      Set.of("Reshape", "Resize", "Expand", "Slice", "Pad", "Tile", "CenterCropPad");

  private static final int SAMPLES = 3;
  private static final long MULTIPLE = 960; // sizes that strides of 2, 3, 5 and their powers divide

  private final Graph graph;
  private final ShapeInference inference;
  private final Map<String, TensorType> inputs = new LinkedHashMap<>();
  private final Map<String, @Nullable Long> batches = new HashMap<>(); // names, and what they were
  private final Map<String, @Nullable Long> lengths = new HashMap<>();
  private final Map<String, Node> producers = new HashMap<>();
  private final Set<String> constants = new HashSet<>();
  private final Map<String, Place> suspects = new HashMap<>(); // by the first output
  private final Map<String, Place> broken = new HashMap<>(); // by the first output
  private final Set<String> fromPictures = new HashSet<>(); // values that vary with the batch
  private final Set<String> explained = new HashSet<>(); // values behind suspects and breaks
  private final Set<Place> places = new LinkedHashSet<>();

  private FixedSizes(Model model) {
    this.graph = model.graph();
    this.inference = ShapeInference.free(model.opsetOrZero());
  }

  /**
   * Looks for sizes that a model holds.
   *
   * @param axes what should vary
   * @throws OnnxException where shapes do not fit even at the model's own sizes
   */
  public static FixedSizes of(Model model, Set<Axis> axes) {
    ShapeInference.infer(model);
    FixedSizes sizes = new FixedSizes(model);
    sizes.name(axes);
    sizes.run();
    sizes.report();
    return sizes;
  }

  /** The nodes that hold a size, in the graph's order; empty where all of it varies. */
  public List<Place> places() {
    return List.copyOf(places);
  }

  /** The inputs' types, with names for the sizes that vary. */
  public Map<String, TensorType> inputs() {
    return Map.copyOf(inputs);
  }

  /** The type of a value where the inputs' sizes are names; unknown behind a node that breaks. */
  public TensorType type(String value) {
    return inference.type(value);
  }

  /** Whether an expression varies with the batch. */
  public boolean isBatch(Dim dim) {
    return batches.keySet().stream().anyMatch(dim::mentions);
  }

  private boolean isLength(Dim dim) {
    return lengths.keySet().stream().anyMatch(dim::mentions);
  }

  /** Whether two sizes differ for some number that the names stand for. */
  static boolean differ(Dim a, Dim b) {
    if (a.isUnknown() || b.isUnknown() || a.equals(b)) {
      return false;
    }
    try {
      for (int k = 1; k <= SAMPLES; k++) {
        int sample = k;
        if (a.at(s -> sample(s, sample)) != b.at(s -> sample(s, sample))) {
          return true;
        }
      }
      return false;
    } catch (ArithmeticException e) { // too large to tell
      return false;
    }
  }

  private static long sample(String name, int sample) {
    return MULTIPLE * (1 + Math.floorMod(31L * name.hashCode() + 17L * sample, 97L));
  }

  private void name(Set<Axis> axes) {
    for (ValueInfo input : graph.inputs()) {
      List<Dim> shape = input.type().shape();
      if (shape == null || shape.isEmpty()) {
        inputs.put(input.name(), input.type());
        continue;
      }
      List<Dim> named = new ArrayList<>(shape);
      if (axes.contains(Axis.BATCH) && shape.size() > 1) {
        named.set(0, named(input, shape.get(0), "batch", batches));
      }
      if (axes.contains(Axis.SIZE) && shape.size() >= 4) {
        int last = shape.size() - (channelsLast(shape) ? 2 : 1);
        List<String> names = List.of("width", "height", "depth");
        for (int i = 0; i < Math.min(names.size(), shape.size() - 2); i++) {
          named.set(last - i, named(input, shape.get(last - i), names.get(i), lengths));
        }
      }
      inputs.put(input.name(), input.type().withShape(named));
    }
  }

  private static boolean channelsLast(List<Dim> shape) {
    Set<Dim> colours = Set.of(Dim.of(1), Dim.of(3), Dim.of(4));
    List<Dim> before = shape.subList(1, shape.size() - 1);
    return colours.contains(shape.get(shape.size() - 1))
        && before.stream().noneMatch(colours::contains);
  }

  /** One name for sizes that were equal; a name of its own for another size. */
  private static Dim named(
      ValueInfo input, Dim old, String name, Map<String, @Nullable Long> names) {
    if (!old.isKnown() && !old.isUnknown()) {
      names.put(old.toString(), null);
      return old;
    }
    Long number = old.isKnown() ? old.size() : null;
    Long other = names.get(name);
    boolean equal = number == null || other == null || other.equals(number);
    String chosen = equal ? name : name + "_" + input.name();
    names.putIfAbsent(chosen, number);
    return Dim.of(chosen);
  }

  private void run() {
    graph.initializers().values().forEach(inference::constant);
    constants.addAll(graph.initializers().keySet());
    inputs.forEach(inference::define);
    inputs.keySet().stream().filter(i -> isBatch(first(i))).forEach(fromPictures::add);
    for (Node node : graph.nodes()) {
      node.outputs().forEach(o -> producers.put(o, node));
      if (node.operator().equals("Constant")) {
        constants.addAll(node.outputs());
      }
      try {
        inference.node(node);
        suspect(node);
      } catch (OnnxException e) {
        String message = e.getMessage();
        String start = node + ": ";
        String problem = message.startsWith(start) ? message.substring(start.length()) : message;
        broken.put(key(node), place(node, problem));
        TensorType unknown = new TensorType(DataType.UNDEFINED, null);
        node.outputs().forEach(o -> inference.define(o, unknown));
      }
      boolean caught = suspects.containsKey(key(node)) || broken.containsKey(key(node));
      pass(node, fromPictures, false);
      pass(node, explained, caught);
    }
  }

  /** Hands a trait of the inputs on to the outputs. */
  private static void pass(Node node, Set<String> values, boolean own) {
    if (own || node.inputs().stream().anyMatch(values::contains)) {
      values.addAll(node.outputs());
    }
  }

  private static String key(Node node) {
    return node.outputs().isEmpty() ? node.label() : node.outputs().get(0);
  }

  private Place place(Node node, String problem) {
    return new Place(node.label(), node.operator(), constant(node), problem);
  }

  /** The constant that a node takes, first among its arguments; or that it comes from. */
  private @Nullable String constant(Node node) {
    Node at = node;
    for (int step = 0; step < 100; step++) {
      List<String> given = at.inputs();
      int first = step == 0 ? 1 : 0; // arguments before data, but data where it comes from
      for (int i = first; i < first + given.size(); i++) {
        if (constants.contains(given.get(i % given.size()))) {
          return given.get(i % given.size());
        }
      }
      Node before = null;
      for (String input : given) {
        List<Dim> shape = type(input).shape();
        boolean fixed = shape != null && shape.stream().allMatch(Dim::isKnown);
        before = fixed && producers.containsKey(input) ? producers.get(input) : before;
      }
      if (before == null) {
        return null;
      }
      at = before;
    }
    return null;
  }

  /** Notes a node that is told a number for a size that varies. */
  private void suspect(Node node) {
    if (!TOLD.contains(node.operator()) || node.inputs().isEmpty() || node.outputs().isEmpty()) {
      return;
    }
    List<Dim> x = type(node.inputs().get(0)).shape();
    List<Dim> y = type(node.outputs().get(0)).shape();
    if (x == null || y == null || x.isEmpty() || y.isEmpty()) {
      return;
    }
    boolean losesBatch = isBatch(x.get(0)) && isOldBatch(y.get(0));
    boolean losesSize =
        x.stream().anyMatch(this::isLength)
            && y.stream().noneMatch(d -> d.isUnknown() || isLength(d));
    if (losesBatch || losesSize) {
      suspects.put(key(node), place(node, "makes %s of %s".formatted(y, x)));
    }
  }

  private boolean isOldBatch(Dim dim) {
    return dim.isKnown()
        && batches.values().stream().anyMatch(old -> old == null || old == dim.size());
  }

  /** Names what breaks, and what was told a number on the way there or to an output. */
  private void report() {
    Set<String> reached = new HashSet<>();
    for (Node node : graph.nodes()) {
      if (broken.containsKey(key(node))) {
        reach(node.inputs(), reached);
      }
    }
    List<Place> outputs = new ArrayList<>();
    for (ValueInfo output : graph.outputs()) {
      String name = output.name();
      List<Dim> shape = type(name).shape();
      if (shape == null || shape.isEmpty()) {
        continue;
      }
      boolean onePicture = fromPictures.contains(name) && isOldBatch(shape.get(0));
      boolean oneSize =
          !lengths.isEmpty()
              && shape.stream().noneMatch(this::isLength)
              && shape.stream().skip(2).anyMatch(Dim::isKnown);
      if (onePicture || oneSize) {
        reach(List.of(name), reached);
      }
      Node producer = producers.get(name);
      if (onePicture && producer != null && !explained.contains(name)) {
        outputs.add(place(producer, "gives output '%s' as %s".formatted(name, shape)));
      }
    }
    for (Node node : graph.nodes()) {
      Place suspect = suspects.get(key(node));
      if (suspect != null && reached.contains(key(node))) {
        places.add(suspect);
      }
      Place problem = broken.get(key(node));
      if (problem != null) {
        places.add(problem);
      }
    }
    places.addAll(outputs);
  }

  private Dim first(String input) {
    List<Dim> shape = type(input).shape();
    return shape == null || shape.isEmpty() ? Dim.UNKNOWN : shape.get(0);
  }

  /** The values that these are computed from, and these. */
  private void reach(List<String> values, Set<String> reached) {
    Deque<String> left = new ArrayDeque<>(values);
    while (!left.isEmpty()) {
      String value = left.pop();
      Node producer = reached.add(value) ? producers.get(value) : null;
      if (producer != null) {
        left.addAll(producer.inputs());
      }
    }
  }
}
