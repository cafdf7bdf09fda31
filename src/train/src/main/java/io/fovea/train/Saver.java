package io.fovea.train;

import io.fovea.onnx.Safetensors;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Writes the checkpoints of a training when their time has come. What cannot be written is told,
 * and tried again when the next is due.
 *
 * @param file null where none are kept
 * @param still tensors that were made of the data once, and do not change
 */
record Saver(
    @Nullable CheckpointFile file,
    Learner learner,
    List<Safetensors.Part> still,
    Dataset training,
    Dataset heldOut,
    Trainer.Listener listener) {

  /**
   * Between two steps of the optimizer.
   *
   * @param now whether it is written whatever the time, as at the start and at the end
   */
  void save(Course course, boolean now) {
    if (file == null || !(now || file.isDue(course.position()))) {
      return;
    }
    try (Torch.Work work = Torch.work()) {
      List<Safetensors.Part> parts = new ArrayList<>(learner.memory().parts());
      parts.addAll(still);
      file.write(
          course, parts, List.of(Unreadable.positions(training), Unreadable.positions(heldOut)));
    } catch (IOException e) {
      listener.warn(
          "%s: %s; the checkpoint before stays, if any, and the training goes on"
              .formatted(file.path(), e.getMessage()));
    }
  }
}
