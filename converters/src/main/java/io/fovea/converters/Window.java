package io.fovea.converters;

import static io.fovea.onnx.Attribute.ints;

import io.fovea.onnx.Attribute;
import java.util.ArrayList;
import java.util.List;

/**
 * What a convolution or a pool sees of a picture at once, in pixels.
 *
 * @param dilation distance between two neighbours in the window
 * @param groups parts of the channels that do not see one another
 */
public record Window(
    int height, int width, int stride, int padHeight, int padWidth, int dilation, int groups) {

  /** A square at every pixel, padded so that an odd one keeps the picture's size. */
  public static Window of(int size) {
    return of(size, size);
  }

  public static Window of(int height, int width) {
    return new Window(height, width, 1, height / 2, width / 2, 1, 1);
  }

  public Window stride(int n) {
    return new Window(height, width, n, padHeight, padWidth, dilation, groups);
  }

  /** Zeros at each side. */
  public Window pad(int n) {
    return new Window(height, width, stride, n, n, dilation, groups);
  }

  /** Spread out, and padded so that the picture keeps its size. */
  public Window dilation(int n) {
    return new Window(height, width, stride, height / 2 * n, width / 2 * n, n, groups);
  }

  public Window groups(int n) {
    return new Window(height, width, stride, padHeight, padWidth, dilation, n);
  }

  /** Attributes of one that reaches {@code over} pixels further at the right and the bottom. */
  Attribute[] reaching(int over) {
    return attributes(over);
  }

  /** Attributes of Conv, MaxPool and AveragePool; what is ONNX's default is left out. */
  Attribute[] attributes(Attribute... more) {
    return attributes(0, more);
  }

  private Attribute[] attributes(int over, Attribute... more) {
    List<Attribute> all = new ArrayList<>();
    all.add(ints("kernel_shape", height, width));
    all.add(ints("strides", stride, stride));
    all.add(ints("pads", padHeight, padWidth, padHeight + over, padWidth + over));
    if (dilation > 1) {
      all.add(ints("dilations", dilation, dilation));
    }
    if (groups > 1) {
      all.add(Attribute.of("group", groups));
    }
    all.addAll(List.of(more));
    return all.toArray(Attribute[]::new);
  }
}
