package io.fovea.train;

import static io.fovea.train.Kernel.one;
import static io.fovea.train.Operators.add;

import io.fovea.onnx.DataType;
import io.fovea.onnx.Tensor;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** What is made from shapes and numbers, and choices by them. */
final class Shapes {
  private Shapes() {}

  static void register() {
    add("Shape", 1, Shapes::shape);
    add("Size", 1, op -> one(in -> Torch.longs(in.x().numel()).reshape()));
    add("ConstantOfShape", 9, Shapes::constantOfShape);
    add("Range", 11, Shapes::range);
    add("EyeLike", 9, Shapes::eyeLike);
    add("If", 1, Shapes::choice);
  }

  private static Kernel shape(Operation op) {
    long start = op.i("start", 0);
    long end = op.i("end", Long.MAX_VALUE);
    return one(
        in -> {
          long[] shape = Torch.shape(in.x());
          long n = shape.length;
          int from = (int) Math.max(0, Math.min(n, start < 0 ? start + n : start));
          int to = (int) Math.max(from, Math.min(n, end < 0 ? end + n : end));
          return Torch.longs(Arrays.copyOfRange(shape, from, to));
        });
  }

  private static Kernel constantOfShape(Operation op) {
    Tensor value = op.node().tensor("value");
    DataType type = value == null ? DataType.FLOAT : value.type();
    double number = value == null ? 0 : value.doubles()[0];
    ScalarType torchType = Torch.type(type);
    var sizes = op.longs(0);
    return one(
        in ->
            torch.full(
                sizes.apply(in),
                type.isFloating() ? new Scalar(number) : new Scalar((long) number),
                new TensorOptions(torchType)));
  }

  private static Kernel range(Operation op) {
    return one(
        in -> {
          ScalarType type = in.x().scalar_type().intern();
          double start = in.x().item_double();
          double delta = in.get(2).item_double();
          long n = (long) Math.max(0, Math.ceil((in.get(1).item_double() - start) / delta));
          return Torch.beside(in.x(), Reductions.range(n))
              .to(type)
              .mul(in.get(2))
              .add(in.x())
              .to(type);
        });
  }

  private static Kernel eyeLike(Operation op) {
    long k = op.i("k", 0);
    boolean typed = op.node().has("dtype");
    ScalarType said = typed ? Torch.type(DataType.of((int) op.i("dtype", 0))) : ScalarType.Float;
    return one(
        in -> {
          ScalarType type = typed ? said : in.x().scalar_type().intern();
          var rows = Reductions.range(in.x().size(0)).unsqueeze(1);
          var columns = Reductions.range(in.x().size(1)).unsqueeze(0);
          return Torch.beside(in.x(), columns.sub(rows).eq(new Scalar(k)).to(type));
        });
  }

  /** Both branches are compiled; what they use from outside follows the condition. */
  private static Kernel choice(Operation op) {
    Branch then = Branch.of(op, "then_branch");
    Branch otherwise = Branch.of(op, "else_branch");
    return in -> (in.x().item_bool() ? then : otherwise).run(in);
  }

  /** A branch, and where the values that it uses from outside stand among the node's. */
  private record Branch(TorchGraph graph, int[] captured) {
    static Branch of(Operation op, String attribute) {
      TorchGraph graph = op.branch(attribute);
      List<String> all = op.node().captured();
      int[] which =
          graph.inputs().stream()
              .mapToInt(n -> op.node().inputs().size() + all.indexOf(n))
              .toArray();
      return new Branch(graph, which);
    }

    org.bytedeco.pytorch.Tensor[] run(Frame in) {
      var values =
          Arrays.stream(captured).mapToObj(in::get).toArray(org.bytedeco.pytorch.Tensor[]::new);
      return graph.run(values, in.training());
    }
  }
}
