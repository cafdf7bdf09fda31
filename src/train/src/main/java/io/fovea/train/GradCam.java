package io.fovea.train;

import static java.util.stream.Collectors.groupingBy;

import io.fovea.image.HeatMap;
import io.fovea.image.Picture;
import io.fovea.image.Preprocessing;
import io.fovea.onnx.DataType;
import io.fovea.onnx.Dim;
import io.fovea.onnx.Graph;
import io.fovea.onnx.Model;
import io.fovea.onnx.TensorType;
import io.fovea.runtime.Grid;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/**
 * Says where in a picture a classifier sees a class: Grad-CAM (Selvaraju 2017, <a
 * href="https://arxiv.org/abs/1610.02391">1610.02391</a>). Each channel of the net's last feature
 * map {@code [C, h, w]} is weighed by the mean over its plane of the gradient of the class's logit;
 * the map is what of their sum is positive. The graph runs as in inference, and the gradient is
 * taken of what stands behind the feature map alone. Places are taken to lie evenly over what the
 * net is fed: a net that warps its picture first is explained in warped places.
 *
 * <p>Thread-safe: calls wait for one another, and libtorch uses all cores for each.
 */
public final class GradCam implements AutoCloseable {
  /** Stands for the class whose logit is the largest. */
  public static final int BEST = -1;

  private static final int BATCH = 8; // pictures that run at once, where the file leaves it open
  private static final int TYPICAL = 512; // side of a picture by which the feature map is found

  private final String features;
  private final Preprocessing preprocessing;
  private final long fixedBatch; // 0 where any fits
  private final TorchGraph body; // pictures -> features
  private final TorchGraph tail; // pictures and features -> logits
  private boolean closed;

  private GradCam(Model model, Preprocessing preprocessing, @Nullable String named) {
    Graph graph = model.graph();
    this.preprocessing = preprocessing;
    this.fixedBatch = check(graph, preprocessing);
    String classes = Ending.of(graph).value();
    int[] fed = preprocessing.shape(TYPICAL, TYPICAL);
    this.features =
        named == null
            ? FeatureMap.of(model, classes, fed[1], fed[2])
            : FeatureMap.named(named, graph, classes);
    this.body = part(model, List.of(), features);
    try {
      this.tail = part(model, List.of(features), classes);
    } catch (TrainException e) {
      body.close();
      throw e;
    }
  }

  private static TorchGraph part(Model model, List<String> given, String wanted) {
    Graph graph = Subgraph.of(model.graph(), given, List.of(wanted));
    TorchGraph part = new TorchGraph(model.withGraph(graph), Selection.all());
    part.roles().parameters().forEach(p -> part.tensor(p).set_requires_grad(false));
    return part;
  }

  /**
   * Makes a classifier ready to be explained.
   *
   * @param preprocessing how pictures are fed to it
   * @throws TrainException where the net has no feature map before its classes, is fed by other
   *     than one input of pictures, or has nodes that cannot be trained, of which all are listed
   */
  public static GradCam of(Model model, Preprocessing preprocessing) {
    return new GradCam(model.inlined(), preprocessing, null);
  }

  /**
   * The same by another feature map than the last.
   *
   * @param features name of a value {@code [N, C, h, w]} of the graph
   */
  public static GradCam of(Model model, Preprocessing preprocessing, String features) {
    return new GradCam(model.inlined(), preprocessing, features);
  }

  private static long check(Graph graph, Preprocessing preprocessing) {
    if (graph.inputs().size() != 1) {
      throw new TrainException("expected one input, met " + graph.inputs());
    }
    TensorType type = graph.inputs().get(0).type();
    List<Dim> shape = type.shape();
    if (type.elements() != DataType.FLOAT || (shape != null && shape.size() != 4)) {
      throw new TrainException(
          "expected pictures, float [N, C, H, W], met " + graph.inputs().get(0));
    }
    if (preprocessing.tiles() != null) {
      throw new TrainException("a net that is fed tiles is not explained");
    }
    return shape != null && shape.get(0).isKnown() ? shape.get(0).size() : 0;
  }

  /** Name of the value whose channels are weighed. */
  public String features() {
    return features;
  }

  /**
   * Explains one picture.
   *
   * @param index of the class in the model's output, or {@link #BEST}
   */
  public HeatMap explain(Picture picture, int index) {
    return explain(List.of(picture), index).get(0);
  }

  /**
   * Explains pictures; those of equal tensor shape run in batches.
   *
   * @param indices of each picture's class in the model's output, or {@link #BEST}; one for all
   *     where there is but one. A net of a single logit has two classes: it is that of class 1, and
   *     less than 0 speaks for class 0.
   * @return a map a picture, at the picture's own size, of which the largest value is 1; 0
   *     everywhere where nothing speaks for the class, and where preprocessing cuts pixels away
   * @throws TrainException where the net has no such class, or does not take the pictures
   */
  public synchronized List<HeatMap> explain(List<Picture> pictures, int... indices) {
    if (closed) {
      throw new TrainException("it is closed");
    }
    if (indices.length != 1 && indices.length != pictures.size()) {
      throw new TrainException(
          "%d classes for %d pictures".formatted(indices.length, pictures.size()));
    }
    Collection<List<Integer>> buckets =
        IntStream.range(0, pictures.size())
            .boxed()
            .collect(groupingBy(i -> shape(pictures.get(i))))
            .values();
    Map<Integer, HeatMap> maps = new HashMap<>();
    int step = fixedBatch > 0 ? (int) fixedBatch : BATCH;
    for (List<Integer> bucket : buckets) {
      for (int from = 0; from < bucket.size(); from += step) {
        List<Integer> which = bucket.subList(from, Math.min(bucket.size(), from + step));
        List<Picture> batch = new ArrayList<>(which.stream().map(pictures::get).toList());
        int[] asked = which.stream().mapToInt(i -> indices[indices.length == 1 ? 0 : i]).toArray();
        List<Grid> grids = grids(batch, asked);
        for (int k = 0; k < which.size(); k++) {
          maps.put(which.get(k), map(grids.get(k), batch.get(k)));
        }
      }
    }
    return IntStream.range(0, pictures.size()).mapToObj(maps::get).toList();
  }

