package io.fovea.converters;

import io.fovea.image.Border;
import io.fovea.image.Fill;
import io.fovea.image.Picture;
import io.fovea.image.Resampling;
import io.fovea.image.Step;
import io.fovea.image.Step.CenterCrop;
import io.fovea.image.Step.Channels;
import io.fovea.image.Step.Color;
import io.fovea.image.Step.Letterbox;
import io.fovea.image.Step.LimitPixels;
import io.fovea.image.Step.Normalize;
import io.fovea.image.Step.PadToMultiple;
import io.fovea.image.Step.Position;
import io.fovea.image.Step.Resize;
import io.fovea.image.Step.ResizeShorter;
import io.fovea.image.Step.Tiles;
import io.fovea.onnx.DataType;
import io.fovea.onnx.OnnxException;
import io.fovea.onnx.Value;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The steps of a preprocessing as nodes. Between steps the pictures are uint8 {@code [N, H, W, C]},
 * and their height and width single int64.
 */
final class StepNodes {
  private static final int ROWS = 1;
  private static final int COLUMNS = 2;

  private final Sums g;
  private final Value pictures;
  private Value x;
  private Value height;
  private Value width;
  private int planes = 3;
  private boolean bgr;

  private StepNodes(Sums g, Value pictures) {
    this.g = g;
    this.pictures = pictures;
    this.x = pictures;
    this.height = g.size(pictures, ROWS);
    this.width = g.size(pictures, COLUMNS);
  }

  /**
   * Adds all steps.
   *
   * @param pictures uint8 {@code [N, H, W, 3]}, RGB
   * @return float {@code [N, C, H, W]}
   * @throws OnnxException where a step cannot be a node
   */
  static Value of(Sums g, Value pictures, List<Step> steps) {
    StepNodes nodes = new StepNodes(g, pictures);
    for (int i = 0; i < steps.size(); i++) {
      Step step = steps.get(i);
      g.enter(i + 1 + "_" + step.getClass().getSimpleName());
      CenterCrop next = i + 1 < steps.size() && steps.get(i + 1) instanceof CenterCrop c ? c : null;
      if (nodes.add(step, next)) {
        i++;
      }
    }
    g.enter("tensor");
    Step last = steps.isEmpty() ? null : steps.get(steps.size() - 1);
    return nodes.tensor(last instanceof Normalize n ? n : null);
  }

  /** Adds a step, and with a resize the crop that follows it; whether it did that. */
  private boolean add(Step step, @Nullable CenterCrop next) {
    if (step instanceof Color s) {
      color(s.channels());
    } else if (step instanceof Resize s) {
      return resize(g.whole(s.height()), g.whole(s.width()), s.filter(), next);
    } else if (step instanceof ResizeShorter s) {
      Value shorter = g.min(height, width);
      Value h = g.div(g.mul(g.whole(s.size()), height), shorter);
      Value w = g.div(g.mul(g.whole(s.size()), width), shorter);
      return resize(h, w, s.filter(), next);
    } else if (step instanceof LimitPixels s) {
      return limit(s, next);
    } else if (step instanceof Letterbox s) {
      letterbox(s);
    } else if (step instanceof CenterCrop s) {
      crop(s);
    } else if (step instanceof PadToMultiple s) {
      Value h = above(height, s.multiple());
      Value w = above(width, s.multiple());
      frame(g.whole(0), g.whole(0), h, w, s.border(), s.fill());
    } else if (step instanceof Tiles) {
      throw new OnnxException("tiles cannot be embedded: a graph is fed whole pictures");
    }
    return false;
  }

  /** Luma in 16-bit fixed point. */
  private void color(Channels wanted) {
    bgr = wanted == Channels.BGR;
    planes = wanted == Channels.GREY ? 1 : 3;
    if (wanted != Channels.GREY) {
      return; // pictures stay RGB
    }
    long[] factors = {19595, 38470, 7471};
    Value luma = int32(0x8000);
    for (int k = 0; k < factors.length; k++) {
      Value level = g.cast(g.gather(x, g.list((long) k), 3), DataType.INT32);
      luma = g.add(luma, g.mul(level, int32(factors[k])));
    }
    x = g.cast(g.div(luma, int32(0x10000)), DataType.UINT8);
  }

  private Value int32(long n) {
    return g.cast(g.whole(n), DataType.INT32);
  }

  /** The next number that divides, at or above a size. */
  private Value above(Value size, long multiple) {
    return g.mul(g.div(g.add(size, g.whole(multiple - 1)), g.whole(multiple)), g.whole(multiple));
  }

  private void letterbox(Letterbox s) {
    Value scaleX = g.div(g.real(s.width()), g.real(width));
    Value scaleY = g.div(g.real(s.height()), g.real(height));
    Value scale = g.min(scaleX, scaleY);
    Value h = fit(g.mul(g.real(height), scale), s.height());
    Value w = fit(g.mul(g.real(width), scale), s.width());
    resize(h, w, s.filter(), null);
    Position p = s.position();
    boolean above = p == Position.TOP_LEFT || p == Position.TOP_RIGHT;
    boolean leftmost = p == Position.TOP_LEFT || p == Position.BOTTOM_LEFT;
    Value top = share(p, above, g.sub(g.whole(s.height()), h));
    Value left = share(p, leftmost, g.sub(g.whole(s.width()), w));
    frame(top, left, g.whole(s.height()), g.whole(s.width()), Border.CONSTANT, s.fill());
  }

  private Value fit(Value side, int most) {
    return g.max(g.whole(1), g.min(g.whole(most), g.whole(g.round(side))));
  }

