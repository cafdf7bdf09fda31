package io.fovea.train;

import io.fovea.image.Picture;
import io.fovea.image.Preprocessing;
import io.fovea.image.Step;
import io.fovea.onnx.Graph;
import io.fovea.onnx.Model;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;

/**
 * Changes pictures by a few levels so that a classifier errs: one step along the sign of the loss's
 * gradient (Goodfellow 2015, <a href="https://arxiv.org/abs/1412.6572">1412.6572</a>), or several
 * from a place drawn nearby (Madry 2018, <a
 * href="https://arxiv.org/abs/1706.06083">1706.06083</a>). What it makes are whole levels, so that
 * the pictures can be written and shown to any runtime. The graph runs as in inference.
 * Thread-safe: calls wait for one another.
 */
public final class Attack implements AutoCloseable {
  private static final int BATCH = 50;

  private final Preprocessing fed;
  private final TorchGraph graph;

  private Attack(Preprocessing fed, TorchGraph graph) {
    this.fed = fed;
    this.graph = graph;
  }

  /**
   * Makes a classifier ready to be attacked.
   *
   * @param fed how it is fed: pictures of the size that it is fed, in the order of their channels
   * @throws TrainException where it is fed otherwise, or cannot be trained
   */
  public static Attack of(Model model, Preprocessing fed) {
    for (Step step : fed.steps()) {
      boolean reversed = step instanceof Step.Color c && c.channels() == Step.Channels.BGR;
      boolean negative =
          step instanceof Step.Normalize n
              && (n.divisor() < 0 || n.std().stream().anyMatch(s -> s < 0));
      if (reversed || negative) {
        throw new TrainException("expected a net whose levels rise as the picture's, met " + step);
      }
    }
    Model inlined = model.inlined();
    Ending ending = Ending.of(inlined.graph());
    if (ending.kind() == Ending.Kind.SIGMOID) {
      throw new TrainException("expected a net with an output for each class, met a sigmoid");
    }
    String logits = ending.value();
    Graph part = Subgraph.of(inlined.graph(), List.of(), List.of(logits));
    TorchGraph graph = new TorchGraph(inlined.withGraph(part), Selection.all());
    graph.roles().parameters().forEach(p -> graph.tensor(p).set_requires_grad(false));
    return new Attack(fed, graph);
  }

  /**
   * One step.
   *
   * @param classes what the pictures are of, in the order of the net's output
   * @param levels that each sample changes by, of 255
   */
  public List<Picture> fgsm(List<Picture> pictures, int[] classes, int levels) {
    check(pictures, classes, levels, 1);
    return climbed(pictures, pictures, classes, levels, levels);
  }

  /**
   * Steps of one quarter of the largest change, at least one level, each back into it.
   *
   * @param levels that each sample changes by at most, of 255
   * @param steps 1 or more
   * @param seed of where it starts
   */
  public List<Picture> pgd(
      List<Picture> pictures, int[] classes, int levels, int steps, long seed) {
    check(pictures, classes, levels, steps);
    Random random = new Random(seed);
    List<Picture> now = new ArrayList<>();
    for (Picture p : pictures) {
      byte[] pixels = p.pixels().clone();
      for (int i = 0; i < pixels.length; i++) {
        int change = random.nextInt(2 * levels + 1) - levels;
        pixels[i] = level((pixels[i] & 255) + change, p.pixels()[i] & 255, levels);
      }
      now.add(Picture.of(p.width(), p.height(), p.channels(), pixels));
    }
    for (int step = 0; step < steps; step++) {
      now = climbed(now, pictures, classes, Math.max(1, levels / 4), levels);
    }
    return now;
  }

  /** The likeliest class of each picture, by libtorch. */
  public synchronized int[] answers(List<Picture> pictures) {
    int[] all = new int[pictures.size()];
    for (int from = 0; from < pictures.size(); from += BATCH) {
      List<Picture> batch = pictures.subList(from, Math.min(pictures.size(), from + BATCH));
      FloatBuffer pixels = pixels(batch);
      try (Torch.Work work = Torch.work();
          PointerScope scope = new PointerScope();
          NoGradGuard guard = new NoGradGuard()) {
        Tensor logits = graph.run(new Tensor[] {Learner.tensor(pixels, shape(batch))}, false)[0];
        float[] values = Torch.copy("logits", logits).floats();
        int count = values.length / batch.size();
        for (int i = 0; i < batch.size(); i++) {
          int at = i * count;
          all[from + i] =
              IntStream.range(0, count)
                  .reduce(0, (best, c) -> values[at + c] > values[at + best] ? c : best);
        }
      } finally {
        Reference.reachabilityFence(pixels); // libtorch reads it where it is
      }
    }
    return all;
  }

