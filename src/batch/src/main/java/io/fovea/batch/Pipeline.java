package io.fovea.batch;

import io.fovea.batch.Scorer.Scored;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;

/**
 * Threads that each take a chunk, read, decode and score it, and take the next; the chunks come out
 * in their order. Two chunks a thread are under way or wait to be taken out at most, so that memory
 * is bounded.
 */
final class Pipeline implements AutoCloseable {
  private final Chunks chunks;
  private final Scorer scorer;
  private final Semaphore room;
  private final List<Thread> workers = new ArrayList<>();
  private final Map<Long, Scored> done = new HashMap<>(); // guarded by this, as all below
  private @Nullable Throwable failure;
  private long failedAt = Long.MAX_VALUE;
  private long next;
  private int running;

  Pipeline(Chunks chunks, Scorer scorer, int workers) {
    this.chunks = chunks;
    this.scorer = scorer;
    this.room = new Semaphore(2 * workers);
    this.running = workers;
    for (int i = 0; i < workers; i++) {
      Thread thread = new Thread(this::work, "fovea-score-" + i);
      thread.setDaemon(true);
      this.workers.add(thread);
      thread.start();
    }
  }

  private void work() {
    long number = next(); // of a chunk that is not taken yet
    try {
      while (true) {
        room.acquire();
        Chunks.Chunk chunk = chunks.take();
        if (chunk == null) {
          return;
        }
        number = chunk.number();
        put(scorer.score(chunk));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // closed
    } catch (Throwable e) {
      fail(number, e);
    } finally {
      end();
    }
  }

  private synchronized long next() {
    return next;
  }

  private synchronized void put(Scored scored) {
    done.put(scored.number(), scored);
    notifyAll();
  }

  private synchronized void fail(long number, Throwable e) {
    if (number < failedAt) {
      failedAt = number;
      failure = e;
    }
    notifyAll();
  }

  private synchronized void end() {
    running--;
    notifyAll();
  }

  /** The rows of the next chunk, once they are there; null after the last. */
  @Nullable Scored take() throws IOException {
    Scored scored;
    try {
      scored = await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
    room.release();
    return scored;
  }

  private synchronized @Nullable Scored await() throws IOException, InterruptedException {
    while (true) {
      Scored scored = done.remove(next);
      if (scored != null) {
        next++;
        return scored;
      }
      if (failure != null && (failedAt <= next || running == 0)) {
        raise(failure);
      }
      if (running == 0) {
        return null;
      }
      wait();
    }
  }

  private static void raise(Throwable failure) throws IOException {
    if (failure instanceof IOException e) {
      throw e;
    }
    if (failure instanceof RuntimeException e) {
      throw e;
    }
    if (failure instanceof Error e) {
      throw e;
    }
    throw new IllegalStateException(failure);
  }

  /** Stops the threads once each has scored the chunk that it has. */
  @Override
  public void close() throws IOException {
    workers.forEach(Thread::interrupt);
    boolean interrupted = false;
    for (Thread worker : workers) {
      while (worker.isAlive()) {
        try {
          worker.join();
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    }
    chunks.close();
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