  private Value share(Position p, boolean none, Value free) {
    return p == Position.CENTER ? g.div(free, g.whole(2)) : none ? g.whole(0) : free;
  }

  private boolean limit(LimitPixels s, @Nullable CenterCrop next) {
    Value most = g.whole(s.pixels());
    Value area = g.mul(g.real(height), g.real(width));
    Value scale = g.node("Sqrt", List.of(g.div(g.real((double) s.pixels()), area)));
    Value w = g.max(g.whole(1), g.whole(g.mul(g.real(width), scale)));
    Value h = g.min(g.whole(g.mul(g.real(height), scale)), g.div(most, w));
    h = g.max(g.whole(1), h);
    w = g.min(w, g.div(most, h));
    Value larger = g.less(scale, g.real(1));
    return resize(g.where(larger, h, height), g.where(larger, w, width), s.filter(), next);
  }

  /** Of a resize the rows or columns that are wanted. */
  private record Span(Value from, Value n) {}

  /** The span that a crop leaves of a side; all of it where there is no crop. */
  private Span span(Value side, @Nullable Integer crop) {
    if (crop == null) {
      return new Span(g.whole(0), side);
    }
    Value middle = g.round(g.mul(g.real(g.sub(side, g.whole(crop))), g.real(0.5)));
    return new Span(g.max(g.whole(0), g.whole(middle)), g.min(side, g.whole(crop)));
  }

  /** Only the rows and columns that a crop leaves are computed; whether there was one. */
  private boolean resize(Value h, Value w, Resampling filter, @Nullable CenterCrop crop) {
    Span rows = span(h, crop == null ? null : crop.height());
    Span columns = span(w, crop == null ? null : crop.width());
    if (filter == Resampling.NEAREST) {
      x = g.gather(x, ResizeAxis.nearest(g, height, h, rows.from, rows.n), ROWS);
      x = g.gather(x, ResizeAxis.nearest(g, width, w, columns.from, columns.n), COLUMNS);
    } else {
      ResizeAxis vertical = new ResizeAxis(g, filter, height, h, rows.from, rows.n);
      ResizeAxis horizontal = new ResizeAxis(g, filter, width, w, columns.from, columns.n);
      Value top = vertical.start();
      x = horizontal.columns(g.slice(x, top, vertical.end(), ROWS), planes);
      x = vertical.rows(x, top);
    }
    height = rows.n;
    width = columns.n;
    if (crop != null) {
      enlarge(crop);
    }
    return crop != null;
  }

  private void crop(CenterCrop s) {
    Span rows = span(height, s.height());
    Span columns = span(width, s.width());
    x = g.slice(x, rows.from, g.add(rows.from, rows.n), ROWS);
    x = g.slice(x, columns.from, g.add(columns.from, columns.n), COLUMNS);
    height = rows.n;
    width = columns.n;
    enlarge(s);
  }

  /** Black around a picture that is smaller than a crop. */
  private void enlarge(CenterCrop s) {
    Value top = g.div(g.sub(g.whole(s.height()), height), g.whole(2));
    Value left = g.div(g.sub(g.whole(s.width()), width), g.whole(2));
    frame(top, left, g.whole(s.height()), g.whole(s.width()), Border.CONSTANT, Fill.BLACK);
  }

  /** Lays the picture into a frame of a size. */
  private void frame(Value top, Value left, Value h, Value w, Border border, Fill fill) {
    x = framed(ROWS, height, top, h, border, fill);
    x = framed(COLUMNS, width, left, w, border, fill);
    height = h;
    width = w;
  }

  /** Every row or column of the frame is one of the picture, or of fill, which is appended. */
  private Value framed(int axis, Value size, Value before, Value total, Border border, Fill fill) {
    Value zero = g.whole(0);
    Value one = g.whole(1);
    Value at = g.range(g.sub(zero, before), g.sub(total, before));
    Value last = g.sub(size, one);
    switch (border) {
      case EDGE -> {
        return g.gather(x, g.max(zero, g.min(at, last)), axis);
      }
      case REFLECT -> {
        Value period = g.max(one, g.mul(g.whole(2), last));
        Value folded = g.node("Mod", List.of(at, period));
        return g.gather(x, g.min(folded, g.sub(period, folded)), axis);
      }
      default -> {
        Value inside = g.and(g.less(g.whole(-1), at), g.less(at, size));
        Value place = g.node("Shape", List.of(g.slice(x, zero, one, axis)));
        Value colour = g.node("Expand", List.of(levels(fill), place));
        return g.gather(g.concat(axis, x, colour), g.where(inside, at, size), axis);
      }
    }
  }

  private Value levels(Fill fill) {
    byte[] rgb = {(byte) fill.red(), (byte) fill.green(), (byte) fill.blue()};
    Picture one = Picture.of(1, 1, 3, rgb);
    return g.levels((planes == 1 ? one.toGrey() : one).pixels());
  }

  /** The tensor {@code [N, C, H, W]}, in float as outside of a graph. */
  private Value tensor(@Nullable Normalize n) {
    Value t = g.transpose(x, 0, 3, 1, 2);
    if (bgr) {
      t = g.gather(t, g.list(2L, 1L, 0L), 1);
    }
    t = g.cast(t, DataType.FLOAT);
    if (n != null) {
      t = g.div(t, g.floats(List.of(n.divisor()), 1));
      t = g.sub(t, g.floats(n.mean(), planes, 1, 1));
      t = g.div(t, g.floats(n.std(), planes, 1, 1));
    }
    Value batch = g.listed(g.size(pictures, 0));
    Value shape = g.concat(0, batch, g.list((long) planes), g.listed(height), g.listed(width));
    return g.node("Reshape", List.of(t, shape)); // tells all sizes that are known
  }
}
