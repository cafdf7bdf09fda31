package io.fovea.train;

import io.fovea.onnx.DataType;
import io.fovea.onnx.Dim;
import io.fovea.onnx.GraphBuilder;
import io.fovea.onnx.Value;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * What a node of a graph costs over the same call of libtorch: a chain of small operators through
 * the trainer's interpreter against a loop of direct calls, in turn. In the package of what it
 * measures, which is not public.
 */
public final class NodeOverhead {
  private static final int NODES = 200;
  private static final int RUNS = 300;
  private static final int ROUNDS = 15;

  private NodeOverhead() {}

  /** Prints microseconds a node: the median over the rounds. */
  public static void main(String[] args) {
    GraphBuilder g = new GraphBuilder("chain", 17);
    Value x = g.input("x", DataType.FLOAT, Dim.of("n"), Dim.of(8));
    Value y = x;
    for (int i = 0; i < NODES; i++) {
      y = g.node("Tanh", "tanh" + i, List.of(y));
    }
    g.output(y);
    double[] ours = new double[ROUNDS];
    double[] direct = new double[ROUNDS];
    try (TorchGraph graph = new TorchGraph(g.build(), Selection.all());
        NoGradGuard guard = new NoGradGuard()) {
      for (int round = 0; round < ROUNDS; round++) {
        ours[round] = micros(in -> graph.run(new Tensor[] {in}, false));
        direct[round] =
            micros(
                in -> {
                  Tensor t = in;
                  for (int i = 0; i < NODES; i++) {
                    Tensor next = torch.tanh(t);
                    if (t != in) {
                      t.close();
                    }
                    t = next;
                  }
                });
      }
    }
    Arrays.sort(ours);
    Arrays.sort(direct);
    double a = ours[ROUNDS / 2];
    double b = direct[ROUNDS / 2];
    System.out.printf("a node: %.2f us, the direct call: %.2f us, over it: %.2f us%n", a, b, a - b);
  }

  private interface Run {
    void with(Tensor x);
  }

  private static double micros(Run run) {
    try (PointerScope scope = new PointerScope()) {
      Tensor x = torch.rand(1, 8);
      long start = System.nanoTime();
      for (int i = 0; i < RUNS; i++) {
        try (PointerScope inner = new PointerScope()) {
          run.with(x);
        }
      }
      return (System.nanoTime() - start) / 1e3 / RUNS / NODES;
    }
  }
}