  private List<Integer> shape(Picture picture) {
    return Arrays.stream(preprocessing.shape(picture.width(), picture.height())).boxed().toList();
  }

  /** The map in the picture's own pixels, its largest value 1. */
  private HeatMap map(Grid grid, Picture picture) {
    float[] values = grid.over(preprocessing, picture.width(), picture.height());
    float largest = 0;
    for (float v : values) {
      largest = Math.max(largest, v);
    }
    for (int i = 0; largest > 0 && i < values.length; i++) {
      values[i] /= largest;
    }
    return HeatMap.of(picture.width(), picture.height(), values);
  }

  /** The maps on the grid of the features; a fixed batch is filled up with its first picture. */
  private List<Grid> grids(List<Picture> pictures, int[] asked) {
    List<Picture> full = new ArrayList<>(pictures);
    int[] classes = Arrays.copyOf(asked, (int) Math.max(asked.length, fixedBatch));
    while (full.size() < classes.length) {
      classes[full.size()] = asked[0];
      full.add(full.get(0));
    }
    int[] each = preprocessing.shape(pictures.get(0).width(), pictures.get(0).height());
    long[] shape = {full.size(), each[0], each[1], each[2]};
    int size = Math.toIntExact(Arrays.stream(shape).reduce(Float.BYTES, Math::multiplyExact));
    FloatBuffer pixels =
        ByteBuffer.allocateDirect(size).order(ByteOrder.nativeOrder()).asFloatBuffer();
    full.forEach(p -> preprocessing.write(p, pixels));
    io.fovea.onnx.Tensor maps;
    try (Torch.Work work = Torch.work();
        PointerScope scope = new PointerScope()) {
      maps = maps(Learner.tensor(pixels.flip(), shape), classes);
    } finally {
      Reference.reachabilityFence(pixels); // libtorch reads it where it is
    }
    int height = (int) maps.dims()[1];
    int width = (int) maps.dims()[2];
    float[] all = maps.floats();
    return IntStream.range(0, pictures.size())
        .map(i -> i * height * width)
        .mapToObj(at -> new Grid(width, height, Arrays.copyOfRange(all, at, at + height * width)))
        .toList();
  }

  /**
   * {@code [N, h, w]}, none negative.
   *
   * @param x {@code [N, C, H, W]}
   */
  private io.fovea.onnx.Tensor maps(Tensor x, int[] classes) {
    Tensor seen;
    try (NoGradGuard guard = new NoGradGuard()) {
      seen = body.run(new Tensor[] {x}, false)[0];
    }
    if (seen.dim() != 4 || seen.size(0) != classes.length || !seen.is_floating_point()) {
      throw new TrainException(
          "feature map '%s': expected floats [%d, C, h, w], met %s"
              .formatted(features, classes.length, Arrays.toString(Torch.shape(seen))));
    }
    seen.set_requires_grad(true);
    Tensor logits = tail.run(new Tensor[] {x, seen}, false)[0];
    try (Tensor chosen = chosen(logits, classes)) {
      logits.mul(chosen).sum().backward();
    }
    try (NoGradGuard guard = new NoGradGuard()) {
      Tensor weights = torch.mean(seen.grad(), new long[] {2, 3}, true, null);
      Tensor map =
          torch
              .sum(seen.mul(weights), new long[] {1}, false, null)
              .relu(); // [N, C, h, w] -> [N, h, w]
      return Torch.copy("map", map.to(ScalarType.Float));
    }
  }

  /** 1 for the class of each picture that is asked for, 0 for all others; in the logits' shape. */
  private static Tensor chosen(Tensor logits, int[] classes) {
    long[] shape = Torch.shape(logits);
    float[] values = Torch.copy("logits", logits.to(ScalarType.Float)).floats();
    int count = values.length / classes.length;
    boolean fits = shape.length > 0 && shape[0] == classes.length;
    if (!fits || Arrays.stream(shape).skip(2).anyMatch(d -> d != 1)) {
      throw new TrainException(
          "expected logits [%d, classes], met %s"
              .formatted(classes.length, Arrays.toString(shape)));
    }
    float[] chosen = new float[values.length];
    for (int i = 0; i < classes.length; i++) {
      int c = classes[i] == BEST ? best(values, i * count, count) : classes[i];
      if (c < 0 || c >= Math.max(2, count)) {
        throw new TrainException(
            "class %d: the net has %d classes".formatted(c, Math.max(2, count)));
      }
      chosen[count == 1 ? i : i * count + c] = count == 1 && c == 0 ? -1 : 1;
    }
    return Torch.copy(io.fovea.onnx.Tensor.of("chosen", shape, chosen));
  }

  /** The class of the largest logit; of a single one, 1 where it is more than 0. */
  private static int best(float[] logits, int from, int count) {
    if (count == 1) {
      return logits[from] > 0 ? 1 : 0;
    }
    int best = 0;
    for (int c = 1; c < count; c++) {
      best = logits[from + c] > logits[from + best] ? c : best;
    }
    return best;
  }

  /** Frees the nets; later calls fail. */
  @Override
  public synchronized void close() {
    if (!closed) {
      closed = true;
      body.close();
      tail.close();
    }
  }
}
