package io.fovea.train;

import io.fovea.onnx.Node;
import io.fovea.onnx.Tensor;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.jspecify.annotations.Nullable;

/** Runs nodes of constants once, when a graph is compiled. */
final class Folding {
  private static final long LARGEST = 1 << 22; // elements of an output that is worth keeping
  private static final Set<String> RANDOM = Set.of("Dropout", "If");

  private Folding() {}

  /**
   * Puts a node's outputs among the constants, where all of its inputs are there.
   *
   * @return whether it did
   */
  static boolean fold(Node node, Kernel kernel, Map<String, Tensor> constants) {
    List<String> inputs = node.inputs();
    if (RANDOM.contains(node.operator())
        || !inputs.stream().allMatch(n -> n.isEmpty() || constants.containsKey(n))) {
      return false;
    }
    try (PointerScope scope = new PointerScope();
        NoGradGuard guard = new NoGradGuard()) {
      var in = new org.bytedeco.pytorch.@Nullable Tensor[inputs.size()];
      for (int i = 0; i < in.length; i++) {
        Tensor constant = constants.get(inputs.get(i));
        if (constant != null) {
          var copy = Torch.copy(constant);
          scope.attach(copy);
          in[i] = copy;
        }
      }
      var out = kernel.run(new Frame(in, false, -1));
      for (var tensor : out) {
        if (tensor.numel() > LARGEST) {
          return false;
        }
      }
      for (int i = 0; i < Math.min(out.length, node.outputs().size()); i++) {
        String name = node.outputs().get(i);
        if (!name.isEmpty()) {
          constants.put(name, Torch.copy(name, out[i]));
        }
      }
      return out.length >= node.outputs().size();
    }
  }
}
