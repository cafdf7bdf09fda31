package io.fovea.runtime;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fovea.image.Picture;
import io.fovea.image.Preprocessing;
import io.fovea.onnx.Attribute;
import io.fovea.onnx.Tensor;
import io.fovea.onnx.Value;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Requests of many threads, in batches. */
@Timeout(120)
class BatcherTest {
  private static final Preprocessing RAW = Preprocessing.named("raw");
  private static final Batcher.Limits LIMITS = Batcher.Limits.defaults();

  /** A picture whose means say which one it is. */
  private static Picture numbered(int number, int width, int height) {
    byte[] pixels = new byte[width * height * 3];
    for (int i = 0; i < pixels.length; i += 3) {
      pixels[i] = (byte) (number & 0xff);
      pixels[i + 1] = (byte) (number >> 8 & 0xff);
      pixels[i + 2] = (byte) (number >> 16);
    }
    return Picture.of(width, height, 3, pixels);
  }

  private static int number(float[] means) {
    return Math.round(means[0]) + (Math.round(means[1]) << 8) + (Math.round(means[2]) << 16);
  }

  private static Regressor means() {
    return Regressor.of(Nets.load(Nets::means), RAW);
  }

  /** Many threads ask for a time; each answer must be of its own picture. */
  private static void everyAnswerBelongsToItsPicture(Duration time) throws Exception {
    Batcher<float[]> batcher =
        Batcher.of(means(), LIMITS.withQueue(64, Batcher.WhenFull.BLOCK).withRuns(2));
    long end = System.nanoTime() + time.toNanos();
    ExecutorService pool = Executors.newFixedThreadPool(65);
    List<Future<Integer>> threads = new ArrayList<>();
    for (int t = 0; t < 64; t++) {
      int thread = t;
      threads.add(
          pool.submit(
              () -> {
                Random random = new Random(thread);
                int asked = 0;
                while (System.nanoTime() < end) {
                  int number = thread << 16 | asked++ & 0xffff;
                  Picture p = numbered(number, 1 + random.nextInt(4), 1 + random.nextInt(3));
                  assertEquals(number, number(batcher.answer(p)));
                }
                return asked;
              }));
    }
    Future<Integer> swaps =
        pool.submit(
            () -> {
              int done = 0;
              while (System.nanoTime() < end) {
                batcher.swap(means());
                done++;
                Thread.sleep(50);
              }
              return done;
            });
    int asked = 0;
    for (Future<Integer> thread : threads) {
      asked += thread.get();
    }
    assertTrue(swaps.get() > 3);
    Batcher.Statistics s = batcher.statistics();
    batcher.close();
    pool.shutdown();
    assertTrue(pool.awaitTermination(10, TimeUnit.SECONDS));
    assertEquals(asked, s.answered(), s.toString());
    assertEquals(0, s.failed() + s.refused() + s.dropped() + s.waiting(), s.toString());
    long inBatches = 0;
    for (int i = 0; i < s.batches().size(); i++) {
      inBatches += (i + 1) * s.batches().get(i);
    }
    assertEquals(asked, inBatches, s.toString());
    assertTrue(s.batches().subList(1, s.batches().size()).stream().anyMatch(n -> n > 0));
  }

  @Test
  void everyAnswerOf64ThreadsBelongsToItsPictureWhileModelsAreSwapped() throws Exception {
    everyAnswerBelongsToItsPicture(Duration.ofSeconds(3));
  }

  @Test
  @Tag("slow")
  void everyAnswerOfAMinuteBelongsToItsPicture() throws Exception {
    everyAnswerBelongsToItsPicture(Duration.ofSeconds(60));
  }

