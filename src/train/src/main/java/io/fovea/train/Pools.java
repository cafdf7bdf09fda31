package io.fovea.train;

import static io.fovea.train.Kernel.one;
import static io.fovea.train.Operators.add;

import java.util.Arrays;
import java.util.function.BiFunction;
import java.util.stream.LongStream;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** Pools over one to three spatial axes, over channels or over everything, and reductions. */
final class Pools {
  private Pools() {}

  static void register() {
    add("MaxPool", 1, Pools::maxPool);
    add("AveragePool", 7, Pools::averagePool);
    add("LpPool", 1, op -> lpPool(op, op.f("p", 2)));
    add("LpPool", 2, op -> lpPool(op, op.i("p", 2)));
    add("GlobalAveragePool", 1, op -> global(op, (x, axes) -> torch.mean(x, axes, true, null)));
    add("GlobalMaxPool", 1, op -> global(op, (x, axes) -> torch.amax(x, axes, true)));
    add("GlobalLpPool", 1, op -> globalLpPool(op, op.f("p", 2)));
    add("GlobalLpPool", 2, op -> globalLpPool(op, op.i("p", 2)));
    add("MaxUnpool", 9, Pools::maxUnpool);
    add("LRN", 1, Pools::lrn);
  }

  /** Over all spatial axes: there must be some, as libtorch takes none for all. */
  private static Kernel global(Operation op, BiFunction<Tensor, long[], Tensor> f) {
    return one(
        in -> {
          if (in.x().dim() < 3) {
            throw op.refuse("its input has no spatial axes");
          }
          return f.apply(in.x(), LongStream.range(2, in.x().dim()).toArray());
        });
  }

  private static Kernel maxPool(Operation op) {
    Windows windows = Windows.of(op);
    boolean indices = op.outputs() > 1;
    boolean columns = op.i("storage_order", 0) != 0;
    return in -> {
      Tensor x = windows.open(in.x());
      boolean integers = !x.is_floating_point();
      Tensor reals = integers ? x.to(ScalarType.Float) : x; // 8 bits at most: exact
      long[] pads = windows.pads(x);
      boolean fits = windows.fits(pads);
      long[] full = fits ? new long[pads.length] : windows.full(x, pads);
      Tensor padded = fits ? reals : Padding.constant(reals, full, Double.NEGATIVE_INFINITY);
      long[] inside = fits ? Arrays.copyOf(pads, windows.axes()) : new long[windows.axes()];
      boolean ceil = fits && windows.ceil();
      if (!indices && windows.axes() == 2) {
        Tensor y =
            torch.max_pool2d(
                padded, windows.kernel(), windows.strides(), inside, windows.dilations(), ceil);
        return new Tensor[] {windows.close(integers ? y.to(x.scalar_type()) : y)};
      }
      Tensor[] both = windows.max(padded, inside, ceil);
      Tensor y = windows.close(integers ? both[0].to(x.scalar_type()) : both[0]);
      return indices
          ? new Tensor[] {y, windows.close(indices(both[1], x, padded, full, columns))}
          : new Tensor[] {y};
    };
  }

  /**
   * Positions in the whole input from those in a padded plane.
   *
   * @param columns whether the first spatial axis runs fastest ({@code storage_order} 1)
   */
  private static Tensor indices(Tensor at, Tensor x, Tensor padded, long[] pads, boolean columns) {
    int axes = pads.length / 2;
    long plane = LongStream.range(2, x.dim()).map(x::size).reduce(1, (a, b) -> a * b);
    long planes = x.size(0) * x.size(1);
    Tensor all = Torch.beside(at, torch.arange(new Scalar(planes))).mul(new Scalar(plane));
    long[] shape = Torch.along(0, x.size(0), x.dim());
    shape[1] = x.size(1);
    all = all.reshape(shape);
    Tensor rest = at;
    long step = columns ? plane : 1;
    for (int i = axes - 1; i >= 0; i--) { // the last axis runs fastest in libtorch's
      Scalar size = new Scalar(padded.size(i + 2));
      step = columns ? step / x.size(i + 2) : step;
      Tensor here = rest.remainder(size).sub(new Scalar(pads[i]));
      all = all.add(here.mul(new Scalar(step)));
      step = columns ? step : step * x.size(i + 2);
      rest = rest.floor_divide(size);
    }
    return all;
  }

