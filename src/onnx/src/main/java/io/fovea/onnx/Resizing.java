package io.fovea.onnx;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/** Types of operators that sample a picture at places between its pixels. */
final class Resizing {
  private static final long FINEST = 256; // scales whose product with a size floats hold exactly

  private Resizing() {}

  static List<TensorType> resize(Call c) {
    int scales = c.opset() < 11 ? 1 : 2;
    return c.shaped(resized(c, c.held(scales), c.opset() < 11 ? null : c.sizes(3)));
  }

  static List<TensorType> upsample(Call c) {
    Attribute said = c.node().attribute("scales");
    List<Ratio> scales = c.held(1);
    if (said != null) {
      scales = said.proto().getFloatsList().stream().map(Ratio::of).toList();
    }
    return c.shaped(resized(c, scales, null));
  }

  private static @Nullable List<Dim> resized(
      Call c, @Nullable List<Ratio> scales, @Nullable List<Dim> sizes) {
    List<Dim> x = c.shape(0);
    if (x == null) {
      return null;
    }
    long[] axes = c.node().attribute("axes", LongStream.range(0, x.size()).toArray());
    if (sizes != null && !sizes.isEmpty()) {
      return toSizes(c, x, axes, sizes);
    }
    if (scales == null || scales.isEmpty()) {
      return Dim.unknown(x.size());
    }
    checkCount(c, "scales", axes.length, scales.size());
    List<Dim> out = new ArrayList<>(x);
    for (int i = 0; i < axes.length; i++) {
      int axis = c.axis(axes[i], x.size());
      out.set(axis, scaled(x.get(axis), scales.get(i)));
    }
    return out;
  }

  private static List<Dim> toSizes(Call c, List<Dim> x, long[] axes, List<Dim> sizes) {
    checkCount(c, "sizes", axes.length, sizes.size());
    String policy = c.node().attribute("keep_aspect_ratio_policy", "stretch");
    List<Dim> out = new ArrayList<>(x);
    for (int i = 0; i < axes.length; i++) {
      int axis = c.axis(axes[i], x.size());
      boolean within = policy.equals("not_larger");
      out.set(
          axis, policy.equals("stretch") ? sizes.get(i) : kept(c, x, axes, sizes, axis, within));
    }
    return out;
  }

  private static void checkCount(Call c, String what, int wanted, int met) {
    if (wanted != met) {
      throw c.fail("wants %d %s, has %d".formatted(wanted, what, met));
    }
  }

  private static Dim scaled(Dim size, Ratio scale) {
    if (!scale.isKnown()) {
      return Dim.UNKNOWN;
    }
    if (size.isKnown()) { // in floats, as runtimes compute it
      return Dim.of((long) Math.floor((float) size.size() * (float) scale.value()));
    }
    return scale.bottom() <= FINEST
        ? size.times(scale.top()).floorDiv(scale.bottom())
        : Dim.UNKNOWN;
  }

  /** A size at which the picture keeps its proportions within the sizes, or around them. */
  private static Dim kept(
      Call c, List<Dim> x, long[] axes, List<Dim> sizes, int axis, boolean within) {
    List<Float> scales = new ArrayList<>();
    for (int i = 0; i < axes.length; i++) {
      Dim in = x.get(c.axis(axes[i], x.size()));
      if (!in.isKnown() || !sizes.get(i).isKnown() || in.size() == 0) {
        return Dim.UNKNOWN;
      }
      scales.add((float) sizes.get(i).size() / (float) in.size());
    }
    float scale = within ? Collections.min(scales) : Collections.max(scales);
    return Dim.of(Math.round((double) scale * x.get(axis).size()));
  }

  /** [N, C, spatial...] at the places of [N, out..., axes] -> [N, C, out...]. */
  static List<TensorType> gridSample(Call c) {
    List<Dim> x = c.shape(0);
    List<Dim> grid = c.shape(1);
    if (x == null || grid == null) {
      return c.shaped(x == null ? null : Dim.unknown(x.size()));
    }
    if (grid.size() != x.size() || x.size() < 3) {
      throw c.fail("grid %s does not fit input %s".formatted(grid, x));
    }
    if (c.differ(x.get(0), grid.get(0))) {
      throw c.fail("%s pictures, %s grids".formatted(x.get(0), grid.get(0)));
    }
    Dim pictures = x.get(0).isKnown() ? x.get(0) : grid.get(0);
    List<Dim> out = new ArrayList<>(List.of(pictures.isUnknown() ? x.get(0) : pictures, x.get(1)));
    out.addAll(grid.subList(1, grid.size() - 1));
    return c.shaped(out);
  }

  /** For sizes [N, C, spatial...]: [N, spatial..., axes]. */
  static List<TensorType> affineGrid(Call c) {
    List<Dim> sizes = Dims.target(c, "", 1);
    if (sizes == null) {
      return c.shaped(null);
    }
    if (sizes.size() < 3) {
      throw c.fail("sizes %s are not of pictures".formatted(sizes));
    }
    List<Dim> out = new ArrayList<>(sizes);
    out.remove(1);
    out.add(Dim.of(sizes.size() - 2));
    return c.shaped(out);
  }

  /** [N, C, H, W] and [regions, 4] -> [regions, C, height, width]. */
  static List<TensorType> roiAlign(Call c) {
    List<Dim> x = c.shape(0, 4, "[N, C, H, W]");
    Dim regions = c.shape(1, 2, "[regions, 4]").get(0);
    Dim height = Dim.of(c.node().attribute("output_height", 1));
    Dim width = Dim.of(c.node().attribute("output_width", 1));
    return c.shaped(List.of(regions, x.get(1), height, width));
  }

  /** Some axes cut or padded to sizes. */
  static List<TensorType> centerCropPad(Call c) {
    List<Dim> x = c.shape(0);
    List<Dim> sizes = c.sizes(1);
    if (x == null || sizes == null) {
      return c.shaped(x == null ? null : Dim.unknown(x.size()));
    }
    long[] axes = c.node().attribute("axes", LongStream.range(0, x.size()).toArray());
    if (axes.length != sizes.size()) {
      throw c.fail("%d axes, %d sizes".formatted(axes.length, sizes.size()));
    }
    List<Dim> out = new ArrayList<>(x);
    for (int i = 0; i < axes.length; i++) {
      out.set(c.axis(axes[i], x.size()), sizes.get(i));
    }
    return c.shaped(out);
  }

  /** [N, C*block, places] -> [N, C, picture...]. */
  static List<TensorType> columnsToImage(Call c) {
    List<Dim> x = c.shape(0, 3, "[N, C*block, places]");
    List<Dim> picture = c.sizes(1);
    List<Dim> block = c.sizes(2);
    if (picture == null || block == null) {
      return c.shaped(null);
    }
    List<Dim> out = new ArrayList<>(List.of(x.get(0), x.get(1).exactDiv(Dim.product(block))));
    out.addAll(picture);
    return c.shaped(out);
  }
}
