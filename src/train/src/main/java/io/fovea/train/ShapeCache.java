package io.fovea.train;

import io.fovea.onnx.Node;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * What a graph computes from the shapes of its inputs alone (Shape, Gather, Concat, ...): computed
 * once for each combination of input shapes. Not thread-safe.
 */
final class ShapeCache implements AutoCloseable {
  private static final int MOST = 32; // combinations that are kept

  /** Operators whose output's shape depends on numbers, after which shapes tell nothing. */
  private static final Set<String> BY_NUMBERS = Set.of("NonZero", "Compress", "If");

  /** Operators that take sizes by an input other than the first. */
  private static final Set<String> SIZED =
      Set.of(
          ("Reshape Expand Tile Slice Pad Resize Upsample TopK OneHot Split Unsqueeze Squeeze Range"
                  + " ConstantOfShape AffineGrid CenterCropPad Col2Im MaxUnpool Trilu ReduceMean"
                  + " ReduceSum ReduceMax ReduceMin ReduceProd ReduceL1 ReduceL2 ReduceLogSum"
                  + " ReduceLogSumExp ReduceSumSquare")
              .split(" "));

  private final Set<String> names;
  private final Map<List<Long>, Map<Integer, Tensor>> kept = new HashMap<>();

  private ShapeCache(Set<String> names) {
    this.names = names;
  }

  /** The cache of a graph; it keeps nothing where sizes depend on numbers. */
  static ShapeCache of(List<Node> nodes, Set<String> constants) {
    Set<String> names = new HashSet<>();
    for (Node node : nodes) {
      boolean told = node.inputs().stream().skip(1).allMatch(i -> known(i, names, constants));
      boolean free = node.inputs().isEmpty() || known(node.inputs().get(0), names, constants);
      if (BY_NUMBERS.contains(node.operator()) || (SIZED.contains(node.operator()) && !told)) {
        return new ShapeCache(Set.of());
      }
      boolean shape = node.operator().equals("Shape") || node.operator().equals("Size");
      if (shape || (free && told && !node.operator().equals("Dropout"))) {
        names.addAll(node.outputs());
      }
    }
    return new ShapeCache(names);
  }

  private static boolean known(String name, Set<String> names, Set<String> constants) {
    return name.isEmpty() || names.contains(name) || constants.contains(name);
  }

  /** Whether inputs after the first tell a node sizes. */
  static boolean readsSizes(Node node) {
    return SIZED.contains(node.operator());
  }

  /** Whether a value follows from shapes. */
  boolean holds(String name) {
    return names.contains(name);
  }

  /** What was computed for inputs of these shapes, by slot; null where nothing was. */
  @Nullable Map<Integer, Tensor> find(Tensor[] inputs) {
    return names.isEmpty() ? null : kept.get(key(inputs));
  }

  /** Room for what is computed now; null where nothing more is kept. */
  @Nullable Map<Integer, Tensor> begin(Tensor[] inputs) {
    if (names.isEmpty() || kept.size() >= MOST) {
      return null;
    }
    Map<Integer, Tensor> values = new HashMap<>();
    kept.put(key(inputs), values);
    return values;
  }

  private static List<Long> key(Tensor[] inputs) {
    List<Long> key = new ArrayList<>();
    for (Tensor input : inputs) {
      Arrays.stream(Torch.shape(input)).forEach(key::add);
      key.add(-1L);
    }
    return key;
  }

  @Override
  public void close() {
    kept.values().forEach(values -> values.values().forEach(Tensor::close));
    kept.clear();
  }
}
