package io.fovea.onnx;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Types of elementwise operators and matrix products. */
final class Rules {
  private Rules() {}

  static List<TensorType> same(Call c) {
    return List.of(c.type(0));
  }

  static List<TensorType> floating(Call c) {
    return List.of(c.floating(0));
  }

  static List<TensorType> softmax(Call c) {
    List<Dim> shape = c.shape(0);
    if (shape != null && c.opset() >= 13) { // before, the axis split the shape in two
      c.axis(c.node().attribute("axis", -1), shape.size());
    }
    return floating(c);
  }

  static List<TensorType> dropout(Call c) {
    DataType truth = c.opset() < 10 ? c.type(0).elements() : DataType.BOOL;
    TensorType mask = new TensorType(truth, c.shape(0));
    return c.node().outputs().size() > 1 ? List.of(c.floating(0), mask) : List.of(c.floating(0));
  }

  static List<TensorType> cast(Call c) {
    int to = Math.toIntExact(c.node().attribute("to", 0));
    return List.of(new TensorType(DataType.of(to), c.shape(0)));
  }

  static List<TensorType> castLike(Call c) {
    return List.of(new TensorType(c.type(1).elements(), c.shape(0)));
  }

  /** A truth value for every element. */
  static List<TensorType> truth(Call c) {
    return List.of(new TensorType(DataType.BOOL, c.shape(0)));
  }

  static List<TensorType> compare(Call c) {
    return List.of(new TensorType(DataType.BOOL, broadcast(c).get(0).shape()));
  }

  static List<TensorType> where(Call c) {
    List<Dim> shape = broadcast(c, broadcast(c, c.shape(0), c.shape(1)), c.shape(2));
    return List.of(c.type(1).withShape(shape));
  }

  /** A number for every target, or for all. */
  static List<TensorType> loss(Call c) {
    boolean each = c.node().attribute("reduction", "mean").equals("none");
    return List.of(c.type(0).withShape(each ? c.shape(1) : List.of()), c.type(0));
  }

  static List<TensorType> broadcast(Call c) {
    c.same(c.inputs().size());
    return broadcastAny(c);
  }

  static List<TensorType> broadcastAny(Call c) {
    List<Dim> shape = c.shape(0);
    for (int i = 1; i < c.inputs().size(); i++) {
      shape = broadcast(c, shape, c.shape(i));
    }
    return c.shaped(shape);
  }

  /** The common shape of two operands, aligned at their last axes. */
  static @Nullable List<Dim> broadcast(Call c, @Nullable List<Dim> a, @Nullable List<Dim> b) {
    if (a == null || b == null) {
      return null;
    }
    List<Dim> out = new ArrayList<>();
    for (int k = 1; k <= Math.max(a.size(), b.size()); k++) {
      Dim x = k <= a.size() ? a.get(a.size() - k) : Dim.of(1);
      Dim y = k <= b.size() ? b.get(b.size() - k) : Dim.of(1);
      boolean one = x.equals(Dim.of(1)) || y.equals(Dim.of(1));
      if (!one && c.differ(x, y)) {
        throw c.fail("shapes %s and %s do not broadcast: %s against %s".formatted(a, b, x, y));
      }
      if (x.equals(Dim.of(1)) || (y.isKnown() && !y.equals(Dim.of(1)))) {
        out.add(y);
      } else if (y.equals(Dim.of(1)) || x.isKnown() || x.equals(y)) {
        out.add(x);
      } else {
        out.add(Dim.UNKNOWN); // either could be 1
      }
    }
    Collections.reverse(out);
    return out;
  }

  static List<TensorType> gemm(Call c) {
    c.same(3);
    List<Dim> a = c.shape(0, 2, "[M, K]");
    List<Dim> b = c.shape(1, 2, "[K, N]");
    boolean transA = c.node().attribute("transA", 0) != 0;
    boolean transB = c.node().attribute("transB", 0) != 0;
    Dim m = a.get(transA ? 1 : 0);
    Dim k = a.get(transA ? 0 : 1);
    Dim n = b.get(transB ? 0 : 1);
    Dim wanted = b.get(transB ? 1 : 0);
    if (c.differ(k, wanted)) {
      throw c.fail("input has %s features, weight wants %s".formatted(k, wanted));
    }
    List<Dim> out = List.of(m, n);
    if (c.has(2) && c.shape(2) != null) {
      List<Dim> sum = broadcast(c, out, c.shape(2));
      if (sum == null || sum.size() > 2) {
        throw c.fail("bias %s does not broadcast to %s".formatted(c.shape(2), out));
      }
    }
    return c.shaped(out);
  }

  static List<TensorType> matMul(Call c) {
    c.same(2);
    return c.shaped(product(c, c.shape(0), c.shape(1)));
  }

  /** The shape of a matrix product, of stacks of matrices, and of vectors. */
  static @Nullable List<Dim> product(Call c, @Nullable List<Dim> a, @Nullable List<Dim> b) {
    if (a == null || b == null) {
      return null;
    }
    if (a.isEmpty() || b.isEmpty()) {
      throw c.fail("wants matrices, has %s and %s".formatted(a, b));
    }
    List<Dim> rows = a.size() == 1 ? List.of(Dim.of(1), a.get(0)) : a;
    List<Dim> columns = b.size() == 1 ? List.of(b.get(0), Dim.of(1)) : b;
    int m = rows.size();
    int n = columns.size();
    if (c.differ(rows.get(m - 1), columns.get(n - 2))) {
      throw c.fail("shapes %s and %s do not multiply".formatted(a, b));
    }
    List<Dim> batch = broadcast(c, rows.subList(0, m - 2), columns.subList(0, n - 2));
    List<Dim> out = new ArrayList<>(batch == null ? List.of() : batch);
    if (a.size() > 1) {
      out.add(rows.get(m - 2));
    }
    if (b.size() > 1) {
      out.add(columns.get(n - 1));
    }
    return out;
  }
}