  private void check(List<Picture> pictures, int[] classes, int levels, int steps) {
    if (classes.length != pictures.size() || levels < 1 || levels > 255 || steps < 1) {
      throw new TrainException(
          "expected a class a picture, 1 to 255 levels, 1 step or more, met %d classes for %d"
                  .formatted(classes.length, pictures.size())
              + " pictures, %d levels, %d steps".formatted(levels, steps));
    }
  }

  private synchronized List<Picture> climbed(
      List<Picture> now, List<Picture> start, int[] classes, int step, int most) {
    List<Picture> made = new ArrayList<>();
    for (int from = 0; from < now.size(); from += BATCH) {
      int to = Math.min(now.size(), from + BATCH);
      List<Picture> batch = now.subList(from, to);
      float[] slope = slope(batch, Arrays.copyOfRange(classes, from, to));
      int size = slope.length / batch.size();
      for (int i = 0; i < batch.size(); i++) {
        made.add(stepped(batch.get(i), start.get(from + i), slope, i * size, step, most));
      }
    }
    return made;
  }

  /**
   * One picture a step further.
   *
   * @param slope holds {@code [C, H, W]} of it from {@code at} on
   */
  private static Picture stepped(
      Picture now, Picture start, float[] slope, int at, int step, int most) {
    int channels = now.channels();
    int plane = now.width() * now.height();
    byte[] pixels = new byte[channels * plane];
    for (int i = 0; i < pixels.length; i++) {
      float up = slope[at + i % channels * plane + i / channels];
      int level = (now.pixels()[i] & 255) + (int) Math.signum(up) * step;
      pixels[i] = level(level, start.pixels()[i] & 255, most);
    }
    return Picture.of(now.width(), now.height(), channels, pixels);
  }

  private static byte level(int wanted, int start, int most) {
    return (byte)
        Math.max(Math.max(0, start - most), Math.min(Math.min(255, start + most), wanted));
  }

  /** The gradient of the loss by what the net is fed. */
  private float[] slope(List<Picture> batch, int[] classes) {
    FloatBuffer pixels = pixels(batch);
    long[] wanted = Arrays.stream(classes).asLongStream().toArray();
    Targets.Classes targets = Targets.Classes.of(wanted);
    try (Torch.Work work = Torch.work();
        PointerScope scope = new PointerScope()) {
      Tensor x = Learner.tensor(pixels, shape(batch));
      x.set_requires_grad(true);
      Tensor logits = graph.run(new Tensor[] {x}, false)[0];
      Losses.of(Loss.CROSS_ENTROPY, 0, false, logits, targets).backward();
      return Torch.copy("slope", x.grad()).floats();
    } finally {
      Reference.reachabilityFence(pixels); // libtorch reads it where it is
    }
  }

  private long[] shape(List<Picture> batch) {
    Picture p = batch.get(0);
    return new long[] {batch.size(), p.channels(), p.height(), p.width()};
  }

  private FloatBuffer pixels(List<Picture> batch) {
    Picture first = batch.get(0);
    int[] own = {first.channels(), first.height(), first.width()};
    for (Picture p : batch) {
      int[] met = {p.channels(), p.height(), p.width()};
      if (!Arrays.equals(met, own) || !Arrays.equals(met, fed.shape(p.width(), p.height()))) {
        throw new TrainException(
            "expected pictures %s as the net is fed, met %s"
                .formatted(Arrays.toString(fed.shape(p.width(), p.height())), p));
      }
    }
    int size = batch.size() * own[0] * own[1] * own[2] * Float.BYTES;
    FloatBuffer all =
        ByteBuffer.allocateDirect(size).order(ByteOrder.nativeOrder()).asFloatBuffer();
    batch.forEach(p -> fed.write(p, all));
    return all.flip();
  }

  /** Frees the net. */
  @Override
  public synchronized void close() {
    graph.close();
  }
}