  @Test
  void aBatchRunsWhenItIsFullOrHasWaited() throws Exception {
    Batcher.Limits slow = LIMITS.withLongestWait(Duration.ofHours(1)).withLargestBatch(3);
    try (Batcher<float[]> batcher = Batcher.of(means(), slow)) {
      CompletableFuture<float[]> a = batcher.submit(numbered(1, 2, 2));
      CompletableFuture<float[]> other = batcher.submit(numbered(9, 5, 5));
      CompletableFuture<float[]> b = batcher.submit(numbered(2, 2, 2));
      assertThrows(TimeoutException.class, () -> a.get(100, TimeUnit.MILLISECONDS));
      CompletableFuture<float[]> c = batcher.submit(numbered(3, 2, 2));
      assertEquals(1, number(a.get(10, TimeUnit.SECONDS)));
      assertEquals(2, number(b.get(10, TimeUnit.SECONDS)));
      assertEquals(3, number(c.get(10, TimeUnit.SECONDS)));
      assertEquals(List.of(0L, 0L, 1L), batcher.statistics().batches());
      assertTrue(!other.isDone() && batcher.statistics().waiting() == 1);
    } // closing answers what waits
    try (Batcher<float[]> batcher =
        Batcher.of(means(), LIMITS.withLongestWait(Duration.ofMillis(20)))) {
      assertEquals(7, number(batcher.answer(numbered(7, 2, 2))));
      assertTrue(batcher.statistics().medianMillis() >= 18, batcher.statistics().toString());
    }
  }

