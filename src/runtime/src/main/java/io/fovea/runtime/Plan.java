package io.fovea.runtime;

import io.fovea.image.Picture;
import io.fovea.image.Preprocessing;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * How a model is run on a machine, and how fast that was: two runs of one thread each may be twice
 * as fast as one of two, and larger batches slower than small ones, so it is measured.
 *
 * @param batch pictures of a run
 * @param threads threads of a run, as {@link ImageModel#load(Path, Device, int)} takes them
 * @param runs runs at once
 * @param rate pictures a second, from decoded pictures of 500x375 to outputs
 */
public record Plan(int batch, int threads, int runs, double rate) {
  private static final int LARGEST_BATCH = 16;
  private static final long ROUND = 300_000_000; // nanoseconds
  private static final double CLEARLY = 1.03; // faster than what the noise gives

  /**
   * Measures for some seconds, in which nothing else should run.
   *
   * @param otherwise how pictures are fed where the file does not say
   * @param each told of every way that was tried
   * @return the fastest; of those about as fast, the one of the smallest batch
   */
  public static Plan measure(
      Path file, Device device, @Nullable Preprocessing otherwise, Consumer<Plan> each) {
    int processors = Runtime.getRuntime().availableProcessors();
    Plan best = new Plan(1, processors, 1, 0);
    for (int threads = 1; threads <= processors; threads *= 2) {
      ImageModel model = ImageModel.load(file, device, threads);
      Task task = model.specification().task();
      Task.Kind kind = task == null ? Task.Kind.CLASSIFICATION : task.kind();
      try (model) {
        PictureFeed feed = PictureFeed.view(model, kind, otherwise, f -> f);
        best = best(feed, threads, processors / threads, best, each);
      }
    }
    return best;
  }

  private static Plan best(
      PictureFeed feed, int threads, int runs, Plan sofar, Consumer<Plan> each) {
    Plan best = sofar;
    double last = 0;
    int most = feed.largestBatch(0, picture());
    boolean fixed = feed.model().inputShape()[0] > 0;
    for (int batch = 1; batch <= Math.min(most, LARGEST_BATCH); batch *= 2) {
      Plan tried = new Plan(batch, threads, runs, rate(feed, batch, runs));
      each.accept(tried);
      if (tried.rate > best.rate * CLEARLY) {
        best = tried;
      }
      if (fixed || tried.rate < last) {
        break;
      }
      last = tried.rate;
    }
    return best;
  }

  private static Picture picture() {
    byte[] pixels = new byte[500 * 375 * 3];
    new Random(1).nextBytes(pixels);
    return Picture.of(500, 375, 3, pixels);
  }

  /** Pictures a second of so many runs at once. */
  private static double rate(PictureFeed feed, int batch, int runs) {
    List<Picture> pictures = Collections.nCopies(batch, picture());
    ExecutorService pool = Executors.newFixedThreadPool(runs);
    try {
      Callable<Integer> once = () -> feed.run(pictures, (picture, out, item) -> item).size();
      finish(pool, Collections.nCopies(runs, once));
      long start = System.nanoTime();
      Callable<Integer> round =
          () -> {
            int done = 0;
            do {
              done += once.call();
            } while (System.nanoTime() - start < ROUND);
            return done;
          };
      int done = finish(pool, Collections.nCopies(runs, round));
      return done / ((System.nanoTime() - start) / 1e9);
    } finally {
      pool.shutdown();
    }
  }

  private static int finish(ExecutorService pool, List<Callable<Integer>> tasks) {
    List<Future<Integer>> started = new ArrayList<>();
    tasks.forEach(task -> started.add(pool.submit(task)));
    int sum = 0;
    try {
      for (Future<Integer> task : started) {
        sum += task.get();
      }
      return sum;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while measuring", e);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw new IllegalStateException(e.getCause());
    }
  }
}
