package io.fovea.train;

import io.fovea.image.Mask;
import io.fovea.image.Picture;
import io.fovea.image.PictureException;
import io.fovea.image.Preprocessing;
import io.fovea.image.Resampling;
import io.fovea.image.Step.Tiles;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/**
 * Decodes and augments pictures beside the network, on threads of its own, a few batches ahead.
 * What a picture becomes depends on the seed, the epoch and its position alone, and what it is
 * mixed with on its batch, never on the threads. Where the net is fed tiles, a pass takes one of
 * each picture: another one every time while training, else the middle. A generator is fed noise in
 * their place, which without augmentation is the same in each pass.
 */
final class Loader implements AutoCloseable {
  /**
   * Pictures as a tensor, and what should be said of them.
   *
   * @param pixels direct, {@code [N, C, H, W]}
   */
  record Batch(FloatBuffer pixels, long[] shape, Targets targets) {}

  private final Dataset data;
  private final Preprocessing preprocessing;
  private final @Nullable Noise noise;
  private final ExecutorService workers;
  private final int threads;
  private final LongAdder busyNanos = new LongAdder();
  private final ConcurrentLinkedQueue<FloatBuffer> pool = new ConcurrentLinkedQueue<>();

  Loader(Dataset data, Preprocessing preprocessing, int threads) {
    this(data, preprocessing, null, threads);
  }

  /**
   * Loads for a net.
   *
   * @param noise that is fed in place of the pictures, which are targets alone; null for none
   */
  Loader(Dataset data, Preprocessing preprocessing, @Nullable Noise noise, int threads) {
    this.data = data;
    this.preprocessing = preprocessing;
    this.noise = noise;
    this.threads = threads;
    this.workers =
        Executors.newFixedThreadPool(
            threads,
            task -> {
              Thread thread = new Thread(task, "fovea-loader");
              thread.setDaemon(true);
              return thread;
            });
  }

  /** How many decode: half the processors, since the other half computes; two to eight. */
  static int threads() {
    return Math.min(8, Math.max(2, Runtime.getRuntime().availableProcessors() / 2));
  }

  /** What is done with each batch; its buffers are used again afterwards. */
  interface Use {
    void accept(Batch batch, int step);

    /** Whether no more batches are wanted. */
    default boolean isDone() {
      return false;
    }
  }

  /** Number of batches of a pass; a last one of a single picture is left out while training. */
  static int steps(int samples, int size, boolean training) {
    int rest = samples % size;
    boolean drop = training && rest == 1 && samples > 1;
    return samples / size + (rest > 0 && !drop ? 1 : 0);
  }

  /** Seconds that decoding and augmenting took since this was last asked, of all threads. */
  double busySeconds() {
    return busyNanos.sumThenReset() / 1e9;
  }

  /** One pass in an order drawn from a seed, augmented. */
  void shuffled(int size, long seed, int epoch, Order order, Augmentation augmentation, Use use) {
    shuffled(size, seed, epoch, order, 0, augmentation, use);
  }

  /** The same from a batch on. */
  void shuffled(
      int size, long seed, int epoch, Order order, int first, Augmentation augmentation, Use use) {
    long[] drawn = order.of(seed, epoch);
    pass(drawn, size, first, steps(drawn.length, size, true), seed, epoch, augmentation, use);
  }

  /** One pass in the data's own order. */
  void inOrder(int size, int limit, Use use) {
    long[] order = LongStream.range(0, Math.min(limit, data.size())).toArray();
    pass(order, size, 0, steps(order.length, size, false), 0, 0, null, use);
  }

