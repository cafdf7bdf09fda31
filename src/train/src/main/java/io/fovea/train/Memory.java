package io.fovea.train;

import io.fovea.onnx.Safetensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * All that changes while a net learns, as a checkpoint has it: the net, its average, the moments of
 * its optimizer.
 *
 * @param of begins the names of its tensors; empty for the net that is trained
 * @param changing names of the parameters, then of the running statistics
 */
record Memory(
    String of,
    TorchGraph graph,
    List<String> changing,
    Updater updater,
    @Nullable Average average,
    @Nullable Probe probe) {
  private static final String NET = "net.";
  private static final String AVERAGE = "average.";
  private static final String MOMENTS = "optimizer.";

  /** The tensors, which are the learner's own, by name. */
  private Map<String, Tensor> tensors() {
    Map<String, Tensor> all = new LinkedHashMap<>();
    changing.forEach(n -> all.put(of + NET + n, graph.tensor(n)));
    List<Tensor> means = average == null ? List.of() : average.means();
    for (int i = 0; i < means.size(); i++) {
      all.put(of + AVERAGE + changing.get(i), means.get(i));
    }
    List<String> parameters = graph.roles().parameters();
    List<Tensor> moments = updater.moments();
    for (int i = 0; i < moments.size(); i++) {
      String name = parameters.get(i % parameters.size());
      all.put(of + MOMENTS + i / parameters.size() + "." + name, moments.get(i));
    }
    return all;
  }

  /** The tensors as parts of a file, read when they are written. */
  List<Safetensors.Part> parts() {
    List<Safetensors.Part> parts = new ArrayList<>();
    tensors().forEach((name, tensor) -> parts.add(Torch.part(name, tensor)));
    return parts;
  }

  /**
   * Goes on from what {@link #parts} gave, after so many steps; an average or moments that are not
   * there start anew.
   *
   * @throws TrainException where the net is another one
   */
  void goOn(Map<String, io.fovea.onnx.Tensor> saved, long steps) {
    if (!of.isEmpty() && saved.keySet().stream().noneMatch(n -> n.startsWith(of))) {
      return; // it was not there then
    }
    Map<String, Tensor> own = tensors();
    List<String> strangers =
        own.keySet().stream().filter(n -> n.startsWith(of + NET) && !fits(n, own, saved)).toList();
    if (!strangers.isEmpty()) {
      throw new TrainException(
          "the checkpoint is of another %s: it does not fit %d of %d tensors, first '%s'"
              .formatted(
                  of.isEmpty() ? "net" : "critic",
                  strangers.size(),
                  changing.size(),
                  strangers.get(0).substring(of.length() + NET.length())));
    }
    copy(of + NET, own, saved);
    if (probe != null) {
      probe.goOn(steps);
    }
    if (copy(of + MOMENTS, own, saved)) {
      updater.goOn(steps);
    }
    if (average != null && copy(of + AVERAGE, own, saved)) {
      average.goOn(steps);
    } else if (average != null) {
      average.restart();
    }
  }

  private static boolean fits(
      String name, Map<String, Tensor> own, Map<String, io.fovea.onnx.Tensor> saved) {
    Tensor tensor = own.get(name);
    io.fovea.onnx.Tensor then = saved.get(name);
    return tensor != null && then != null && Arrays.equals(then.dims(), Torch.shape(tensor));
  }

  /** Copies all tensors of a kind, if all are there. */
  private static boolean copy(
      String kind, Map<String, Tensor> own, Map<String, io.fovea.onnx.Tensor> saved) {
    Map<String, Tensor> wanted = new LinkedHashMap<>(own);
    wanted.keySet().removeIf(n -> !n.startsWith(kind));
    if (!wanted.keySet().stream().allMatch(n -> fits(n, own, saved))) {
      return false;
    }
    saved.forEach(
        (name, values) -> {
          Tensor tensor = wanted.get(name);
          if (tensor != null) {
            fill(tensor, values);
          }
        });
    return true;
  }

  /** Gives a tensor the values of another. */
  static void fill(Tensor tensor, io.fovea.onnx.Tensor values) {
    try (NoGradGuard guard = new NoGradGuard();
        Tensor copy = Torch.copy(values)) {
      tensor.copy_(copy);
    }
  }
}
