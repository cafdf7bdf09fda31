package io.fovea.train;

import static io.fovea.train.Kernel.one;
import static io.fovea.train.Operators.add;

import java.util.Arrays;
import java.util.stream.LongStream;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** Operators that take elements by their positions, or put them there. */
final class Indexing {
  private Indexing() {}

  static void register() {
    add("Gather", 1, Indexing::gather);
    add("GatherElements", 11, Indexing::gatherElements);
    add("GatherND", 11, Indexing::gatherNd);
    add("Scatter", 9, Indexing::scatterElements);
    add("ScatterElements", 11, Indexing::scatterElements);
    add("ScatterND", 11, Indexing::scatterNd);
    add("NonZero", 9, op -> one(in -> torch.nonzero(in.x()).t().contiguous()));
    add("Compress", 9, Indexing::compress);
    add("OneHot", 9, Indexing::oneHot);
    add("Trilu", 14, Indexing::trilu);
  }

  /** Positions may count from the end. */
  private static Tensor positive(Tensor indices, long n) {
    Tensor i = indices.to(ScalarType.Long);
    return torch.where(i.lt(new Scalar(0)), i.add(new Scalar(n)), i);
  }

  private static Kernel gather(Operation op) {
    long axis = op.i("axis", 0);
    return one(
        in -> {
          Tensor x = in.x();
          int at = (int) (axis < 0 ? axis + x.dim() : axis);
          long[] shape = Torch.shape(x);
          long[] inner = Torch.shape(in.get(1));
          long[] out = new long[shape.length - 1 + inner.length];
          System.arraycopy(shape, 0, out, 0, at);
          System.arraycopy(inner, 0, out, at, inner.length);
          System.arraycopy(shape, at + 1, out, at + inner.length, shape.length - at - 1);
          Tensor flat = positive(in.get(1).reshape(-1), shape[at]);
          return x.index_select(at, flat).reshape(out);
        });
  }

  private static Kernel gatherElements(Operation op) {
    long axis = op.i("axis", 0);
    return one(in -> torch.gather(in.x(), axis, positive(in.get(1), in.x().size(axis))));
  }

  /** Positions of the first {@code k} axes of {@code shape} as one position, {@code [...]}. */
  private static Tensor flat(Tensor indices, long[] shape) {
    int k = (int) indices.size(-1);
    Tensor sum = null;
    for (int i = 0; i < k; i++) {
      Tensor part = positive(indices.select(-1, i), shape[i]);
      sum = sum == null ? part : sum.mul(new Scalar(shape[i])).add(part);
    }
    return sum == null
        ? torch.zeros_like(indices.sum(new long[] {-1}, false, null)).to(ScalarType.Long)
        : sum;
  }

  private static long product(long[] shape, int from, int to) {
    return Arrays.stream(shape, from, to).reduce(1, (a, b) -> a * b);
  }

  private static Kernel gatherNd(Operation op) {
    int batch = (int) op.i("batch_dims", 0);
    return one(
        in -> {
          long[] shape = Torch.shape(in.x());
          long[] at = Torch.shape(in.get(1));
          int k = (int) at[at.length - 1];
          long batches = product(shape, 0, batch);
          long[] inner = Arrays.copyOfRange(shape, batch, shape.length);
          long elements = product(inner, 0, k);
          // [batches * elements, rest], and the positions moved on by their batch
          Tensor rows = in.x().reshape(batches * elements, product(inner, k, inner.length));
          Tensor flat = flat(in.get(1), inner).reshape(batches, -1);
          Tensor moved =
              flat.add(
                  Torch.beside(rows, Reductions.range(batches))
                      .mul(new Scalar(elements))
                      .unsqueeze(1));
          long[] out =
              LongStream.concat(
                      Arrays.stream(at, 0, at.length - 1), Arrays.stream(inner, k, inner.length))
                  .toArray();
          return rows.index_select(0, moved.reshape(-1)).reshape(out);
        });
  }

  /** ONNX's names of reductions as libtorch has them. */
  private static String reduction(Operation op) {
    return switch (op.s("reduction", "none")) {
      case "none" -> "";
      case "add" -> "sum";
      case "mul" -> "prod";
      case "max" -> "amax";
      case "min" -> "amin";
      default -> throw op.refuse("reduction '" + op.s("reduction", "") + "' is not one of ONNX's");
    };
  }

  private static Kernel scatterElements(Operation op) {
    long axis = op.i("axis", 0);
    String reduction = reduction(op);
    return one(
        in -> {
          Tensor at = positive(in.get(1), in.x().size(axis));
          return reduction.isEmpty()
              ? in.x().scatter(axis, at, in.get(2))
              : in.x().scatter_reduce(axis, at, in.get(2), reduction, true);
        });
  }

  private static Kernel scatterNd(Operation op) {
    String reduction = reduction(op);
    return one(
        in -> {
          long[] shape = Torch.shape(in.x());
          int k = (int) in.get(1).size(-1);
          long rest = product(shape, k, shape.length);
          Tensor rows = in.x().reshape(product(shape, 0, k), rest);
          Tensor at = flat(in.get(1), shape).reshape(-1);
          Tensor updates = in.get(2).reshape(-1, rest);
          Tensor all = at.unsqueeze(1).expand_as(updates);
          Tensor out =
              reduction.isEmpty()
                  ? rows.scatter(0, all, updates)
                  : rows.scatter_reduce(0, all, updates, reduction, true);
          return out.reshape(shape);
        });
  }

  private static Kernel compress(Operation op) {
    boolean flat = !op.node().has("axis");
    long axis = op.i("axis", 0);
    return one(
        in -> {
          Tensor which = torch.nonzero(in.get(1)).reshape(-1);
          return flat
              ? in.x().reshape(-1).index_select(0, which)
              : in.x().index_select(axis, which);
        });
  }

  private static Kernel oneHot(Operation op) {
    long axis = op.i("axis", -1);
    var depth = op.longs(1);
    return one(
        in -> {
          long n = depth.apply(in)[0];
          long rank = in.x().dim() + 1;
          int at = (int) (axis < 0 ? axis + rank : axis);
          Tensor each = Torch.beside(in.x(), Reductions.range(n)).reshape(Torch.along(at, n, rank));
          Tensor hot = positive(in.x(), n).unsqueeze(at).eq(each);
          Tensor off = in.get(2).select(0, 0);
          return torch.where(hot, in.get(2).select(0, 1), off);
        });
  }

  private static Kernel trilu(Operation op) {
    boolean upper = op.i("upper", 1) != 0;
    var offset = op.has(1) ? op.longs(1) : null;
    return one(
        in -> {
          long k = offset == null ? 0 : offset.apply(in)[0];
          return upper ? torch.triu(in.x(), k) : torch.tril(in.x(), k);
        });
  }
}