  private void pass(
      long[] order,
      int size,
      int first,
      int steps,
      long seed,
      int epoch,
      @Nullable Augmentation augmentation,
      Use use) {
    Deque<Future<Optional<Batch>>> ahead = new ArrayDeque<>();
    try {
      for (int step = first, next = first; step < steps && !use.isDone(); step++) {
        while (next < steps && ahead.size() <= threads + 2) {
          int from = next++ * size;
          int to = Math.min(order.length, from + size);
          ahead.add(
              workers.submit(
                  () -> {
                    long start = System.nanoTime();
                    Optional<Batch> batch = load(order, from, to, seed, epoch, augmentation);
                    busyNanos.add(System.nanoTime() - start);
                    return batch;
                  }));
        }
        Batch batch = ahead.remove().get().orElse(null);
        if (batch != null) {
          use.accept(batch, step);
          pool.add(batch.pixels.clear());
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new TrainException("interrupted", e);
    } catch (ExecutionException e) {
      Throwable cause = e.getCause();
      throw cause instanceof TrainException t ? t : new TrainException("data: " + cause, cause);
    } finally {
      ahead.forEach(f -> f.cancel(false));
    }
  }

  /** A batch without what is left out; empty where nothing is left. */
  private Optional<Batch> load(
      long[] order, int from, int to, long seed, int epoch, @Nullable Augmentation augmentation) {
    List<Target> targets = new ArrayList<>();
    long[] shape = {};
    FloatBuffer pixels = null;
    for (int i = from; i < to; i++) {
      int index = (int) (order[i] % data.size());
      Random random = augmentation == null ? null : new Random(mix(seed, epoch, order[i]));
      Picture picture;
      Target target;
      try {
        Picture whole = data.picture(index, preprocessing.reader());
        if (augmentation == null && data.isLeftOut(index)) {
          continue;
        }
        Box cut =
            augmentation == null || random == null
                ? null
                : augmentation.box(random, whole.width(), whole.height());
        picture = cut == null ? preprocessing.picture(whole) : cut.of(whole, preprocessing);
        target = fitted(data.target(index), whole, picture, cut, index);
      } catch (PictureException e) {
        throw new TrainException("data: " + e.getMessage(), e);
      }
      int scale = target instanceof Target.Made m ? m.picture().width() / picture.width() : 1;
      Tiles tiles = preprocessing.tiles();
      if (tiles != null) {
        picture = target instanceof Target.Itself ? covering(picture, tiles) : picture;
        int x = start(picture.width() - tiles.width(), random);
        int y = start(picture.height() - tiles.height(), random);
        picture = picture.crop(x, y, tiles.width(), tiles.height());
        if (target instanceof Target.Pixels p) {
          target = new Target.Pixels(p.mask().crop(x, y, tiles.width(), tiles.height()));
        } else if (target instanceof Target.Made m) {
          int w = scale * tiles.width();
          int h = scale * tiles.height();
          target = new Target.Made(m.picture().crop(scale * x, scale * y, w, h));
        }
      }
      Augmentation.Draw drawn = null;
      if (augmentation != null && random != null) {
        boolean turn = turn(seed, epoch, order[i]);
        drawn = augmentation.draw(random, turn, picture.width(), picture.height());
        picture = drawn.apply(picture);
        if (target instanceof Target.Pixels p) {
          target = new Target.Pixels(drawn.apply(p.mask()));
        } else if (target instanceof Target.Made m) {
          target = new Target.Made(drawn.times(scale).apply(m.picture()));
        }
      }
      long[] one =
          noise != null
              ? noise.shape(to - from)
              : new long[] {to - from, preprocessing.channels(), picture.height(), picture.width()};
      if (pixels == null) {
        shape = one;
        pixels = buffer(one);
      } else if (one[2] != shape[2] || one[3] != shape[3]) {
        throw new TrainException(
            "%s: expected %dx%d pixels as the others of its batch, met %dx%d; add a step that fixes the size"
                .formatted(data.name(index), shape[3], shape[2], one[3], one[2]));
      }
      targets.add(target instanceof Target.Itself ? new Target.Made(picture) : target);
      if (noise != null) {
        noise.put(pixels, mix(~seed, epoch, order[i]));
        continue;
      }
      int start = pixels.position();
      preprocessing.tensor(picture, pixels);
      if (drawn != null) {
        drawn.erase(pixels, start, (int) shape[1], (int) shape[2], (int) shape[3]);
      }
    }
    if (pixels == null) {
      return Optional.empty();
    }
    shape[0] = targets.size();
    Targets all =
        targets.get(0) instanceof Target.Made
            ? Pairs.targets(targets, preprocessing, data.name((int) (order[from] % data.size())))
            : Targets.of(targets);
    if (augmentation != null) {
      all = augmentation.mixing().mix(pixels, shape, all, new Random(mix(~seed, epoch, from)));
    }
    return Optional.of(new Batch(pixels.flip(), shape, all));
  }

  /** In proportion as large as a tile, where it is smaller. */
  private static Picture covering(Picture picture, Tiles tiles) {
    double w = (double) tiles.width() / picture.width();
    double h = (double) tiles.height() / picture.height();
    double by = Math.max(w, h);
    return by <= 1
        ? picture
        : picture.resize(
            Math.max(tiles.width(), (int) Math.rint(by * picture.width())),
            Math.max(tiles.height(), (int) Math.rint(by * picture.height())),
            Resampling.BICUBIC);
  }

  /** Where a tile begins: anywhere while training, else in the middle. */
  private static int start(int free, @Nullable Random random) {
    return random == null ? free / 2 : random.nextInt(free + 1);
  }

  /** A mask, or a picture, is resized and cropped as its picture is. */
  private Target fitted(
      Target target, Picture picture, Picture prepared, @Nullable Box cut, int index) {
    if (target instanceof Target.Made m) {
      return Pairs.fitted(m, picture, prepared, cut, preprocessing, data.name(index));
    }
    if (!(target instanceof Target.Pixels p)) {
      return target;
    }
    Mask mask = p.mask();
    if (mask.width() != picture.width() || mask.height() != picture.height()) {
      throw new TrainException(
          "%s: the picture is %dx%d, its mask %dx%d"
              .formatted(
                  data.name(index),
                  picture.width(),
                  picture.height(),
                  mask.width(),
                  mask.height()));
    }
    return new Target.Pixels(cut == null ? preprocessing.mask(mask) : cut.of(mask, preprocessing));
  }

  private FloatBuffer buffer(long[] shape) {
    int size = Math.toIntExact(shape[0] * shape[1] * shape[2] * shape[3]);
    FloatBuffer used = pool.poll();
    if (used != null && used.capacity() >= size) {
      return used;
    }
    return ByteBuffer.allocateDirect(4 * size).order(ByteOrder.nativeOrder()).asFloatBuffer();
  }

  /** Drawn for the first epoch, then turning with each. */
  private static boolean turn(long seed, int epoch, long index) {
    return ((mix(seed, 0, index) >>> 63 ^ epoch) & 1) == 1;
  }

  /** A seed of its own for each picture of each epoch (the finalizer of SplitMix64). */
  static long mix(long seed, long epoch, long index) {
    long z = seed * 0x9E3779B97F4A7C15L + epoch * 0xBF58476D1CE4E5B9L + index + 1;
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }

  @Override
  public void close() {
    workers.shutdownNow();
  }
}
