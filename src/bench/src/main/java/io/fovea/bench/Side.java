package io.fovea.bench;

import com.sun.management.OperatingSystemMXBean;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** One way to score, which a process of its own serves round by round. */
interface Side {
  /**
   * Scores some more pictures. Called by the workers of a plan at once.
   *
   * @param worker its number, from 0
   * @return how many
   */
  int step(int worker) throws Exception;

  /** Runs a round of each number of seconds that comes in, and answers its {@link Rate}. */
  static void serve(String what, int workers, Side side) throws Exception {
    ExecutorService pool = Executors.newFixedThreadPool(workers);
    try (BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
      Child.answer(what);
      for (String line; (line = in.readLine()) != null; ) {
        Child.answer(round(side, pool, workers, Double.parseDouble(line)));
      }
    } finally {
      pool.shutdown();
    }
  }

  private static Rate round(Side side, ExecutorService pool, int workers, double seconds)
      throws Exception {
    OperatingSystemMXBean system =
        (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    long cpu = system.getProcessCpuTime();
    long start = System.nanoTime();
    List<Future<long[]>> counts = new ArrayList<>();
    for (int w = 0; w < workers; w++) {
      int worker = w;
      counts.add(
          pool.submit(
              () -> {
                long count = 0;
                while (System.nanoTime() - start < seconds * 1e9) {
                  count += side.step(worker);
                }
                return new long[] {count, System.nanoTime() - start};
              }));
    }
    double perSecond = 0; // of each worker until its own end, as batches end at different times
    long all = 0;
    for (Future<long[]> count : counts) {
      perSecond += count.get()[0] / (count.get()[1] / 1e9);
      all += count.get()[0];
    }
    return new Rate(perSecond, (system.getProcessCpuTime() - cpu) / 1e6 / all);
  }
}
