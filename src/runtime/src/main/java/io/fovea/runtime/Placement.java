package io.fovea.runtime;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What each node of a graph runs on, as a run tells: ONNX Runtime's profile of one blank picture.
 * Nodes are those that are left once ONNX Runtime has optimised the graph, in the order in which
 * they ran.
 *
 * @param device what is in use
 * @param reason why that: {@code asked for}, or what keeps other providers out
 */
public record Placement(Device device, String reason, List<Node> nodes) {
  /**
   * A node, and the execution provider that ran it.
   *
   * @param provider as ONNX Runtime has it, such as {@code CUDAExecutionProvider}
   */
  public record Node(String name, String operator, String provider) {
    @Override
    public String toString() {
      return operator + " '" + name + "'";
    }
  }

  public Placement {
    nodes = List.copyOf(nodes);
  }

  /** How many nodes each provider ran. */
  public Map<String, Integer> counts() {
    Map<String, Integer> counts = new TreeMap<>();
    nodes.forEach(n -> counts.merge(n.provider(), 1, Integer::sum));
    return counts;
  }

  /**
   * Loads a file for a run of its own.
   *
   * @param size height and width of the picture where the file takes any; null for what its
   *     preprocessing makes, and 224 by 224 where it has none
   * @throws ScoringException where the file cannot be loaded on the device, or not be run
   */
  public static Placement of(Path file, Device device, int @Nullable [] size) {
    if (!Files.isRegularFile(file)) {
      throw new ScoringException(file.toString(), "no such file");
    }
    return Profile.placement(
        file.toString(), device, (e, o) -> e.createSession(file.toString(), o), size);
  }
}