  private static Kernel averagePool(Operation op) {
    Windows windows = Windows.of(op);
    boolean countPads = op.i("count_include_pad", 0) != 0;
    return one(
        in -> {
          Tensor x = windows.open(in.x());
          long[] pads = windows.pads(x);
          if (windows.fits(pads) && !windows.dilated()) {
            return windows.close(windows.average(x, pads, countPads));
          }
          Tensor sizes = windows.sizes(x, pads, countPads);
          return windows.close(windows.sum(x, pads).div(sizes));
        });
  }

  private static Kernel lpPool(Operation op, double p) {
    Windows windows = Windows.of(op);
    return one(
        in -> {
          Tensor x = windows.open(in.x()).abs();
          Tensor sum = windows.sum(p == 1 ? x : x.pow(new Scalar(p)), windows.pads(x));
          if (p == 1) {
            return windows.close(sum);
          }
          // The root has no slope at 0: like libtorch's norm, such a window gets none.
          Tensor nothing = sum.eq(new Scalar(0));
          Tensor root = sum.masked_fill(nothing, new Scalar(1)).pow(new Scalar(1 / p));
          return windows.close(root.masked_fill(nothing, new Scalar(0)));
        });
  }

  private static Kernel globalLpPool(Operation op, double p) {
    return global(
        op,
        (x, axes) ->
            torch.linalg_vector_norm(x, new Scalar(p), axes, true, new ScalarTypeOptional()));
  }

  /** Puts each value where its maximum was; {@code output_shape} only adds zeros at the ends. */
  private static Kernel maxUnpool(Operation op) {
    long[] kernel = op.node().attribute("kernel_shape", new long[0]);
    int axes = kernel.length;
    long[] strides = op.ints("strides", axes, 1);
    long[] pads = op.ints("pads", 2 * axes, 0);
    var shape = op.has(2) ? op.longs(2) : null;
    return one(
        in -> {
          long[] sizes = Torch.shape(in.x());
          for (int i = 0; i < axes; i++) {
            sizes[i + 2] = (sizes[i + 2] - 1) * strides[i] + kernel[i] - pads[i] - pads[i + axes];
          }
          long n = Arrays.stream(sizes).reduce(1, (a, b) -> a * b);
          Tensor empty = in.x().new_zeros(n);
          Tensor y = empty.scatter(0, in.get(1).reshape(-1), in.x().reshape(-1)).reshape(sizes);
          if (shape == null) {
            return y;
          }
          long[] wanted = shape.apply(in);
          long[] more = new long[2 * sizes.length];
          for (int i = 0; i < sizes.length; i++) {
            more[i + sizes.length] = wanted[i] - sizes[i];
          }
          return Padding.constant(y, more, 0);
        });
  }

  private static Kernel lrn(Operation op) {
    long size = op.i("size", 1);
    double share = op.f("alpha", 1e-4f) / size;
    double beta = op.f("beta", 0.75f);
    double bias = op.f("bias", 1);
    return one(
        in -> {
          Tensor x = in.x();
          long[] pads = new long[2 * (int) x.dim() - 2]; // all axes but the first
          pads[0] = (size - 1) / 2;
          pads[(int) x.dim() - 1] = size - 1 - pads[0];
          Tensor squares = Padding.constant(x.square(), pads, 0).unfold(1, size, 1);
          Tensor sums = torch.sum(squares, new long[] {-1}, false, null);
          Tensor scale = sums.mul(new Scalar(share)).add(new Scalar(bias));
          return x.mul(scale.pow(new Scalar(-beta)));
        });
  }
}
