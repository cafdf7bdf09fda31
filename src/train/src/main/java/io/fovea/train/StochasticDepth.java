package io.fovea.train;

import io.fovea.onnx.Node;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.LongSupplier;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * Residual branches that are left out at random while training (Huang 2016, <a
 * href="https://arxiv.org/abs/1603.09382">1603.09382</a>): for each picture and branch anew, the
 * more often the later it comes; what stays is scaled so that the mean does not change. Nothing
 * changes in inference.
 *
 * <p>A branch is what an Add gives to a value that it is made of alone, with something learned and
 * no other such sum in between: what blocks compute whose shortcut does nothing. Those with a
 * projection for a shortcut, and sums of decoders with what encoders saw, always stay.
 */
final class StochasticDepth {
  private final Set<String> constants;
  private final Set<String> parameters;
  private final Map<String, Node> producers = new HashMap<>();
  private final Map<Node, Integer> branches = new LinkedHashMap<>();

  private StochasticDepth(Collection<String> constants, Collection<String> parameters) {
    this.constants = Set.copyOf(constants);
    this.parameters = Set.copyOf(parameters);
  }

  /**
   * The nodes that add a branch, and which of their inputs it is, in the graph's order.
   *
   * @param constants names of initializers and constants, parameters included
   */
  static Map<Node, Integer> branches(
      List<Node> nodes, Collection<String> constants, Collection<String> parameters) {
    StochasticDepth found = new StochasticDepth(constants, parameters);
    for (Node node : nodes) {
      if (node.operator().equals("Add") && node.domain().isEmpty()) {
        for (int i = 0; i < 2; i++) {
          if (found.isBranch(node.inputs().get(i), node.inputs().get(1 - i))) {
            found.branches.put(node, i);
            break;
          }
        }
      }
      node.outputs().forEach(o -> found.producers.put(o, node));
    }
    return found.branches;
  }

  /** Whether a value is made of another one and what is learned alone. */
  private boolean isBranch(String value, String shortcut) {
    if (value.equals(shortcut) || constants.contains(value) || constants.contains(shortcut)) {
      return false;
    }
    boolean learns = false;
    boolean reached = false;
    Set<String> seen = new HashSet<>(constants);
    Deque<String> left = new ArrayDeque<>(Set.of(value));
    while (!left.isEmpty()) {
      String name = left.pop();
      if (name.equals(shortcut)) {
        reached = true;
        continue;
      }
      Node maker = producers.get(name);
      if (maker == null || branches.containsKey(maker)) {
        return false; // the graph's input, or another sum
      }
      for (String input : Lifetimes.arguments(maker)) {
        learns |= parameters.contains(input);
        if (!input.isEmpty() && seen.add(input)) {
          left.push(input);
        }
      }
    }
    return reached && learns;
  }

  /**
   * The kernels of the nodes that add a branch.
   *
   * @param rate share of the pictures that the last one is left out for; the first of n is for an
   *     n-th of it, and so on
   * @param pictures of the batch at hand
   * @throws TrainException where there is no branch
   */
  static Map<Node, Kernel> kernels(
      Map<Node, Kernel> sums, Map<Node, Integer> branches, double rate, LongSupplier pictures) {
    if (branches.isEmpty()) {
      throw new TrainException(
          "stochastic-depth: the net has no residual branches whose shortcut does nothing");
    }
    Map<Node, Kernel> kernels = new HashMap<>();
    branches.forEach(
        (node, input) -> {
          double dropped = rate * (kernels.size() + 1) / branches.size();
          Kernel sum = Objects.requireNonNull(sums.get(node));
          kernels.put(
              node,
              in -> {
                if (!in.training()) {
                  return sum.run(in);
                }
                Tensor branch = in.get(input);
                if (branch.dim() == 0 || branch.size(0) != pictures.getAsLong()) {
                  throw new TrainException(
                      node
                          + ": stochastic-depth: expected a branch with an axis of pictures, met "
                          + Arrays.toString(Torch.shape(branch)));
                }
                @Nullable Tensor[] inputs = in.inputs().clone();
                inputs[input] = branch.mul(kept(branch, dropped));
                return sum.run(new Frame(inputs, true, input));
              });
        });
    return kernels;
  }

  /** {@code [N, 1, ...]}: 0 where the branch is left out. */
  private static Tensor kept(Tensor branch, double dropped) {
    Tensor drawn = torch.rand(Torch.along(0, branch.size(0), branch.dim()));
    Tensor factors =
        drawn.ge(new Scalar(dropped)).to(branch.scalar_type()).mul(new Scalar(1 / (1 - dropped)));
    return Torch.beside(branch, factors);
  }
}
