package io.fovea.runtime;

import io.fovea.image.Picture;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * Requests of many threads, run together: those of one tensor shape in batches, as soon as a batch
 * is full or its first request has waited long enough. Of the batches that are ready, the one whose
 * first request is oldest runs next, so that no shape waits for another. A picture that cannot be
 * scored fails alone. Thread-safe; closing answers what waits, and closes the model.
 *
 * @param <T> an answer, such as {@link Scores}
 */
public final class Batcher<T> implements AutoCloseable {
  /** What becomes of a request for which there is no place. */
  public enum WhenFull {
    /** Its thread waits for a place. */
    BLOCK,
    /** {@link RefusedException}. */
    REFUSE
  }

  /**
   * How requests are put together.
   *
   * @param largestBatch requests of a batch at most, 1 or more
   * @param longestWait what the first request of a batch waits for others
   * @param queue requests that wait at most, 1 or more
   * @param runs batches that run at once, 1 or more: each has a thread
   */
  public record Limits(
      int largestBatch, Duration longestWait, int queue, WhenFull whenFull, int runs) {
    public Limits {
      if (largestBatch < 1 || queue < 1 || runs < 1 || longestWait.isNegative()) {
        throw new IllegalArgumentException(
            "expected a batch, queue and runs of 1 or more and a wait of 0 or more, met "
                + "%d, %d, %d and %s".formatted(largestBatch, queue, runs, longestWait));
      }
    }

    /** Batches of 8 after 2 ms, 256 requests that wait, one run at once; more are refused. */
    public static Limits defaults() {
      return new Limits(8, Duration.ofMillis(2), 256, WhenFull.REFUSE, 1);
    }

    public Limits withLargestBatch(int other) {
      return new Limits(other, longestWait, queue, whenFull, runs);
    }

    public Limits withLongestWait(Duration other) {
      return new Limits(largestBatch, other, queue, whenFull, runs);
    }

    public Limits withQueue(int other, WhenFull then) {
      return new Limits(largestBatch, longestWait, other, then, runs);
    }

    public Limits withRuns(int other) {
      return new Limits(largestBatch, longestWait, queue, whenFull, other);
    }
  }

  /**
   * What happened so far.
   *
   * @param waiting requests in the queue now
   * @param answered requests with an answer
   * @param failed requests whose picture could not be scored
   * @param refused requests for which there was no place
   * @param dropped requests cancelled, or past their deadline
   * @param batches how many batches ran, by their size: of size n at n - 1
   * @param medianMillis from request to answer; true within 9 %, as all percentiles here
   */
  public record Statistics(
      int waiting,
      long answered,
      long failed,
      long refused,
      long dropped,
      List<Long> batches,
      double medianMillis,
      double percentile95Millis,
      double percentile99Millis) {}

  /** One request; its own future. */
  private final class Request extends CompletableFuture<T> {
    private final Picture picture;
    private final long since = System.nanoTime();
    private final AtomicBoolean waits = new AtomicBoolean(true);

    Request(Picture picture) {
      this.picture = picture;
    }

    /** Leaves the queue: to run, or as it was cancelled or its time is over. */
    boolean leave() {
      boolean left = waits.getAndSet(false);
      if (left) {
        places.release();
      }
      return left;
    }
  }

  /** A model and the batches that it runs now. */
  private static final class Served<T> {
    private final View<T> view;
    private int runs;
    private boolean retired;

    Served(View<T> view) {
      this.view = view;
    }
  }

  private final Limits limits;
  private final Semaphore places;
  private final Map<List<Integer>, Deque<Request>> lanes = new LinkedHashMap<>();
  private final List<Thread> workers = new ArrayList<>();
  private volatile Served<T> served;
  private boolean closing;

  private final LongAdder answered = new LongAdder();
  private final LongAdder failed = new LongAdder();
  private final LongAdder refused = new LongAdder();
  private final LongAdder dropped = new LongAdder();
  private final AtomicLongArray batches;
  private final Latencies latencies = new Latencies();

  private Batcher(View<T> view, Limits limits) {
    this.limits = limits;
    this.served = new Served<>(view);
    this.places = new Semaphore(limits.queue, true);
    this.batches = new AtomicLongArray(limits.largestBatch);
  }

  /** Starts serving a model, which closes with this. */
  public static <T> Batcher<T> of(View<T> view, Limits limits) {
    Batcher<T> batcher = new Batcher<>(view, limits);
    for (int i = 0; i < limits.runs; i++) {
      Thread worker = new Thread(batcher::work, "fovea-batcher-" + i);
      worker.setDaemon(true);
      batcher.workers.add(worker);
      worker.start();
    }
    return batcher;
  }

  /**
   * Asks for the answer of a picture. Cancelling the future takes the request out of the queue.
   * What is to be done with the answer at length belongs into the future's {@code Async} methods:
   * the others run on the thread that runs the batches.
   *
   * @throws RefusedException where there is no place, or this is closed
   */
  public CompletableFuture<T> submit(Picture picture) {
    return submit(picture, null);
  }

  /**
   * The same; the future fails with {@link TimeoutException} where there is no answer in time.
   *
   * @param within waiting for a place included
   */
  public CompletableFuture<T> submit(Picture picture, @Nullable Duration within) {
    List<Integer> shape = served.view.fed(picture);
    Request request = new Request(picture);
    if (within != null) {
      request.orTimeout(within.toNanos(), TimeUnit.NANOSECONDS);
    }
    if (!takePlace(within)) {
      request.completeExceptionally(new TimeoutException("no place in the queue in time"));
      dropped.increment();
      return request;
    }
    synchronized (lanes) {
      if (closing) {
        places.release();
        throw refuse(RefusedException.Reason.CLOSED, "the batcher is closed");
      }
      lanes.computeIfAbsent(shape, k -> new ArrayDeque<>()).add(request);
      lanes.notifyAll();
    }
    request.whenComplete(
        (answer, e) -> {
          if (request.leave()) {
            dropped.increment();
          }
        });
    return request;
  }