  @Test
  void closingAnswersWhatWaitsAndTakesNoMore() {
    Batcher.Limits slow = LIMITS.withLongestWait(Duration.ofHours(1));
    Batcher<float[]> batcher = Batcher.of(means(), slow);
    List<CompletableFuture<float[]>> asked = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      asked.add(batcher.submit(numbered(i, 2, 2)));
    }
    batcher.close();
    for (int i = 0; i < 5; i++) {
      assertEquals(i, number(asked.get(i).join()));
    }
    var refused = assertThrows(RefusedException.class, () -> batcher.submit(numbered(1, 2, 2)));
    assertEquals(RefusedException.Reason.CLOSED, refused.reason());
    assertEquals("small: the batcher is closed", refused.getMessage());
    batcher.close();
  }

  @Test
  void aFullQueueRefusesOrBlocks() throws Exception {
    Batcher.Limits slow = LIMITS.withLongestWait(Duration.ofHours(1));
    try (Batcher<float[]> batcher =
        Batcher.of(means(), slow.withQueue(2, Batcher.WhenFull.REFUSE))) {
      CompletableFuture<float[]> first = batcher.submit(numbered(1, 2, 2));
      batcher.submit(numbered(2, 2, 2));
      var refused = assertThrows(RefusedException.class, () -> batcher.submit(numbered(3, 2, 2)));
      assertEquals(RefusedException.Reason.QUEUE_FULL, refused.reason());
      assertEquals("small: 2 requests wait already", refused.getMessage());
      first.cancel(true); // which makes room at once
      batcher.submit(numbered(4, 2, 2));
      Batcher.Statistics s = batcher.statistics();
      assertEquals(List.of(2L, 1L, 1L), List.of((long) s.waiting(), s.refused(), s.dropped()));
    }
    try (Batcher<float[]> batcher =
        Batcher.of(means(), slow.withQueue(1, Batcher.WhenFull.BLOCK))) {
      CompletableFuture<float[]> first = batcher.submit(numbered(1, 2, 2));
      var late = batcher.submit(numbered(2, 2, 2), Duration.ofMillis(50));
      assertInstanceOf(
          TimeoutException.class, assertThrows(CompletionException.class, late::join).getCause());
      CompletableFuture<CompletableFuture<float[]>> blocked =
          CompletableFuture.supplyAsync(() -> batcher.submit(numbered(5, 2, 2)));
      assertThrows(TimeoutException.class, () -> blocked.get(50, TimeUnit.MILLISECONDS));
      first.cancel(true);
      CompletableFuture<float[]> second = blocked.get(10, TimeUnit.SECONDS);
      batcher.close();
      assertEquals(5, number(second.join()));
    }
  }

  @Test
  void aRequestPastItsDeadlineFailsAndDoesNotRun() {
    Batcher.Limits slow = LIMITS.withLongestWait(Duration.ofHours(1));
    try (Batcher<float[]> batcher = Batcher.of(means(), slow)) {
      var late = batcher.submit(numbered(1, 2, 2), Duration.ofMillis(30));
      assertInstanceOf(
          TimeoutException.class, assertThrows(CompletionException.class, late::join).getCause());
      assertEquals(0, batcher.statistics().waiting());
      assertEquals(1, batcher.statistics().dropped());
      var early = batcher.submit(numbered(2, 2, 2), Duration.ofMinutes(1));
      batcher.close();
      assertEquals(2, number(early.join()));
      assertEquals(1, batcher.statistics().batches().stream().mapToLong(n -> n).sum());
    }
  }

  @Test
  void oneBadPictureFailsAlone() {
    Nets.Body lookingUp = // the level of a picture in a table of ten, and of more there is none
        (g, x) -> {
          float[] levels = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
          Value table = g.initializer(Tensor.of("table", new long[] {10}, levels));
          Value level = g.node("Cast", "level", List.of(Nets.means(g, x)), Attribute.of("to", 7));
          return g.node("Gather", "found", List.of(table, level));
        };
    Batcher.Limits slow = LIMITS.withLongestWait(Duration.ofMillis(200));
    try (Batcher<float[]> batcher = Batcher.of(Regressor.of(Nets.load(lookingUp), RAW), slow)) {
      var good = batcher.submit(numbered(3, 3, 3));
      var bad = batcher.submit(numbered(200, 3, 3));
      var e = assertThrows(CompletionException.class, bad::join);
      assertInstanceOf(ScoringException.class, e.getCause());
      assertEquals(3, number(good.join()));
      assertEquals(1, batcher.statistics().failed());
    }
  }

  @Test
  void noShapeWaitsForAnother() throws Exception {
    Batcher.Limits quick =
        LIMITS.withLongestWait(Duration.ZERO).withQueue(64, Batcher.WhenFull.BLOCK);
    try (Batcher<float[]> batcher = Batcher.of(means(), quick)) {
      List<Thread> busy = new ArrayList<>();
      for (int t = 0; t < 8; t++) {
        Thread thread =
            new Thread(
                () -> {
                  while (!Thread.interrupted()) {
                    try {
                      batcher.answer(numbered(1, 64, 64));
                    } catch (RefusedException e) {
                      return;
                    }
                  }
                });
        busy.add(thread);
        thread.start();
      }
      for (int i = 0; i < 20; i++) {
        assertEquals(i, number(batcher.submit(numbered(i, 3, 3)).get(5, TimeUnit.SECONDS)));
      }
      for (Thread thread : busy) {
        thread.interrupt();
        thread.join();
      }
    }
  }

  @Test
  void limitsAreChecked() {
    assertThrows(IllegalArgumentException.class, () -> LIMITS.withLargestBatch(0));
    assertThrows(IllegalArgumentException.class, () -> LIMITS.withRuns(0));
    assertThrows(IllegalArgumentException.class, () -> LIMITS.withQueue(0, Batcher.WhenFull.BLOCK));
    assertThrows(
        IllegalArgumentException.class, () -> LIMITS.withLongestWait(Duration.ofMillis(-1)));
  }

  @Test
  void percentilesAreTrueWithinABucket() {
    Latencies latencies = new Latencies();
    double[] millis = new double[1000];
    for (int i = 0; i < millis.length; i++) {
      millis[i] = 0.01 * Math.pow(1.01, i);
      latencies.add((long) (millis[i] * 1e6));
    }
    double[] met = new double[3];
    double[] wanted = new double[3];
    double[] shares = {0.5, 0.95, 0.99};
    for (int i = 0; i < 3; i++) {
      met[i] = Math.log(latencies.histogram().millis(shares[i]));
      wanted[i] = Math.log(millis[(int) (shares[i] * 1000) - 1]);
    }
    assertArrayEquals(wanted, met, 0.0875, Arrays.toString(met));
  }
}
