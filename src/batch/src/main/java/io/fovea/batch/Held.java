package io.fovea.batch;

import io.fovea.batch.Scorer.Row;
import io.fovea.batch.Scorer.Scored;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/**
 * The chunks of a pipeline, held back until one picture is scored: where a model scores none of the
 * first, what was asked of it is at fault, and not the pictures. Not thread-safe.
 */
final class Held {
  private static final int MOST = 32; // pictures

  private final Pipeline pipeline;
  private final Queue<Scored> held = new ArrayDeque<>();
  private boolean decided;

  /**
   * Of a pipeline.
   *
   * @param decided whether it is known that the model scores
   */
  Held(Pipeline pipeline, boolean decided) {
    this.pipeline = pipeline;
    this.decided = decided;
  }

  /** The next chunk; null after the last. */
  @Nullable Scored take() throws IOException {
    if (!decided) {
      decide();
      decided = true;
    }
    Scored first = held.poll();
    return first == null ? pipeline.take() : first;
  }

  private void decide() throws IOException {
    RuntimeException fault = null;
    for (int pictures = 0; pictures < MOST; ) {
      Scored scored = pipeline.take();
      if (scored == null) {
        break;
      }
      held.add(scored);
      for (Row row : scored.rows()) {
        if (row.answer() != null) {
          return;
        }
      }
      pictures += scored.rows().size();
      fault = fault == null ? scored.fault() : fault;
    }
    if (fault != null) {
      throw fault;
    }
  }
}
