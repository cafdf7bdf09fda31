package io.fovea.runtime;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import java.lang.System.Logger.Level;
import org.jspecify.annotations.Nullable;

/** ONNX Runtime in this process: loaded once, with its telemetry off. Thread-safe. */
public final class OnnxRuntime {
  private static final long STACK_BYTES = 64L << 20;
  private static @Nullable OrtEnvironment environment;

  private OnnxRuntime() {}

  /** The one environment of the process. */
  public static synchronized OrtEnvironment environment() {
    OrtEnvironment known = environment;
    if (known == null) { // not in a static initializer, for which the loading thread would wait
      known = load();
      environment = known;
    }
    return known;
  }

  /**
   * ONNX Runtime 1.29 parses the process's command line as it loads, by a recursion that overflows
   * the stack of a usual thread where that line is longer than about 4,000 characters, as the class
   * path of a service easily is: the process dies without a word. A thread with room loads it.
   */
  private static OrtEnvironment load() {
    OrtEnvironment[] made = new OrtEnvironment[1];
    Throwable[] failed = new Throwable[1];
    Thread loader =
        new Thread(
            null, () -> made[0] = OrtEnvironment.getEnvironment(), "fovea-load", STACK_BYTES);
    loader.setUncaughtExceptionHandler((thread, e) -> failed[0] = e);
    loader.start();
    boolean interrupted = false;
    while (loader.isAlive()) {
      try {
        loader.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    if (failed[0] != null) {
      throw new IllegalStateException("ONNX Runtime cannot be loaded: " + failed[0], failed[0]);
    }
    try {
      made[0].setTelemetry(false);
    } catch (OrtException e) {
      System.getLogger(OnnxRuntime.class.getName())
          .log(Level.DEBUG, "this ONNX Runtime has no telemetry to switch off", e);
    }
    return made[0];
  }
}