  private boolean takePlace(@Nullable Duration within) {
    if (places.tryAcquire()) {
      return true;
    }
    if (limits.whenFull == WhenFull.REFUSE) {
      refused.increment();
      String what = "%d requests wait already".formatted(limits.queue);
      throw refuse(RefusedException.Reason.QUEUE_FULL, what);
    }
    try {
      if (within != null) {
        return places.tryAcquire(within.toNanos(), TimeUnit.NANOSECONDS);
      }
      places.acquire();
      return true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw refuse(RefusedException.Reason.INTERRUPTED, "interrupted before there was a place");
    }
  }

  private RefusedException refuse(RefusedException.Reason reason, String what) {
    return new RefusedException(served.view.model().name(), reason, what);
  }

  /**
   * The answer of a picture; waits for it.
   *
   * @throws RefusedException where there is no place, or this is closed
   * @throws ScoringException where the model cannot run on the picture
   */
  public T answer(Picture picture) {
    try {
      return submit(picture).join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw e;
    }
  }

  /**
   * Serves another model from now on. Batches under way end with the one before, which closes after
   * the last of them; requests that wait are answered by the new one.
   */
  public void swap(View<T> next) {
    Served<T> before;
    boolean idle;
    synchronized (lanes) {
      if (closing) {
        throw refuse(RefusedException.Reason.CLOSED, "the batcher is closed");
      }
      before = served;
      served = new Served<>(next);
      before.retired = true;
      idle = before.runs == 0;
    }
    if (idle) {
      before.view.close();
    }
  }

  /** What happened so far. */
  public Statistics statistics() {
    List<Long> sizes = new ArrayList<>();
    for (int i = 0; i < batches.length(); i++) {
      sizes.add(batches.get(i));
    }
    Latencies.Histogram took = latencies.histogram();
    return new Statistics(
        limits.queue - places.availablePermits(),
        answered.sum(),
        failed.sum(),
        refused.sum(),
        dropped.sum(),
        List.copyOf(sizes),
        took.millis(0.5),
        took.millis(0.95),
        took.millis(0.99));
  }

  /** Takes no more requests, answers those that wait, and closes the model. */
  @Override
  public void close() {
    synchronized (lanes) {
      closing = true;
      lanes.notifyAll();
    }
    boolean interrupted = false;
    for (Thread worker : workers) {
      while (worker.isAlive() && worker != Thread.currentThread()) {
        try {
          worker.join();
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    }
    served.view.close();
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private void work() {
    while (true) {
      List<Request> batch;
      Served<T> by;
      synchronized (lanes) {
        batch = next();
        if (batch.isEmpty()) {
          return;
        }
        by = served;
        by.runs++;
      }
      try {
        run(by.view, batch);
      } finally {
        boolean last;
        synchronized (lanes) {
          last = --by.runs == 0 && by.retired;
        }
        if (last) {
          by.view.close();
        }
      }
    }
  }

  /** Waits for a batch that is ready; none where this is closed and nothing waits any more. */
  private List<Request> next() {
    while (true) {
      long now = System.nanoTime();
      long wait = Long.MAX_VALUE;
      @Nullable Deque<Request> ready = null;
      long oldest = Long.MAX_VALUE;
      lanes.values().forEach(lane -> lane.removeIf(r -> !r.waits.get()));
      lanes.values().removeIf(Deque::isEmpty);
      for (Deque<Request> lane : lanes.values()) {
        long age = now - lane.element().since;
        long left = limits.longestWait.toNanos() - age;
        if (closing || left <= 0 || lane.size() >= limits.largestBatch) {
          if (ready == null || -age < oldest) {
            ready = lane;
            oldest = -age;
          }
        } else {
          wait = Math.min(wait, left);
        }
      }
      if (ready != null) {
        List<Request> batch = take(ready);
        if (!batch.isEmpty()) {
          return batch;
        }
      } else if (closing) {
        return List.of();
      } else {
        await(wait);
      }
    }
  }

  private void await(long nanos) {
    try {
      TimeUnit.NANOSECONDS.timedWait(lanes, nanos);
    } catch (InterruptedException e) {
      // nobody but the JVM's end interrupts these threads; what waits is still to be answered
    }
  }

  private List<Request> take(Deque<Request> lane) {
    List<Request> batch = new ArrayList<>();
    while (batch.size() < limits.largestBatch && !lane.isEmpty()) {
      Request request = lane.remove();
      if (request.leave()) {
        batch.add(request);
      }
    }
    return batch;
  }

  private void run(View<T> view, List<Request> batch) {
    batches.incrementAndGet(batch.size() - 1);
    List<T> answers;
    try {
      answers = view.answers(batch.stream().map(r -> r.picture).toList());
    } catch (RuntimeException | Error e) {
      if (batch.size() > 1) { // one of them is at fault
        batch.forEach(r -> run(view, List.of(r)));
      } else {
        failed.increment();
        batch.get(0).completeExceptionally(e);
      }
      return;
    }
    for (int i = 0; i < batch.size(); i++) {
      Request request = batch.get(i);
      latencies.add(System.nanoTime() - request.since);
      if (request.complete(answers.get(i))) {
        answered.increment();
      } else {
        dropped.increment();
      }
    }
  }
}
